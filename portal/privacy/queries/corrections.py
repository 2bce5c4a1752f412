"""Requests for correction: one's own, and the queue of the desk."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.privacy import policy
from portal.privacy.models import Correction
from portal.privacy.rules.corrections import CorrectionState, Matter, NoSuchCorrection


@dataclass(frozen=True, slots=True)
class CorrectionView:
    id: str
    person_id: str
    matter: Matter
    words: str
    state: CorrectionState
    answer: str
    asked_at: datetime
    answered_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.state is CorrectionState.ASKED


def corrections_of(person_id: str) -> list[CorrectionView]:
    """One's own, the newest first."""
    mine = select(Correction).where(Correction.person_id == person_id)
    return [_view(row) for row in db.session.scalars(mine.order_by(Correction.id.desc()).limit(50))]


def queue(actor: Actor, state: CorrectionState, after: str, limit: int) -> list[CorrectionView]:
    """For the desk, the longest waiting first. Raises NotAllowed."""
    if not policy.may_read_requests(actor):
        raise NotAllowed()
    wanted = select(Correction).where(Correction.state == state, Correction.id > after)
    return [_view(row) for row in db.session.scalars(wanted.order_by(Correction.id).limit(limit))]


def correction(actor: Actor, correction_id: str) -> CorrectionView:
    """Raises NotAllowed, NoSuchCorrection."""
    if not policy.may_read_requests(actor):
        raise NotAllowed()
    row = db.session.get(Correction, correction_id, populate_existing=True)
    if row is None:
        raise NoSuchCorrection()
    return _view(row)


def waiting() -> tuple[int, datetime | None]:
    """How many wait for an answer, and since when the oldest does."""
    open_ones = select(func.count(), func.min(Correction.asked_at))
    count, oldest = db.session.execute(open_ones.where(Correction.state == CorrectionState.ASKED)).one()
    return count, oldest


def _view(row: Correction) -> CorrectionView:
    return CorrectionView(
        row.id, row.person_id, Matter(row.matter), row.words, CorrectionState(row.state), row.answer,
        row.asked_at, row.answered_at,
    )  # fmt: skip

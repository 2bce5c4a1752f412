"""Requests to be forgotten."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.db import db
from portal.kernel.actor import Actor
from portal.privacy import policy
from portal.privacy.models import Erasure
from portal.privacy.rules.erasure import ErasureState, NoSuchErasure


@dataclass(frozen=True, slots=True)
class ErasureView:
    id: str
    person_id: str
    order_id: str
    lang: str
    state: ErasureState
    held: str
    outcome: dict[str, int]
    asked_at: datetime
    due_at: datetime
    settled_at: datetime | None

    @property
    def is_waiting(self) -> bool:
        return self.state is ErasureState.WAITING


def erasure(actor: Actor, erasure_id: str) -> ErasureView:
    """Raises NoSuchErasure, for somebody else's exactly as for one that does not exist."""
    row = db.session.get(Erasure, erasure_id, populate_existing=True)
    if row is None or not (policy.may_carry_out(actor) or policy.may_undo(actor, row)):
        raise NoSuchErasure()
    return _view(row)


def waiting_of(person_id: str, order_id: str = "") -> ErasureView | None:
    """The request that waits for its day, if there is one."""
    row = db.session.scalars(
        select(Erasure).where(
            Erasure.person_id == person_id, Erasure.order_id == order_id,
            Erasure.state == ErasureState.WAITING,
        )
    ).one_or_none()  # fmt: skip
    return _view(row) if row else None


def due(now: datetime, limit: int = 50) -> list[str]:
    wanted = select(Erasure.id).where(Erasure.state == ErasureState.WAITING, Erasure.due_at <= now)
    return list(db.session.scalars(wanted.order_by(Erasure.due_at, Erasure.id).limit(limit)))


def recent(state: str, before: str, limit: int) -> list[ErasureView]:
    """For the desk, the newest first; ``before`` is the id of the last one that was shown."""
    wanted = select(Erasure)
    if state:
        wanted = wanted.where(Erasure.state == state)
    if before:
        wanted = wanted.where(Erasure.id < before)
    return [_view(row) for row in db.session.scalars(wanted.order_by(Erasure.id.desc()).limit(limit))]


def _view(row: Erasure) -> ErasureView:
    return ErasureView(
        row.id, row.person_id, row.order_id, row.lang, ErasureState(row.state), row.held, dict(row.outcome),
        row.asked_at, row.due_at, row.settled_at,
    )  # fmt: skip

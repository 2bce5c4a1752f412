"""Copies of data that were asked for."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.db import db
from portal.kernel.actor import Actor
from portal.privacy import policy
from portal.privacy.models import DataCopy
from portal.privacy.rules.copies import CopyState, NoSuchCopy


@dataclass(frozen=True, slots=True)
class CopyView:
    """One copy; ``done`` of ``total`` parts are packed."""

    id: str
    person_id: str
    order_id: str
    lang: str
    state: CopyState
    total: int
    done: int
    bytes: int
    sha256: str
    asked_at: datetime
    expires_at: datetime | None

    def is_there(self, now: datetime) -> bool:
        return self.state is CopyState.READY and self.expires_at is not None and now < self.expires_at


def copy(actor: Actor, copy_id: str) -> CopyView:
    """Raises NoSuchCopy, for somebody else's exactly as for one that does not exist."""
    row = db.session.get(DataCopy, copy_id, populate_existing=True)
    if row is None or not (policy.may_carry_out(actor) or policy.may_fetch(actor, row)):
        raise NoSuchCopy()
    return _view(row)


def copies_of(person_id: str, order_id: str = "") -> list[CopyView]:
    """The last ten, the newest first."""
    rows = db.session.scalars(
        select(DataCopy)
        .where(DataCopy.person_id == person_id, DataCopy.order_id == order_id)
        .order_by(DataCopy.asked_at.desc(), DataCopy.id.desc())
        .limit(10)
    )
    return [_view(row) for row in rows]


def expired(now: datetime, limit: int = 100) -> list[str]:
    """Copies whose days are over and whose file is to go."""
    wanted = select(DataCopy.id).where(DataCopy.state == CopyState.READY, DataCopy.expires_at <= now)
    return list(db.session.scalars(wanted.order_by(DataCopy.expires_at).limit(limit)))


def _view(row: DataCopy) -> CopyView:
    return CopyView(
        row.id, row.person_id, row.order_id, row.lang, CopyState(row.state), row.total, row.done, row.bytes,
        row.sha256, row.asked_at, row.expires_at,
    )  # fmt: skip

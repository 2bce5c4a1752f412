"""Pledges, read; how much is retired for one is asked of the register, never kept here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.mass import Mass
from portal.pledges import policy, rules
from portal.pledges.models import PledgeRecord
from portal.pledges.rules import PledgeState, Progress, Subject, UnknownPledge
from portal.registry.queries.register import retired_for


@dataclass(frozen=True, slots=True)
class PledgeView:
    """A pledge with its baseline as it was copied from the footprint on the day it was made."""

    id: str
    state: PledgeState
    footprint_id: str
    footprint_digest: str
    model_id: str
    model_version: str
    subject: Subject
    baseline: Mass
    low: Mass
    high: Mass
    reduction: Mass
    percent: int | None
    year: int
    is_public: bool
    name: str
    motive: str
    owner_id: str | None
    made_at: datetime
    withdrawn_at: datetime | None

    @property
    def remaining(self) -> Mass:
        """What is emitted when the promise is kept: the part that is left to be offset."""
        return rules.remaining(self.baseline, self.reduction)

    @property
    def is_withdrawn(self) -> bool:
        return self.state is PledgeState.WITHDRAWN


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the public wall."""

    standing: int
    withdrawn: int


def pledge(actor: Actor, pledge_id: str) -> PledgeView:
    """One pledge. Raises UnknownPledge, also where it is private and somebody else's."""
    row = db.session.get(PledgeRecord, pledge_id)
    if row is None or not policy.may_see(actor, row):
        raise UnknownPledge()
    return _view(row)


def progress(pledge: PledgeView) -> Progress:
    """How much of what remains is retired, as the ledger has it now."""
    return Progress(pledge.remaining, retired_for(pledge.id))


def wall(cursor: str = "", limit: int = 20) -> list[PledgeView]:
    """Public pledges, newest first, withdrawn ones among them; ``cursor`` is the id of the last one seen."""
    query = select(PledgeRecord).where(PledgeRecord.is_public)
    if cursor:
        query = query.where(PledgeRecord.id < cursor)
    # Ids sort by the millisecond they were made in.
    return _views(query.order_by(PledgeRecord.id.desc()).limit(limit))


def wall_counts() -> Counts:
    query = select(PledgeRecord.state, func.count()).where(PledgeRecord.is_public)
    found = dict(db.session.execute(query.group_by(PledgeRecord.state)).all())
    return Counts(found.get(PledgeState.MADE, 0), found.get(PledgeState.WITHDRAWN, 0))


def pledges_of(actor: Actor) -> list[PledgeView]:
    """The pledges of a signed-in person, newest first; none for a guest."""
    if not actor.is_person:
        return []
    mine = select(PledgeRecord).where(PledgeRecord.owner_id == actor.id)
    return _views(mine.order_by(PledgeRecord.id.desc()))


def _views(query: Select[PledgeRecord]) -> list[PledgeView]:
    return [_view(row) for row in db.session.scalars(query)]


def _view(row: PledgeRecord) -> PledgeView:
    return PledgeView(
        id=row.id, state=PledgeState(row.state), footprint_id=row.footprint_id,
        footprint_digest=row.footprint_digest, model_id=row.model_id, model_version=row.model_version,
        subject=Subject(row.subject), baseline=row.baseline, low=row.low, high=row.high,
        reduction=row.reduction, percent=row.percent, year=row.year, is_public=row.is_public,
        name=row.name, motive=row.motive, owner_id=row.owner_id, made_at=row.made_at,
        withdrawn_at=row.withdrawn_at,
    )  # fmt: skip

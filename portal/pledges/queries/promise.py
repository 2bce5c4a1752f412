"""Pledges, read; how much is retired for one is asked of the register, never kept here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, Select, func, select

from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.mass import Mass
from portal.pledges import policy
from portal.pledges.models.course import PledgePair, PledgeProfile, PledgeText, PledgeWithdrawal
from portal.pledges.models.promise import PledgeRecord
from portal.pledges.rules import promise
from portal.pledges.rules.course import Course
from portal.pledges.rules.makers import Maker
from portal.pledges.rules.promise import PledgeState, Progress, Subject, UnknownPledge
from portal.registry.queries.register import retired_for
from portal.registry.rules import search


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
    maker: Maker
    organisation_id: str
    sector: str
    county: str
    baseline_year: int
    boundary: str
    shows_name: bool
    lang: str

    @property
    def remaining(self) -> Mass:
        """What is emitted when the promise is kept: the part that is left to be offset."""
        return promise.remaining(self.baseline, self.reduction)

    @property
    def is_from_paper(self) -> bool:
        """Whether it starts from a number of its maker's own, with a document, and not from a footprint."""
        return not self.footprint_id

    @property
    def shown_name(self) -> str:
        """The name that others see; empty where none was given, or it is not to be shown."""
        return self.name if self.shows_name else ""

    @property
    def course(self) -> Course:
        made_on = clock.day_of(self.made_at)
        return Course(self.subject, self.baseline, self.reduction, self.baseline_year, self.year, made_on)

    @property
    def is_withdrawn(self) -> bool:
        return self.state is PledgeState.WITHDRAWN


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the public wall."""

    standing: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Why; the words are the maker's own and may be empty."""

    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the wall is asked for; an empty part asks for nothing. ``words`` as somebody typed them."""

    words: str = ""
    maker: str = ""
    sector: str = ""
    county: str = ""

    @property
    def is_all(self) -> bool:
        return not (self.words or self.maker or self.sector or self.county)


_BOTH = select(PledgeRecord, PledgeProfile).join(PledgeProfile, PledgeProfile.pledge_id == PledgeRecord.id)


def pledge(actor: Actor, pledge_id: str) -> PledgeView:
    """One pledge. Raises UnknownPledge, also where it is private and somebody else's."""
    row = db.session.execute(_BOTH.where(PledgeRecord.id == pledge_id)).one_or_none()
    found = _view(row) if row else None
    if found is None or not policy.may_see(actor, found):
        raise UnknownPledge()
    return found


def withdrawal(pledge_id: str) -> Withdrawal | None:
    """Why a pledge was withdrawn; None where it was not, or nobody said."""
    row = db.session.get(PledgeWithdrawal, pledge_id)
    return Withdrawal(row.reason, row.words) if row else None


def progress(pledge: PledgeView) -> Progress:
    """How much of what remains is retired, as the ledger has it now."""
    return Progress(pledge.remaining, retired_for(pledge.id))


def wall(cursor: str = "", limit: int = 20, wanted: Wanted | None = None) -> list[PledgeView]:
    """Public pledges, newest first, withdrawn ones among them; ``cursor`` is the id of the last one seen."""
    query = _BOTH.where(PledgeRecord.is_public, *_asked(wanted or Wanted()))
    if cursor:
        query = query.where(PledgeRecord.id < cursor)
    # Ids sort by the millisecond they were made in.
    return _views(query.order_by(PledgeRecord.id.desc()).limit(limit))


def wall_counts() -> Counts:
    query = select(PledgeRecord.state, func.count()).where(PledgeRecord.is_public)
    found = dict(db.session.execute(query.group_by(PledgeRecord.state)).all())
    return Counts(found.get(PledgeState.MADE, 0), found.get(PledgeState.WITHDRAWN, 0))


def pledges_of(actor: Actor) -> list[PledgeView]:
    """The pledges of a signed-in person and of the organisations they sign for, newest first."""
    if not actor.is_person:
        return []
    signs = [each for each in actor.organisations if policy.signs_for(actor, each)]
    mine = (PledgeRecord.owner_id == actor.id) | PledgeProfile.organisation_id.in_(signs)
    return _views(_BOTH.where(mine).order_by(PledgeRecord.id.desc()))


def _asked(wanted: Wanted) -> list[ColumnElement[bool]]:
    exact = (
        (PledgeProfile.maker, wanted.maker), (PledgeProfile.sector, wanted.sector),
        (PledgeProfile.county, wanted.county),
    )  # fmt: skip
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact if value]
    if wanted.words:
        conditions.append(PledgeRecord.id.in_(_with_words(wanted.words)))
    return conditions


def _with_words(typed: str) -> Select[str]:
    """Pledges that have every pair of what was typed, and then really contain each of its words."""
    pairs = search.wanted_pairs(typed)
    has_all = (
        select(PledgePair.pledge_id)
        .where(PledgePair.pair.in_(sorted(pairs)))
        .group_by(PledgePair.pledge_id)
        .having(func.count() == len(pairs))
    )
    has_words = [PledgeText.text.contains(word, autoescape=True) for word in search.words(typed)]
    return select(PledgeText.pledge_id).where(PledgeText.pledge_id.in_(has_all), *has_words)


def _views(query: Select[PledgeRecord, PledgeProfile]) -> list[PledgeView]:
    return [_view(row) for row in db.session.execute(query)]


def _view(row: Row[PledgeRecord, PledgeProfile]) -> PledgeView:
    made, who = row
    return PledgeView(
        id=made.id, state=PledgeState(made.state), footprint_id=made.footprint_id,
        footprint_digest=made.footprint_digest, model_id=made.model_id, model_version=made.model_version,
        subject=Subject(made.subject), baseline=made.baseline, low=made.low, high=made.high,
        reduction=made.reduction, percent=made.percent, year=made.year, is_public=made.is_public,
        name=made.name, motive=made.motive, owner_id=made.owner_id, made_at=made.made_at,
        withdrawn_at=made.withdrawn_at, maker=Maker(who.maker), organisation_id=who.organisation_id,
        sector=who.sector, county=who.county, baseline_year=who.baseline_year, boundary=who.boundary,
        shows_name=who.shows_name, lang=made.lang,
    )  # fmt: skip

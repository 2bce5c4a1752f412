"""What came of a pledge, read: its plan, its reports, its documents, and how it stands."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass
from portal.pledges import policy
from portal.pledges.models.course import PlannedAction, PledgeEvidence, PledgeReport
from portal.pledges.queries.promise import PledgeView, pledge
from portal.pledges.rules import course, evidence
from portal.pledges.rules.course import GOOD, Standing
from portal.pledges.rules.evidence import EvidenceState, Level, UnknownEvidence


@dataclass(frozen=True, slots=True)
class ActionView:
    id: str
    key: str
    title: str
    saves: Mass | None
    year: int | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class EvidenceView:
    id: str
    pledge_id: str
    report_id: str | None
    file_name: str
    sha256: str
    media_type: str
    bytes: int
    verifier: str
    note: str
    given_by: str
    given_at: datetime
    state: EvidenceState
    decided_at: datetime | None
    reason: str

    @property
    def level(self) -> Level:
        return evidence.level_of_paper(self.state, self.verifier)


@dataclass(frozen=True, slots=True)
class ReportView:
    """A year's number. ``is_newest``: no later report corrected it."""

    id: str
    year: int
    footprint_id: str
    digest: str
    model_version: str
    emissions: Mass
    low: Mass
    high: Mass
    note: str
    made_at: datetime
    is_newest: bool
    papers: tuple[EvidenceView, ...]

    @property
    def level(self) -> Level:
        return evidence.best(paper.level for paper in self.papers)


@dataclass(frozen=True, slots=True)
class Standpoint:
    """How a pledge stands on a day, and how far that is verified."""

    standing: Standing
    level: Level
    good_until: date
    missing: tuple[int, ...]
    newest: ReportView | None
    newest_percent: int | None  # below the baseline; negative when above
    reports: tuple[ReportView, ...] = field(repr=False)
    baseline_papers: tuple[EvidenceView, ...] = field(repr=False)

    @property
    def is_good(self) -> bool:
        return self.standing in GOOD

    def is_fresh(self, today: date) -> bool:
        """Whether a badge may be green."""
        return self.is_good and today <= self.good_until


def standpoints(pledges: Sequence[PledgeView], today: date) -> dict[str, Standpoint]:
    """How each of these stands, in two queries for all of them."""
    ids = [each.id for each in pledges]
    papers = _papers(ids)
    reports = _reports(ids, papers)
    return {each.id: _standpoint(each, reports[each.id], papers[each.id, None], today) for each in pledges}


def standpoint(pledge: PledgeView, today: date) -> Standpoint:
    return standpoints([pledge], today)[pledge.id]


def plan(pledge_id: str) -> list[ActionView]:
    """The actions of a plan in the order they were added, dropped ones left out."""
    rows = db.session.scalars(
        select(PlannedAction)
        .where(PlannedAction.pledge_id == pledge_id, PlannedAction.dropped_at.is_(None))
        .order_by(PlannedAction.id)
    )
    return [ActionView(row.id, row.key, row.title, row.saves, row.year, row.done_at) for row in rows]


def paper(actor: Actor, evidence_id: str) -> EvidenceView:
    """One document, for its pledge's owner and for staff. Raises UnknownEvidence."""
    row = db.session.get(PledgeEvidence, evidence_id)
    if row is None or not (
        policy.may_read_desk(actor) or policy.owns(actor, pledge(Actor.system("owner"), row.pledge_id))
    ):
        raise UnknownEvidence()
    return _paper(row)


def waiting_papers(actor: Actor, limit: int = 100) -> list[EvidenceView]:
    """The desk's queue, the oldest first. Raises NotAllowed."""
    if not policy.may_read_desk(actor):
        raise NotAllowed()
    waiting = select(PledgeEvidence).where(PledgeEvidence.state == EvidenceState.WAITING)
    return [_paper(row) for row in db.session.scalars(waiting.order_by(PledgeEvidence.id).limit(limit))]


def decided_papers(actor: Actor, limit: int = 20) -> list[EvidenceView]:
    """What was decided last. Raises NotAllowed."""
    if not policy.may_read_desk(actor):
        raise NotAllowed()
    decided = select(PledgeEvidence).where(PledgeEvidence.state != EvidenceState.WAITING)
    rows = db.session.scalars(decided.order_by(PledgeEvidence.decided_at.desc()).limit(limit))
    return [_paper(row) for row in rows]


def count_waiting(pledge_id: str = "") -> int:
    """Documents that nobody has looked at yet: of one pledge, or of all."""
    query = select(func.count()).where(PledgeEvidence.state == EvidenceState.WAITING)
    if pledge_id:
        query = query.where(PledgeEvidence.pledge_id == pledge_id)
    return db.session.execute(query).scalar_one()


_Papers = Mapping[tuple[str, str | None], list[EvidenceView]]


def _papers(pledge_ids: Collection[str]) -> _Papers:
    found: defaultdict[tuple[str, str | None], list[EvidenceView]] = defaultdict(list)
    rows = db.session.scalars(
        select(PledgeEvidence).where(PledgeEvidence.pledge_id.in_(pledge_ids)).order_by(PledgeEvidence.id)
    )
    for row in rows:
        found[row.pledge_id, row.report_id].append(_paper(row))
    return found


def _reports(pledge_ids: Collection[str], papers: _Papers) -> Mapping[str, list[ReportView]]:
    """Newest first; the first of each year is the one that counts."""
    found: defaultdict[str, list[ReportView]] = defaultdict(list)
    rows = db.session.scalars(
        select(PledgeReport)
        .where(PledgeReport.pledge_id.in_(pledge_ids))
        .order_by(PledgeReport.year.desc(), PledgeReport.id.desc())
    )
    for row in rows:
        known = {report.year for report in found[row.pledge_id]}
        found[row.pledge_id].append(
            ReportView(
                row.id, row.year, row.footprint_id, row.digest, row.model_version, row.emissions, row.low,
                row.high, row.note, row.made_at, row.year not in known, tuple(papers[row.pledge_id, row.id]),
            )
        )  # fmt: skip
    return found


def _standpoint(
    pledge: PledgeView, reports: list[ReportView], papers: list[EvidenceView], today: date
) -> Standpoint:
    numbers = {report.year: report.emissions for report in reports if report.is_newest}
    newest = reports[0] if reports else None
    way = pledge.course
    return Standpoint(
        standing=course.standing(way, numbers, today, is_withdrawn=pledge.is_withdrawn),
        level=evidence.level(
            evidence.best(paper.level for paper in papers), newest.level if newest else None
        ),
        good_until=course.good_until(way, numbers),
        missing=tuple(course.missing(way, numbers, today)),
        newest=newest,
        newest_percent=course.change_percent(way, newest.emissions) if newest else None,
        reports=tuple(reports),
        baseline_papers=tuple(papers),
    )


def _paper(row: PledgeEvidence) -> EvidenceView:
    return EvidenceView(
        row.id, row.pledge_id, row.report_id, row.file_name, row.sha256, row.media_type, row.bytes,
        row.verifier, row.note, row.given_by, row.given_at, EvidenceState(row.state), row.decided_at,
        row.reason,
    )  # fmt: skip

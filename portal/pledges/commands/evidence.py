"""Yearly reports and the documents behind a pledge's numbers: given by its owner, seen by somebody else."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.db import transaction
from portal.footprint.queries import footprint
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass
from portal.pledges import policy
from portal.pledges.commands.paper import keep_in_step
from portal.pledges.models.course import PledgeEvidence, PledgeReport
from portal.pledges.models.promise import PledgeRecord
from portal.pledges.queries import course as read
from portal.pledges.queries.promise import PledgeView, pledge
from portal.pledges.rules import course, evidence
from portal.pledges.rules.course import OtherKind, PledgeIsOver, SameFootprint
from portal.pledges.rules.evidence import (
    AlreadyDecided,
    EvidenceState,
    OwnEvidence,
    Paper,
    ReasonMissing,
    UnknownEvidence,
    UnknownReport,
)
from portal.pledges.rules.promise import PledgeState, TextTooLong


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A year's number: of a footprint, or of one's own with the document it is taken from."""

    id: str
    year: int
    footprint_id: str = ""
    emissions: Mass | None = None
    paper: Paper | None = None
    note: str = ""


def report_year(actor: Actor, pledge_id: str, draft: ReportDraft, now: datetime) -> None:
    """Report the emissions of a year; reported again, the newest counts and the former stays to be seen.

    A pledge that starts from a footprint is reported by footprints of its kind, one that starts from a
    document by documents: only so do the numbers compare. Raises UnknownPledge, PledgeIsOver, ReportTooEarly,
    ReportYearOutOfRange, UnknownFootprint, OtherKind, SameFootprint, TextTooLong, and what ``add`` raises.
    """
    with transaction() as session:
        found = tended(session, actor, pledge_id)
        if session.get(PledgeReport, draft.id) is not None:
            return
        course.check_year(found.course, draft.year, clock.day_of(now).year)
        if len(draft.note) > course.NOTE_MAX:
            raise TextTooLong(max=course.NOTE_MAX)
        row = _from_paper(found, draft) if found.is_from_paper else _from_footprint(actor, found, draft)
        row.id, row.pledge_id, row.year, row.note = draft.id, pledge_id, draft.year, draft.note
        row.made_by, row.made_at = actor.id, now
        session.add(row)
        session.flush()  # its document points at it
        audit.record(actor, "pledge.reported", pledge_id, now, report=draft.id, year=draft.year)
        if draft.paper:
            add(session, actor, found, draft.paper, now)
        keep_in_step(pledge_id, now)


def give_paper(actor: Actor, pledge_id: str, paper: Paper, now: datetime) -> None:
    """Give a document for the baseline or a report; it waits until staff have looked at it.

    Raises UnknownPledge, PledgeIsOver, UnknownReport, and what ``add`` raises.
    """
    with transaction() as session:
        found = tended(session, actor, pledge_id)
        if paper.report_id:
            known = session.get(PledgeReport, paper.report_id)
            if known is None or known.pledge_id != pledge_id:
                raise UnknownReport()
        if session.get(PledgeEvidence, paper.id) is None:
            add(session, actor, found, paper, now)


def add(session: Session, actor: Actor, found: PledgeView, paper: Paper, now: datetime) -> None:
    """Put a document beside its number. Raises TextTooLong, VerifierIsMaker, TooMuchWaiting."""
    evidence.check_paper(paper, found.name, read.count_waiting(found.id))
    session.add(
        PledgeEvidence(
            id=paper.id, pledge_id=found.id, report_id=paper.report_id or None, file_name=paper.file_name,
            sha256=paper.sha256, media_type=paper.media_type, bytes=paper.bytes, verifier=paper.verifier,
            note=paper.note, given_by=actor.id, given_at=now, state=EvidenceState.WAITING, reason="",
        )
    )  # fmt: skip
    audit.record(actor, "pledge.evidence", found.id, now, evidence=paper.id, sha256=paper.sha256)


def decide(actor: Actor, evidence_id: str, verdict: EvidenceState, reason: str, now: datetime) -> str:
    """Say that a document was seen, or refuse it with a reason; returns its pledge's id.

    Raises NotAllowed, UnknownEvidence, OwnEvidence, ReasonMissing, TextTooLong, AlreadyDecided.
    """
    if not policy.may_decide(actor):
        raise NotAllowed()
    if verdict is EvidenceState.REFUSED and not reason:
        raise ReasonMissing()
    if len(reason) > evidence.NOTE_MAX:
        raise TextTooLong(max=evidence.NOTE_MAX)
    with transaction() as session:
        row = session.get(PledgeEvidence, evidence_id)
        if row is None:
            raise UnknownEvidence()
        if row.given_by == actor.id or policy.owns(actor, pledge(actor, row.pledge_id)):
            raise OwnEvidence()
        decided = session.execute(
            update(PledgeEvidence)
            .where(PledgeEvidence.id == evidence_id, PledgeEvidence.state == EvidenceState.WAITING)
            .values(state=verdict, decided_by=actor.id, decided_at=now, reason=reason)
        )
        if not decided.rowcount:  # type: ignore[attr-defined]
            raise AlreadyDecided()
        audit.record(actor, f"pledge.evidence_{verdict.value}", row.pledge_id, now, evidence=evidence_id)
        session.expire_all()
        keep_in_step(row.pledge_id, now)
        return row.pledge_id


def tended(session: Session, actor: Actor, pledge_id: str) -> PledgeView:
    """The pledge, locked, so that it is not withdrawn while something is added to it."""
    session.execute(select(PledgeRecord.id).where(PledgeRecord.id == pledge_id).with_for_update())
    found = pledge(actor, pledge_id)
    if not policy.owns(actor, found):
        raise NotAllowed()
    if found.state is not PledgeState.MADE:
        raise PledgeIsOver()
    return found


def _from_footprint(actor: Actor, found: PledgeView, draft: ReportDraft) -> PledgeReport:
    if not draft.footprint_id:
        raise OtherKind()
    worked_out = footprint(actor, draft.footprint_id)
    if worked_out.model_id != found.model_id:
        raise OtherKind()
    if worked_out.id == found.footprint_id:
        raise SameFootprint()
    return PledgeReport(
        footprint_id=worked_out.id, digest=worked_out.digest, model_version=worked_out.version,
        emissions=worked_out.total, low=worked_out.low, high=worked_out.high,
    )  # fmt: skip


def _from_paper(found: PledgeView, draft: ReportDraft) -> PledgeReport:
    if draft.emissions is None or draft.paper is None:
        raise OtherKind()
    number = draft.emissions
    return PledgeReport(
        footprint_id="",
        digest=draft.paper.sha256,
        model_version="",
        emissions=number,
        low=number,
        high=number,
    )

"""The life of a project: proposed, documented, placed on land, assessed, and moved on by two people."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.db import alone, transaction
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.registry import policy
from portal.registry.commands import log
from portal.registry.commands.naming import index_project
from portal.registry.models import (
    Assessment,
    AssessmentFinding,
    Likeness,
    NoticeComment,
    Parcel,
    Project,
    ProjectDocument,
    ProjectEvent,
    ProjectStep,
    PublicNotice,
)
from portal.registry.queries import projects as read
from portal.registry.rules import eligibility, lifecycle, parcels, records, screening
from portal.registry.rules.eligibility import Answer, Verdict
from portal.registry.rules.errors import UnknownProject
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.lifecycle import OWN, CommentState, Decision, DocumentKind, ProjectState, Step
from portal.registry.rules.names import sort_key
from portal.registry.rules.screening import LikenessKind

# How this register calls the projects of a registry whose own letters are known; others by their name.
_LETTERS = {"verra": "VCS"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A project somebody wants in the register; ``source_id`` is its number at ``registry``, "" for ours."""

    registry: str
    source_id: str
    name: Bilingual
    about: Bilingual
    type: ProjectType
    methodology: str
    country: str
    county_code: str
    crediting_start: date
    crediting_end: date
    is_demo: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as it is filed; its file is kept under its digest."""

    kind: DocumentKind
    title: Bilingual
    file_name: str
    sha256: str
    media_type: str
    bytes: int
    is_public: bool


@dataclass(frozen=True, slots=True)
class Ground:
    """What the parcels of one file have in common."""

    county_code: str
    village: str
    tenure: parcels.Tenure
    valid_from: date
    valid_to: date
    document_id: str | None = None


# -- proposing ---------------------------------------------------------------------------------


def propose_project(actor: Actor, proposal: Proposal, now: datetime) -> str:
    """A new project in state ``proposed``; its code. What looks like it is laid before a person.

    Raises AlreadyRegistered, BadNumber, PeriodBackwards.
    """
    if not policy.may_tend_projects(actor):
        raise NotAllowed()
    if proposal.crediting_end < proposal.crediting_start:
        raise parcels.PeriodBackwards()
    with transaction() as session:
        alone(session, "project codes")
        number = proposal.source_id if proposal.registry != OWN else _next_number(session)
        _check_is_new(session, proposal.registry, number)
        code = f"{_LETTERS.get(proposal.registry, proposal.registry.upper())}-{number}"
        if not re.fullmatch(records.CODE, code):
            raise screening.BadNumber(number=code)
        project_id = new_id("prj")
        session.execute(
            insert(Project).values(
                id=project_id, code=code, source_registry=proposal.registry, source_id=number,
                name_zh=proposal.name.zh, name_en=proposal.name.en, about_zh=proposal.about.zh,
                about_en=proposal.about.en, type=proposal.type, methodology=proposal.methodology,
                country=proposal.country, state=ProjectState.PROPOSED, is_demo=proposal.is_demo,
                created_at=now, crediting_start=proposal.crediting_start,
                crediting_end=proposal.crediting_end, county_code=proposal.county_code or None,
                name_sort=sort_key(proposal.name),
            )
        )  # fmt: skip
        index_project(session, project_id)
        session.execute(
            insert(ProjectEvent).values(
                id=new_id("pev"), project_id=project_id, to_state=ProjectState.PROPOSED,
                actor_id=actor.id, document="", at=now,
            )
        )  # fmt: skip
        audit.record(actor, "project.proposed", project_id, now, code=code)
        screen(actor, now)
        return code


def _next_number(session: Session) -> str:
    numbers = session.scalars(select(Project.source_id).where(Project.source_registry == OWN))
    return f"{max((int(n) for n in numbers if n.isdecimal()), default=0) + 1:04}"


def _check_is_new(session: Session, registry: str, number: str) -> None:
    known = session.scalars(
        select(Project.code).where(Project.source_registry == registry, Project.source_id == number)
    ).first()
    if known:
        raise screening.AlreadyRegistered(code=known)


def screen(actor: Actor, now: datetime) -> int:
    """Look through all projects for pairs that may be one; how many new pairs were found."""
    if not policy.may_tend_projects(actor):
        raise NotAllowed()
    with transaction() as session:
        alone(session, "screening")
        known = {(row.project_id, row.other_id, row.kind) for row in session.execute(
            select(Likeness.project_id, Likeness.other_id, Likeness.kind))}  # fmt: skip
        new = [
            each
            for each in screening.alike(read.known_projects())
            if (each.newer, each.older, each.kind) not in known
        ]
        for each in new:
            _enter_likeness(session, each.newer, each.older, each.kind, now)
        return len(new)


def _enter_likeness(session: Session, newer: str, older: str, kind: LikenessKind, now: datetime) -> None:
    session.execute(
        insert(Likeness).values(id=new_id("lik"), project_id=newer, other_id=older, kind=kind, found_at=now)
    )


def clear_likeness(actor: Actor, likeness_id: str, because: str, now: datetime) -> None:
    """Say why two projects are two. Raises UnknownLikeness, LikenessCleared, ReasonMissing."""
    if not (policy.may_tend_projects(actor) and actor.is_person):
        raise NotAllowed()
    reason = lifecycle.checked_reason(because)
    with transaction() as session:
        if not session.scalar(select(Likeness.id).where(Likeness.id == likeness_id)):
            raise screening.UnknownLikeness()
        cleared = session.execute(
            update(Likeness)
            .where(Likeness.id == likeness_id, Likeness.cleared_at.is_(None))
            .values(because=reason, cleared_by=actor.id, cleared_at=now)
            .returning(Likeness.id)
        ).first()
        if cleared is None:
            raise screening.LikenessCleared()
        audit.record(actor, "likeness.cleared", likeness_id, now, because=reason)


# -- documents ---------------------------------------------------------------------------------


def file_document(actor: Actor, project_code: str, paper: Paper, now: datetime) -> str:
    """File a document of a project; its id. The same file of the same kind is filed once.

    Raises UnknownProject.
    """
    if not policy.may_tend_projects(actor):
        raise NotAllowed()
    with transaction() as session:
        project = _locked(session, Project.code == project_code, project_code)
        known = session.scalar(
            select(ProjectDocument.id).where(
                ProjectDocument.project_id == project.id,
                ProjectDocument.kind == paper.kind,
                ProjectDocument.sha256 == paper.sha256,
            )
        )
        if known:
            return str(known)
        document_id = new_id("doc")
        session.execute(
            insert(ProjectDocument).values(
                id=document_id, project_id=project.id, kind=paper.kind, title_zh=paper.title.zh,
                title_en=paper.title.en, file_name=paper.file_name, sha256=paper.sha256,
                media_type=paper.media_type, bytes=paper.bytes, is_public=paper.is_public,
                actor_id=actor.id, at=now,
            )
        )  # fmt: skip
        audit.record(actor, "document.filed", document_id, now, kind=paper.kind.value, sha256=paper.sha256)
        return document_id


def set_document_public(actor: Actor, document_id: str, is_public: bool, now: datetime) -> None:
    """Show a document to the public, or take it from them (its digest stays). Raises UnknownDocument."""
    if not policy.may_tend_projects(actor):
        raise NotAllowed()
    with transaction() as session:
        done = session.execute(
            update(ProjectDocument)
            .where(ProjectDocument.id == document_id)
            .values(is_public=is_public)
            .returning(ProjectDocument.id)
        ).first()
        if done is None:
            raise lifecycle.UnknownDocument()
        audit.record(actor, "document.shown" if is_public else "document.hidden", document_id, now)


# -- land --------------------------------------------------------------------------------------


def enter_parcels(
    actor: Actor, project_code: str, ground: Ground, drawn: Sequence[parcels.Drawn], now: datetime
) -> list[str]:
    """Enter all parcels of a file, or none; their codes. No land is in two parcels on one day.

    Raises UnknownProject, PeriodBackwards, ParcelCodeTaken, BadParcelCode, ParcelTaken, TooManyCrossings,
    UnknownDocument.
    """
    if not policy.may_tend_projects(actor):
        raise NotAllowed()
    if ground.valid_to < ground.valid_from:
        raise parcels.PeriodBackwards()
    with transaction() as session:
        # Whoever draws the same land at this moment waits, and then finds it taken.
        alone(session, "parcels")
        project = _locked(session, Project.code == project_code, project_code)
        if ground.document_id:
            _document_kind(session, project.id, ground.document_id)
        codes = _codes_for(session, project.id, drawn)
        for code, each in zip(codes, drawn, strict=True):
            _keep_off(session, project, code, each.outline, ground, now)
            _enter_parcel(session, actor, project, code, each.outline, ground, now)
        index_project(session, project.id)
        audit.record(actor, "parcels.entered", project.id, now, parcels=len(codes))
        return codes


def withdraw_parcel(actor: Actor, parcel_id: str, because: str, now: datetime) -> None:
    """The parcel counts no more; it stays in the register with the reason. Raises UnknownParcel."""
    if not policy.may_tend_projects(actor):
        raise NotAllowed()
    reason = lifecycle.checked_reason(because)
    with transaction() as session:
        parcel = session.execute(
            update(Parcel)
            .where(Parcel.id == parcel_id, Parcel.withdrawn_at.is_(None))
            .values(withdrawn_at=now, withdrawn_because=reason)
            .returning(*Parcel.__table__.c)
        ).one_or_none()
        if parcel is None:
            raise parcels.UnknownParcel()
        code = str(session.scalar(select(Project.code).where(Project.id == parcel.project_id)))
        log.record(_parcel_fact(parcel._asdict(), code, "withdrawn"), f"{parcel.id}/withdrawn", now)
        index_project(session, parcel.project_id)
        audit.record(actor, "parcel.withdrawn", parcel.id, now, because=reason)


def _codes_for(session: Session, project_id: str, drawn: Sequence[parcels.Drawn]) -> list[str]:
    """The codes the file gives, numbers where it gives none. Raises ParcelCodeTaken, BadParcelCode."""
    taken = set(session.scalars(select(Parcel.code).where(Parcel.project_id == project_id)))
    codes: list[str] = []
    for each in drawn:
        code = each.code or _free_code(taken)
        if not re.fullmatch(records.CODE, code):
            raise parcels.BadParcelCode(code=code)
        if code in taken:
            raise parcels.ParcelCodeTaken(code=code)
        taken.add(code)
        codes.append(code)
    return codes


def _free_code(taken: set[str]) -> str:
    number = len(taken) + 1
    while f"P{number:03}" in taken:
        number += 1
    return f"P{number:03}"


def _keep_off(
    session: Session, project: Any, code: str, outline: parcels.Outline, ground: Ground, now: datetime
) -> None:
    """The same land at another time in another project is laid before a person.

    Raises ParcelTaken, TooManyCrossings.
    """
    for other in read.neighbours(outline.box):
        shared = parcels.overlap_m2(outline.geojson, other.geojson)
        if not parcels.is_taken(shared, outline.area_m2, other.area_m2):
            continue
        if parcels.share_days((ground.valid_from, ground.valid_to), (other.valid_from, other.valid_to)):
            raise parcels.ParcelTaken(code=code, other=other.code, project=other.project, area=shared)
        if other.project_id != project.id:
            _see_again(session, project.id, other.project_id, now)


def _see_again(session: Session, project_id: str, other_id: str, now: datetime) -> None:
    known = session.scalar(
        select(Likeness.id).where(
            Likeness.project_id == project_id,
            Likeness.other_id == other_id,
            Likeness.kind == LikenessKind.PARCEL,
        )
    )
    if known is None:
        _enter_likeness(session, project_id, other_id, LikenessKind.PARCEL, now)


def _enter_parcel(
    session: Session,
    actor: Actor,
    project: Any,
    code: str,
    outline: parcels.Outline,
    ground: Ground,
    now: datetime,
) -> None:
    row = {
        "id": new_id("pcl"), "project_id": project.id, "code": code, "county_code": ground.county_code,
        "village": ground.village, "geojson": outline.geojson, "outline_sha256": outline.sha256,
        "west": outline.box.west, "south": outline.box.south, "east": outline.box.east,
        "north": outline.box.north, "area_m2": outline.area_m2, "tenure": ground.tenure,
        "document_id": ground.document_id, "valid_from": ground.valid_from, "valid_to": ground.valid_to,
        "is_demo": project.is_demo, "actor_id": actor.id, "at": now,
    }  # fmt: skip
    session.execute(insert(Parcel).values(row))
    log.record(_parcel_fact(row, project.code, "entered"), str(row["id"]), now)


def _parcel_fact(row: Mapping[str, Any], project_code: str, event: str) -> records.Parcel:
    return records.Parcel(
        project=project_code, parcel=row["code"], event=event, county_code=row["county_code"],
        tenure=str(row["tenure"]), area_m2=row["area_m2"], outline_sha256=row["outline_sha256"],
        valid_from=row["valid_from"].isoformat(), valid_to=row["valid_to"].isoformat(), demo=row["is_demo"],
    )  # fmt: skip


# -- eligibility -------------------------------------------------------------------------------


def assess(actor: Actor, project_code: str, answers: Mapping[str, Answer], now: datetime) -> Verdict:
    """Hold a project against the newest rules of its type and keep what was found; the verdict.

    What the parcels answer by themselves is not asked of anybody. Raises UnknownProject,
    UnknownDocument, NoRules, NotANumber.
    """
    if not policy.may_tend_projects(actor):
        raise NotAllowed()
    with transaction() as session:
        project = _locked(session, Project.code == project_code, project_code)
        rules = eligibility.rules_for(ProjectType(project.type))
        given = {
            rule: replace(answer, document_kind=_document_kind(session, project.id, answer.document_id))
            if answer.document_id
            else answer
            for rule, answer in answers.items()
        }
        given |= eligibility.answers_of_land(rules, read.land_of(project.id))
        verdict, found = eligibility.assess(rules, given, project.crediting_start)
        assessment_id = new_id("asm")
        session.execute(
            insert(Assessment).values(
                id=assessment_id, project_id=project.id, rules=rules.id, version=rules.version,
                rules_sha256=rules.sha256, verdict=verdict, actor_id=actor.id, at=now,
            )
        )  # fmt: skip
        session.execute(
            insert(AssessmentFinding),
            [
                {"assessment_id": assessment_id, "rule_id": each.rule.id, "value": each.answer.value,
                 "verdict": each.finding, "evidence": each.answer.evidence,
                 "document_id": each.answer.document_id, "source": each.rule.source.zh}
                for each in found
            ],
        )  # fmt: skip
        audit.record(actor, "project.assessed", project.id, now, verdict=verdict.value, rules=rules.sha256)
        return verdict


# -- steps -------------------------------------------------------------------------------------


def propose_step(
    actor: Actor, project_code: str, target: ProjectState, document_id: str, note: str, now: datetime
) -> str:
    """Propose where a project goes next, on a public document of the kind the step requires; the step's id.

    Raises UnknownProject, NoSuchStep, StepWaits, DocumentMissing.
    """
    with transaction() as session:
        project = _locked(session, Project.code == project_code, project_code)
        step = lifecycle.step_between(ProjectType(project.type), ProjectState(project.state), target)
        if not policy.may_propose_step(actor, step):
            raise NotAllowed()
        if read.waiting_step(project.id):
            raise lifecycle.StepWaits()
        _check_document(session, project.id, document_id, step)
        step_id = new_id("stp")
        session.execute(
            insert(ProjectStep).values(
                id=step_id, project_id=project.id, from_state=step.source, to_state=step.target,
                document_id=document_id, note=" ".join(note.split()), proposed_by=actor.id, proposed_at=now,
            )
        )  # fmt: skip
        audit.record(actor, "step.proposed", step_id, now, project=project_code, to=step.target.value)
        return step_id


def decide_step(actor: Actor, step_id: str, decision: Decision, reason: str, now: datetime) -> None:
    """A second person takes the step or refuses it, with a reason; what is taken goes into the public log.

    Raises UnknownStep, SamePerson, StepDecided, ReasonMissing, NoSuchStep and what ``check_ready`` raises.
    """
    with transaction() as session:
        row = session.execute(select(*ProjectStep.__table__.c).where(ProjectStep.id == step_id)).one_or_none()
        if row is None:
            raise lifecycle.UnknownStep()
        project = _locked(session, Project.id == row.project_id, "")
        step = lifecycle.step_between(
            ProjectType(project.type), ProjectState(row.from_state), ProjectState(row.to_state)
        )
        if actor.id == row.proposed_by:
            raise lifecycle.SamePerson()
        if not policy.may_decide_step(actor, step, row.proposed_by):
            raise NotAllowed()
        if decision is Decision.REFUSED:
            reason = lifecycle.checked_reason(reason)
        else:
            lifecycle.check_ready(step, read.readiness(project.id, step.source), now)
        event_id = new_id("pev") if decision is Decision.APPROVED else None
        _decide(session, actor, step_id, decision, reason, event_id, now)
        if event_id:
            _take(session, actor, project, row, step, event_id, now)
        audit.record(
            actor, f"step.{decision.value}", step_id, now, project=project.code, to=step.target.value
        )


def _decide(
    session: Session,
    actor: Actor,
    step_id: str,
    decision: Decision,
    reason: str,
    event_id: str | None,
    now: datetime,
) -> None:
    done = session.execute(
        update(ProjectStep)
        .where(ProjectStep.id == step_id, ProjectStep.decided_at.is_(None))
        .values(decision=decision, decided_by=actor.id, decided_at=now, event_id=event_id,
                reason=" ".join(reason.split()))
        .returning(ProjectStep.id)
    ).first()  # fmt: skip
    if done is None:
        raise lifecycle.StepDecided()


def _take(
    session: Session, actor: Actor, project: Any, row: Any, step: Step, event_id: str, now: datetime
) -> None:
    session.execute(update(Project).where(Project.id == project.id).values(state=step.target))
    document = session.execute(
        select(ProjectDocument.sha256, ProjectDocument.kind).where(ProjectDocument.id == row.document_id)
    ).one()
    session.execute(
        insert(ProjectEvent).values(
            id=event_id, project_id=project.id, from_state=step.source, to_state=step.target,
            actor_id=actor.id, document=row.document_id, at=now,
        )
    )  # fmt: skip
    if step.notice_days:
        session.execute(
            insert(PublicNotice).values(
                id=new_id("ntc"), project_id=project.id, step_id=row.id, document_id=row.document_id,
                working_days=step.notice_days, opens_at=now,
                closes_at=lifecycle.notice_closes(now, step.notice_days),
            )
        )  # fmt: skip
    found = read.newest_assessment(project.id)
    facts = records.ProjectState(
        project=project.code, project_type=project.type, from_state=step.source.value,
        to_state=step.target.value, document_kind=document.kind, document_sha256=document.sha256,
        demo=project.is_demo, verdict=found.verdict.value if found else None,
        rules=f"{found.rules}-{found.version}" if found else None,
        rules_sha256=found.rules_sha256 if found else None,
    )  # fmt: skip
    log.record(facts, row.id, now)


# -- the public's say --------------------------------------------------------------------------


def comment(actor: Actor, notice_id: str, body: str, lang: str, now: datetime) -> str:
    """Anybody may say something while a notice is open; staff read it before it is shown.

    Raises UnknownNotice, NoticeClosed, CommentEmpty.
    """
    if not policy.may_comment(actor):
        raise NotAllowed()
    words = lifecycle.checked_comment(body)
    with transaction() as session:
        notice = session.execute(
            select(PublicNotice.opens_at, PublicNotice.closes_at).where(PublicNotice.id == notice_id)
        ).one_or_none()
        if notice is None:
            raise lifecycle.UnknownNotice()
        if not notice.opens_at <= now < notice.closes_at:
            raise lifecycle.NoticeClosed()
        comment_id = new_id("cmt")
        session.execute(
            insert(NoticeComment).values(
                id=comment_id, notice_id=notice_id, body=words, lang=lang, at=now, state=CommentState.WAITING
            )
        )
        return comment_id


def answer_comment(actor: Actor, comment_id: str, answer: str, is_shown: bool, now: datetime) -> None:
    """Answer a comment once, and show it or keep its words back. Raises UnknownComment, CommentEmpty."""
    if not policy.may_tend_projects(actor):
        raise NotAllowed()
    words = lifecycle.checked_comment(answer)
    with transaction() as session:
        state = CommentState.SHOWN if is_shown else CommentState.HIDDEN
        done = session.execute(
            update(NoticeComment)
            .where(NoticeComment.id == comment_id, NoticeComment.state == CommentState.WAITING)
            .values(state=state, answer=words, answered_by=actor.id, answered_at=now)
            .returning(NoticeComment.id)
        ).first()
        if done is None:
            raise lifecycle.UnknownComment()
        audit.record(actor, "comment.answered", comment_id, now, state=state.value)


# -- what they share ---------------------------------------------------------------------------


def _locked(session: Session, where: ColumnElement[bool], code: str) -> Any:
    """The row of a project, which nobody else moves until this transaction ends. Raises UnknownProject."""
    row = session.execute(select(*Project.__table__.c).where(where).with_for_update()).one_or_none()
    if row is None:
        raise UnknownProject(code=code[:80])
    return row


def _document_kind(session: Session, project_id: str, document_id: str) -> DocumentKind:
    """Raises UnknownDocument for a document of another project."""
    kind = session.scalar(
        select(ProjectDocument.kind).where(
            ProjectDocument.id == document_id, ProjectDocument.project_id == project_id
        )
    )
    if kind is None:
        raise lifecycle.UnknownDocument()
    return DocumentKind(kind)


def _check_document(session: Session, project_id: str, document_id: str, step: Step) -> None:
    """Raises DocumentMissing."""
    fits = session.scalar(
        select(func.count()).select_from(ProjectDocument).where(
            ProjectDocument.id == document_id,
            ProjectDocument.project_id == project_id,
            ProjectDocument.kind == step.document,
            ProjectDocument.is_public,
        )
    )  # fmt: skip
    if not fits:
        raise lifecycle.DocumentMissing()

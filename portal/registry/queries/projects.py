"""The life of a project, read: papers, land, findings, steps, notices, and what staff have to look at."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, or_, select

from portal.db import db
from portal.kernel.bilingual import Bilingual
from portal.registry.models import (
    Assessment,
    AssessmentFinding,
    Likeness,
    NoticeComment,
    Parcel,
    Project,
    ProjectDocument,
    ProjectStep,
    PublicNotice,
)
from portal.registry.rules import eligibility
from portal.registry.rules.eligibility import Finding, Land, Rule, Verdict
from portal.registry.rules.errors import UnknownProject
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.lifecycle import (
    CommentState,
    Decision,
    DocumentKind,
    ProjectState,
    Readiness,
    UnknownComment,
    UnknownDocument,
    UnknownNotice,
    UnknownStep,
)
from portal.registry.rules.parcels import Box, Tenure, smallest_part_m2
from portal.registry.rules.screening import Known, LikenessKind


@dataclass(frozen=True, slots=True)
class ProjectLife:
    """A project as its life is told."""

    id: str
    code: str
    name: Bilingual
    type: ProjectType
    state: ProjectState
    registry: str
    source_id: str
    methodology: str
    county_code: str
    crediting_start: date | None
    crediting_end: date | None
    is_demo: bool


@dataclass(frozen=True, slots=True)
class DocumentView:
    id: str
    project_id: str
    kind: DocumentKind
    title: Bilingual
    file_name: str
    sha256: str
    media_type: str
    bytes: int
    is_public: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ParcelView:
    id: str
    code: str
    county_code: str
    village: str
    geojson: str
    outline_sha256: str
    area_m2: int
    tenure: Tenure
    document_id: str | None
    valid_from: date
    valid_to: date
    is_demo: bool
    at: datetime
    withdrawn_at: datetime | None
    withdrawn_because: str | None


@dataclass(frozen=True, slots=True)
class NeighbourView:
    """A parcel in the register whose box meets another's."""

    project_id: str
    project: str
    code: str
    geojson: str
    area_m2: int
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class StepView:
    """A step, proposed or decided. Who they are stays inside; that they are two, the database holds."""

    id: str
    project: str
    source: ProjectState
    target: ProjectState
    document: DocumentView
    note: str
    proposed_by: str
    proposed_at: datetime
    decision: Decision | None
    decided_at: datetime | None
    reason: str
    event_id: str | None


@dataclass(frozen=True, slots=True)
class FindingView:
    """``rule`` is None when the finding is of rules this installation no longer has."""

    rule_id: str
    rule: Rule | None
    value: str
    finding: Finding
    evidence: str
    document_id: str | None
    source: str


@dataclass(frozen=True, slots=True)
class AssessmentView:
    id: str
    rules: str
    version: str
    rules_sha256: str
    verdict: Verdict
    at: datetime
    findings: tuple[FindingView, ...]


@dataclass(frozen=True, slots=True)
class NoticeView:
    id: str
    project: ProjectLife
    target: ProjectState
    document: DocumentView
    working_days: int
    opens_at: datetime
    closes_at: datetime

    def is_open(self, now: datetime) -> bool:
        return self.opens_at <= now < self.closes_at


@dataclass(frozen=True, slots=True)
class CommentView:
    """``body`` is "" for the public while it waits or when it is hidden."""

    id: str
    body: str
    lang: str
    at: datetime
    state: CommentState
    answer: str
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class LikenessView:
    id: str
    project: str
    project_name: Bilingual
    other: str
    other_name: Bilingual
    kind: LikenessKind
    found_at: datetime
    because: str
    cleared_at: datetime | None


# -- one project -------------------------------------------------------------------------------


def life(code: str) -> ProjectLife:
    """Raises UnknownProject."""
    row = db.session.execute(select(*Project.__table__.c).where(Project.code == code)).one_or_none()
    if row is None:
        raise UnknownProject(code=code[:80])
    return _life(row)


def _life(row: Row[*tuple[Any, ...]]) -> ProjectLife:
    return ProjectLife(
        id=row.id, code=row.code, name=Bilingual(row.name_zh, row.name_en), type=ProjectType(row.type),
        state=ProjectState(row.state), registry=row.source_registry, source_id=row.source_id,
        methodology=row.methodology, county_code=row.county_code or "", is_demo=row.is_demo,
        crediting_start=row.crediting_start, crediting_end=row.crediting_end,
    )  # fmt: skip


def documents_of(project_id: str, *, with_private: bool = False) -> list[DocumentView]:
    """Papers of a project, oldest first."""
    query = (
        select(*ProjectDocument.__table__.c)
        .where(ProjectDocument.project_id == project_id)
        .order_by(ProjectDocument.at, ProjectDocument.id)
    )
    if not with_private:
        query = query.where(ProjectDocument.is_public)
    return [_document(row) for row in db.session.execute(query)]


def document(document_id: str, *, with_private: bool = False) -> DocumentView:
    """Raises UnknownDocument, for a private one too when it is not to be shown."""
    row = db.session.execute(
        select(*ProjectDocument.__table__.c).where(ProjectDocument.id == document_id)
    ).one_or_none()
    if row is None or not (row.is_public or with_private):
        raise UnknownDocument()
    return _document(row)


def _document(row: Row[*tuple[Any, ...]]) -> DocumentView:
    return DocumentView(
        row.id, row.project_id, DocumentKind(row.kind), Bilingual(row.title_zh, row.title_en), row.file_name,
        row.sha256, row.media_type, row.bytes, row.is_public, row.at,
    )  # fmt: skip


def parcels_of(project_id: str) -> list[ParcelView]:
    """All parcels of a project by code, withdrawn ones too."""
    query = select(*Parcel.__table__.c).where(Parcel.project_id == project_id).order_by(Parcel.code)
    return [
        ParcelView(
            row.id, row.code, row.county_code, row.village, row.geojson, row.outline_sha256, row.area_m2,
            Tenure(row.tenure), row.document_id, row.valid_from, row.valid_to, row.is_demo, row.at,
            row.withdrawn_at, row.withdrawn_because,
        )
        for row in db.session.execute(query)
    ]  # fmt: skip


def neighbours(box: Box) -> list[NeighbourView]:
    """Parcels that stand in the register and whose boxes meet this one."""
    query = (
        select(Parcel.project_id, Project.code.label("project"), Parcel.code, Parcel.geojson, Parcel.area_m2,
               Parcel.valid_from, Parcel.valid_to)
        .join(Project, Project.id == Parcel.project_id)
        .where(
            Parcel.withdrawn_at.is_(None),
            Parcel.west < box.east, Parcel.east > box.west,
            Parcel.south < box.north, Parcel.north > box.south,
        )
        .order_by(Parcel.id)
    )  # fmt: skip
    return [NeighbourView(*row) for row in db.session.execute(query)]


def land_of(project_id: str) -> Land:
    """What the parcels that stand answer by themselves."""
    standing = [each for each in parcels_of(project_id) if each.withdrawn_at is None]
    if not standing:
        return Land(None, None)
    return Land(
        min(smallest_part_m2(each.geojson) for each in standing),
        all(each.tenure is not Tenure.UNCLEAR for each in standing),
    )


def steps_of(project_id: str) -> list[StepView]:
    """Steps of a project, newest first, those that wait on top."""
    query = (
        _steps()
        .where(ProjectStep.project_id == project_id)
        .order_by(ProjectStep.proposed_at.desc(), ProjectStep.id.desc())
    )
    return [_step(row) for row in db.session.execute(query)]


def step(step_id: str) -> StepView:
    """Raises UnknownStep."""
    row = db.session.execute(_steps().where(ProjectStep.id == step_id)).one_or_none()
    if row is None:
        raise UnknownStep()
    return _step(row)


def waiting_step(project_id: str) -> StepView | None:
    """The step that waits for its second person."""
    row = db.session.execute(
        _steps().where(ProjectStep.project_id == project_id, ProjectStep.decided_at.is_(None))
    ).one_or_none()
    return _step(row) if row else None


def _steps() -> Any:
    papers = [column.label(f"document_{column.name}") for column in ProjectDocument.__table__.c]
    return (
        select(*ProjectStep.__table__.c, Project.code.label("project"), *papers)
        .join(Project, Project.id == ProjectStep.project_id)
        .join(ProjectDocument, ProjectDocument.id == ProjectStep.document_id)
    )


def _paper_of(row: Any) -> DocumentView:
    return DocumentView(
        row.document_id, row.document_project_id, DocumentKind(row.document_kind),
        Bilingual(row.document_title_zh, row.document_title_en), row.document_file_name, row.document_sha256,
        row.document_media_type, row.document_bytes, row.document_is_public, row.document_at,
    )  # fmt: skip


def _step(row: Any) -> StepView:
    return StepView(
        id=row.id, project=row.project, source=ProjectState(row.from_state),
        target=ProjectState(row.to_state), document=_paper_of(row), note=row.note,
        proposed_by=row.proposed_by, proposed_at=row.proposed_at,
        decision=Decision(row.decision) if row.decision else None, decided_at=row.decided_at,
        reason=row.reason or "", event_id=row.event_id,
    )  # fmt: skip


def newest_assessment(project_id: str) -> AssessmentView | None:
    row = db.session.execute(
        select(*Assessment.__table__.c)
        .where(Assessment.project_id == project_id)
        .order_by(Assessment.at.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    known = {rule.id: rule for rules in eligibility.all_rules() for rule in rules.rules
             if rules.sha256 == row.rules_sha256}  # fmt: skip
    order = {rule_id: place for place, rule_id in enumerate(known)}
    findings = db.session.execute(
        select(*AssessmentFinding.__table__.c).where(AssessmentFinding.assessment_id == row.id)
    ).all()
    return AssessmentView(
        row.id, row.rules, row.version, row.rules_sha256, Verdict(row.verdict), row.at,
        tuple(
            FindingView(each.rule_id, known.get(each.rule_id), each.value, Finding(each.verdict),
                        each.evidence, each.document_id, each.source)
            for each in sorted(findings, key=lambda each: (order.get(each.rule_id, 99), each.rule_id))
        ),
    )  # fmt: skip


def readiness(project_id: str, state: ProjectState) -> Readiness:
    """What a step out of this state is judged by."""
    found = newest_assessment(project_id)
    notice = next((each for each in notices_of(project_id) if each.target is state), None)
    waiting = select(func.count()).where(
        NoticeComment.notice_id == (notice.id if notice else ""), NoticeComment.state == CommentState.WAITING
    )
    standing = select(func.count()).where(Parcel.project_id == project_id, Parcel.withdrawn_at.is_(None))
    return Readiness(
        verdict=found.verdict if found else None,
        open_likenesses=len(likenesses(of_project=project_id)),
        parcels=db.session.execute(standing).scalar_one(),
        notice_closes=notice.closes_at if notice else None,
        waiting_comments=db.session.execute(waiting).scalar_one(),
    )


# -- notices -----------------------------------------------------------------------------------


def notices_of(project_id: str) -> list[NoticeView]:
    """Notices of a project, newest first."""
    query = _notices().where(PublicNotice.project_id == project_id).order_by(PublicNotice.opens_at.desc())
    return [_notice(row) for row in db.session.execute(query)]


def open_notices(now: datetime) -> list[NoticeView]:
    """What anybody may comment on, the first to close on top."""
    query = (
        _notices()
        .where(PublicNotice.opens_at <= now, PublicNotice.closes_at > now)
        .order_by(PublicNotice.closes_at)
    )
    return [_notice(row) for row in db.session.execute(query)]


def notice(notice_id: str) -> NoticeView:
    """Raises UnknownNotice."""
    row = db.session.execute(_notices().where(PublicNotice.id == notice_id)).one_or_none()
    if row is None:
        raise UnknownNotice()
    return _notice(row)


def _notices() -> Any:
    papers = [column.label(f"document_{column.name}") for column in ProjectDocument.__table__.c]
    facts = [
        PublicNotice.id.label("notice_id"), PublicNotice.working_days, PublicNotice.opens_at,
        PublicNotice.closes_at, ProjectStep.to_state,
    ]  # fmt: skip
    return (
        select(*Project.__table__.c, *facts, *papers)
        .join_from(PublicNotice, Project, Project.id == PublicNotice.project_id)
        .join(ProjectStep, ProjectStep.id == PublicNotice.step_id)
        .join(ProjectDocument, ProjectDocument.id == PublicNotice.document_id)
    )


def _notice(row: Any) -> NoticeView:
    return NoticeView(
        row.notice_id, _life(row), ProjectState(row.to_state), _paper_of(row), row.working_days,
        row.opens_at, row.closes_at,
    )  # fmt: skip


def comments_of(notice_id: str, *, with_hidden: bool = False) -> list[CommentView]:
    """Comments on a notice, oldest first; words that the public may not see yet are left out."""
    query = (
        select(*NoticeComment.__table__.c)
        .where(NoticeComment.notice_id == notice_id)
        .order_by(NoticeComment.at, NoticeComment.id)
    )
    return [
        CommentView(
            row.id, row.body if with_hidden or row.state == CommentState.SHOWN else "", row.lang, row.at,
            CommentState(row.state), row.answer or "", row.answered_at,
        )
        for row in db.session.execute(query)
    ]  # fmt: skip


def comment(comment_id: str) -> tuple[CommentView, NoticeView]:
    """A comment with its notice, for staff. Raises UnknownComment."""
    found = db.session.scalar(select(NoticeComment.notice_id).where(NoticeComment.id == comment_id))
    if found is None:
        raise UnknownComment()
    said = next(each for each in comments_of(found, with_hidden=True) if each.id == comment_id)
    return said, notice(found)


# -- what staff look at ------------------------------------------------------------------------


def projects_in_life(after: str | None = None, limit: int = 50) -> list[ProjectLife]:
    """All projects by code."""
    query = select(*Project.__table__.c).order_by(Project.code).limit(limit)
    if after:
        query = query.where(Project.code > after)
    return [_life(row) for row in db.session.execute(query)]


def waiting_steps() -> list[StepView]:
    """Steps that wait for their second person, the oldest first."""
    query = _steps().where(ProjectStep.decided_at.is_(None)).order_by(ProjectStep.proposed_at, ProjectStep.id)
    return [_step(row) for row in db.session.execute(query)]


def likenesses(of_project: str | None = None) -> list[LikenessView]:
    """Pairs of projects that may be one and that nobody has cleared yet."""
    newer, older = Project.__table__.alias("newer"), Project.__table__.alias("older")
    query = (
        select(Likeness.id, newer.c.code.label("project"), newer.c.name_zh, newer.c.name_en,
               older.c.code.label("other"), older.c.name_zh.label("other_zh"),
               older.c.name_en.label("other_en"), Likeness.kind, Likeness.found_at, Likeness.because,
               Likeness.cleared_at)
        .join(newer, newer.c.id == Likeness.project_id)
        .join(older, older.c.id == Likeness.other_id)
        .where(Likeness.cleared_at.is_(None))
        .order_by(Likeness.found_at, Likeness.id)
    )  # fmt: skip
    if of_project:
        query = query.where(or_(Likeness.project_id == of_project, Likeness.other_id == of_project))
    return [
        LikenessView(
            row.id, row.project, Bilingual(row.name_zh, row.name_en), row.other,
            Bilingual(row.other_zh, row.other_en), LikenessKind(row.kind), row.found_at, row.because or "",
            row.cleared_at,
        )
        for row in db.session.execute(query)
    ]  # fmt: skip


def known_projects() -> Iterator[Known]:
    """What screening compares, oldest first."""
    rows = db.session.execute(
        select(Project.id, Project.source_registry, Project.source_id, Project.name_zh, Project.name_en,
               Project.country)
        .order_by(Project.created_at, Project.id)
    )  # fmt: skip
    for row in rows:
        yield Known(row.id, row.source_registry, row.source_id, (row.name_zh, row.name_en), row.country)

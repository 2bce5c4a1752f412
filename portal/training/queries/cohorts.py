"""Classes, as those who run them see them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.clock import day_of
from portal.training import policy
from portal.training.models.classes import Cohort, CohortLanguage, CohortTrainer
from portal.training.models.courses import CourseVersion
from portal.training.models.learners import Enrolment, Learner, Roster
from portal.training.rules.classes import CohortView, Phase, TrainerView, UnknownCohort, phase_of
from portal.training.rules.rosters import Entry


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a class. ``email`` is empty for who has none; ``has_code``: a personal code is out."""

    enrolment_id: str
    learner_id: str
    name: str
    email: str
    lang: str
    standing: str
    enrolled_at: datetime
    seen_at: datetime
    left_at: datetime | None
    has_account: bool
    has_code: bool
    roster_id: str | None

    @property
    def has_been_here(self) -> bool:
        return self.seen_at > self.enrolled_at


@dataclass(frozen=True, slots=True)
class RosterView:
    """A list that was taken in, and how many of it are in the class."""

    id: str
    file_name: str
    made_at: datetime
    undone_at: datetime | None
    learners: int


def cohorts_of(actor: Actor) -> list[CohortView]:
    """The classes that this trainer runs; for auditors, all of them."""
    if policy.may_read_all(actor):
        return _views(select(Cohort.id))
    return _views(select(CohortTrainer.cohort_id).where(CohortTrainer.person_id == actor.id))


def cohort(actor: Actor, cohort_id: str) -> CohortView:
    """Raises UnknownCohort, also for who may not see it: whether it exists is nobody else's business."""
    found = _views([cohort_id])
    if not found or not policy.may_see(actor, found[0].trainer_ids):
        raise UnknownCohort()
    return found[0]


def cohort_by_id(cohort_id: str) -> CohortView:
    """For who holds a code of one of its sessions, and for work without a person. Raises UnknownCohort."""
    found = _views([cohort_id])
    if not found:
        raise UnknownCohort()
    return found[0]


def running(now: datetime) -> list[CohortView]:
    """All classes that are on, by the calendar where each of them is, and not closed."""
    today, day = day_of(now), timedelta(days=1)
    near = select(Cohort.id).where(
        Cohort.first_day <= today + day, Cohort.last_day >= today - day, Cohort.closed_at.is_(None)
    )
    return [each for each in _views(near) if phase_of(each, now) is Phase.RUNNING]


def members(cohort_id: str, *, left: bool = False) -> list[Member]:
    """Who is in the class, in the order of joining; with ``left`` also who has left it."""
    wanted = [Enrolment.cohort_id == cohort_id]
    if not left:
        wanted.append(Enrolment.left_at.is_(None))
    rows = db.session.execute(
        select(
            Enrolment.id, Learner.id, Learner.name, Learner.email, Enrolment.lang, Enrolment.standing,
            Enrolment.enrolled_at, Enrolment.seen_at, Enrolment.left_at, Learner.person_id.is_not(None),
            Learner.code_hash.is_not(None), Enrolment.roster_id,
        )
        .join(Learner, Learner.id == Enrolment.learner_id)
        .where(*wanted)
        .order_by(Enrolment.enrolled_at, Learner.name, Enrolment.id)
    )  # fmt: skip
    return [Member(*tuple(row)) for row in rows]


def entries(cohort_id: str) -> list[Entry]:
    """The same people as a list would name them, for comparing."""
    return [Entry(each.name, each.email, each.lang) for each in members(cohort_id)]


def rosters(cohort_id: str) -> list[RosterView]:
    """Lists that were taken in, newest first."""
    counted = (
        select(Enrolment.roster_id, func.count().label("n"))
        .where(Enrolment.cohort_id == cohort_id, Enrolment.left_at.is_(None))
        .group_by(Enrolment.roster_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Roster, counted.c.n)
        .outerjoin(counted, counted.c.roster_id == Roster.id)
        .where(Roster.cohort_id == cohort_id)
        .order_by(Roster.made_at.desc(), Roster.id.desc())
    )
    return [RosterView(row.id, row.file_name, row.made_at, row.undone_at, n or 0) for row, n in rows]


def _views(ids: object) -> list[CohortView]:
    rows = db.session.execute(
        select(
            Cohort, CourseVersion.title_zh, CourseVersion.title_en, CourseVersion.version,
            func.coalesce(CohortLanguage.lang, "zh").label("lang"),
        )
        .join(CourseVersion, CourseVersion.id == Cohort.version_id)
        .outerjoin(CohortLanguage, CohortLanguage.cohort_id == Cohort.id)
        .where(Cohort.id.in_(ids))  # type: ignore[arg-type]
        .order_by(Cohort.first_day, Cohort.id)
    ).all()  # fmt: skip
    known = [row.Cohort.id for row in rows]
    trainers, learners = _trainers(known), _counts(known)
    return [
        CohortView(
            id=row.Cohort.id, version_id=row.Cohort.version_id, course=Bilingual(row.title_zh, row.title_en),
            course_version=row.version, name=row.Cohort.name, place=row.Cohort.place,
            first_day=row.Cohort.first_day, last_day=row.Cohort.last_day, join_code=row.Cohort.join_code,
            is_open=row.Cohort.is_open, sessions_required=row.Cohort.sessions_required,
            closed_at=row.Cohort.closed_at, trainers=tuple(trainers.get(row.Cohort.id, ())),
            learners=learners.get(row.Cohort.id, 0), lang=row.lang, zone=row.Cohort.zone,
        )
        for row in rows
    ]  # fmt: skip


def _trainers(cohort_ids: Sequence[str]) -> dict[str, list[TrainerView]]:
    found: dict[str, list[TrainerView]] = {}
    rows = db.session.scalars(
        select(CohortTrainer)
        .where(CohortTrainer.cohort_id.in_(cohort_ids))
        .order_by(CohortTrainer.since, CohortTrainer.person_id)
    )
    for row in rows:
        found.setdefault(row.cohort_id, []).append(TrainerView(row.person_id, row.name))
    return found


def _counts(cohort_ids: Iterable[str]) -> dict[str, int]:
    rows = db.session.execute(
        select(Enrolment.cohort_id, func.count())
        .where(Enrolment.cohort_id.in_(cohort_ids), Enrolment.left_at.is_(None))
        .group_by(Enrolment.cohort_id)
    )
    return {str(cohort_id): count for cohort_id, count in rows}

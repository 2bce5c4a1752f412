"""Learners and the courses they are in, as the learner's own pages ask for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select, union_all
from sqlalchemy.orm import aliased

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.clock import CITY
from portal.training import policy
from portal.training.models.classes import Cohort, CohortTrainer
from portal.training.models.learners import Enrolment, JoinedLearner, Learner
from portal.training.models.outcomes import Completion
from portal.training.rules.learners import UnknownClass, UnknownEnrolment, read_code
from portal.training.rules.zones import zone_of


@dataclass(frozen=True, slots=True)
class LearnerView:
    """Somebody who learns. ``person_id`` is the account, also of whoever this learner was joined to."""

    id: str
    person_id: str | None
    name: str
    email: str
    lang: str
    has_code: bool
    made_at: datetime

    @property
    def learner_id(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A learner in a version of a course, in a class or alone; ``zone`` is the class's, else the city's."""

    id: str
    learner_id: str
    person_id: str | None
    version_id: str
    cohort_id: str | None
    cohort: str
    standing: str
    lang: str
    enrolled_at: datetime
    left_at: datetime | None
    certificate: str | None
    zone: ZoneInfo = CITY


@dataclass(frozen=True, slots=True)
class ClassView:
    """A class as somebody sees it who has its code."""

    id: str
    version_id: str
    name: str
    place: str
    first_day: date
    last_day: date
    join_code: str
    is_open: bool
    trainers: tuple[str, ...]


_Into = aliased(Learner)
_account = func.coalesce(Learner.person_id, _Into.person_id)


def learners_of(actor: Actor) -> list[LearnerView]:
    """The actor as a learner: of the account, of lists that were joined to it, of a code on this device."""
    held = Learner.id.in_([key for key in actor.keys if key.startswith("lrn_")]) & _account.is_(None)
    whose = or_(_account == actor.id, held) if actor.is_person else held
    rows = db.session.execute(
        select(Learner, _account)
        .outerjoin(JoinedLearner, JoinedLearner.learner_id == Learner.id)
        .outerjoin(_Into, _Into.id == JoinedLearner.into_id)
        .where(whose, Learner.erased_at.is_(None))
        .order_by(JoinedLearner.joined_at.is_not(None), Learner.person_id.is_(None), Learner.made_at)
    )
    return [
        LearnerView(
            row.id, person, row.name, row.email, row.lang, row.code_hash is not None, row.made_at
        )
        for row, person in rows
    ]  # fmt: skip


def learner_with(code: str) -> str | None:
    """The learner with this personal code, given as its hash."""
    return db.session.scalar(select(Learner.id).where(Learner.code_hash == code, Learner.erased_at.is_(None)))


def enrolments_of(actor: Actor) -> list[Enrolled]:
    """All that the actor takes or took, the newest first."""
    ids = [learner.id for learner in learners_of(actor)]
    found = _enrolments(Enrolment.learner_id.in_(ids)) if ids else []
    return sorted(found, key=lambda each: (each.enrolled_at, each.id), reverse=True)


def enrolment(actor: Actor, enrolment_id: str) -> Enrolled:
    """One of the actor's own. Raises UnknownEnrolment, for somebody else's as for one that is not there."""
    for each in _enrolments(Enrolment.id == enrolment_id):
        if policy.may_learn(actor, each):
            return each
    raise UnknownEnrolment()


def enrolled(enrolment_id: str) -> Enrolled:
    """For who holds a letter of ours, and for work without a person. Raises UnknownEnrolment."""
    for each in _enrolments(Enrolment.id == enrolment_id):
        return each
    raise UnknownEnrolment()


def enrolment_in(actor: Actor, version_ids: Iterable[str]) -> Enrolled | None:
    """Where the actor learns one of these versions: what was begun last and not left."""
    wanted = set(version_ids)
    open_ones = (each for each in enrolments_of(actor) if each.left_at is None)
    return next((each for each in open_ones if each.version_id in wanted), None)


def class_with(join_code: str) -> ClassView:
    """The class with this code, as it was typed. Raises UnknownClass."""
    typed = join_code.strip()
    row = db.session.scalars(
        select(Cohort).where(Cohort.join_code.in_({typed, typed.upper(), read_code(typed)}))
    ).first()
    if row is None:
        raise UnknownClass()
    return _class(row)


def class_of(cohort_id: str) -> ClassView:
    """Raises UnknownClass."""
    row = db.session.get(Cohort, cohort_id)
    if row is None:
        raise UnknownClass()
    return _class(row)


def trainers_of(cohort_id: str) -> frozenset[str]:
    """Who runs this class, as ids of people."""
    found = select(CohortTrainer.person_id).where(CohortTrainer.cohort_id == cohort_id)
    return frozenset(db.session.scalars(found))


def _class(row: Cohort) -> ClassView:
    names = db.session.scalars(
        select(CohortTrainer.name).where(CohortTrainer.cohort_id == row.id).order_by(CohortTrainer.since)
    )
    return ClassView(
        row.id, row.version_id, row.name, row.place, row.first_day, row.last_day, row.join_code,
        row.is_open and row.closed_at is None, tuple(names),
    )  # fmt: skip


def certificate_number() -> ColumnElement[str | None]:
    """Of an ``Enrolment`` with its ``JoinedLearner``, if there is one: what this person got for the version.

    Under this row, under the one that it turned out to be, or under another that turned out to be the same;
    the first one where there were two.
    """
    kept = (Enrolment, JoinedLearner)
    person = func.coalesce(JoinedLearner.into_id, Enrolment.learner_id)
    sibling = aliased(JoinedLearner)
    same = select(sibling.learner_id).where(sibling.into_id == person).correlate(*kept)
    return (
        select(Completion.certificate)
        .where(
            Completion.version_id == Enrolment.version_id,
            Completion.learner_id.in_(union_all(select(person).correlate(*kept), same)),
        )
        .order_by(Completion.completed_at, Completion.id)
        .limit(1)
        .correlate(*kept)
        .scalar_subquery()
    )


def _enrolments(which: ColumnElement[bool]) -> list[Enrolled]:
    rows = db.session.execute(
        select(Enrolment, _account, Cohort.name, Cohort.time_zone, certificate_number())
        .join(Learner, Learner.id == Enrolment.learner_id)
        .outerjoin(JoinedLearner, JoinedLearner.learner_id == Learner.id)
        .outerjoin(_Into, _Into.id == JoinedLearner.into_id)
        .outerjoin(Cohort, Cohort.id == Enrolment.cohort_id)
        .where(which, Learner.erased_at.is_(None))
    )
    return [
        Enrolled(
            row.id, row.learner_id, person, row.version_id, row.cohort_id, cohort or "", row.standing,
            row.lang, row.enrolled_at, row.left_at, certificate,
            zone_of(zone) if zone else CITY,
        )
        for row, person, cohort, zone, certificate in rows
    ]  # fmt: skip

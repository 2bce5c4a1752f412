"""Coming into a course: alone, or into a class by its code, with an account or with a personal code."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit
from portal.accounts.queries import person
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import is_id, new_id
from portal.training import policy
from portal.training.commands import letters
from portal.training.models.classes import Cohort
from portal.training.models.learners import Enrolment, Learner
from portal.training.queries import courses, learners
from portal.training.queries.learners import ClassView
from portal.training.rules import learners as rules
from portal.training.rules.learners import ClassClosed, CourseWithdrawn, UnknownEnrolment

# For so long a form that is sent again is the same person: a double tap, a lost answer.
_SAME_FORM: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Joined:
    """``code`` is the personal code of a learner without an account who is new; it is shown once."""

    enrolment_id: str
    learner_id: str
    code: str | None


def enrol(
    actor: Actor, version_id: str, lang: str, now: datetime, cohort_id: str | None = None
) -> str:  # fmt: skip
    """Begin this version; the enrolment's id. Begun again it is the same one, and goes on where it was left.

    Alone, or in a class that the actor runs (who has its code joins it). Raises NotAllowed, UnknownCourse,
    CourseWithdrawn, UnknownClass.
    """
    trainers = learners.trainers_of(cohort_id) if cohort_id else frozenset[str]()
    if not policy.may_enrol(actor) or (cohort_id and not policy.may_run(actor, trainers)):
        raise NotAllowed()
    if courses.version(version_id).is_withdrawn and cohort_id is None:
        raise CourseWithdrawn()
    with transaction() as session:
        learner_id = _known(session, actor, lang, "", now) or _NOBODY
        if learner_id == _NOBODY:
            raise NotAllowed()
        return _enrolled(session, actor, learner_id, version_id, cohort_id, lang, now)


def join(
    actor: Actor, join_code: str, name: str, lang: str, now: datetime, learner_id: str | None = None
) -> Joined:  # fmt: skip
    """Come into the class with this code. Whoever is known already, by account or code, is the same learner.

    Anybody else becomes one by ``name`` and gets a personal code. ``learner_id`` is made where the form is,
    so that the form sent twice is one learner. Raises UnknownClass, ClassClosed, NameNeeded, NameTooLong.
    """
    found = learners.class_with(join_code)
    if not found.is_open:
        raise ClassClosed()
    with transaction() as session:
        known, code = _known(session, actor, lang, name, now), None
        if known is None:
            known, code = _newcomer(session, found, rules.name_of(name), lang, now, learner_id)
        enrolled = _enrolled(session, actor, known, found.version_id, found.id, lang, now)
        return Joined(enrolled, known, code)


def leave(actor: Actor, enrolment_id: str, now: datetime) -> None:
    """Stop taking this course. What was done stays, and beginning again goes on from there.

    Raises UnknownEnrolment.
    """
    if not policy.may_learn(actor, learners.enrolment(actor, enrolment_id)):
        raise UnknownEnrolment()
    with transaction() as session:
        row = session.get_one(Enrolment, enrolment_id, with_for_update=True)
        if row.left_at is None:
            row.left_at = now
            audit.record(actor, "enrolment.left", row.id, now)


_NOBODY: Final = ""


def _known(session: Session, actor: Actor, lang: str, name: str, now: datetime) -> str | None:
    """The learner that this actor is; a person who learns for the first time becomes one."""
    known = learners.learners_of(actor)
    if actor.is_person and not (known and known[0].person_id):
        return _of_account(session, actor, lang, name, now)
    return known[0].id if known else None


def _of_account(session: Session, actor: Actor, lang: str, name: str, now: datetime) -> str:
    account = person(actor.id)
    row = Learner(
        id=new_id("lrn"),
        person_id=actor.id,
        name=rules.name_of(name or account.name or account.email.partition("@")[0]),
        email=account.email.casefold() if account.is_confirmed else "",
        lang=lang,
        made_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def _newcomer(
    session: Session, found: ClassView, name: str, lang: str, now: datetime, wanted: str | None
) -> tuple[str, str]:
    """A learner by name with a new personal code; the same form sent again is the same learner."""
    learner_id = wanted if wanted and is_id(wanted, "lrn") else new_id("lrn")
    code = rules.new_code()
    row = session.get(Learner, learner_id, with_for_update=True)
    if row and (row.name != name or row.person_id or now - row.made_at > _SAME_FORM):
        row, learner_id = None, new_id("lrn")
    if row is None:
        row = Learner(id=learner_id, name=name, email="", lang=lang, made_at=now)
        session.add(row)
    row.code_hash = rules.hash_of(code)
    session.flush()
    return learner_id, code


def _welcome(session: Session, row: Enrolment, now: datetime) -> None:
    cohort = session.get_one(Cohort, row.cohort_id)
    facts = {
        "cohort": cohort.name, "place": cohort.place,
        "first_day": cohort.first_day.isoformat(), "last_day": cohort.last_day.isoformat(),
    }  # fmt: skip
    letters.write("joined", row, session.get_one(Learner, row.learner_id), facts, now)


def _enrolled(
    session: Session,
    actor: Actor,
    learner_id: str,
    version_id: str,
    cohort_id: str | None,
    lang: str,
    now: datetime,
) -> str:
    session.execute(select(Learner.id).where(Learner.id == learner_id).with_for_update())
    row = session.scalars(
        select(Enrolment).where(
            Enrolment.learner_id == learner_id,
            Enrolment.version_id == version_id,
            Enrolment.cohort_id == cohort_id if cohort_id else Enrolment.cohort_id.is_(None),
        )
    ).one_or_none()
    if row is None:
        trainers = learners.trainers_of(cohort_id) if cohort_id else ()
        row = Enrolment(
            id=new_id("enr"),
            learner_id=learner_id,
            version_id=version_id,
            cohort_id=cohort_id,
            standing="staff" if policy.is_staff_of(actor, trainers) else "learner",
            lang=lang,
            enrolled_at=now,
            seen_at=now,
        )
        session.add(row)
        session.flush()
        audit.record(actor, "enrolment.begun", row.id, now, version=version_id, cohort=cohort_id or "")
        if cohort_id and row.standing == "learner":
            _welcome(session, row, now)
    elif row.left_at is not None:
        row.left_at = None
        audit.record(actor, "enrolment.taken_up", row.id, now)
    row.seen_at = now
    return row.id

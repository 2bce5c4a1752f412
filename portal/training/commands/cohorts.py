"""Opening a class, changing what is said of it, closing it, and who runs it with you."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import audit
from portal.accounts.queries import person
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.training import policy
from portal.training.models.classes import Cohort, CohortLanguage, CohortTrainer
from portal.training.queries import courses
from portal.training.rules.classes import CohortClosed, CohortDraft, LastTrainer, NoSuchTrainer, UnknownCohort
from portal.training.rules.courses import UnknownCourse
from portal.training.rules.learners import new_code


def open_cohort(actor: Actor, cohort_id: str, version_id: str, draft: CohortDraft, now: datetime) -> str:
    """A class that takes this version of a course, run by the actor, open to who has its code; its id.

    ``cohort_id`` is made at the edge: the same form sent twice is one class.
    Raises NotAllowed, UnknownCourse, and what ``CohortDraft.checked`` raises.
    """
    if not policy.may_open_cohorts(actor):
        raise NotAllowed()
    draft = draft.checked()
    with transaction() as session:
        if session.get(Cohort, cohort_id):
            return cohort_id
        if courses.version(version_id).is_withdrawn:
            raise UnknownCourse()
        session.add(
            Cohort(
                id=cohort_id, version_id=version_id, name=draft.name, organisation_id=draft.organisation_id,
                place=draft.place, first_day=draft.first_day, last_day=draft.last_day,
                time_zone=draft.time_zone, join_code=new_code(), is_open=True, made_by=actor.id, made_at=now,
                sessions_required=draft.sessions_required,
            )
        )  # fmt: skip
        session.flush()
        session.merge(CohortLanguage(cohort_id=cohort_id, lang=draft.lang))
        _add(session, cohort_id, actor.id, now)
        audit.record(actor, "cohort.opened", cohort_id, now, version=version_id)
    return cohort_id


def change_cohort(actor: Actor, cohort_id: str, draft: CohortDraft, now: datetime) -> None:
    """Sessions keep their moment, also where the class has another time zone from now on.

    Raises NotAllowed, UnknownCohort, CohortClosed, and what ``CohortDraft.checked`` raises.
    """
    with transaction() as session:
        row = run_by(session, actor, cohort_id)
        draft = draft.checked()
        row.name, row.place = draft.name, draft.place
        row.first_day, row.last_day = draft.first_day, draft.last_day
        row.sessions_required, row.time_zone = draft.sessions_required, draft.time_zone
        session.merge(CohortLanguage(cohort_id=cohort_id, lang=draft.lang))
        audit.record(
            actor, "cohort.changed", cohort_id, now, sessions_required=draft.sessions_required,
            time_zone=draft.time_zone,
        )  # fmt: skip


def set_open(actor: Actor, cohort_id: str, is_open: bool, now: datetime) -> None:
    """Whether who has the code may still join. Raises NotAllowed, UnknownCohort, CohortClosed."""
    with transaction() as session:
        row = run_by(session, actor, cohort_id)
        row.is_open = is_open
        audit.record(actor, "cohort.door", cohort_id, now, is_open=is_open)


def renew_code(actor: Actor, cohort_id: str, now: datetime) -> None:
    """A new code to join by; the old one, wherever it has got to, leads nowhere any more.

    Raises NotAllowed, UnknownCohort, CohortClosed.
    """
    with transaction() as session:
        run_by(session, actor, cohort_id).join_code = new_code()
        audit.record(actor, "cohort.code_renewed", cohort_id, now)


def close_cohort(actor: Actor, cohort_id: str, now: datetime) -> None:
    """Nothing in the class changes any more; it stays to be read. Raises NotAllowed, UnknownCohort."""
    with transaction() as session:
        row = _held(session, actor, cohort_id)
        if row.closed_at is None:
            row.closed_at, row.is_open = now, False
            audit.record(actor, "cohort.closed", cohort_id, now)


def reopen_cohort(actor: Actor, cohort_id: str, now: datetime) -> None:
    """Closing, taken back. Raises NotAllowed, UnknownCohort."""
    with transaction() as session:
        row = _held(session, actor, cohort_id)
        if row.closed_at is not None:
            row.closed_at = None
            audit.record(actor, "cohort.reopened", cohort_id, now)


def add_trainer(actor: Actor, cohort_id: str, person_id: str, is_trainer: bool, now: datetime) -> None:
    """Somebody who runs the class too. ``is_trainer``: the edge has looked that up with the accounts.

    Raises NotAllowed, UnknownCohort, CohortClosed, NoSuchTrainer.
    """
    with transaction() as session:
        run_by(session, actor, cohort_id)
        if not is_trainer:
            raise NoSuchTrainer()
        if session.get(CohortTrainer, (cohort_id, person_id)) is None:
            _add(session, cohort_id, person_id, now)
            audit.record(actor, "cohort.trainer_added", cohort_id, now, person=person_id)


def remove_trainer(actor: Actor, cohort_id: str, person_id: str, now: datetime) -> None:
    """Raises NotAllowed, UnknownCohort, CohortClosed, LastTrainer."""
    with transaction() as session:
        run_by(session, actor, cohort_id)
        rows = session.scalars(select(CohortTrainer).where(CohortTrainer.cohort_id == cohort_id)).all()
        if len(rows) < 2:
            raise LastTrainer()
        for row in rows:
            if row.person_id == person_id:
                session.delete(row)
                audit.record(actor, "cohort.trainer_removed", cohort_id, now, person=person_id)


def run_by(session: Session, actor: Actor, cohort_id: str) -> Cohort:
    """The class, locked, if the actor runs it and it is not closed.

    Raises NotAllowed, UnknownCohort, CohortClosed.
    """
    row = _held(session, actor, cohort_id)
    if row.closed_at is not None:
        raise CohortClosed()
    return row


def _held(session: Session, actor: Actor, cohort_id: str) -> Cohort:
    trainers = session.scalars(select(CohortTrainer.person_id).where(CohortTrainer.cohort_id == cohort_id))
    if not policy.may_run(actor, frozenset(trainers)):
        raise NotAllowed()
    row = session.scalars(select(Cohort).where(Cohort.id == cohort_id).with_for_update()).one_or_none()
    if row is None:
        raise UnknownCohort()
    return row


def _add(session: Session, cohort_id: str, person_id: str, now: datetime) -> None:
    found = person(person_id)
    name = found.name or found.email.partition("@")[0]
    session.add(CohortTrainer(cohort_id=cohort_id, person_id=person_id, name=name, since=now))

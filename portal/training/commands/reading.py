"""Reading lessons: opened, marked as read, and taken back."""

from datetime import datetime

from sqlalchemy import update

from portal.db import transaction
from portal.kernel.actor import Actor
from portal.training import policy
from portal.training.commands.completing import complete_if_met
from portal.training.models.learners import Enrolment, Reading
from portal.training.queries import courses, learners
from portal.training.rules.courses import UnknownLesson
from portal.training.rules.learners import UnknownEnrolment


def open_lesson(actor: Actor, enrolment_id: str, lesson: str, now: datetime) -> None:
    """Remember that this lesson was opened. Raises UnknownEnrolment, UnknownLesson."""
    _mark(actor, enrolment_id, lesson, now, is_done=False)


def finish_lesson(actor: Actor, enrolment_id: str, lesson: str, now: datetime) -> None:
    """This lesson is read; once it is, it stays so. Raises UnknownEnrolment, UnknownLesson."""
    _mark(actor, enrolment_id, lesson, now, is_done=True)


def _mark(actor: Actor, enrolment_id: str, lesson: str, now: datetime, *, is_done: bool) -> None:
    enrolled = learners.enrolment(actor, enrolment_id)
    if not policy.may_learn(actor, enrolled):
        raise UnknownEnrolment()
    if (lesson, "zh") not in courses.content(enrolled.version_id).lessons:
        raise UnknownLesson()
    with transaction() as session:
        session.execute(update(Enrolment).where(Enrolment.id == enrolment_id).values(seen_at=now))
        row = session.get(Reading, (enrolment_id, lesson), populate_existing=True)
        if row is None:
            row = Reading(enrolment_id=enrolment_id, lesson=lesson, opened_at=now)
            session.add(row)
        if is_done and row.done_at is None:
            row.done_at = now
            session.flush()
            complete_if_met(enrolment_id, now)

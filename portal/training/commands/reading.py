"""Reading lessons: opened, marked as read, and taken back."""

from datetime import datetime

from sqlalchemy import update

from portal.certificates.queries import by_number
from portal.certificates.rules.claims import CertificateType
from portal.certificates.rules.numbers import parse
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.training import policy
from portal.training.commands.completing import alone_with, complete_if_met
from portal.training.models.learners import Enrolment, Reading
from portal.training.queries import courses, learners
from portal.training.rules.courses import UnknownLesson
from portal.training.rules.learners import NotAPledge, UnknownEnrolment


def open_lesson(actor: Actor, enrolment_id: str, lesson: str, now: datetime) -> None:
    """Remember that this lesson was opened. Raises UnknownEnrolment, UnknownLesson."""
    _mark(actor, enrolment_id, lesson, now, is_done=False)


def finish_lesson(
    actor: Actor, enrolment_id: str, lesson: str, now: datetime, pledge: str | None = None
) -> None:
    """This lesson is read; once it is, it stays so. Raises UnknownEnrolment, UnknownLesson.

    One that asks for a pledge wants the number of its certificate, which is looked at and not kept: whose
    pledge completes a course is nobody's business. Raises MistypedNumber, NoSuchCertificate, NotAPledge.
    """
    enrolled = learners.enrolment(actor, enrolment_id)
    text = courses.content(enrolled.version_id).lessons.get((lesson, "zh"))
    if text is not None and text.asks_pledge:
        _check_pledge(pledge or "")
    _mark(actor, enrolment_id, lesson, now, is_done=True)


def _check_pledge(number: str) -> None:
    found = by_number(parse(number))
    if found.type is not CertificateType.PLEDGE or not found.state.is_live:
        raise NotAPledge()


def _mark(actor: Actor, enrolment_id: str, lesson: str, now: datetime, *, is_done: bool) -> None:
    enrolled = learners.enrolment(actor, enrolment_id)
    if not policy.may_learn(actor, enrolled):
        raise UnknownEnrolment()
    if (lesson, "zh") not in courses.content(enrolled.version_id).lessons:
        raise UnknownLesson()
    with transaction() as session:
        alone_with(session, enrolled.learner_id)  # two taps at once are one reading
        row = session.get(Reading, (enrolment_id, lesson), populate_existing=True)
        if row is None:
            row = Reading(enrolment_id=enrolment_id, lesson=lesson, opened_at=now)
            session.add(row)
        if is_done and row.done_at is None:
            row.done_at = now
            session.flush()
            complete_if_met(enrolment_id, now)
        session.execute(update(Enrolment).where(Enrolment.id == enrolment_id).values(seen_at=now))

"""All that is kept about a learner, for the learner to take along."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.clock import text_of
from portal.training.models.attempts import Answer, Attempt, PaperCorrection
from portal.training.models.classes import Attendance
from portal.training.models.following import FollowUp
from portal.training.models.learners import Reading
from portal.training.models.outcomes import Override
from portal.training.models.voices import Nudge
from portal.training.queries import courses, learners
from portal.training.queries.learners import Enrolled

ATTEMPT_COLUMNS = (
    "course", "version", "quiz", "attempt", "language", "started_at", "submitted_at", "earned", "possible",
    "passed",
)  # fmt: skip


def record_of(actor: Actor) -> dict[str, Any]:
    """Everything as plain JSON values; times are UTC, marks are exact fractions."""
    return {
        "learners": [
            {
                "id": each.id, "name": each.name, "email": each.email, "language": each.lang,
                "has_personal_code": each.has_code, "since": text_of(each.made_at),
            }
            for each in learners.learners_of(actor)
        ],
        "courses": [_course(each) for each in learners.enrolments_of(actor)],
    }  # fmt: skip


def attempt_rows(actor: Actor) -> Iterator[tuple[str | int | None, ...]]:
    """One row for each attempt, under ``ATTEMPT_COLUMNS``."""
    for enrolled in learners.enrolments_of(actor):
        listed = courses.version(enrolled.version_id)
        for row in _attempts(enrolled.id):
            yield (
                listed.course, listed.version, row.quiz, row.number, row.lang, text_of(row.started_at),
                text_of(row.submitted_at) if row.submitted_at else None, row.earned, row.possible,
                None if row.passed is None else str(row.passed).lower(),
            )  # fmt: skip


def _course(enrolled: Enrolled) -> dict[str, Any]:
    listed = courses.version(enrolled.version_id)
    return {
        "id": enrolled.id, "course": listed.course, "version": listed.version,
        "title": {"zh": listed.title.zh, "en": listed.title.en}, "class": enrolled.cohort,
        "standing": enrolled.standing, "begun_at": text_of(enrolled.enrolled_at),
        "left_at": text_of(enrolled.left_at) if enrolled.left_at else None,
        "certificate": enrolled.certificate,
        "lessons": _of(Reading, enrolled.id, "lesson", "opened_at", "done_at"),
        "attempts": [_attempt(row) for row in _attempts(enrolled.id)],
        "meetings": _of(Attendance, enrolled.id, "session_id", "is_present", "way", "at"),
        "decisions_of_trainers": _of(Override, enrolled.id, "requirement", "is_met", "reason", "at"),
        "asked_after_the_class": _of(FollowUp, enrolled.id, "words", "agreed_at", "ended_at"),
        "messages_of_trainers": _of(Nudge, enrolled.id, "text", "at"),
    }  # fmt: skip


def _attempts(enrolment_id: str) -> list[Attempt]:
    found = select(Attempt).where(Attempt.enrolment_id == enrolment_id)
    return list(db.session.scalars(found.order_by(Attempt.quiz, Attempt.number)))


def _attempt(row: Attempt) -> dict[str, Any]:
    answers = db.session.scalars(
        select(Answer).where(Answer.attempt_id == row.id).order_by(Answer.saved_at, Answer.item)
    )
    said = _values(
        row, "quiz", "number", "lang", "started_at", "submitted_at", "earned", "possible", "passed"
    )
    why = db.session.scalar(select(PaperCorrection.reason).where(PaperCorrection.attempt_id == row.id))
    return said | {
        "corrected_because": why,
        "answers": [_values(each, "item", "response", "credit", "saved_at") for each in answers],
    }


def _of(table: Any, enrolment_id: str, *names: str) -> list[dict[str, Any]]:
    rows = db.session.scalars(select(table).where(table.enrolment_id == enrolment_id))
    return [_values(row, *names) for row in rows]


def _values(row: Any, *names: str) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names}
    return {name: text_of(value) if hasattr(value, "tzinfo") else value for name, value in values.items()}

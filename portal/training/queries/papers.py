"""The paper of a class: its questions, and whose sheets are recorded."""

from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import select

from portal.db import db
from portal.training.models.attempts import Attempt
from portal.training.models.learners import Enrolment
from portal.training.queries import courses
from portal.training.rules.items import Item
from portal.training.rules.papers import printable, seed_of
from portal.training.rules.quizzes import FINAL, drawn


@dataclass(frozen=True, slots=True)
class Recorded:
    """A sheet that is recorded: ``earned`` of ``possible`` marks."""

    enrolment_id: str
    earned: Fraction
    possible: int
    passed: bool


def items_of(version_id: str, cohort_id: str, paper: str) -> tuple[Item, ...]:
    """The questions of a class's paper, as they are printed. Raises UnknownPaper, UnknownCourse."""
    content = courses.content(version_id)
    return printable(drawn(content.course, content.items.values(), FINAL, seed_of(cohort_id, paper)))


def recorded(cohort_id: str, paper: str) -> dict[str, Recorded]:
    """Sheets of this paper by enrolment."""
    rows = db.session.execute(
        select(Attempt.enrolment_id, Attempt.earned, Attempt.possible, Attempt.passed)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(
            Enrolment.cohort_id == cohort_id, Attempt.way == "paper", Attempt.submitted_at.is_not(None),
            Attempt.seed == seed_of(cohort_id, paper),
        )
    )  # fmt: skip
    return {
        row.enrolment_id: Recorded(
            row.enrolment_id, Fraction(row.earned or 0), row.possible, bool(row.passed)
        )
        for row in rows
    }

"""The paper of a class: its questions, and whose sheets are recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from portal.db import db
from portal.training.models.attempts import Answer, Attempt, PaperCorrection
from portal.training.models.learners import Enrolment, Learner
from portal.training.queries import courses
from portal.training.queries.attempts import stands
from portal.training.rules.items import Item
from portal.training.rules.papers import SheetMissing, printable, seed_of
from portal.training.rules.quizzes import FINAL, drawn


@dataclass(frozen=True, slots=True)
class Recorded:
    """A sheet that is recorded: ``earned`` of ``possible`` marks."""

    attempt_id: str
    enrolment_id: str
    earned: Fraction
    possible: int
    passed: bool


@dataclass(frozen=True, slots=True)
class Corrected:
    """That a sheet was corrected: whose, why, by whom and when."""

    name: str
    reason: str
    actor_id: str
    at: datetime


def items_of(version_id: str, cohort_id: str, paper: str) -> tuple[Item, ...]:
    """The questions of a class's paper, as they are printed. Raises UnknownPaper, UnknownCourse."""
    content = courses.content(version_id)
    return printable(drawn(content.course, content.items.values(), FINAL, seed_of(cohort_id, paper)))


def recorded(cohort_id: str, paper: str) -> dict[str, Recorded]:
    """Sheets of this paper by enrolment."""
    rows = db.session.execute(
        select(Attempt.id, Attempt.enrolment_id, Attempt.earned, Attempt.possible, Attempt.passed)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(
            Enrolment.cohort_id == cohort_id, Attempt.way == "paper", Attempt.submitted_at.is_not(None),
            Attempt.seed == seed_of(cohort_id, paper), stands(),
        )
    )  # fmt: skip
    return {
        row.enrolment_id: Recorded(
            row.id, row.enrolment_id, Fraction(row.earned or 0), row.possible, bool(row.passed)
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class SheetView:
    """The sheet that counts. ``policy`` is the frozen rule it was judged by."""

    id: str
    lang: str
    policy: Mapping[str, Any]
    passed: bool


def sheet_of(cohort_id: str, paper: str, enrolment_id: str) -> tuple[SheetView, dict[str, Any]]:
    """The sheet that counts, and what was answered on it, by item, as it is stored.

    Raises UnknownPaper, SheetMissing.
    """
    found = recorded(cohort_id, paper).get(enrolment_id)
    if found is None:
        raise SheetMissing()
    row = db.session.get_one(Attempt, found.attempt_id)
    answers = db.session.scalars(select(Answer).where(Answer.attempt_id == row.id))
    view = SheetView(row.id, row.lang, row.policy, bool(row.passed))
    return view, {each.item: each.response for each in answers}


def corrections(cohort_id: str, paper: str) -> list[Corrected]:
    """Sheets in whose place others count, the newest first."""
    rows = db.session.execute(
        select(PaperCorrection, Learner.name)
        .join(Attempt, Attempt.id == PaperCorrection.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Learner, Learner.id == Enrolment.learner_id)
        .where(Enrolment.cohort_id == cohort_id, Attempt.seed == seed_of(cohort_id, paper))
        .order_by(PaperCorrection.at.desc())
    )
    return [Corrected(name, row.reason, row.actor_id, row.at) for row, name in rows]

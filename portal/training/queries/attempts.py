"""Attempts at quizzes as the learner sees them: the questions as they were drawn, and what was answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.training.models.attempts import Answer, Attempt, PaperCorrection
from portal.training.queries import courses, learners
from portal.training.queries.learners import Enrolled
from portal.training.rules.attempts import UNANSWERED, Policy, UnknownAttempt
from portal.training.rules.items import Item
from portal.training.rules.learners import UnknownEnrolment
from portal.training.rules.quizzes import FINAL, drawn_again


@dataclass(frozen=True, slots=True)
class Given:
    """What was answered to one item, as it is stored. ``credit`` is None until the attempt is handed in."""

    response: Any
    edition: int
    saved_at: datetime
    credit: Fraction | None

    @property
    def is_answer(self) -> bool:
        return bool(self.response != UNANSWERED)


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One go at a quiz. ``items`` are the questions in their order, variants filled in."""

    id: str
    enrolment: Enrolled
    quiz: str
    number: int
    lang: str
    policy: Policy
    items: tuple[Item, ...]
    answers: Mapping[str, Given]
    started_at: datetime
    submitted_at: datetime | None
    earned: Fraction | None
    possible: int
    passed: bool

    @property
    def is_final(self) -> bool:
        return self.quiz == FINAL

    @property
    def unanswered(self) -> tuple[int, ...]:
        """Numbers of the questions, from 1, that have no answer yet."""
        return tuple(
            number
            for number, item in enumerate(self.items, start=1)
            if item.id not in self.answers or not self.answers[item.id].is_answer
        )


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt in a list; ``corrected`` says why another sheet counts instead, "" for one that stands."""

    id: str
    quiz: str
    number: int
    started_at: datetime
    submitted_at: datetime | None
    earned: Fraction | None
    possible: int
    passed: bool
    corrected: str = ""


def attempt(actor: Actor, attempt_id: str) -> AttemptView:
    """One of the actor's own. Raises UnknownAttempt, for somebody else's as for one that is not there."""
    row = db.session.get(Attempt, attempt_id, populate_existing=True)
    if row is None:
        raise UnknownAttempt()
    try:
        enrolled = learners.enrolment(actor, row.enrolment_id)
    except UnknownEnrolment:
        raise UnknownAttempt() from None
    answers = db.session.scalars(select(Answer).where(Answer.attempt_id == attempt_id))
    return AttemptView(
        id=row.id,
        enrolment=enrolled,
        quiz=row.quiz,
        number=row.number,
        lang=row.lang,
        policy=Policy.read(row.policy),
        items=drawn_again(courses.content(enrolled.version_id).items, row.items, row.seed),
        answers={
            each.item: Given(each.response, each.edition, each.saved_at, _fraction(each.credit))
            for each in answers
        },
        started_at=row.started_at,
        submitted_at=row.submitted_at,
        earned=_fraction(row.earned),
        possible=row.possible,
        passed=bool(row.passed),
    )


def stands() -> ColumnElement[bool]:
    """Of attempts: not a sheet in whose place another one counts."""
    return Attempt.id.not_in(select(PaperCorrection.attempt_id))


def attempts_of(enrolment_id: str) -> list[Tried]:
    """All attempts of this enrolment, quiz by quiz in their order."""
    rows = db.session.execute(
        select(Attempt, PaperCorrection.reason)
        .outerjoin(PaperCorrection, PaperCorrection.attempt_id == Attempt.id)
        .where(Attempt.enrolment_id == enrolment_id)
        .order_by(Attempt.quiz, Attempt.number)
    )
    return [
        Tried(
            row.id, row.quiz, row.number, row.started_at, row.submitted_at, _fraction(row.earned),
            row.possible, bool(row.passed) and not reason, reason or "",
        )
        for row, reason in rows
    ]  # fmt: skip


def _fraction(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)

"""Attempts of a class as records for xAPI: final quizzes that count, of learners alone, under pseudonyms."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from sqlalchemy import ColumnElement, func, select

from portal.db import db
from portal.training.models.attempts import Answer, Attempt
from portal.training.models.learners import Enrolment, Learner
from portal.training.queries import courses
from portal.training.queries.attempts import stands
from portal.training.queries.courses import Content
from portal.training.rules.attempts import share
from portal.training.rules.classes import CohortView, Standing
from portal.training.rules.feedback import SHOWN_FROM
from portal.training.rules.formats.exchange import plain
from portal.training.rules.formats.xapi import Given, Record, said
from portal.training.rules.quizzes import FINAL, drawn_again
from portal.training.rules.research import TooFewForStatements

_AT_ONCE = 100  # attempts whose answers are read in one question
_COUNTED = (Attempt.quiz == FINAL, Attempt.submitted_at.is_not(None), stands())


def records(cohort: CohortView, site: str, pseudonym: Callable[[str], str]) -> Iterator[Record]:
    """Every final quiz of this class that was handed in and counts, in the order in which they were begun.

    ``pseudonym`` makes one of a learner's id. Raises TooFewForStatements at once, before the first record.
    """
    if not may_leave(cohort.id):
        raise TooFewForStatements(n=SHOWN_FROM)
    return _records(cohort, site, pseudonym)


def may_leave(cohort_id: str) -> bool:
    """Whether enough learners have handed in."""
    learners = db.session.scalar(
        select(func.count(Enrolment.learner_id.distinct()))
        .join(Attempt, Attempt.enrolment_id == Enrolment.id)
        .where(*_of(cohort_id), *_COUNTED)
    )
    return (learners or 0) >= SHOWN_FROM


def _of(cohort_id: str) -> tuple[ColumnElement[bool], ...]:
    return Enrolment.cohort_id == cohort_id, Enrolment.standing == Standing.LEARNER.value


def _records(cohort: CohortView, site: str, pseudonym: Callable[[str], str]) -> Iterator[Record]:
    listed, content = courses.version(cohort.version_id), courses.content(cohort.version_id)
    rows = db.session.execute(
        select(Attempt, Enrolment.learner_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Learner, Learner.id == Enrolment.learner_id)
        .where(*_of(cohort.id), *_COUNTED, Learner.erased_at.is_(None))
        .order_by(Attempt.id)
    ).all()
    for first in range(0, len(rows), _AT_ONCE):
        batch = rows[first : first + _AT_ONCE]
        answers = _answers([attempt.id for attempt, _learner in batch])
        for attempt, learner_id in batch:
            yield Record(
                attempt.id, site, pseudonym(learner_id), listed.course, listed.version, attempt.lang,
                _given(attempt, content, answers[attempt.id]),
                share(Fraction(attempt.earned or 0), attempt.possible), bool(attempt.passed),
                attempt.submitted_at or attempt.started_at,
            )  # fmt: skip


def _answers(attempt_ids: Sequence[str]) -> dict[str, dict[str, Answer]]:
    found: dict[str, dict[str, Answer]] = defaultdict(dict)
    for answer in db.session.scalars(select(Answer).where(Answer.attempt_id.in_(attempt_ids))):
        found[answer.attempt_id][answer.item] = answer
    return found


def _given(attempt: Attempt, content: Content, answers: dict[str, Answer]) -> tuple[Given, ...]:
    """The questions in the order of the attempt, with the numbers that it has drawn."""
    asked = drawn_again(content.items, attempt.items, attempt.seed, plain)
    return tuple(
        Given(item, said(item, row.response), Fraction(row.credit or 0), row.saved_at)
        for item in asked
        if (row := answers.get(item.id)) is not None
    )

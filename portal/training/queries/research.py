"""Answers without people, for research."""

from collections.abc import Iterator
from fractions import Fraction

from sqlalchemy import select

from portal.db import db
from portal.kernel.clock import day_of
from portal.training.models.attempts import Answer, Attempt
from portal.training.models.learners import Enrolment
from portal.training.queries import courses
from portal.training.queries.figures import first_sittings
from portal.training.rules.research import AnswerFact, grouped


def research_rows(version_id: str) -> Iterator[tuple[str | int, ...]]:
    """Groups of answers to a version's final quiz, first attempts of learners alone."""
    listed, content = courses.version(version_id), courses.content(version_id)
    rows = db.session.execute(
        select(Answer.item, Answer.credit, Attempt.lang, Attempt.submitted_at)
        .join(Attempt, Attempt.id == Answer.attempt_id)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(Enrolment.version_id == version_id, *first_sittings())
    )
    facts = []
    for item, credit, lang, at in rows:
        if at is None:
            continue
        day = day_of(at)
        quarter = f"{day.year}-Q{(day.month + 2) // 3}"
        objective = content.items[item].objective if item in content.items else ""
        facts.append(AnswerFact(item, objective, lang, quarter, Fraction(credit or 0)))
    yield from grouped(listed.course, listed.version, facts)

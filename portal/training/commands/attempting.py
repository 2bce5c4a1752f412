"""Taking a quiz: begun once, saved answer by answer, handed in once and marked exactly."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import InvalidInput
from portal.kernel.ids import new_id
from portal.training import policy
from portal.training.commands.completing import complete_if_met
from portal.training.models.attempts import Answer, Attempt, PaperCorrection
from portal.training.models.learners import Enrolment
from portal.training.queries import attempts, courses, learners
from portal.training.queries.learners import Enrolled
from portal.training.rules.attempts import (
    UNANSWERED,
    AlreadyPassed,
    AttemptClosed,
    NextAttemptLater,
    NotAsked,
    Policy,
    UnknownAttempt,
)
from portal.training.rules.grading import grade
from portal.training.rules.items import Item
from portal.training.rules.learners import UnknownEnrolment
from portal.training.rules.quizzes import FINAL, drawn
from portal.training.rules.responses import read_response


def start(actor: Actor, enrolment_id: str, quiz: str, lang: str, now: datetime) -> str:
    """Begin an attempt at ``final`` or at the practice of a module; its id. One that is open goes on.

    Raises UnknownEnrolment, UnknownQuiz, AlreadyPassed, NextAttemptLater.
    """
    enrolled = learners.enrolment(actor, enrolment_id)
    if not policy.may_learn(actor, enrolled):
        raise UnknownEnrolment()
    with transaction() as session:
        _seen(session, enrolment_id, now)  # locks the row: two taps at once begin one attempt
        tried = session.scalars(
            select(Attempt)
            .where(Attempt.enrolment_id == enrolment_id, Attempt.quiz == quiz)
            .order_by(Attempt.number)
        ).all()
        if tried and tried[-1].submitted_at is None:
            return tried[-1].id
        _may_try_again(quiz, [each for each in tried if each.id not in _corrected(session, tried)], now)
        made = _begun(actor, enrolled, quiz, lang, len(tried) + 1, now)
        session.add(made)
        audit.record(actor, "attempt.begun", made.id, now, quiz=quiz, number=made.number)
        return made.id


def save(actor: Actor, attempt_id: str, item: str, response: Any, edition: int, now: datetime) -> int:
    """Keep an answer as ``responses.stored`` writes it, None to take it back; the edition that is kept.

    A phone that was away sends what it has: an edition that is not newer changes nothing. Raises
    UnknownAttempt, NotAsked, AttemptClosed, and what ``read_response`` raises.
    """
    found = attempts.attempt(actor, attempt_id)
    if not policy.may_learn(actor, found.enrolment):
        raise UnknownAttempt()
    question = next((each for each in found.items if each.id == item), None)
    if question is None:
        raise NotAsked()
    if response is not None:
        read_response(question, response)
    with transaction() as session:
        if _locked(session, attempt_id).submitted_at is not None:
            raise AttemptClosed()
        row = session.get(Answer, (attempt_id, item), populate_existing=True)
        if row is None:
            row = Answer(attempt_id=attempt_id, item=item, edition=0)
            session.add(row)
        if edition > row.edition:
            row.response, row.edition, row.saved_at = _kept(response), max(edition, 1), now
        _seen(session, found.enrolment.id, now)
        return row.edition


def submit(actor: Actor, attempt_id: str, now: datetime) -> None:
    """Hand the attempt in: each answer is marked, what was not answered earns nothing. Twice is once.

    Raises UnknownAttempt.
    """
    found = attempts.attempt(actor, attempt_id)
    if not policy.may_learn(actor, found.enrolment):
        raise UnknownAttempt()
    with transaction() as session:
        row = _locked(session, attempt_id)
        if row.submitted_at is not None:
            return
        earned = _marked(session, row, {item.id: item for item in found.items})
        session.flush()  # the answers, before the attempt closes over them
        row.earned, row.submitted_at = str(earned), now
        row.passed = Policy.read(row.policy).passes(earned, row.possible)
        session.flush()
        audit.record(actor, "attempt.submitted", row.id, now, earned=row.earned, possible=row.possible)
        complete_if_met(row.enrolment_id, now)  # locks the learner, then comes the enrolment, as everywhere
        _seen(session, row.enrolment_id, now)


def _corrected(session: Session, tried: Sequence[Attempt]) -> set[str]:
    """Those of them in whose place another sheet counts."""
    ids = [each.id for each in tried if each.way == "paper"]
    found = select(PaperCorrection.attempt_id).where(PaperCorrection.attempt_id.in_(ids))
    return set(session.scalars(found)) if ids else set()


def _may_try_again(quiz: str, tried: Any, now: datetime) -> None:
    if quiz != FINAL or not tried:
        return
    if any(each.passed for each in tried):
        raise AlreadyPassed()
    at = Policy.read(tried[-1].policy).next_at([each.submitted_at for each in tried])
    if at is not None and now < at:
        raise NextAttemptLater(at=at)


def _begun(
    actor: Actor, enrolled: Enrolled, quiz: str, lang: str, number: int, now: datetime
) -> Attempt:  # fmt: skip
    seed = secrets.randbits(31)
    content = courses.content(enrolled.version_id)
    items = [item.id for item in drawn(content.course, content.items.values(), quiz, seed)]
    return Attempt(
        id=new_id("att"),
        enrolment_id=enrolled.id,
        quiz=quiz,
        number=number,
        lang=lang,
        seed=seed,
        policy=Policy.of(content.course, quiz).frozen,
        items=items,
        way="screen",
        actor_id=actor.id,
        started_at=now,
        possible=len(items),
    )


def _marked(session: Session, attempt: Attempt, items: Mapping[str, Item]) -> Fraction:
    """Writes the credit of every answer; the sum of them."""
    earned = Fraction(0)
    for row in session.scalars(select(Answer).where(Answer.attempt_id == attempt.id)):
        credit = credit_of(items[row.item], row.response)
        row.credit = str(credit)
        earned += credit
    return earned


def credit_of(item: Item, response: Any) -> Fraction:
    """What a stored answer earns. One that cannot be read, such as a number in words, earns nothing."""
    if response == UNANSWERED:
        return Fraction(0)
    try:
        return grade(item, read_response(item, response)).credit
    except InvalidInput:
        return Fraction(0)


def _kept(response: Any) -> Any:
    return UNANSWERED if response is None else response


def _locked(session: Session, attempt_id: str) -> Attempt:
    return session.get_one(Attempt, attempt_id, with_for_update=True, populate_existing=True)


def _seen(session: Session, enrolment_id: str, now: datetime) -> None:
    session.execute(update(Enrolment).where(Enrolment.id == enrolment_id).values(seen_at=now))

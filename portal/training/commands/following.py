"""Asking a class again: agreed to, asked when it is time, answered without a name, ended by one click."""

import secrets
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from portal import audit, consents, jobs
from portal.db import transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.training import policy
from portal.training.models.classes import Cohort
from portal.training.models.following import FollowUp, FollowUpAnswer, FollowUpTurn
from portal.training.models.learners import Enrolment
from portal.training.queries import following as queries
from portal.training.queries import learners
from portal.training.rules.following import (
    WORDS,
    AnsweredBefore,
    NotAsked,
    NotInAClass,
    Told,
    stage_of,
)
from portal.training.rules.nudging import due_at

FOLLOW_UP: Final = "training.follow_up"


def agree(actor: Actor, enrolment_id: str, now: datetime) -> None:
    """Ask me later. Twice is once. Raises UnknownEnrolment, NotInAClass."""
    found = queries.followed(actor, enrolment_id)
    if queries.standing_of(found, clock.day_of(now, found.zone)) is None:
        raise NotInAClass()
    with transaction() as session:
        session.get_one(Enrolment, enrolment_id, with_for_update=True)
        row = session.get(FollowUp, enrolment_id, populate_existing=True)
        if row is None:
            session.add(FollowUp(enrolment_id=enrolment_id, words=WORDS, agreed_at=now))
        elif row.ended_at:
            row.words, row.agreed_at, row.ended_at = WORDS, now, None
        else:
            return
        consents.record(actor, consents.AFTER_CLASS, enrolment_id, True, now)
        audit.record(actor, "follow_up.agreed", enrolment_id, now, words=WORDS)


def withdraw(actor: Actor, enrolment_id: str, now: datetime) -> None:
    """Do not ask me any more. Twice is once. Raises UnknownEnrolment."""
    queries.followed(actor, enrolment_id)
    with transaction() as session:
        row = session.get(FollowUp, enrolment_id, with_for_update=True, populate_existing=True)
        if row is None or row.ended_at:
            return
        row.ended_at = now
        consents.record(actor, consents.AFTER_CLASS, enrolment_id, False, now)
        audit.record(actor, "follow_up.ended", enrolment_id, now)


def ask(actor: Actor, enrolment_id: str, months: int, now: datetime) -> bool:
    """Ask a learner whose turn has come, once, by letter in the daytime; whether it was done now.

    Raises NotAllowed.
    """
    if not policy.may_ask_again(actor):
        raise NotAllowed()
    with transaction() as session:
        consent = session.get(FollowUp, enrolment_id, with_for_update=True, populate_existing=True)
        if consent is None or consent.ended_at or session.get(FollowUpTurn, (enrolment_id, months)):
            return False  # another worker was faster, or it was ended meanwhile
        turn = FollowUpTurn(enrolment_id=enrolment_id, months=months, asked_at=now, is_answered=False)
        session.add(turn)
        session.flush()
        put_off(enrolment_id, months, due_at(now, learners.enrolled(enrolment_id).zone), now)
        return True


def put_off(enrolment_id: str, months: int, due: datetime, now: datetime) -> None:
    """Have the letter written at ``due``."""
    key = f"letter:{enrolment_id}:follow_up:{months}:{clock.day_of(due).isoformat()}"
    payload = {"enrolment_id": enrolment_id, "months": months}
    jobs.enqueue(FOLLOW_UP, payload, key=key, now=now, due=due)


def answer(actor: Actor, enrolment_id: str, months: int, told: Told, now: datetime) -> None:
    """Answer once, without a name: that somebody answered and what was said stand apart, under an id drawn at
    random, and no audit entry ties them.

    Raises UnknownEnrolment, NotAsked, AnsweredBefore, FootprintTooLarge.
    """
    found, told = queries.followed(actor, enrolment_id), told.checked()
    today = clock.day_of(now, found.zone)
    with transaction() as session:
        turn = session.get(FollowUpTurn, (enrolment_id, months), with_for_update=True, populate_existing=True)
        if turn is None or found.left_at or not _is_open(session, found.cohort_id, months, today):
            raise NotAsked()
        if turn.is_answered:
            raise AnsweredBefore()
        turn.is_answered = True
        session.flush()
        session.add(
            FollowUpAnswer(
                id=f"fua_{secrets.token_hex(16)}", cohort_id=found.cohort_id, months=months,
                pledge=told.pledge.value, before=told.before, now=told.now,
            )
        )  # fmt: skip


def _is_open(session: Session, cohort_id: str | None, months: int, today: date) -> bool:
    cohort = session.get(Cohort, cohort_id) if cohort_id else None
    return cohort is not None and stage_of(cohort.last_day, months).is_open(today)

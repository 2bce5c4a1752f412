"""Asking a class, and answering without a name."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from portal import audit
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.training.commands.cohorts import run_by
from portal.training.models.learners import Enrolment
from portal.training.models.voices import FeedbackAnswer, FeedbackForm, FeedbackGiven
from portal.training.queries import feedback as queries
from portal.training.queries.sessions import enrolment_of
from portal.training.rules.attendance import NotInThisClass
from portal.training.rules.feedback import AlreadyAnswered, FormClosed, Question, UnknownForm, checked


def ask_class(
    actor: Actor, cohort_id: str, form_id: str, title: str, questions: Sequence[Question], now: datetime,
    closes_at: datetime,
) -> str:  # fmt: skip
    """Questions to a class, owned by who asks: nobody else sees the answers. ``form_id`` is made at the edge.

    Raises NotAllowed, UnknownCohort, CohortClosed.
    """
    with transaction() as session:
        run_by(session, actor, cohort_id)
        if session.get(FeedbackForm, form_id) is None:
            session.add(
                FeedbackForm(
                    id=form_id, cohort_id=cohort_id, owner_id=actor.id, title=title,
                    questions=[each.stored for each in questions], opens_at=now, closes_at=closes_at,
                )
            )  # fmt: skip
            audit.record(actor, "feedback.asked", form_id, now, cohort=cohort_id)
    return form_id


def close_form(actor: Actor, form_id: str, now: datetime) -> None:
    """No more answers. Raises UnknownForm for anybody but who asked."""
    with transaction() as session:
        row = session.get(FeedbackForm, form_id)
        if row is None or row.owner_id != actor.id:
            raise UnknownForm()
        row.closes_at = min(row.closes_at, now)
        audit.record(actor, "feedback.closed", form_id, now)


def answer_form(actor: Actor, form_id: str, given: Mapping[int, str], now: datetime) -> None:
    """Answer once, without a name: that somebody answered and what was said stand apart, under an id that is
    drawn at random, and no audit entry ties them.

    Raises UnknownForm, NotInThisClass, FormClosed, AlreadyAnswered, NothingAnswered.
    """
    found = queries.form(form_id)
    enrolment_id = enrolment_of(actor, found.cohort_id)
    if enrolment_id is None:
        raise NotInThisClass()
    if not found.is_open(now):
        raise FormClosed()
    answers = checked(found.questions, given)
    with transaction() as session:
        session.execute(select(Enrolment.id).where(Enrolment.id == enrolment_id).with_for_update())
        if session.get(FeedbackGiven, (form_id, enrolment_id)):
            raise AlreadyAnswered()
        session.add(FeedbackGiven(form_id=form_id, enrolment_id=enrolment_id))
        session.add(FeedbackAnswer(id=f"fba_{secrets.token_hex(16)}", form_id=form_id, answers=answers))

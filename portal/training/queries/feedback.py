"""Questions to classes and what was answered, seen by their owner alone."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.training.models.voices import FeedbackAnswer, FeedbackForm, FeedbackGiven
from portal.training.rules.feedback import FormView, Summary, UnknownForm, read_questions, summaries


def forms_of(cohort_id: str) -> list[FormView]:
    """All that a class was asked, newest first."""
    return _views(FeedbackForm.cohort_id == cohort_id)


def open_form(cohort_id: str, enrolment_id: str, now: datetime) -> FormView | None:
    """What this learner is asked now and has not answered yet."""
    answered = select(FeedbackGiven.form_id).where(FeedbackGiven.enrolment_id == enrolment_id)
    found = _views(
        (FeedbackForm.cohort_id == cohort_id)
        & (FeedbackForm.opens_at <= now)
        & (FeedbackForm.closes_at > now)
        & FeedbackForm.id.not_in(answered)
    )
    return found[0] if found else None


def form(form_id: str) -> FormView:
    """Raises UnknownForm."""
    for found in _views(FeedbackForm.id == form_id):
        return found
    raise UnknownForm()


def results(actor: Actor, found: FormView) -> tuple[Summary, ...] | None:
    """What was answered, for who asked; None below five answers. Raises UnknownForm for anybody else."""
    if actor.id != found.owner_id:
        raise UnknownForm()
    rows = db.session.scalars(
        select(FeedbackAnswer.answers).where(FeedbackAnswer.form_id == found.id).order_by(FeedbackAnswer.id)
    )
    return summaries(found.questions, rows.all())


def _views(which: ColumnElement[bool]) -> list[FormView]:
    counted = (
        select(FeedbackGiven.form_id, func.count().label("n")).group_by(FeedbackGiven.form_id).subquery()
    )
    rows = db.session.execute(
        select(FeedbackForm, counted.c.n)
        .outerjoin(counted, counted.c.form_id == FeedbackForm.id)
        .where(which)
        .order_by(FeedbackForm.opens_at.desc(), FeedbackForm.id.desc())
    )
    return [
        FormView(
            row.id, row.cohort_id, row.owner_id, row.title, read_questions(row.questions), row.opens_at,
            row.closes_at, n or 0,
        )
        for row, n in rows
    ]  # fmt: skip

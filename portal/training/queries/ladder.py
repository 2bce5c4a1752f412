"""How far trainers have come, and on what it may rest."""

from sqlalchemy import func, select

from portal.db import db
from portal.training.models.classes import Cohort, CohortTrainer, Session, Trainer
from portal.training.models.learners import Enrolment
from portal.training.models.outcomes import Completion
from portal.training.rules.ladder import Level, Record, Step


def steps_of(person_id: str) -> list[Step]:
    """All steps, newest first."""
    rows = db.session.scalars(
        select(Trainer).where(Trainer.person_id == person_id).order_by(Trainer.since.desc())
    )
    return [Step(Level(row.level), row.since, row.reason, row.granted_by) for row in rows]


def level_of(person_id: str) -> Level | None:
    steps = steps_of(person_id)
    return steps[0].level if steps else None


def record_of(person_id: str) -> Record:
    """What this trainer's classes came to, closed ones and those that run."""
    own = select(CohortTrainer.cohort_id).where(CohortTrainer.person_id == person_id)
    classes = select(func.count()).where(Cohort.id.in_(own), Cohort.closed_at.is_not(None))
    completed = (
        select(func.count())
        .select_from(Completion)
        .join(Enrolment, Enrolment.id == Completion.enrolment_id)
        .where(Enrolment.cohort_id.in_(own))
    )
    sessions = select(func.count()).where(
        Session.cohort_id.in_(own), Session.cancelled_at.is_(None), Session.headcount.is_not(None)
    )
    return Record(*(db.session.scalar(each) or 0 for each in (classes, completed, sessions)))

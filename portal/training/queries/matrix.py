"""The whole class against the whole rule, in few queries however large the class is."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.db import db
from portal.training.models.classes import CohortTrainer
from portal.training.models.learners import Enrolment, JoinedLearner
from portal.training.models.outcomes import Override
from portal.training.queries.cohorts import Member, members
from portal.training.queries.learners import certificate_number
from portal.training.queries.progress import progress_of_all
from portal.training.rules.progress import Progress


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A learner and how far; ``certificate`` is the number of the certificate once there is one."""

    member: Member
    progress: Progress
    certificate: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A trainer's word as it stands on record, with the name of who gave it."""

    requirement: str
    is_met: bool
    reason: str
    by: str
    at: datetime


def matrix(cohort_id: str) -> list[MatrixRow]:
    """Everybody in the class in the order of joining; four or five queries for any number of them."""
    progress, certificates = progress_of_all(cohort_id), _certificates(cohort_id)
    return [
        MatrixRow(member, progress[member.enrolment_id], certificates.get(member.learner_id))
        for member in members(cohort_id)
    ]


def row_of(cohort_id: str, enrolment_id: str) -> MatrixRow | None:
    """One learner of the class."""
    return next((row for row in matrix(cohort_id) if row.member.enrolment_id == enrolment_id), None)


def decisions(enrolment_id: str) -> list[Decision]:
    """All words that trainers gave on this learner, newest first."""
    rows = db.session.execute(
        select(Override, CohortTrainer.name)
        .join(Enrolment, Enrolment.id == Override.enrolment_id)
        .outerjoin(
            CohortTrainer,
            (CohortTrainer.cohort_id == Enrolment.cohort_id) & (CohortTrainer.person_id == Override.actor_id),
        )
        .where(Override.enrolment_id == enrolment_id)
        .order_by(Override.at.desc(), Override.id.desc())
    )
    return [Decision(row.requirement, row.is_met, row.reason, name or "", row.at) for row, name in rows]


def _certificates(cohort_id: str) -> dict[str, str]:
    """By learner; also what the same person has completed under another name on a list."""
    rows = db.session.execute(
        select(Enrolment.learner_id, certificate_number())
        .outerjoin(JoinedLearner, JoinedLearner.learner_id == Enrolment.learner_id)
        .where(Enrolment.cohort_id == cohort_id)
    )
    return {str(learner_id): number for learner_id, number in rows if number}

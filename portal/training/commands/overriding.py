"""A trainer's word on one requirement of one learner: with a reason, on record, and seen by the learner."""

from datetime import datetime
from typing import Final

from sqlalchemy import select

from portal import audit
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import N_, InvalidInput, NotFound
from portal.kernel.ids import new_id
from portal.training.commands.cohorts import run_by
from portal.training.commands.completing import complete_if_met
from portal.training.models.learners import Enrolment
from portal.training.models.outcomes import Override
from portal.training.queries.progress import progress_of
from portal.training.rules.classes import REASON_MAX, UnknownCohort

REASON_MIN: Final = 4


class ReasonNeeded(InvalidInput):
    message = N_("Say why, in %(min)s to %(max)s characters: the learner and the auditors read it.")


class UnknownRequirement(NotFound):
    message = N_("The course asks no such thing.")


def check_reason(reason: str) -> None:
    """Raises ReasonNeeded."""
    if not REASON_MIN <= len(reason.strip()) <= REASON_MAX:
        raise ReasonNeeded(min=REASON_MIN, max=REASON_MAX)


def override(
    actor: Actor, cohort_id: str, enrolment_id: str, key: str, is_met: bool, reason: str, now: datetime
) -> str | None:
    """Decide that a requirement is met, or is not; the certificate's number if that completes the course.

    What was decided before stays on record; the newest word counts.
    Raises NotAllowed, UnknownCohort, CohortClosed, ReasonNeeded, UnknownRequirement.
    """
    with transaction() as session:
        run_by(session, actor, cohort_id)
        check_reason(reason)
        inside = session.scalar(
            select(Enrolment.id).where(Enrolment.id == enrolment_id, Enrolment.cohort_id == cohort_id)
        )
        if inside is None:
            raise UnknownCohort()
        if not any(each.key == key for each in progress_of(enrolment_id).requirements):
            raise UnknownRequirement()
        session.add(
            Override(
                id=new_id("ovr"), enrolment_id=enrolment_id, requirement=key, is_met=is_met, reason=reason,
                actor_id=actor.id, at=now,
            )
        )  # fmt: skip
        session.flush()
        audit.record(actor, "requirement.decided", enrolment_id, now, key=key, is_met=is_met, reason=reason)
        return complete_if_met(enrolment_id, now) if is_met else None

"""Letters to learners: in their language, to an address that is known, never at night, each of them once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal import jobs
from portal.accounts.queries import person
from portal.db import db
from portal.kernel.clock import CITY
from portal.training.models.classes import Cohort
from portal.training.models.learners import Enrolment, JoinedLearner, Learner
from portal.training.queries.following import is_wanted
from portal.training.rules.following import stage_of
from portal.training.rules.nudging import due_at


def write(
    kind: str, enrolment: Enrolment, learner: Learner, facts: Mapping[str, Any], now: datetime
) -> bool:  # fmt: skip
    """Send ``training/letter_<kind>``, once for this enrolment; False where no address is known."""
    to = address_of(learner)
    if not to:
        return False
    key = f"letter:{enrolment.id}:{kind}"
    letter = {
        "id": key.replace(":", "."), "to": to, "lang": enrolment.lang, "template": f"training/letter_{kind}",
        "facts": {"name": learner.name, "enrolment": enrolment.id, **facts},
    }  # fmt: skip
    cohort = db.session.get_one(Cohort, enrolment.cohort_id) if enrolment.cohort_id else None
    jobs.enqueue("letter", letter, key=key, now=now, due=due_at(now, cohort.zone if cohort else CITY))
    return True


def address_of(learner: Learner) -> str:
    """Of the learner, of the account, or of the row that this one turned out to be."""
    if learner.email:
        return learner.email
    if learner.person_id:
        return person(learner.person_id).email
    into = select(JoinedLearner.into_id).where(JoinedLearner.learner_id == learner.id).scalar_subquery()
    other = db.session.scalar(select(Learner).where(Learner.id == into))
    return address_of(other) if other else ""


def follow_up_letter(enrolment_id: str, months: int) -> dict[str, Any] | None:
    """The letter that asks a learner what became of it; None where it is wanted no more or cannot reach."""
    enrolment = db.session.get(Enrolment, enrolment_id)
    if enrolment is None or enrolment.left_at or not is_wanted(enrolment_id, months):
        return None
    learner = db.session.get_one(Learner, enrolment.learner_id)
    cohort, to = db.session.get_one(Cohort, enrolment.cohort_id), address_of(learner)
    if not to:
        return None
    facts = {
        "name": learner.name, "cohort": cohort.name, "enrolment": enrolment_id, "months": months,
        "until": stage_of(cohort.last_day, months).last_day,
    }  # fmt: skip
    return {
        "id": f"letter.{enrolment_id}.follow_up.{months}", "to": to, "lang": enrolment.lang,
        "template": "training/letter_follow_up", "facts": facts,
    }  # fmt: skip

"""Letters to learners: in their language, to an address that is known, never at night, each of them once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal import jobs
from portal.accounts.queries import person
from portal.db import db
from portal.training.models.learners import Enrolment, JoinedLearner, Learner
from portal.training.rules.nudging import due_at


def write(
    kind: str, enrolment: Enrolment, learner: Learner, facts: Mapping[str, Any], now: datetime
) -> bool:  # fmt: skip
    """Send ``training/letter_<kind>``, once for this enrolment; False where no address is known."""
    to = _address(learner)
    if not to:
        return False
    key = f"letter:{enrolment.id}:{kind}"
    letter = {
        "id": key.replace(":", "."), "to": to, "lang": enrolment.lang, "template": f"training/letter_{kind}",
        "facts": {"name": learner.name, "enrolment": enrolment.id, **facts},
    }  # fmt: skip
    jobs.enqueue("letter", letter, key=key, now=now, due=due_at(now))
    return True


def _address(learner: Learner) -> str:
    """Of the learner, of the account, or of the row that this one turned out to be."""
    if learner.email:
        return learner.email
    if learner.person_id:
        return person(learner.person_id).email
    into = select(JoinedLearner.into_id).where(JoinedLearner.learner_id == learner.id).scalar_subquery()
    other = db.session.scalar(select(Learner).where(Learner.id == into))
    return _address(other) if other else ""

"""Letters to learners: in their language, to an address that is known, never at night, each of them once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portal import jobs
from portal.accounts.queries import person
from portal.training.models.learners import Enrolment, Learner
from portal.training.rules.nudging import due_at


def write(
    kind: str, enrolment: Enrolment, learner: Learner, facts: Mapping[str, Any], now: datetime
) -> bool:  # fmt: skip
    """Send ``training/letter_<kind>``, once for this enrolment; False where no address is known."""
    to = learner.email or (person(learner.person_id).email if learner.person_id else "")
    if not to:
        return False
    key = f"letter:{enrolment.id}:{kind}"
    letter = {
        "id": key.replace(":", "."), "to": to, "lang": enrolment.lang, "template": f"training/letter_{kind}",
        "facts": {"name": learner.name, "enrolment": enrolment.id, **facts},
    }  # fmt: skip
    jobs.enqueue("letter", letter, key=key, now=now, due=due_at(now))
    return True

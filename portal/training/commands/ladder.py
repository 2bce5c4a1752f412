"""Steps on the trainer's ladder."""

from datetime import datetime

from portal import audit
from portal.accounts.queries import person
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.training import policy
from portal.training.models.classes import Trainer
from portal.training.queries.ladder import level_of
from portal.training.rules.classes import REASON_MAX
from portal.training.rules.ladder import Level, NotTheNextStep, NotYourself, StepNeedsReason, may_follow


def grant_step(actor: Actor, person_id: str, level: Level, reason: str, now: datetime) -> None:
    """A step up, or down, by a lead trainer or an editor of the city.

    Raises NotAllowed, NotYourself, StepNeedsReason, NotTheNextStep, NotFound.
    """
    if not policy.may_raise_trainers(actor, level_of(actor.id) or ""):
        raise NotAllowed()
    if actor.id == person_id:
        raise NotYourself()
    if not reason.strip() or len(reason) > REASON_MAX:
        raise StepNeedsReason(max=REASON_MAX)
    known = person(person_id)
    with transaction() as session:
        if not may_follow(level, level_of(known.id)):
            raise NotTheNextStep()
        session.add(
            Trainer(person_id=known.id, since=now, level=level.value, reason=reason, granted_by=actor.id)
        )
        audit.record(actor, "trainer.step", known.id, now, level=level.value, reason=reason)

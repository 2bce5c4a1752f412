"""A learner or trainer who leaves the portal altogether: see linking.erase for what goes of a learner."""

from datetime import datetime

from sqlalchemy import update

from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.training import policy
from portal.training.commands import linking
from portal.training.models.classes import CohortTrainer


def forget(actor: Actor, person_id: str, now: datetime) -> int:
    """Erase the person as a learner, also on lists under their address, and their name as a trainer."""
    if not policy.may_forget_learner(actor):
        raise NotAllowed()
    themselves = Actor(person_id)
    with transaction() as session:
        linking.recognise(themselves, now)
        session.execute(update(CohortTrainer).where(CohortTrainer.person_id == person_id).values(name=""))
        return linking.erase(themselves, now)

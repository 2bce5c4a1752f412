"""Who has looked: one line for each page about somebody that staff opened."""

from datetime import datetime

from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.privacy import policy
from portal.privacy.models import Look


def record(actor: Actor, kind: str, thing_id: str, person_id: str, why: str, now: datetime) -> None:
    """Append one line. ``person_id`` is whom the thing is about, "" when it is nobody with an account."""
    if not policy.may_record_looks(actor):
        raise NotAllowed()
    with transaction() as session:
        session.add(
            Look(
                id=new_id("lok"), at=now, actor_id=actor.id, kind=kind, thing_id=thing_id,
                person_id=person_id, why=why,
            )
        )  # fmt: skip

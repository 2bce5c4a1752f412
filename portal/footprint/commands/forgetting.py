"""The footprints of a person who leaves: deleted, but for those that something else stands on."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update

from portal import audit
from portal.db import transaction
from portal.footprint import policy
from portal.footprint.models import EventVersionRecord, FootprintRecord
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed


def forget(actor: Actor, person_id: str, needed: Collection[str], now: datetime) -> int:
    """Delete the person's footprints; how many. ``needed`` stay without an owner: pledges stand on them.

    Inventories of events stay as they are: they were published with the event.
    """
    if not policy.may_forget_owner(actor):
        raise NotAllowed()
    in_files = select(EventVersionRecord.footprint_id)
    mine = (FootprintRecord.owner_id == person_id, FootprintRecord.id.not_in(in_files))
    with transaction() as session:
        if needed:
            session.execute(
                update(FootprintRecord)
                .where(*mine, FootprintRecord.id.in_(needed))
                .values(owner_id=None, label="")
            )
        gone = session.scalars(delete(FootprintRecord).where(*mine).returning(FootprintRecord.id)).all()
        audit.record(actor, "footprints.forgotten", person_id, now, count=len(gone))
        return len(gone)

"""The pledges of a person who leaves: they stay in the sums, without a name, and nobody finds them."""

from datetime import datetime

from sqlalchemy import delete, or_, select, update

from portal import audit
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.pledges import policy
from portal.pledges.models.course import PledgePair, PledgeProfile, PledgeText
from portal.pledges.models.letters import PledgeLetters
from portal.pledges.models.promise import PledgeRecord


def forget(actor: Actor, person_id: str, emails: tuple[str, ...], now: datetime) -> int:
    """Take name, motive and owner from the person's pledges and end all letters; how many pledges."""
    if not policy.may_forget_owner(actor):
        raise NotAllowed()
    with transaction() as session:
        mine = list(session.scalars(
            select(PledgeRecord.id).where(PledgeRecord.owner_id == person_id).order_by(PledgeRecord.id)
        ))  # fmt: skip
        session.execute(
            update(PledgeRecord)
            .where(PledgeRecord.id.in_(mine))
            .values(name="", motive="", is_public=False, owner_id=None)
        )
        session.execute(
            update(PledgeProfile).where(PledgeProfile.pledge_id.in_(mine)).values(shows_name=False)
        )
        for found_by in (PledgeText, PledgePair):
            session.execute(delete(found_by).where(found_by.pledge_id.in_(mine)))
        theirs = or_(
            PledgeLetters.pledge_id.in_(mine),
            PledgeLetters.person_id == person_id,
            PledgeLetters.email.in_(emails),
        )
        session.execute(
            update(PledgeLetters)
            .where(theirs, PledgeLetters.ended_at.is_(None))
            .values(ended_at=now, email="", next_at=None)
        )
        session.execute(update(PledgeLetters).where(theirs).values(person_id=""))
        session.expire_all()
        for pledge_id in mine:
            audit.record(actor, "pledge.forgotten", pledge_id, now)
        return len(mine)

"""How much waits at the desk of pledges."""

from sqlalchemy import func, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.pile import Pile
from portal.pledges import policy
from portal.pledges.models.course import PledgeEvidence
from portal.pledges.rules.evidence import EvidenceState


def papers(actor: Actor) -> Pile:
    """Documents that nobody has looked at. Raises NotAllowed."""
    if not policy.may_read_desk(actor):
        raise NotAllowed()
    waiting = PledgeEvidence.state == EvidenceState.WAITING
    counted = select(func.count(), func.min(PledgeEvidence.given_at)).where(waiting)
    count, oldest = db.session.execute(counted).one()
    return Pile(count, oldest)

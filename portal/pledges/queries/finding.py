"""Pledges by whatever somebody at the desk has in hand."""

from sqlalchemy import or_, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.hit import Hit
from portal.pledges import policy
from portal.pledges.models.promise import PledgeRecord


def pledges(actor: Actor, typed: str, limit: int) -> list[Hit]:
    """By id, or a part of the name. Raises NotAllowed."""
    if not policy.may_read_desk(actor):
        raise NotAllowed()
    which = or_(PledgeRecord.id == typed, PledgeRecord.name.contains(typed, autoescape=True))
    rows = db.session.scalars(select(PledgeRecord).where(which).order_by(PledgeRecord.id.desc()).limit(limit))
    return [Hit("pledge", row.id, row.name or row.id, f"{row.state} · {row.year}") for row in rows]

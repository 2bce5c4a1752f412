"""Who may see a footprint: whoever holds its link, and the person it belongs to."""

from portal.footprint.rules.stored import Footprint
from portal.kernel.actor import Actor


def may_see(actor: Actor, footprint: Footprint) -> bool:
    owns = actor.is_person and footprint.owner_id == actor.id
    return owns or actor.holds(footprint.id) or actor.is_system


def may_save(actor: Actor) -> bool:
    """Everybody: a footprint needs no account."""
    return True


def may_open_draft(actor: Actor, draft_id: str) -> bool:
    """Whoever holds its link: a draft belongs to nobody in particular."""
    return actor.holds(draft_id)

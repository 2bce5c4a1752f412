"""Who may do what with a statement: whose event it is decides."""

from portal.footprint.policy import Owned, may_work_on
from portal.kernel.actor import Actor, Role


def may_work(actor: Actor, thing: Owned) -> bool:
    """Add actions and evidence: whoever may work on the event's file."""
    return may_work_on(actor, thing)


def may_speak(actor: Actor, thing: Owned) -> bool:
    """Publish, declare, correct, withdraw, share out: for an organisation its owners and approvers."""
    if thing.organisation_id:
        return actor.organisations.get(thing.organisation_id) in ("owner", "approver")
    return may_work_on(actor, thing)


def may_read_evidence(actor: Actor, thing: Owned, is_public: bool) -> bool:
    """A file that is not public is for the organiser and for those who audit."""
    return is_public or may_work_on(actor, thing) or actor.has(Role.AUDITOR, Role.REGISTRY, Role.ADMIN)


def may_close(actor: Actor) -> bool:
    """Let lapse, put under review: the portal's own hand."""
    return actor.is_system

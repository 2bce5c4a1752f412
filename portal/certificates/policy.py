"""Who may issue and withdraw certificates, and who sees a holder's name."""

from portal.kernel.actor import Actor, Role


def may_issue(actor: Actor, subject_id: str, order_id: str) -> bool:
    """The portal's own jobs, staff who confirm a payment or a proof, and whoever's subject or order it is.

    The room that sells has asked its own policy and the facts are checked; this is our own door.
    """
    is_own = any(actor.holds(thing_id) for thing_id in (subject_id, order_id) if thing_id)
    return actor.is_system or actor.has(Role.FINANCE, Role.REGISTRY) or is_own


def may_withdraw(actor: Actor) -> bool:
    """Put under review, clear, revoke or replace."""
    return actor.is_system or actor.has(Role.FINANCE, Role.REGISTRY)


def may_forget_holder(actor: Actor) -> bool:
    """Erase a holder's name for good. Accounts ask the person; this is the portal's own hand."""
    return actor.is_system or actor.has(Role.ADMIN)


def may_print(actor: Actor) -> bool:
    """Record a rendered document."""
    return actor.is_system


def sees_name(is_public: bool, has_key: bool) -> bool:
    """The holder opted in, or the asker holds the key behind the QR code."""
    return is_public or has_key

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


def may_take_along(actor: Actor) -> bool:
    """Take documents of many holders along in one file."""
    return actor.has(Role.FINANCE, Role.REGISTRY, Role.ADMIN)


def may_forget_holder(actor: Actor) -> bool:
    """Erase a holder's name for good. Accounts ask the person; this is the portal's own hand."""
    return actor.is_system or actor.has(Role.ADMIN)


def may_print(actor: Actor) -> bool:
    """Record a rendered document."""
    return actor.is_system


def may_want(actor: Actor) -> bool:
    """Have a document printed that is not there yet: anybody may, for anybody may see one of the two."""
    return bool(actor.id)


def may_show_name(actor: Actor, has_key: bool) -> bool:
    """Choose whether everybody sees the holder's name: who has the key, and the portal's own hand."""
    return has_key or actor.is_system


def may_read_desk(actor: Actor) -> bool:
    """See all certificates with their history, and how far batches are."""
    return actor.has(Role.FINANCE, Role.REGISTRY, Role.ADMIN, Role.AUDITOR)


def sees_name(is_public: bool, has_key: bool) -> bool:
    """The holder opted in, or the asker holds the key behind the QR code."""
    return is_public or has_key

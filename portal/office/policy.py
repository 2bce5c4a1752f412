"""Who reads reports, and who has a month written down."""

from portal.kernel.actor import Actor, Role


def may_close_months(actor: Actor) -> bool:
    """The portal itself: a month is over when it is over."""
    return actor.is_system


def may_take_pack(actor: Actor) -> bool:
    """Auditors, and the administrator who prepares for them."""
    return actor.has(Role.AUDITOR, Role.ADMIN)

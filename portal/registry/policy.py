"""Who may do what to projects, credits and the log."""

from portal.kernel.actor import Actor, Role


def may_move_credits(actor: Actor, hold_id: str) -> bool:
    """Reserve, allocate, release, retire: the portal's own jobs, staff, and whoever holds the order.

    The rooms that sell ask their own policy about the order first; this is the registry's own door.
    """
    return actor.is_system or actor.is_person or actor.id == "guest"


def may_run_registry(actor: Actor) -> bool:
    """Import a registry export, add a project, open a lot."""
    return actor.is_system or actor.has(Role.REGISTRY, Role.ADMIN)


def may_void(actor: Actor) -> bool:
    """Take back the claim of a retirement; the grams stay retired."""
    return actor.is_system or actor.has(Role.REGISTRY, Role.FINANCE, Role.ADMIN)


def may_read_desk(actor: Actor) -> bool:
    return actor.has(Role.REGISTRY, Role.FINANCE, Role.AUDITOR, Role.ADMIN)


def may_tend_log(actor: Actor) -> bool:
    return actor.is_system or actor.has(Role.REGISTRY, Role.ADMIN)


def may_hand_in_signatures(actor: Actor) -> bool:
    """Anybody: what counts is the witness's signature, not who carries it."""
    return bool(actor.id)

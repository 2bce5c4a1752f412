"""Who may look at the desk, and who may act there."""

from portal.kernel.actor import STAFF, Actor, Role


def may_look(actor: Actor) -> bool:
    return actor.has(*STAFF)


def may_tend(actor: Actor) -> bool:
    """Try failed work again, have the ledger checked. An auditor and an editor only look."""
    return actor.has(Role.REGISTRY, Role.FINANCE, Role.ADMIN)

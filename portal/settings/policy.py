"""Who may look at settings, and who may change which."""

from portal.kernel.actor import STAFF, Actor, Role


def may_read(actor: Actor) -> bool:
    return actor.is_system or actor.has(*STAFF)


def may_change(actor: Actor, *, moves_money: bool) -> bool:
    """Propose and decide: texts the editor, money the till, both the administrator."""
    if actor.is_system:
        return True
    return actor.has(Role.ADMIN, Role.FINANCE if moves_money else Role.EDITOR)

"""Who may do what with accounts and organisations."""

from portal.accounts.rules import Part
from portal.kernel.actor import Actor, Role


def may_manage_roles(actor: Actor) -> bool:
    """Two administrators together, and operators at the command line."""
    return actor.is_system or (actor.has(Role.ADMIN) and actor.is_two)


def may_read_people(actor: Actor) -> bool:
    """See who has an account, which roles they hold and since when."""
    return actor.has(Role.ADMIN, Role.AUDITOR)


def may_propose_roles(actor: Actor) -> bool:
    """Put a role, or a second factor that was lost, before another administrator."""
    return actor.has(Role.ADMIN)


def may_change_account(actor: Actor, person_id: str) -> bool:
    return actor.id == person_id


def may_see_organisation(actor: Actor, organisation_id: str) -> bool:
    return organisation_id in actor.organisations


def may_manage_organisation(actor: Actor, organisation_id: str) -> bool:
    return actor.organisations.get(organisation_id) == Part.OWNER

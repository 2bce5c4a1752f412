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


def may_see_organisation(actor: Actor, organisation_id: str) -> bool:
    return organisation_id in actor.organisations


def may_manage_organisation(actor: Actor, organisation_id: str) -> bool:
    return actor.organisations.get(organisation_id) == Part.OWNER


def may_bill(actor: Actor, organisation_id: str) -> bool:
    """See and change what stands on an organisation's invoices: who may spend for it."""
    return actor.organisations.get(organisation_id) in (Part.OWNER, Part.APPROVER)


def may_answer_joiners(actor: Actor, organisation_id: str) -> bool:
    """Say yes or no to who used a join code: owners and approvers. Codes themselves are the owners'."""
    return actor.organisations.get(organisation_id) in (Part.OWNER, Part.APPROVER)


def may_read_checks(actor: Actor) -> bool:
    """See which organisations ask to be verified, and their papers."""
    return actor.has(Role.REGISTRY, Role.FINANCE, Role.ADMIN, Role.AUDITOR)


def may_verify(actor: Actor, organisation_id: str) -> bool:
    """Verify or refuse an organisation, but never one's own."""
    is_own = organisation_id in actor.organisations
    return actor.has(Role.REGISTRY, Role.FINANCE, Role.ADMIN) and not is_own


def may_remind(actor: Actor) -> bool:
    """Tell owners that a mark ends: the portal's own job."""
    return actor.is_system


def may_forget_person(actor: Actor) -> bool:
    """Only the job that carries out what a person asked for, after the days in which they can undo it."""
    return actor.is_system


def may_open_for_pupils(actor: Actor) -> bool:
    """The room of privacy alone, which asks who signs for the school."""
    return actor.is_system

"""Who may do what to projects, credits and the log."""

from portal.kernel.actor import Actor, Role
from portal.registry.rules.lifecycle import Step


def may_move_credits(actor: Actor, hold_id: str) -> bool:
    """Reserve, allocate, release, retire: the portal's own jobs, staff, and whoever holds the order.

    The rooms that sell ask their own policy about the order first; this is the registry's own door.
    """
    return actor.is_system or actor.is_person or actor.id == "guest"


def may_run_registry(actor: Actor) -> bool:
    """Import a registry export, add a project, propose a lot."""
    return actor.is_system or actor.has(Role.REGISTRY, Role.ADMIN)


def may_open_lots(actor: Actor) -> bool:
    """Put credits up for sale: two of the registry together, or the portal's own hand."""
    return actor.is_system or (actor.has(Role.REGISTRY, Role.ADMIN) and actor.is_two)


def may_cancel(actor: Actor, kind: str, party_id: str | None) -> bool:
    """Put units out of the world: owners and approvers those they hold, two of the registry any."""
    return may_cancel_for_others(actor) or (kind == "holding" and may_act_for(actor, kind, party_id))


def may_cancel_for_others(actor: Actor) -> bool:
    """Also for reasons that are not a holder's own: issued in error, moved, owed for a reversal."""
    return actor.is_system or (actor.has(Role.REGISTRY, Role.ADMIN) and actor.is_two)


def may_void(actor: Actor) -> bool:
    """Take back the claim of a retirement; the grams stay retired."""
    return actor.is_system or actor.has(Role.REGISTRY, Role.FINANCE, Role.ADMIN)


def may_read_desk(actor: Actor) -> bool:
    return actor.has(Role.REGISTRY, Role.FINANCE, Role.AUDITOR, Role.ADMIN)


def may_tend_log(actor: Actor) -> bool:
    return actor.is_system or actor.has(Role.REGISTRY, Role.ADMIN)


def may_propose_step(actor: Actor, step: Step) -> bool:
    """Steps in a project's life are people's, never a job's."""
    return actor.is_person and actor.has(*step.makers)


def may_decide_step(actor: Actor, step: Step, proposed_by: str) -> bool:
    """A second person: who proposed a step does not decide it, whatever their roles."""
    return actor.is_person and actor.has(*step.checkers) and actor.id != proposed_by


def may_tend_projects(actor: Actor) -> bool:
    """Propose a project, file its documents, enter its land, assess it, answer comments, clear likenesses."""
    return actor.is_system or actor.has(Role.REGISTRY, Role.ADMIN)


def may_comment(actor: Actor) -> bool:
    """On a public notice: everybody but jobs."""
    return not actor.is_system


# -- units between accounts ----------------------------------------------------------------------


def may_open_account(actor: Actor, party_id: str) -> bool:
    """An organisation's owner opens its registry account; registry staff may do it for them."""
    return may_run_registry(actor) or actor.organisations.get(party_id) == "owner"


def may_act_for(actor: Actor, kind: str, party_id: str | None) -> bool:
    """Offer, accept: for a holder's account its owners and approvers, for a developer's the staff."""
    if kind == "holding":
        is_theirs = party_id is not None and actor.organisations.get(party_id) in ("owner", "approver")
        return actor.is_system or is_theirs
    return kind == "developer" and may_run_registry(actor)


def may_hand_in_signatures(actor: Actor) -> bool:
    """Anybody: what counts is the witness's signature, not who carries it."""
    return bool(actor.id)


def may_set_prices(actor: Actor) -> bool:
    """Propose, accept, decline; who proposed a price does not accept it (rules.prices)."""
    return actor.is_system or actor.has(Role.FINANCE, Role.ADMIN)

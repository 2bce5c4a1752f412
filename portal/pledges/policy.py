"""Who may do what with a pledge, a group and a challenge."""

from typing import Protocol

from portal.kernel.actor import Actor, Role
from portal.pledges.rules.promise import PledgeState

_SIGNS = frozenset({"owner", "approver"})


class Pledged(Protocol):
    """What a policy looks at."""

    @property
    def id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def owner_id(self) -> str | None: ...
    @property
    def organisation_id(self) -> str: ...
    @property
    def is_public(self) -> bool: ...


class Grouped(Protocol):
    @property
    def owner_id(self) -> str: ...
    @property
    def organisation_id(self) -> str: ...


def signs_for(actor: Actor, organisation_id: str) -> bool:
    """Whether the actor may speak for this organisation: its owners and approvers."""
    return actor.organisations.get(organisation_id) in _SIGNS


def may_make(actor: Actor, organisation_id: str = "") -> bool:
    """Everybody for themselves: a pledge needs no account. For an organisation, who signs for it."""
    return not organisation_id or signs_for(actor, organisation_id)


def owns(actor: Actor, pledge: Pledged) -> bool:
    """The person it belongs to, whoever holds its link, and who signs for its organisation."""
    if actor.holds(pledge.id) or (actor.is_person and pledge.owner_id == actor.id):
        return True
    return bool(pledge.organisation_id) and signs_for(actor, pledge.organisation_id)


def may_see(actor: Actor, pledge: Pledged) -> bool:
    return pledge.is_public or owns(actor, pledge) or actor.is_system or may_read_desk(actor)


def may_withdraw(actor: Actor, pledge: Pledged) -> bool:
    return owns(actor, pledge) and pledge.state == PledgeState.MADE


def may_tend(actor: Actor, pledge: Pledged) -> bool:
    """Plan, report, give documents, join groups."""
    return may_withdraw(actor, pledge)


def may_claim(actor: Actor, pledge: Pledged) -> bool:
    """Make a pledge that was made as a guest one's own: with its link, once."""
    return actor.is_person and actor.holds(pledge.id) and pledge.owner_id is None


def may_read_desk(actor: Actor) -> bool:
    return actor.has(Role.REGISTRY, Role.ADMIN, Role.AUDITOR)


def may_decide(actor: Actor) -> bool:
    """Look at documents and say what they are worth. Never one's own: the command asks."""
    return actor.has(Role.REGISTRY, Role.ADMIN)


def may_write_letters(actor: Actor) -> bool:
    return actor.is_system


def may_open_group(actor: Actor, organisation_id: str = "") -> bool:
    return actor.is_person and may_make(actor, organisation_id)


def may_run_group(actor: Actor, group: Grouped) -> bool:
    if group.organisation_id and signs_for(actor, group.organisation_id):
        return True
    return actor.is_person and group.owner_id == actor.id


def may_open_challenge(actor: Actor) -> bool:
    return actor.is_person


def may_list_challenge(actor: Actor) -> bool:
    """Put one on the public list: the city's editors."""
    return actor.has(Role.EDITOR, Role.ADMIN)


def may_forget_owner(actor: Actor) -> bool:
    """Only the job that carries out what a person asked for, after the days in which they can undo it."""
    return actor.is_system

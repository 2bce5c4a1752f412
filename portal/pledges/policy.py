"""Who may do what with a pledge."""

from typing import Protocol

from portal.kernel.actor import Actor
from portal.pledges.rules import PledgeState


class Pledged(Protocol):
    """What a policy looks at."""

    @property
    def id(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def owner_id(self) -> str | None: ...
    @property
    def is_public(self) -> bool: ...


def may_make(actor: Actor) -> bool:
    """Everybody: a pledge needs no account."""
    return True


def owns(actor: Actor, pledge: Pledged) -> bool:
    """The person it belongs to, and whoever holds its link."""
    return actor.holds(pledge.id) or (actor.is_person and pledge.owner_id == actor.id)


def may_see(actor: Actor, pledge: Pledged) -> bool:
    return pledge.is_public or owns(actor, pledge)


def may_withdraw(actor: Actor, pledge: Pledged) -> bool:
    return owns(actor, pledge) and pledge.state == PledgeState.MADE


def may_claim(actor: Actor, pledge: Pledged) -> bool:
    """Make a pledge that was made as a guest one's own: with its link, once."""
    return actor.is_person and actor.holds(pledge.id) and pledge.owner_id is None

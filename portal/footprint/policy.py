"""Who may see a footprint (whoever holds its link, and the person it belongs to), and work on an event."""

from typing import Protocol

from portal.footprint.rules.stored import Footprint
from portal.kernel.actor import Actor


def may_see(actor: Actor, footprint: Footprint) -> bool:
    owns = actor.is_person and footprint.owner_id == actor.id
    return owns or actor.holds(footprint.id) or actor.is_system


def may_save(actor: Actor) -> bool:
    """Everybody: a footprint needs no account."""
    return True


class Owned(Protocol):
    """What belongs to an organisation, or else to a person."""

    @property
    def owner_id(self) -> str: ...
    @property
    def organisation_id(self) -> str | None: ...


def may_keep_events(actor: Actor, organisation_id: str | None) -> bool:
    """Open an event's file: for oneself, or for an organisation one is a member of."""
    return actor.is_person and (organisation_id is None or organisation_id in actor.organisations)


def may_work_on(actor: Actor, event: Owned) -> bool:
    """See and change an event's file: the members of its organisation, or the person it belongs to."""
    if event.organisation_id is not None:
        return event.organisation_id in actor.organisations
    return actor.is_person and actor.id == event.owner_id

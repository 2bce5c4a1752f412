"""Who may see a footprint, run a campaign and work on an event's file."""

from typing import Protocol

from portal.footprint.rules.stored import Footprint
from portal.kernel.actor import Actor


class Owned(Protocol):
    """What belongs to an organisation, or else to a person."""

    @property
    def owner_id(self) -> str: ...
    @property
    def organisation_id(self) -> str | None: ...


class Run(Owned, Protocol):
    """What a policy looks at in a campaign."""

    @property
    def is_private(self) -> bool: ...


def may_see(actor: Actor, footprint: Footprint) -> bool:
    """Whoever holds its link, and the person it belongs to."""
    owns = actor.is_person and footprint.owner_id == actor.id
    return owns or actor.holds(footprint.id) or actor.is_system


def may_save(actor: Actor) -> bool:
    """Everybody: a footprint needs no account."""
    return True


def may_open_draft(actor: Actor, draft_id: str) -> bool:
    """Whoever holds its link: a draft belongs to nobody in particular."""
    return actor.holds(draft_id)


def may_work_on(actor: Actor, thing: Owned) -> bool:
    """See and change a campaign or an event's file: every member of its organisation, or else its person."""
    if thing.organisation_id:
        return thing.organisation_id in actor.organisations
    return actor.is_person and thing.owner_id == actor.id


def may_open_campaign(actor: Actor, organisation_id: str = "") -> bool:
    """For oneself, whoever is signed in; for an organisation, its owners and approvers."""
    return actor.is_person and (
        not organisation_id or actor.organisations.get(organisation_id) in ("owner", "approver")
    )


def may_see_figures(actor: Actor, campaign: Run) -> bool:
    return not campaign.is_private or may_work_on(actor, campaign)


def may_keep_events(actor: Actor, organisation_id: str | None) -> bool:
    """Open an event's file: for oneself, or for an organisation one is a member of."""
    return actor.is_person and (organisation_id is None or organisation_id in actor.organisations)


def may_forget_owner(actor: Actor) -> bool:
    """Only the job that carries out what a person asked for, after the days in which they can undo it."""
    return actor.is_system

"""Who may see a footprint: whoever holds its link, and the person it belongs to."""

from typing import Protocol

from portal.footprint.rules.stored import Footprint
from portal.kernel.actor import Actor


def may_see(actor: Actor, footprint: Footprint) -> bool:
    owns = actor.is_person and footprint.owner_id == actor.id
    return owns or actor.holds(footprint.id) or actor.is_system


def may_save(actor: Actor) -> bool:
    """Everybody: a footprint needs no account."""
    return True


def may_open_draft(actor: Actor, draft_id: str) -> bool:
    """Whoever holds its link: a draft belongs to nobody in particular."""
    return actor.holds(draft_id)


class Run(Protocol):
    """What a policy looks at in a campaign."""

    @property
    def owner_id(self) -> str: ...
    @property
    def organisation_id(self) -> str | None: ...
    @property
    def is_private(self) -> bool: ...


def may_open_campaign(actor: Actor, organisation_id: str = "") -> bool:
    """For oneself, whoever is signed in; for an organisation, its owners and approvers."""
    return actor.is_person and (
        not organisation_id or actor.organisations.get(organisation_id) in ("owner", "approver")
    )


def may_manage_campaign(actor: Actor, campaign: Run) -> bool:
    """The person who opened it for themselves; of an organisation's campaign, every member."""
    if campaign.organisation_id:
        return campaign.organisation_id in actor.organisations
    return actor.is_person and campaign.owner_id == actor.id


def may_see_figures(actor: Actor, campaign: Run) -> bool:
    return not campaign.is_private or may_manage_campaign(actor, campaign)

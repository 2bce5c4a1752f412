"""Seedlings in orders: their places are taken under the campaign's lock, their certificates given once.

Places are never given back by hand: what is taken is the sum over orders that may still lead to planting
(``seedlings.KEEPS_PLACES``). So every way out of an order frees them, also ways that are added later.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, insert, select, update

from portal.certificates import commands as certificates
from portal.certificates.rules.facts import PlantingFacts
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.kernel.ids import new_id
from portal.shop.commands.steps import TILL, Locked, orders
from portal.shop.models.planting import PlantingCampaign, SeedlingLineRow
from portal.shop.rules.seedlings import (
    KEEPS_PLACES,
    NoSuchCampaign,
    NotEnoughPlaces,
    PlantingIsOver,
    SeedlingLine,
    check_places,
    per_campaign,
)

campaigns: Table = PlantingCampaign.__table__  # type: ignore[assignment]
seedlings: Table = SeedlingLineRow.__table__  # type: ignore[assignment]

# Built once: putting a statement together costs more than having it done.
_LOCK = select(campaigns).where(campaigns.c.id == bindparam("campaign_id")).with_for_update()
_TAKEN = (
    select(func.coalesce(func.sum(seedlings.c.seedlings), 0))
    .join_from(seedlings, orders, orders.c.id == seedlings.c.order_id)
    .where(
        seedlings.c.campaign_id == bindparam("campaign_id"),
        seedlings.c.order_id != bindparam("but_for"),
        orders.c.state.in_(sorted(KEEPS_PLACES)),
    )
)
_OF_ORDER = (
    select(seedlings).where(seedlings.c.order_id == bindparam("of_order")).order_by(seedlings.c.position)
)
_CAMPAIGN = select(campaigns).where(campaigns.c.id == bindparam("campaign_id"))
_CERTIFY = update(seedlings).where(seedlings.c.id == bindparam("line_id"))


def take_places(s: Connection, order_id: str, lines: Sequence[SeedlingLine], now: datetime) -> None:
    """Reserve seedlings for a new order, in its transaction. Raises PlantingIsOver, NotEnoughPlaces."""
    for campaign_id, wanted in per_campaign(lines).items():
        campaign = _locked(s, campaign_id)
        if campaign.closed_at is not None or campaign.sales_until < clock.day_of(now):
            raise PlantingIsOver()
        check_places(wanted, campaign.places, taken(s, campaign_id, but_for=order_id))
    rows = [
        {
            "id": new_id("sdl"),
            "order_id": order_id,
            "campaign_id": line.campaign_id,
            "position": position,
            "seedlings": line.seedlings,
            "minor_each": line.each.minor,
            "amount_minor": line.amount.minor,
        }
        for position, line in enumerate(lines)
    ]
    s.execute(insert(seedlings), rows)


def places_are_free(s: Connection, order_id: str) -> bool:
    """Whether an order that had lapsed finds room for its seedlings again; locks their campaigns."""
    wanted: dict[str, int] = {}
    for line in lines_of(s, order_id):
        wanted[line.campaign_id] = wanted.get(line.campaign_id, 0) + line.seedlings
    try:
        for campaign_id in sorted(wanted):
            places = _locked(s, campaign_id).places
            check_places(wanted[campaign_id], places, taken(s, campaign_id, but_for=order_id))
    except NotEnoughPlaces:
        return False
    return True


def taken(s: Connection, campaign_id: str, but_for: str = "") -> int:
    """Seedlings of orders that may still lead to planting, other than this one."""
    return int(s.execute(_TAKEN, {"campaign_id": campaign_id, "but_for": but_for}).scalar_one())


def lines_of(s: Connection, order_id: str) -> Sequence[Any]:
    return s.execute(_OF_ORDER, {"of_order": order_id}).all()


def certify(s: Connection, order: Locked, buyer: dict[str, Any], now: datetime) -> None:
    """A certificate for each line of seedlings: how many were paid for, where, and nothing of carbon."""
    for line in lines_of(s, order.id):
        campaign = s.execute(_CAMPAIGN, {"campaign_id": line.campaign_id}).one()
        facts = PlantingFacts(
            contribution_id=line.id,
            order_id=order.id,
            seedlings=line.seedlings,
            species=Bilingual(campaign.species_zh, campaign.species_en),
            parcel_code=campaign.parcel_code,
            parcel_name=Bilingual(campaign.parcel_zh, campaign.parcel_en),
            season=Bilingual(campaign.season_zh, campaign.season_en),
            paid_on=clock.day_of(order.paid_at),
            is_demo=campaign.is_demo,
            holder_name=buyer["name"],
            holder_salt=buyer["salt"],
            organisation_id=order.organisation_id,
            is_public=buyer["is_public"],
            lang=order.lang,
            test=order.test,
        )
        number = certificates.issue(TILL, facts, now)
        s.execute(_CERTIFY, {"line_id": line.id, "certificate": number})
        if buyer["is_forgotten"]:
            certificates.forget_holder(TILL, number, now)


def _locked(s: Connection, campaign_id: str) -> Any:
    row = s.execute(_LOCK, {"campaign_id": campaign_id}).one_or_none()
    if row is None:
        raise NoSuchCampaign()
    return row

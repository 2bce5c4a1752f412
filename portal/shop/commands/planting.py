"""Planting campaigns: opened, closed, and reported on by staff; contributors are written to."""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from portal import audit, jobs
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.shop import policy
from portal.shop.commands.seedlings import campaigns, taken
from portal.shop.commands.steps import books
from portal.shop.models.planting import PlantingPhoto, PlantingReport
from portal.shop.queries import planting as queries
from portal.shop.rules.seedlings import (
    CampaignCodeTaken,
    CampaignDraft,
    FewerPlacesThanFunded,
    NoSuchCampaign,
    ReportDraft,
    check_campaign,
    check_report,
)


def open_campaign(actor: Actor, draft: CampaignDraft, now: datetime) -> str:
    """Take contributions for a planting; its id.

    Raises CampaignCodeTaken, BothLanguages, BadDates, HowManySeedlings, NothingToPay.
    """
    if not policy.may_run_planting(actor):
        raise NotAllowed()
    check_campaign(draft)
    campaign_id = new_id("plc")
    row = {
        "id": campaign_id,
        "code": draft.code,
        "parcel_code": draft.parcel_code,
        **_in_both("parcel", draft.parcel_name),
        **_in_both("species", draft.species),
        "latin": draft.latin,
        **_in_both("season", draft.season),
        **_in_both("planter", draft.planter),
        **_in_both("about", draft.about),
        "minor_each": draft.each.minor,
        "currency": draft.each.currency,
        "places": draft.places,
        "sales_until": draft.sales_until,
        "planting_from": draft.planting_from,
        "planting_until": draft.planting_until,
        "is_demo": draft.is_demo,
        "opened_at": now,
    }
    try:
        with books() as s:
            s.execute(insert(campaigns).values(row))
            audit.record(actor, "planting.opened", campaign_id, now, code=draft.code, places=draft.places)
    except IntegrityError as fault:
        if "code" in str(fault.orig):
            raise CampaignCodeTaken() from None
        raise
    return campaign_id


def _in_both(name: str, text: Bilingual) -> dict[str, str]:
    return {f"{name}_zh": text.zh, f"{name}_en": text.en}


def change_places(actor: Actor, campaign_id: str, places: int, now: datetime) -> None:
    """How many seedlings can be planted after all. Raises FewerPlacesThanFunded, NoSuchCampaign."""
    if not policy.may_run_planting(actor):
        raise NotAllowed()
    with books() as s:
        locked = select(campaigns.c.id).where(campaigns.c.id == campaign_id).with_for_update()
        if s.execute(locked).one_or_none() is None:
            raise NoSuchCampaign()
        if places < (funded := taken(s, campaign_id)):
            raise FewerPlacesThanFunded(funded=funded)
        s.execute(update(campaigns).where(campaigns.c.id == campaign_id).values(places=places))
        audit.record(actor, "planting.places", campaign_id, now, places=places)


def close_campaign(actor: Actor, campaign_id: str, now: datetime) -> None:
    """Take no more contributions; those that were begun stay. Twice is once."""
    if not policy.may_run_planting(actor):
        raise NotAllowed()
    with books() as s:
        open_one = update(campaigns).where(campaigns.c.id == campaign_id, campaigns.c.closed_at.is_(None))
        s.execute(open_one.values(closed_at=now))
        audit.record(actor, "planting.closed", campaign_id, now)


def report(actor: Actor, campaign_id: str, draft: ReportDraft, now: datetime) -> str:
    """Publish what was counted on a visit, and write to everybody who funded seedlings here.

    Raises what ``check_report`` raises, NoSuchCampaign.
    """
    if not policy.may_run_planting(actor):
        raise NotAllowed()
    report_id = new_id("plr")
    with books() as s:
        # Locked, so that two reports at once are judged one after the other.
        locked = select(campaigns.c.id).where(campaigns.c.id == campaign_id).with_for_update()
        if s.execute(locked).one_or_none() is None:
            raise NoSuchCampaign()
        check_report(draft, queries.counts(campaign_id), clock.day_of(now))
        s.execute(
            insert(PlantingReport).values(
                id=report_id,
                campaign_id=campaign_id,
                kind=draft.kind,
                visited_on=draft.visited_on,
                seedlings=draft.count,
                **_in_both("note", draft.note),
                reported_by=actor.id,
                at=now,
            )
        )
        for position, photo in enumerate(draft.photos):
            s.execute(
                insert(PlantingPhoto).values(
                    id=new_id("plp"),
                    report_id=report_id,
                    position=position,
                    sha256=photo.sha256,
                    width=photo.width,
                    height=photo.height,
                    **_in_both("alt", photo.alt),
                )
            )
        audit.record(actor, "planting.reported", campaign_id, now, report=report_id, count=draft.count)
        jobs.enqueue(
            "shop.planting_letters", {"report_id": report_id}, key=f"planting_letters:{report_id}", now=now
        )
    return report_id


def write_to_contributors(actor: Actor, report_id: str, now: datetime) -> int:
    """A letter about this report for each order that funded seedlings; how many. None is sent twice."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    told = queries.contributors(report_id)
    with books():
        for each in told:
            key = f"planting_report:{report_id}:{each.order_id}"
            jobs.enqueue(
                "letter",
                {
                    "id": key.replace(":", "."),
                    "to": each.email,
                    "lang": each.lang,
                    "template": "shop/letter_planting_report",
                    "facts": {"order_id": each.order_id, "seedlings": each.seedlings, **each.report},
                },
                key=f"letter:{key}",
                now=now,
            )
    return len(told)

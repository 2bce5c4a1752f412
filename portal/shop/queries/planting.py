"""What can be asked about plantings: places, what was funded, what was counted, who is to be written to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, case, func, select

from portal.db import db
from portal.kernel.bilingual import Bilingual
from portal.kernel.money import Money
from portal.registry.rules.audit import Check, Fault
from portal.shop.models.orders import Order, OrderBuyer
from portal.shop.models.planting import PlantingCampaign, PlantingPhoto, PlantingReport, SeedlingLineRow
from portal.shop.rules.seedlings import (
    FUNDED,
    KEEPS_PLACES,
    Counts,
    NoSuchCampaign,
    Photo,
    ReportKind,
    SeedlingLine,
)
from portal.shop.rules.states import RETIRED_ONCE

_campaign, _line, _order = PlantingCampaign.__table__, SeedlingLineRow.__table__, Order.__table__
_LINES = select(_line).where(_line.c.order_id == bindparam("order_id")).order_by(_line.c.position)
_report, _photo, _buyer = PlantingReport.__table__, PlantingPhoto.__table__, OrderBuyer.__table__


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A planting as pages show it. ``taken`` counts orders that are still to be paid, ``funded`` does not."""

    id: str
    code: str
    parcel_code: str
    parcel_name: Bilingual
    species: Bilingual
    latin: str
    season: Bilingual
    planter: Bilingual
    about: Bilingual
    each: Money
    places: int
    taken: int
    funded: int
    sales_until: date
    planting_from: date
    planting_until: date
    is_demo: bool
    opened_at: datetime
    closed_at: datetime | None
    counts: Counts

    @property
    def left(self) -> int:
        return max(self.places - self.taken, 0)

    def is_open(self, today: date) -> bool:
        return self.closed_at is None and today <= self.sales_until

    def line(self, seedlings: int) -> SeedlingLine:
        return SeedlingLine(self.id, self.code, seedlings, self.each)


@dataclass(frozen=True, slots=True)
class ReportView:
    id: str
    kind: ReportKind
    visited_on: date
    count: int
    note: Bilingual
    photos: tuple[Photo, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class SeedlingsView:
    """The seedlings of one order at one parcel."""

    campaign: CampaignView
    seedlings: int
    each: Money
    amount: Money
    certificate: str | None


@dataclass(frozen=True, slots=True)
class Contributor:
    """Somebody to be told of a report: their address, their language, what they funded, what was counted."""

    order_id: str
    email: str
    lang: str
    seedlings: int
    report: dict[str, Any]


def campaigns() -> list[CampaignView]:
    """All plantings, those whose contributions end last first."""
    return _views(select(_campaign).order_by(_campaign.c.sales_until.desc(), _campaign.c.code))


def campaign(code: str) -> CampaignView:
    """Raises NoSuchCampaign."""
    found = _views(select(_campaign).where(_campaign.c.code == code))
    if not found:
        raise NoSuchCampaign()
    return found[0]


def _views(query: Any) -> list[CampaignView]:
    rows = db.session.execute(query).all()
    ids = [row.id for row in rows]
    seedlings = _seedlings(ids)
    return [
        CampaignView(
            id=row.id,
            code=row.code,
            parcel_code=row.parcel_code,
            parcel_name=Bilingual(row.parcel_zh, row.parcel_en),
            species=Bilingual(row.species_zh, row.species_en),
            latin=row.latin,
            season=Bilingual(row.season_zh, row.season_en),
            planter=Bilingual(row.planter_zh, row.planter_en),
            about=Bilingual(row.about_zh, row.about_en),
            each=Money(row.minor_each, row.currency),
            places=row.places,
            taken=seedlings.get(row.id, (0, 0))[0],
            funded=seedlings.get(row.id, (0, 0))[1],
            sales_until=row.sales_until,
            planting_from=row.planting_from,
            planting_until=row.planting_until,
            is_demo=row.is_demo,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            counts=counts(row.id),
        )
        for row in rows
    ]


def _seedlings(ids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Per campaign how many are taken, and how many of these are paid for."""
    funded = case((_order.c.state.in_(sorted(FUNDED)), _line.c.seedlings), else_=0)
    rows = db.session.execute(
        select(_line.c.campaign_id, func.sum(_line.c.seedlings), func.sum(funded))
        .join_from(_line, _order, _order.c.id == _line.c.order_id)
        .where(_line.c.campaign_id.in_(ids), _order.c.state.in_(sorted(KEEPS_PLACES)))
        .group_by(_line.c.campaign_id)
    )
    return {campaign_id: (int(taken), int(paid)) for campaign_id, taken, paid in rows}


def counts(campaign_id: str) -> Counts:
    """What the newest report of each kind says."""
    found: dict[str, Any] = {}
    for row in _reported(campaign_id):
        found[row.kind] = row
    planted, alive = found.get(ReportKind.PLANTED), found.get(ReportKind.SURVIVAL)
    return Counts(
        planted=planted.seedlings if planted else None,
        planted_on=planted.visited_on if planted else None,
        alive=alive.seedlings if alive else None,
        alive_on=alive.visited_on if alive else None,
    )


def _reported(campaign_id: str) -> Sequence[Any]:
    """Oldest visit first; of one day, as they were written."""
    of_campaign = select(_report).where(_report.c.campaign_id == campaign_id)
    return db.session.execute(of_campaign.order_by(_report.c.visited_on, _report.c.at, _report.c.id)).all()


def reports(campaign_id: str) -> list[ReportView]:
    """Newest visit first, with their photos."""
    rows = _reported(campaign_id)
    photos: dict[str, list[Photo]] = {}
    of_reports = select(_photo).where(_photo.c.report_id.in_([row.id for row in rows]))
    for each in db.session.execute(of_reports.order_by(_photo.c.report_id, _photo.c.position)):
        photo = Photo(each.sha256, each.width, each.height, Bilingual(each.alt_zh, each.alt_en))
        photos.setdefault(each.report_id, []).append(photo)
    return [
        ReportView(
            row.id,
            ReportKind(row.kind),
            row.visited_on,
            row.seedlings,
            Bilingual(row.note_zh, row.note_en),
            tuple(photos.get(row.id, ())),
            row.at,
        )
        for row in reversed(rows)
    ]


def is_published(sha256: str) -> bool:
    """Whether a report shows the photo with this digest."""
    found = db.session.execute(select(_photo.c.id).where(_photo.c.sha256 == sha256).limit(1))
    return found.scalar_one_or_none() is not None


def seedlings_of(order_id: str) -> list[SeedlingsView]:
    """The contributions of an order; whoever asks has been asked whether they may see it."""
    return _contributions(db.session.connection().execute(_LINES, {"order_id": order_id}).all())


def seedlings_in(order_ids: Sequence[str]) -> dict[str, list[SeedlingsView]]:
    """The same of many orders, by order; none for those without."""
    wanted = select(_line).where(_line.c.order_id.in_(order_ids))
    lines = db.session.execute(wanted.order_by(_line.c.order_id, _line.c.position)).all()
    found: dict[str, list[SeedlingsView]] = {}
    for line, view in zip(lines, _contributions(lines), strict=True):
        found.setdefault(line.order_id, []).append(view)
    return found


def _contributions(lines: Sequence[Any]) -> list[SeedlingsView]:
    if not lines:
        return []
    ids = {line.campaign_id for line in lines}
    by_id = {each.id: each for each in _views(select(_campaign).where(_campaign.c.id.in_(ids)))}
    return [
        SeedlingsView(
            by_id[line.campaign_id],
            line.seedlings,
            Money(line.minor_each, by_id[line.campaign_id].each.currency),
            Money(line.amount_minor, by_id[line.campaign_id].each.currency),
            line.certificate,
        )
        for line in lines
    ]


def faults() -> Iterator[Fault]:
    """For ``ledger verify``: more promised than there are places, and final contributions without a paper."""
    for each in campaigns():
        if each.taken > each.places:
            yield _fault(each.code, f"{each.taken} seedlings are promised for {each.places} places")
    final = _order.c.state.in_(sorted(RETIRED_ONCE))
    bare = select(_line.c.id).join_from(_line, _order, _order.c.id == _line.c.order_id)
    for line_id in db.session.scalars(bare.where(final, _line.c.certificate.is_(None))):
        yield _fault(line_id, "counted as final without a certificate")


def _fault(what: str, sentence: str) -> Fault:
    return Fault(Check.CASH, f"planting {what}", sentence)


def contributors(report_id: str) -> list[Contributor]:
    """Everybody with a paid contribution to the planting of this report, and what the letter says."""
    row = db.session.execute(
        select(_report, _campaign.c.code, _campaign.c.parcel_zh, _campaign.c.parcel_en)
        .join_from(_report, _campaign, _campaign.c.id == _report.c.campaign_id)
        .where(_report.c.id == report_id)
    ).one()
    found = db.session.execute(
        select(_line.c.order_id, _buyer.c.email, _order.c.lang, func.sum(_line.c.seedlings).label("number"))
        .join_from(_line, _order, _order.c.id == _line.c.order_id)
        .join(_buyer, _buyer.c.order_id == _order.c.id)
        .where(_line.c.campaign_id == row.campaign_id, _order.c.state.in_(sorted(FUNDED)))
        .group_by(_line.c.order_id, _buyer.c.email, _order.c.lang)
        .order_by(_line.c.order_id)
    )
    so_far = counts(row.campaign_id)
    return [
        Contributor(
            each.order_id,
            each.email,
            each.lang,
            int(each.number),
            {
                "code": row.code,
                "parcel": row.parcel_zh if each.lang == "zh" else row.parcel_en,
                "kind": row.kind,
                "count": row.seedlings,
                "planted": so_far.planted,
                "visited_on": row.visited_on.isoformat(),
                "note": row.note_zh if each.lang == "zh" else row.note_en,
            },
        )
        for each in found
    ]

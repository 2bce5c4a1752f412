"""What lots cost and have cost in each currency, and prices that wait for a second person or their day."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from sqlalchemy import select, union

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.money import PLACES, Money
from portal.registry import policy
from portal.registry.models import ListPrice, PoolLot, PriceProposal, PriceVerdict
from portal.registry.rules.prices import Verdict


@dataclass(frozen=True, slots=True)
class PriceView:
    """A price and the time in which quotes used it; ``number`` 0 and no reason: the lot was opened at it."""

    lot_code: str
    number: int
    per_tonne: Money
    from_at: datetime
    until_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A price that is not in force yet. ``accepted_at`` is None while it waits for a second person."""

    id: str
    lot_code: str
    per_tonne: Money
    from_day: date
    reason: str
    proposed_by: str
    at: datetime
    accepted_at: datetime | None


def history(lot_code: str = "", currency: str = "") -> list[PriceView]:
    """Every price that was ever in force, of one lot or of all: by lot and currency, the newest first."""
    told: list[PriceView] = []
    for _, of_one in groupby(_in_force(lot_code, currency), lambda each: (each[0], each[2].currency)):
        until: datetime | None = None
        for code, number, per_tonne, from_at, reason in reversed(list(of_one)):
            told.append(PriceView(code, number, per_tonne, from_at, until, reason))
            until = from_at
    return told


def _in_force(lot_code: str, currency: str) -> list[tuple[str, int, Money, datetime, str]]:
    """Code, number, price, since when and why: by lot, currency and number."""
    opened = select(PoolLot.code, PoolLot.price_minor_per_t, PoolLot.currency, PoolLot.opened_at)
    listed = (
        select(PoolLot.code, ListPrice.number, ListPrice.minor_per_t, ListPrice.currency, ListPrice.from_at)
        .add_columns(PriceProposal.reason)
        .join(PoolLot, PoolLot.id == ListPrice.lot_id)
        .join(PriceProposal, PriceProposal.id == ListPrice.proposal_id)
    )
    if lot_code:
        opened, listed = (each.where(PoolLot.code == lot_code) for each in (opened, listed))
    if currency:
        opened = opened.where(PoolLot.currency == currency)
        listed = listed.where(ListPrice.currency == currency)
    first = [(code, 0, Money(minor, unit), at, "") for code, minor, unit, at in db.session.execute(opened)]
    later = [
        (code, number, Money(minor, unit), at, reason)
        for code, number, minor, unit, at, reason in db.session.execute(listed)
    ]
    return sorted(first + later, key=lambda each: (each[0], list(PLACES).index(each[2].currency), each[1]))


def currencies() -> list[str]:
    """Currencies in which any open lot has a price, in the portal's order."""
    offered = set(db.session.connection().execute(_CURRENCIES).scalars())
    return [currency for currency in PLACES if currency in offered]


def proposals(actor: Actor) -> list[ProposalView]:
    """Prices that wait for a second person, or for their day; the oldest first. Raises NotAllowed."""
    if not policy.may_read_desk(actor):
        raise NotAllowed()
    rows = db.session.execute(
        select(PriceProposal.__table__, PoolLot.code, PriceVerdict.at.label("accepted_at"))
        .join(PoolLot, PoolLot.id == PriceProposal.lot_id)
        .outerjoin(PriceVerdict, PriceVerdict.proposal_id == PriceProposal.id)
        .outerjoin(ListPrice, ListPrice.proposal_id == PriceProposal.id)
        .where(
            ListPrice.proposal_id.is_(None),
            PriceVerdict.verdict.is_(None) | (PriceVerdict.verdict == Verdict.ACCEPTED),
        )
        .order_by(PriceProposal.at, PriceProposal.id)
    )
    return [
        ProposalView(
            row.id, row.code, Money(row.minor_per_t, row.currency), row.from_day, row.reason,
            row.proposed_by, row.at, row.accepted_at,
        )
        for row in rows
    ]  # fmt: skip


_lots, _listed = PoolLot.__table__, ListPrice.__table__
# Built once: putting a statement together costs more than having it done.
_CURRENCIES = union(
    select(_lots.c.currency).where(_lots.c.closed_at.is_(None)),
    select(_listed.c.currency)
    .join_from(_listed, _lots, _lots.c.id == _listed.c.lot_id)
    .where(_lots.c.closed_at.is_(None)),
)

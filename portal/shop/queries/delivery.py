"""Orders that wait for their source registry, or for their buyer's answer."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, exists, or_, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass
from portal.shop import policy
from portal.shop.models.delivery import NamedRetirement, SubstituteOffer
from portal.shop.models.orders import Order, OrderBuyer, OrderEntry, OrderLine
from portal.shop.rules.delivery import OVERDUE, NamedState, OfferState
from portal.shop.rules.states import OrderState

_named, _offer, _order = NamedRetirement.__table__, SubstituteOffer.__table__, Order.__table__
_NAMED_OF = select(_named).where(_named.c.order_id == bindparam("order_id"))


@dataclass(frozen=True, slots=True)
class NamedView:
    state: NamedState
    asked_at: datetime | None
    due_at: datetime | None
    reference: str | None
    retired_on: date | None
    lot_code: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order at the desk of named retirements: for whom, from which lot, until when."""

    order_id: str
    name: str  # empty once the person is forgotten
    mass: Mass
    lot_code: str
    asked_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class OfferView:
    id: str
    state: OfferState
    lot_code: str
    reason: Bilingual
    offered_at: datetime
    until: datetime
    answered_at: datetime | None


def named_of(order_id: str) -> NamedView | None:
    row = db.session.connection().execute(_NAMED_OF, {"order_id": order_id}).one_or_none()
    if row is None:
        return None
    return NamedView(
        NamedState(row.state),
        row.asked_at,
        row.due_at,
        row.reference,
        row.retired_on,
        row.lot_code,
        row.reason,
    )


def waiting_for_registry(actor: Actor) -> list[Waiting]:
    """Orders whose proof is awaited, those that are due first. Raises NotAllowed."""
    if not (policy.may_retire_at_source(actor) or policy.may_read_desk(actor)):
        raise NotAllowed()
    line, buyer = OrderLine.__table__, OrderBuyer.__table__
    rows = db.session.execute(
        select(_named, _order.c.mass_g, buyer.c.name, line.c.lots)
        .join_from(_named, _order, _order.c.id == _named.c.order_id)
        .join(line, line.c.order_id == _order.c.id)
        .join(buyer, buyer.c.order_id == _order.c.id, isouter=True)
        .where(_order.c.state == OrderState.REGISTRY_PENDING, _named.c.state == NamedState.ASKED)
        .order_by(_named.c.due_at)
    )
    return [
        Waiting(row.order_id, row.name or "", row.mass_g, row.lots[0], row.asked_at, row.due_at)
        for row in rows
    ]


def overdue_untold(now: datetime, limit: int = 100) -> list[str]:
    """Orders whose registry has let the promised day pass, and whose buyers were not told yet."""
    entry = OrderEntry.__table__
    told = exists().where(entry.c.order_id == _named.c.order_id, entry.c.event == OVERDUE)
    return list(
        db.session.scalars(
            select(_named.c.order_id)
            .join_from(_named, _order, _order.c.id == _named.c.order_id)
            .where(
                _order.c.state == OrderState.REGISTRY_PENDING,
                _named.c.state == NamedState.ASKED,
                _named.c.due_at <= now,
                ~told,
            )
            .order_by(_named.c.due_at)
            .limit(limit)
        )
    )


def offers_of(order_id: str) -> list[OfferView]:
    """Newest first."""
    of_order = select(_offer).where(_offer.c.order_id == order_id).order_by(_offer.c.offered_at.desc())
    return [_offered(row) for row in db.session.execute(of_order)]


def _offered(row: Any) -> OfferView:
    return OfferView(
        row.id,
        OfferState(row.state),
        row.lot_code,
        Bilingual(row.reason_zh, row.reason_en),
        row.offered_at,
        row.until,
        row.answered_at,
    )


def stale_offers(now: datetime, limit: int = 100) -> list[str]:
    """Orders with an offer that nobody answered in time, or that went another way meanwhile."""
    # While the buyer's bank thinks about it, the offer stays: if the payment stands, so does the question.
    waits = _order.c.state == OrderState.SUBSTITUTE_OFFERED
    may_come_back = (_order.c.state == OrderState.DISPUTED) & (
        _order.c.disputed_from == OrderState.SUBSTITUTE_OFFERED
    )
    over = or_(waits & (_offer.c.until <= now), ~waits & ~may_come_back)
    return list(
        db.session.scalars(
            select(_offer.c.order_id)
            .join_from(_offer, _order, _order.c.id == _offer.c.order_id)
            .where(_offer.c.state == OfferState.OPEN, over)
            .order_by(_offer.c.until)
            .limit(limit)
        )
    )

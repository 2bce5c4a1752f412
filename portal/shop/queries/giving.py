"""Monthly gifts: one with its months, a person's own, and whose day has come."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, exists, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.shop import policy
from portal.shop.models.giving import Giver, Giving, GivingCard, GivingInvoice, GivingTurn
from portal.shop.models.orders import Order
from portal.shop.rules.giving import GivingState, InvoiceState, NoSuchGiving
from portal.shop.rules.states import OrderState

_giving, _givers, _turns, _orders = Giving.__table__, Giver.__table__, GivingTurn.__table__, Order.__table__
_cards, _invoices = GivingCard.__table__, GivingInvoice.__table__


@dataclass(frozen=True, slots=True)
class GivingView:
    """``name`` and ``email`` are empty once the giving has ended."""

    id: str
    state: GivingState
    lot: str
    mass: Mass
    day: int
    next_on: date
    name: str
    email: str
    lang: str
    person_id: str | None
    test: bool
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class TurnView:
    """A month that was asked for, and the order that came of it so far."""

    month: str
    asked_at: datetime
    order_id: str | None
    state: OrderState | None
    mass: Mass | None
    total: Money | None


@dataclass(frozen=True, slots=True)
class CardView:
    """A giving that is charged to a card, always this sum."""

    giving_id: str
    session_id: str | None
    subscription_id: str | None
    amount: Money


@dataclass(frozen=True, slots=True)
class ChargeView:
    """A month that was charged, or was to be."""

    id: str
    giving_id: str
    state: InvoiceState
    amount: Money
    payment_id: str | None
    refund_id: str | None
    order_id: str | None
    charged_at: datetime


def giving(actor: Actor, giving_id: str) -> GivingView:
    """Raises NoSuchGiving, also for somebody else's."""
    row = db.session.execute(_with_giver(_giving.c.id == giving_id)).one_or_none()
    if row is None or not policy.may_give(actor, row):
        raise NoSuchGiving()
    return _view(row)


def givings_of(actor: Actor) -> list[GivingView]:
    """A person's own, the newest first."""
    own = _with_giver(_giving.c.person_id == actor.id).order_by(_giving.c.id.desc())
    return [_view(row) for row in db.session.execute(own)]


def turns(giving_id: str) -> list[TurnView]:
    """The newest month first."""
    rows = db.session.execute(
        select(_turns, _orders.c.state, _orders.c.mass_g, _orders.c.amount_minor, _orders.c.currency)
        .join_from(_turns, _orders, _orders.c.id == _turns.c.order_id, isouter=True)
        .where(_turns.c.giving_id == giving_id)
        .order_by(_turns.c.month.desc())
    )
    return [
        TurnView(
            row.month,
            row.asked_at,
            row.order_id,
            OrderState(row.state) if row.state else None,
            row.mass_g,
            Money(row.amount_minor, row.currency) if row.currency else None,
        )
        for row in rows
    ]


def due(today: date, limit: int = 200) -> list[str]:
    """Ids of those whose day has come."""
    waiting = (
        select(_giving.c.id)
        .where(
            _giving.c.state == GivingState.ACTIVE,
            _giving.c.next_on <= today,
            ~exists().where(_cards.c.giving_id == _giving.c.id),
        )
        .order_by(_giving.c.next_on)
        .limit(limit)
    )
    return list(db.session.scalars(waiting))


def card_of(giving_id: str) -> CardView | None:
    """None for a giving that is asked for by letter."""
    row = db.session.execute(select(_cards).where(_cards.c.giving_id == giving_id)).one_or_none()
    if row is None:
        return None
    return CardView(giving_id, row.session_id, row.subscription_id, Money(row.amount_minor, row.currency))


def giving_of_subscription(subscription_id: str) -> str | None:
    of_it = select(_cards.c.giving_id).where(_cards.c.subscription_id == subscription_id)
    return db.session.scalars(of_it).one_or_none()


def charges(giving_id: str) -> list[ChargeView]:
    """The newest first."""
    of_it = (
        select(_invoices).where(_invoices.c.giving_id == giving_id).order_by(_invoices.c.charged_at.desc())
    )
    return [_charge(row) for row in db.session.execute(of_it)]


def charge(invoice_id: str) -> ChargeView | None:
    row = db.session.execute(select(_invoices).where(_invoices.c.id == invoice_id)).one_or_none()
    return _charge(row) if row else None


def _charge(row: Any) -> ChargeView:
    amount = Money(row.amount_minor, row.currency)
    return ChargeView(
        row.id,
        row.giving_id,
        InvoiceState(row.state),
        amount,
        row.payment_id,
        row.refund_id,
        row.order_id,
        row.charged_at,
    )


def unheard(before: datetime, limit: int = 50) -> list[str]:
    """Givings by card whose provider was not asked since then, the longest wait first."""
    waiting = (
        select(_cards.c.giving_id)
        .join_from(_cards, _giving, _giving.c.id == _cards.c.giving_id)
        .where(_giving.c.state != GivingState.ENDED, _cards.c.asked_at < before)
        .order_by(_cards.c.asked_at)
        .limit(limit)
    )
    return list(db.session.scalars(waiting))


def _with_giver(*conditions: Any) -> Select[Any]:
    return (
        select(_giving, _givers.c.name, _givers.c.email)
        .join_from(_giving, _givers, _givers.c.giving_id == _giving.c.id, isouter=True)
        .where(*conditions)
    )


def _view(row: Any) -> GivingView:
    return GivingView(
        row.id,
        GivingState(row.state),
        row.lot,
        row.mass_g,
        row.day,
        row.next_on,
        row.name or "",
        row.email or "",
        row.lang,
        row.person_id,
        row.test,
        row.begun_at,
    )

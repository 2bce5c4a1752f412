"""Monthly gifts: one with its months, a person's own, and whose day has come."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.shop import policy
from portal.shop.models.giving import Giver, Giving, GivingTurn
from portal.shop.models.orders import Order
from portal.shop.rules.giving import GivingState, NoSuchGiving
from portal.shop.rules.states import OrderState

_giving, _givers, _turns, _orders = Giving.__table__, Giver.__table__, GivingTurn.__table__, Order.__table__


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
        .where(_giving.c.state == GivingState.ACTIVE, _giving.c.next_on <= today)
        .order_by(_giving.c.next_on)
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

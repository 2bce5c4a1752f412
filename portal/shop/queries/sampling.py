"""A sample of orders that an auditor can draw again, and that nobody can steer."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest

from sqlalchemy import select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.money import Money
from portal.shop import policy
from portal.shop.models.orders import Order, OrderLine


@dataclass(frozen=True, slots=True)
class Sampled:
    """An order with what leads from its money to its grams."""

    id: str
    paid_at: datetime
    total: Money
    retirements: tuple[str, ...]
    certificates: tuple[str, ...]


def sample(actor: Actor, seed: str, size: int, first: datetime, end: datetime) -> list[Sampled]:
    """Of the orders paid in a span, those ``size`` whose SHA-256 of seed and id comes first.

    Raises NotAllowed.
    """
    if not policy.may_read_desk(actor):
        raise NotAllowed()
    ids = db.session.scalars(select(Order.id).where(Order.paid_at >= first, Order.paid_at < end))
    drawn = nsmallest(size, ids, key=lambda order_id: rank_of(seed, order_id))
    return [_sampled(order_id) for order_id in drawn]


def rank_of(seed: str, order_id: str) -> str:
    return hashlib.sha256(f"{seed}:{order_id}".encode()).hexdigest()


def _sampled(order_id: str) -> Sampled:
    order = db.session.execute(
        select(Order.paid_at, Order.amount_minor, Order.currency).where(Order.id == order_id)
    ).one()
    lines = db.session.execute(
        select(OrderLine.retirement_id, OrderLine.certificate)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.position)
    ).all()
    return Sampled(
        order_id,
        order.paid_at,
        Money(order.amount_minor, order.currency),
        tuple(line.retirement_id for line in lines if line.retirement_id),
        tuple(dict.fromkeys(line.certificate for line in lines if line.certificate)),
    )

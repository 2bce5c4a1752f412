"""What the account's first page says of a person's orders, and which certificates are theirs."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.shop.models.orders import Order


def count_orders_of(actor: Actor) -> tuple[int, datetime | None]:
    """How many orders the person and their organisations have, and when the last was placed."""
    found = select(func.count(), func.max(Order.created_at)).where(_own(actor))
    count, last = db.session.execute(found).one()
    return count, last


def order_ids_of(actor: Actor, most: int) -> list[str]:
    """The newest orders of the person and their organisations."""
    return list(db.session.scalars(select(Order.id).where(_own(actor)).order_by(Order.id.desc()).limit(most)))


def _own(actor: Actor) -> ColumnElement[bool]:
    return or_(Order.person_id == actor.id, Order.organisation_id.in_(actor.organisations or ["-"]))

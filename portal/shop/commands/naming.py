"""Somebody no longer wants their name shown: what is still to be certified is certified without it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from portal import audit
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.shop import policy
from portal.shop.models.giving import Giver
from portal.shop.models.orders import OrderBuyer


def hide_names(actor: Actor, things: Collection[str], now: datetime) -> None:
    """Show the name of none of these orders and monthly supports; certificates have a choice of their own."""
    if not policy.may_hide_names(actor):
        raise NotAllowed()
    with transaction() as session:
        for column, shown in (
            (OrderBuyer.order_id, OrderBuyer.is_public),
            (Giver.giving_id, Giver.is_public),
        ):
            these = column.in_(things), shown
            hidden = sorted(session.scalars(select(column).where(*these)))
            session.execute(update(column.class_).where(column.in_(hidden)).values(is_public=False))
            for thing in hidden:
                audit.record(actor, "order.name_hidden", thing, now)
        session.expire_all()

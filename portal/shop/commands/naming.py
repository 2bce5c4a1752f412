"""The name on what is still to be certified: no longer shown, or written as it should be."""

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
from portal.shop.rules.orders import Buyer, check_buyer


def hide_names(actor: Actor, things: Collection[str], now: datetime) -> None:
    """Show the name of none of these orders and monthly supports; certificates have a choice of their own."""
    if not policy.may_tend_names(actor):
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


def rename_buyer(actor: Actor, order_id: str, name: str, now: datetime) -> None:
    """Put the name right that the certificates of this order will bear. Raises BadName."""
    if not policy.may_tend_names(actor):
        raise NotAllowed()
    check_buyer(Buyer(name, ""))
    with transaction() as session:
        session.execute(update(OrderBuyer).where(OrderBuyer.order_id == order_id).values(name=name))
        session.expire_all()
        audit.record(actor, "order.buyer_renamed", order_id, now)

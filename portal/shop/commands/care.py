"""Orders that need a hand: quarantined, calmed, asked about."""

from datetime import datetime

from sqlalchemy import update

from portal import audit
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.shop import policy
from portal.shop.commands.steps import books, change, lock, orders, remark
from portal.shop.queries import orders as queries
from portal.shop.rules.orders import QUARANTINED


def quarantine(actor: Actor, order_id: str, why: str, now: datetime) -> None:
    """Healing this order failed for a reason of its own: staff see it, and the others go on."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    with books() as s:
        order = lock(s, order_id)
        if order.attention != QUARANTINED:
            remark(s, order, "quarantined", why[:500], actor, now)
        change(s, order, attention=QUARANTINED, attention_at=now)


def release_from_quarantine(actor: Actor, order_id: str, now: datetime) -> None:
    """It went well after all; other reasons for attention stay."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    if queries.attention_of(order_id) != QUARANTINED:
        return
    with books() as s:
        order = lock(s, order_id)
        if order.attention == QUARANTINED:
            change(s, order, attention="", attention_at=None)
            remark(s, order, "healed", "", actor, now)


def calm(actor: Actor, order_id: str, note: str, now: datetime) -> None:
    """Staff have looked at it and nothing more is to be done."""
    if not policy.may_run_till(actor):
        raise NotAllowed()
    with books() as s:
        order = lock(s, order_id)
        change(s, order, attention="", attention_at=None)
        remark(s, order, "looked_at", note, actor, now)
        audit.record(actor, "shop.looked_at", order_id, now, note=note)


def mark_asked(actor: Actor, order_id: str, now: datetime) -> None:
    """The provider was asked about this order just now, so that the others come first next time."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    with books() as s:
        s.execute(update(orders).where(orders.c.id == order_id).values(asked_at=now))

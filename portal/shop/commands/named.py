"""Tonnes that their source registry is to retire in the buyer's name: asked for when they are paid."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from portal.kernel.actor import Actor
from portal.registry.rules.ledger import GRAMS_PER_TONNE
from portal.shop.commands.ordering import named, write_to_buyer
from portal.shop.commands.steps import Locked, step
from portal.shop.rules.delivery import NamedState
from portal.shop.rules.states import OrderEvent
from portal.shop.rules.terms import Terms

_CHOSEN = select(named.c.order_id).where(
    named.c.order_id == bindparam("of_order"), named.c.state == NamedState.CHOSEN
)


def ask_registry(s: Connection, actor: Actor, order: Locked, now: datetime, terms: Terms) -> bool:
    """Whether this order now waits for its source registry, because its buyer chose so.

    The grams that are reserved stay with the order as its pledge, until the proof brings the retired ones.
    """
    if not order.mass_g or order.mass_g.grams % GRAMS_PER_TONNE:
        return False  # only whole tonnes can be named, so most orders are not asked about
    if s.execute(_CHOSEN, {"of_order": order.id}).scalar_one_or_none() is None:
        return False
    due_at = now + terms.named_retirement
    s.execute(
        update(named)
        .where(named.c.order_id == order.id)
        .values(state=NamedState.ASKED, asked_at=now, due_at=due_at)
    )
    step(s, order, OrderEvent.PROOF_AWAITED, actor, now)
    write_to_buyer(s, order, "named", now, about="asked", due_at=due_at.isoformat())
    return True

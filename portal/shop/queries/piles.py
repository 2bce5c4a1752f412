"""How much waits at the till, counted by indexes: the desk opens at once among any number of orders."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.pile import Pile
from portal.shop import policy
from portal.shop.models.billing import Fapiao
from portal.shop.models.delivery import NamedRetirement
from portal.shop.models.gifts import Gift
from portal.shop.models.orders import Order, PaymentEvent, RefundRow
from portal.shop.models.payouts import Payout, PayoutVerdict
from portal.shop.models.requests import PurchaseRequest
from portal.shop.rules.billing import FAPIAO_WORK
from portal.shop.rules.delivery import NamedState
from portal.shop.rules.gifts import delivery
from portal.shop.rules.orders import QUARANTINED
from portal.shop.rules.requests import RequestState
from portal.shop.rules.states import DISPUTABLE, OrderState


def attention(actor: Actor) -> dict[str, Pile]:
    """Orders that a person must look at, by why. Raises NotAllowed."""
    _check(actor)
    rows = db.session.execute(
        select(Order.attention, func.count(), func.min(Order.attention_at))
        .where(Order.attention != "")
        .group_by(Order.attention)
    )
    return {why: Pile(count, oldest) for why, count, oldest in rows}


def split(piles: dict[str, Pile]) -> tuple[Pile, Pile]:
    """Of these, all but the quarantined, and the quarantined."""
    others = [pile for why, pile in piles.items() if why != QUARANTINED]
    oldest = min((pile.oldest for pile in others if pile.oldest), default=None)
    return Pile(sum(pile.count for pile in others), oldest), piles.get(QUARANTINED, Pile())


def in_state(actor: Actor, state: OrderState) -> Pile:
    """Orders in a state. Raises NotAllowed."""
    _check(actor)
    return _pile(select(func.count(), func.min(Order.created_at)).where(Order.state == state))


def refunds_running(actor: Actor) -> Pile:
    """Money on its way back. Raises NotAllowed."""
    _check(actor)
    running = RefundRow.state.in_(("planned", "pending"))
    return _pile(select(func.count(), func.min(RefundRow.created_at)).where(running))


def parked(actor: Actor) -> Pile:
    """Provider's messages that belong to no order. Raises NotAllowed."""
    _check(actor)
    parked = PaymentEvent.outcome.in_(("parked", "foreign"))
    return _pile(select(func.count(), func.min(PaymentEvent.at)).where(parked))


def fapiao(actor: Actor) -> Pile:
    """Fapiao that wait for staff. Raises NotAllowed."""
    _check(actor)
    work = Fapiao.state.in_(list(FAPIAO_WORK))
    return _pile(select(func.count(), func.min(Fapiao.changed_at)).where(work))


def payouts(actor: Actor) -> Pile:
    """Pay-outs that nobody else has looked at. Raises NotAllowed."""
    _check(actor)
    undecided = Payout.id.not_in(select(PayoutVerdict.payout_id))
    return _pile(select(func.count(), func.min(Payout.at)).where(undecided))


def named_due(actor: Actor, until: datetime) -> Pile:
    """Retirements in buyers' names that are due by then; the oldest by the day it was asked for."""
    if not (policy.may_retire_at_source(actor) or policy.may_read_desk(actor)):
        raise NotAllowed()
    due = (NamedRetirement.state == NamedState.ASKED, NamedRetirement.due_at <= until)
    return _pile(select(func.count(), func.min(NamedRetirement.asked_at)).where(*due))


def gifts_late(actor: Actor, now: datetime) -> Pile:
    """Gifts that are paid for, whose day has come and whose letter is not out. Raises NotAllowed."""
    _check(actor)
    is_paid = exists().where(
        Order.purpose.in_((Gift.id, Gift.batch_id)), Order.purpose != "", Order.state.in_(DISPUTABLE)
    )
    late = (
        is_paid,
        Gift.told_at.is_(None) | Gift.delivered_at.is_(None),
        Gift.delivered_at.is_(None),
        Gift.claimed_at.is_(None),
        Gift.deliver_on.is_not(None),
    )
    days = [
        day
        for day in db.session.scalars(select(Gift.deliver_on).where(*late))
        if day and delivery(day) <= now
    ]
    return Pile(len(days), delivery(min(days)) if days else None)


def requests(actor: Actor) -> Pile:
    """Purchases that wait for an approver of their organisation. Raises NotAllowed."""
    _check(actor)
    asked = PurchaseRequest.state == RequestState.ASKED
    return _pile(select(func.count(), func.min(PurchaseRequest.created_at)).where(asked))


def _pile(counted: Select[*tuple[Any, ...]]) -> Pile:
    count, oldest = db.session.execute(counted).one()
    return Pile(count, oldest)


def _check(actor: Actor) -> None:
    if not policy.may_read_desk(actor):
        raise NotAllowed()

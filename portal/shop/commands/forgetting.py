"""A buyer leaves: names, addresses and words go; amounts, grams and the papers that the law wants stay."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.db import db, transaction
from portal.holdings import Subject
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.shop import policy
from portal.shop.commands.giving import end_giving
from portal.shop.models.billing import Fapiao, FapiaoParty
from portal.shop.models.gifts import Gift
from portal.shop.models.giving import Giving, GivingCard
from portal.shop.models.orders import Order, OrderBuyer
from portal.shop.models.requests import PurchaseRequest
from portal.shop.own import givings_of, orders_of
from portal.shop.rules.billing import FapiaoState
from portal.shop.rules.giving import GivingState
from portal.shop.rules.leaving import OVER, OrdersAreOpen, SupportIsRunning

_RUNNING = (GivingState.ACTIVE, GivingState.PAUSED)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many orders and gifts lost their names."""

    orders: int
    gifts: int


def check_leaving(subject: Subject) -> None:
    """Raises OrdersAreOpen, SupportIsRunning: money or grams are still on their way to this person."""
    waiting = select(Order.id).where(Order.id.in_(orders_of(subject)), Order.state.not_in(OVER))
    if open_ones := db.session.scalars(waiting).all():
        raise OrdersAreOpen(count=len(open_ones))
    by_card = (
        select(Giving.id)
        .join(GivingCard, GivingCard.giving_id == Giving.id)
        .where(Giving.id.in_(givings_of(subject)), Giving.state.in_(_RUNNING))
    )
    if db.session.execute(by_card).first():
        raise SupportIsRunning()


def forget(actor: Actor, subject: Subject, now: datetime) -> Forgotten:
    """Forget the buyer of these orders and the words of their gifts. Titles of issued papers stay.

    Raises OrdersAreOpen, SupportIsRunning; then nothing is changed.
    """
    if not policy.may_forget_buyer(actor):
        raise NotAllowed()
    with transaction() as session:
        orders = sorted(session.scalars(orders_of(subject)))
        session.execute(select(Order.id).where(Order.id.in_(orders)).order_by(Order.id).with_for_update())
        check_leaving(subject)
        for giving_id in session.scalars(
            select(Giving.id).where(Giving.id.in_(givings_of(subject)), Giving.state.in_(_RUNNING))
        ).all():
            end_giving(actor, giving_id, now)
        _forget_requests_for_fapiao(session, orders)
        session.execute(delete(OrderBuyer).where(OrderBuyer.order_id.in_(orders)))
        session.execute(update(Order).where(Order.id.in_(orders)).values(person_id=None))
        gifts = _forget_words(session, subject) if subject.person_id else 0
        session.expire_all()
        for order_id in orders:
            audit.record(actor, "order.buyer_forgotten", order_id, now)
        return Forgotten(len(orders), gifts)


def _forget_requests_for_fapiao(session: Session, orders: list[str]) -> None:
    """Titles that never came onto a fapiao: no law keeps them."""
    unused = select(Fapiao.id).where(
        Fapiao.order_id.in_(orders), Fapiao.state.in_((FapiaoState.REJECTED, FapiaoState.WITHDRAWN))
    )
    session.execute(delete(FapiaoParty).where(FapiaoParty.fapiao_id.in_(unused)))


def _forget_words(session: Session, subject: Subject) -> int:
    """What the giver wrote. The recipient keeps the code, the grams and their own name."""
    emptied = {"giver": "", "dedication": "", "message": "", "person_id": None}
    gifts = session.scalars(
        update(Gift).where(Gift.person_id == subject.person_id).values(emptied).returning(Gift.id)
    ).all()
    session.execute(
        update(PurchaseRequest)
        .where(PurchaseRequest.person_id == subject.person_id)
        .values(name="", note="", is_public=False)
    )
    session.execute(update(Giving).where(Giving.person_id == subject.person_id).values(person_id=None))
    return len(gifts)

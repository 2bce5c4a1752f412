"""Other credits for an order that cannot be delivered: offered, then accepted, declined or lapsed.

What is offered is kept for the order from that moment on, so that whoever accepts also gets it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from portal import audit
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.registry.commands import stock
from portal.registry.queries import register
from portal.registry.rules.facts import Want
from portal.shop import policy
from portal.shop.commands import journal, refunds
from portal.shop.commands.ordering import lines, write_to_buyer
from portal.shop.commands.steps import TILL, Locked, change, lock, promise, step
from portal.shop.models.delivery import SubstituteOffer
from portal.shop.rules.delivery import (
    REFUND_REASONS,
    NothingOffered,
    OfferOver,
    OfferState,
    OtherType,
    SameLot,
)
from portal.shop.rules.orders import NoSuchOrder
from portal.shop.rules.seedlings import BothLanguages
from portal.shop.rules.states import OrderEvent, OrderState
from portal.shop.rules.terms import TERMS, Terms

offers: Table = SubstituteOffer.__table__  # type: ignore[assignment]


def offer(
    actor: Actor, order_id: str, lot_code: str, reason: Bilingual, now: datetime, terms: Terms = TERMS
) -> str:
    """Keep credits of another lot for a paid order and ask its buyer; the offer's id.

    Raises SameLot, OtherType, NotEnoughCredits, UnknownLot, BothLanguages, UnlawfulOrderStep.
    """
    if not policy.may_run_till(actor):
        raise NotAllowed()
    if not reason.is_complete:
        raise BothLanguages()
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        ordered = s.execute(select(lines).where(lines.c.order_id == order_id)).all()
        _check_other(lot_code, [code for line in ordered for code in line.lots])
        offer_id, until = new_id("sub"), now + terms.substitute_answer
        step(s, order, OrderEvent.SUBSTITUTE_OFFERED, actor, now, note=lot_code)
        wants = [Want(line.id, (lot_code,), line.mass_g) for line in ordered]
        stock.reserve(TILL, offer_id, wants, until + terms.grace, now)
        s.execute(
            insert(offers).values(
                id=offer_id,
                order_id=order_id,
                state=OfferState.OPEN,
                lot_code=lot_code,
                reason_zh=reason.zh,
                reason_en=reason.en,
                offered_by=actor.id,
                offered_at=now,
                until=until,
            )
        )
        told = {"lot": lot_code, "reason": reason.in_(order.lang), "until": until.isoformat()}
        write_to_buyer(s, order, "substitute", now, about=offer_id, **told)
        audit.record(actor, "shop.substitute_offered", order_id, now, offer=offer_id, lot=lot_code)
        return offer_id


def accept(actor: Actor, order_id: str, now: datetime, terms: Terms = TERMS) -> None:
    """The buyer takes the other credits; who did not agree to immediate retirement has seven days again.

    Raises NoSuchOrder, NotAllowed, NothingOffered, OfferOver.
    """
    with promise(actor, order_id, now) as s:
        order = _answered_by(s, actor, order_id)
        found = _open(s, order_id)
        if now >= found.until:
            raise OfferOver()
        _answer(s, found.id, OfferState.ACCEPTED, now)
        stock.allocate(TILL, found.id, now)
        exchange(s, order, found.id, now)
        retire_after = now if order.consent else now + terms.cooling_off
        step(
            s,
            order,
            OrderEvent.SUBSTITUTE_ACCEPTED,
            actor,
            now,
            note=found.lot_code,
            retire_after=retire_after,
        )
        audit.record(actor, "shop.substitute_accepted", order_id, now, offer=found.id)


def decline(actor: Actor, order_id: str, now: datetime) -> None:
    """The buyer does not want them: all the money goes back. Raises as ``accept`` does."""
    with promise(actor, order_id, now) as s:
        order = _answered_by(s, actor, order_id)
        _end(s, order, _open(s, order_id).id, OfferState.DECLINED, now)
        audit.record(actor, "shop.substitute_declined", order_id, now)


def lapse(actor: Actor, order_id: str, now: datetime) -> bool:
    """No answer came, or the order went another way: nothing is kept for it any more.

    False when it is too early.
    """
    if not policy.may_settle(actor):
        raise NotAllowed()
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        found = _open(s, order_id)
        if order.state is OrderState.SUBSTITUTE_OFFERED and now < found.until:
            return False
        _end(s, order, found.id, OfferState.LAPSED, now)
        return True


def exchange(s: Connection, order: Locked, hold_id: str, now: datetime) -> None:
    """From here on the order's grams are those of this hold, and what it had is free again."""
    stock.begin_refund(TILL, order.hold_id)
    stock.release(TILL, order.hold_id, "exchanged", now)
    change(s, order, hold_id=hold_id)
    journal.exchanged(s, order, now)


def _check_other(lot_code: str, ordered: list[str]) -> None:
    if lot_code in ordered:
        raise SameLot()
    wanted = {register.lot(code).project_type for code in ordered}
    if wanted != {register.lot(lot_code).project_type}:
        raise OtherType()


def _answered_by(s: Connection, actor: Actor, order_id: str) -> Locked:
    """The locked order, when it is this actor's to answer. Raises NoSuchOrder, NotAllowed."""
    order = lock(s, order_id)
    if not policy.may_see(actor, order):
        raise NoSuchOrder()
    if not policy.may_answer(actor, order):
        raise NotAllowed()
    return order


def _open(s: Connection, order_id: str) -> Any:
    of_order = select(offers).where(offers.c.order_id == order_id, offers.c.state == OfferState.OPEN)
    row = s.execute(of_order.with_for_update()).one_or_none()
    if row is None:
        raise NothingOffered()
    return row


def _answer(s: Connection, offer_id: str, state: OfferState, now: datetime) -> None:
    s.execute(update(offers).where(offers.c.id == offer_id).values(state=state, answered_at=now))


def _end(s: Connection, order: Locked, offer_id: str, how: OfferState, now: datetime) -> None:
    _answer(s, offer_id, how, now)
    stock.release(TILL, offer_id, "cancelled", now)
    if order.state is OrderState.SUBSTITUTE_OFFERED:
        refunds.request_refund(TILL, order.id, REFUND_REASONS[how], now)

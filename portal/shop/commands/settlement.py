"""From money to certificate: one transaction from the provider's word to the retired grams."""

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal import audit
from portal.certificates import commands as certificates
from portal.certificates import queries as papers
from portal.certificates.rules.facts import RetirementFacts
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.money import Money
from portal.registry.commands import stock
from portal.registry.queries.standing import is_stopped
from portal.registry.rules.facts import RetireLine, Want
from portal.registry.rules.ledger import NotEnoughCredits
from portal.registry.rules.records import holder_commitment
from portal.shop import policy
from portal.shop.commands import journal, transfers
from portal.shop.commands.named import ask_registry
from portal.shop.commands.ordering import buyers, lines, write_to_buyer
from portal.shop.commands.refunds import plan_refund
from portal.shop.commands.seedlings import certify, places_are_free
from portal.shop.commands.steps import TILL, Locked, books, change, lock, promise, remark, step
from portal.shop.models.orders import PaymentEvent, PaymentRow
from portal.shop.provider import Event, Session
from portal.shop.rules.batches import is_shared
from portal.shop.rules.orders import Asked, Mismatch, MoneyIn, mismatch
from portal.shop.rules.quotes import Party, Share
from portal.shop.rules.states import LAPSED, UNPAID, OrderEvent, OrderState, may_step
from portal.shop.rules.terms import TERMS, PaymentKind, Terms

payments: Table = PaymentRow.__table__  # type: ignore[assignment]
events: Table = PaymentEvent.__table__  # type: ignore[assignment]

_LINES_OF = select(lines).where(lines.c.order_id == bindparam("order_id")).order_by(lines.c.position)
_BUYER_OF = select(buyers).where(buyers.c.order_id == bindparam("order_id"))
_PAYMENT = select(payments.c.id).where(
    payments.c.provider == bindparam("provider"), payments.c.provider_payment_id == bindparam("payment_id")
)
_ADD_PAYMENT = insert(payments)
_CERTIFY = update(lines).where(lines.c.id == bindparam("line_id"))


class Outcome(StrEnum):
    """What the provider's word led to; stored with its event."""

    PAID = "paid"
    RETIRED = "retired"
    SEEN = "seen"  # nothing new
    NOT_PAID = "not_paid"
    PARTLY = "partly"  # a transfer of less than was asked for; the order waits for the rest
    PAID_TWICE = "paid_twice"
    PAID_TOO_LATE = "paid_too_late"
    MISMATCH = "mismatch"
    FOREIGN = "foreign"  # not ours: another account, another mode
    PARKED = "parked"  # no such order: for staff
    NOTED = "noted"  # a refund or a dispute


def settle(
    actor: Actor,
    order_id: str,
    session: Session,
    now: datetime,
    event: Event | None = None,
    terms: Terms = TERMS,
) -> Outcome:
    """What follows from this session, as the provider tells it now: all of it, or nothing, and once.

    The event is stored in the same transaction: stored before the work, it would swallow the
    redelivery that heals a killed worker. Raises NoSuchOrder.
    """
    if not policy.may_settle(actor):
        raise NotAllowed()
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        if event and _is_known(s, event):
            return Outcome.SEEN
        outcome = Outcome.NOT_PAID
        if session.order_id != order_id or session.test != order.test:
            outcome = Outcome.FOREIGN
        elif session.is_paid and session.payment_id:
            came = MoneyIn(session.payment_id, session.amount, session.quote_hash or "", session.test)
            outcome = _take_money(s, actor, order, came, now, terms)
        if event:
            _write_event(s, event, order_id, outcome, now)
        return outcome


def confirm_transfer(
    actor: Actor, order_id: str, reference: str, received: Money, now: datetime, terms: Terms = TERMS
) -> Outcome:
    """Two of the till saw this bank transfer arrive; ``reference`` is the bank's own number for it.

    Several may pay an order together, and what is too much goes back. Raises TransferInOtherCurrency,
    TransferOfAnotherOrder.
    """
    if not policy.may_move_money(actor):
        raise NotAllowed()
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        outcome = _take_transfer(s, actor, order, reference, received, now, terms)
        audit.record(
            actor,
            "shop.confirm_transfer",
            order_id,
            now,
            reference=reference,
            minor=received.minor,
            currency=received.currency,
            outcome=outcome.value,
        )
        return outcome


def _take_transfer(
    s: Connection,
    actor: Actor,
    order: Locked,
    reference: str,
    received: Money,
    now: datetime,
    terms: Terms,
) -> Outcome:
    arrived = transfers.write_down(s, actor, order, reference, received, now)
    if arrived is None:
        return Outcome.SEEN
    asked = Money(order.amount_minor, order.currency)
    if order.state is OrderState.AWAITING_TRANSFER and arrived.amount < asked:
        left = asked - arrived.amount
        remark(s, order, "part_received", reference, actor, now)
        facts = {"came_minor": received.minor, "left_minor": left.minor}
        write_to_buyer(s, order, "transfer_part", now, about=reference, **facts)
        return Outcome.PARTLY
    pays = min(arrived.amount, asked)
    came = MoneyIn(arrived.payment_id, pays, order.quote_hash, order.test)
    outcome = _take_money(s, actor, order, came, now, terms)
    if arrived.amount > asked:
        over = MoneyIn(f"{arrived.payment_id}:over", arrived.amount - asked, order.quote_hash, order.test)
        _give_extra_back(s, actor, order, over, "overpaid", now)
    transfers.book(s, order, came.payment_id)
    return outcome


def close_partly_paid(actor: Actor, order_id: str, now: datetime) -> bool:
    """The time to pay is over and only a part has arrived: staff give it back. False when nothing has."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        arrived = transfers.unbooked(s, order)
        if order.state is not OrderState.AWAITING_TRANSFER or arrived is None:
            return False
        came = MoneyIn(arrived.payment_id, arrived.amount, order.quote_hash, order.test)
        _take_money(s, actor, order, came, now, TERMS)
        transfers.book(s, order, came.payment_id)
        return True


def _give_extra_back(
    s: Connection, actor: Actor, order: Locked, came: MoneyIn, reason: str, now: datetime
) -> None:
    payment_id = _record(s, order, came, "extra", now)
    plan_refund(s, actor, order, payment_id, "extra", came.amount, reason, now)
    remark(s, order, reason, "", actor, now)


def _take_money(
    s: Connection, actor: Actor, order: Locked, came: MoneyIn, now: datetime, terms: Terms
) -> Outcome:
    if _is_recorded(s, order, came):
        return Outcome.SEEN
    asked = Asked(Money(order.amount_minor, order.currency), order.quote_hash, order.test)
    if wrong := mismatch(asked, came):
        return _keep_for_staff(s, actor, order, came, wrong, now)
    if order.state in LAPSED and not _reserve_again(s, actor, order, now, terms):
        payment_id = _record(s, order, came, "late", now)
        step(s, order, OrderEvent.PAID_TOO_LATE, actor, now)
        plan_refund(s, actor, order, payment_id, "before", came.amount, "paid_too_late", now)
        write_to_buyer(s, order, "problem", now, about="late")
        return Outcome.PAID_TOO_LATE
    if order.state not in UNPAID | LAPSED:
        # Two tabs, two real payments: the second one goes back.
        _give_extra_back(s, actor, order, came, "paid_twice", now)
        return Outcome.PAID_TWICE
    return _pay(s, actor, order, came, now, terms)


def _pay(s: Connection, actor: Actor, order: Locked, came: MoneyIn, now: datetime, terms: Terms) -> Outcome:
    if order.state is OrderState.RESERVED:  # a session whose answer was lost on the way to us
        step(s, order, OrderEvent.SESSION_MADE, actor, now)
    _record(s, order, came, "order", now)
    stock.allocate(TILL, order.hold_id, now)
    retire_after = now if order.consent else now + terms.cooling_off
    step(
        s,
        order,
        OrderEvent.SETTLED,
        actor,
        now,
        paid_at=now,
        retire_after=retire_after,
        attention="",
        attention_at=None,
    )
    if not order.consent:
        write_to_buyer(s, order, "order", now, about="paid")
        return Outcome.PAID
    if is_stopped():  # the grams are kept for this order; the job retires them when the ledger stands again
        return Outcome.PAID
    if ask_registry(s, actor, order, now, terms):
        return Outcome.PAID
    retire(s, actor, order, now)
    return Outcome.RETIRED


def _reserve_again(s: Connection, actor: Actor, order: Locked, now: datetime, terms: Terms) -> bool:
    """For money that came after the hold had lapsed: the same grams' worth, if there still is any."""
    if order.state is not OrderState.EXPIRED:
        return False
    hold_id = new_id("hld")
    rows = s.execute(_LINES_OF, {"order_id": order.id})
    wants = [Want(row.id, tuple(row.lots), row.mass_g) for row in rows]
    if not places_are_free(s, order.id):
        return False
    try:
        with s.begin_nested():
            stock.reserve(TILL, hold_id, wants, terms.hold_until(PaymentKind.CARD, now), now)
    except NotEnoughCredits:
        return False
    change(s, order, hold_id=hold_id)
    return True


def _keep_for_staff(
    s: Connection, actor: Actor, order: Locked, came: MoneyIn, wrong: Mismatch, now: datetime
) -> Outcome:
    """Money that is not what was asked for is put on record and allocates nothing."""
    _record(s, order, came, "mismatch", now)
    attention = {"attention": f"mismatch_{wrong.value}", "attention_at": now}
    if order.state is OrderState.RESERVED:
        step(s, order, OrderEvent.SESSION_MADE, actor, now)
    if may_step(order.state, OrderEvent.MISMATCH):
        step(s, order, OrderEvent.MISMATCH, actor, now, note=wrong.value, **attention)
        write_to_buyer(s, order, "problem", now, about="mismatch")
    else:
        change(s, order, **attention)
        remark(s, order, "mismatch", wrong.value, actor, now)
    return Outcome.MISMATCH


def _is_recorded(s: Connection, order: Locked, came: MoneyIn) -> bool:
    known = s.execute(_PAYMENT, {"provider": order.provider, "payment_id": came.payment_id})
    return known.scalar_one_or_none() is not None


def _record(s: Connection, order: Locked, came: MoneyIn, kind: str, now: datetime) -> str:
    """The payment, and who holds its money: the split that was quoted, or nobody yet."""
    payment_id = new_id("pay")
    s.execute(
        _ADD_PAYMENT,
        {
            "id": payment_id,
            "order_id": order.id,
            "kind": kind,
            "provider": order.provider,
            "provider_payment_id": came.payment_id,
            "amount_minor": came.amount.minor,
            "currency": came.amount.currency,
            "test": came.test,
            "at": now,
        },
    )
    if kind == "order":
        journal.came(s, order, payment_id, came.amount, now)
    else:
        journal.write(s, order, payment_id, [Share(Party.UNASSIGNED, came.amount)], now)
    return payment_id


# -- retiring ----------------------------------------------------------------------------------


def retire_order(actor: Actor, order_id: str, now: datetime, terms: Terms = TERMS) -> bool:
    """Retire a paid order whose cooling-off days are over, or ask its source registry to do so.

    False when there is nothing to do yet.
    """
    if not policy.may_settle(actor):
        raise NotAllowed()
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        if order.state is not OrderState.PAID or order.retire_after > now or is_stopped():
            return False
        if not ask_registry(s, actor, order, now, terms):
            retire(s, actor, order, now)
        return True


def retire(s: Connection, actor: Actor, order: Locked, now: datetime) -> None:
    """The order's grams are its buyer's for good, and so are its seedlings; both are certified.

    Within a promise whose command has asked its policy.
    """
    buyer = _buyer(s, order.id)
    holder = holder_commitment(buyer["salt"], buyer["name"], order.organisation_id)
    rows = s.execute(_LINES_OF, {"order_id": order.id})
    wanted = [RetireLine(row.id, holder, order.purpose, order.test) for row in rows]
    for done in stock.retire(TILL, order.hold_id, wanted, now):
        if is_shared(order.purpose):  # certified for its recipients, one by one, by a job
            s.execute(
                _CERTIFY, {"line_id": done.line_id, "retirement_id": done.retirement_id, "certificate": None}
            )
            continue
        number = certificates.issue(
            TILL,
            RetirementFacts(
                retirement_id=done.retirement_id,
                mass=done.mass,
                ranges=done.ranges,
                holder_name=buyer["name"],
                holder_salt=buyer["salt"],
                organisation_id=order.organisation_id,
                is_public=buyer["is_public"],
                purpose=order.purpose,
                purpose_title=None,
                order_id=order.id,
                test=order.test,
                lang=order.lang,
                retired_at=done.at,
            ),
            now,
        )
        s.execute(
            _CERTIFY, {"line_id": done.line_id, "retirement_id": done.retirement_id, "certificate": number}
        )
        if buyer["is_forgotten"]:
            certificates.forget_holder(TILL, number, now)
    certify(s, order, buyer, now)
    step(s, order, OrderEvent.RETIRED, actor, now)


def _buyer(s: Connection, order_id: str) -> dict[str, Any]:
    """Name and salt; of somebody who was forgotten in the meantime, no name under a salt nobody knows."""
    row = s.execute(_BUYER_OF, {"order_id": order_id}).mappings().one_or_none()
    if row:
        return {**row, "is_forgotten": False}
    return {"name": "withheld", "is_public": False, "salt": secrets.token_bytes(32), "is_forgotten": True}


def fulfil(actor: Actor, order_id: str, now: datetime) -> bool:
    """Send the certificates once all of them are rendered; False while one is missing."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        if is_shared(order.purpose):
            return False
        certified = [paper for paper in papers.for_order(order_id) if paper.state.is_live]
        if (
            order.state is not OrderState.RETIRED
            or not certified
            or not all(c.is_rendered for c in certified)
        ):
            return False
        step(s, order, OrderEvent.FULFILLED, actor, now)
        write_to_buyer(
            s,
            order,
            "certificate",
            now,
            certificates=[
                {
                    "number": c.printed_number,
                    "path": f"/c/{c.number}/{c.key}",
                    "ranges": [part.full_serial for part in c.ranges],
                }
                for c in certified
            ],
        )
        return True


# -- events ------------------------------------------------------------------------------------


def _is_known(s: Connection, event: Event) -> bool:
    return s.execute(select(events.c.id).where(events.c.id == event.id)).scalar_one_or_none() is not None


def _write_event(s: Connection, event: Event, order_id: str | None, outcome: Outcome, now: datetime) -> None:
    add = postgresql.insert if s.dialect.name == "postgresql" else sqlite.insert
    row = {
        "id": event.id,
        "kind": event.kind,
        "object_id": event.object_id,
        "order_id": order_id,
        "outcome": outcome,
        "at": now,
    }
    s.execute(add(events).values(row).on_conflict_do_nothing(index_elements=["id"]))


def note_event(actor: Actor, event: Event, order_id: str | None, outcome: Outcome, now: datetime) -> None:
    """Keep an event that settles nothing: parked for staff, foreign, or already done with."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    with books() as s:
        _write_event(s, event, order_id, outcome, now)

"""Placing an order and the time until it is paid: reserve, open to pay, cancel, lapse, claim."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from portal import audit, consents, jobs
from portal.db import Rows, insert_together
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import is_id, new_id
from portal.registry.commands import stock
from portal.registry.rules.facts import Want
from portal.shop import policy
from portal.shop.commands.seedlings import seedlings, take_places
from portal.shop.commands.steps import (
    TILL,
    Locked,
    books,
    change,
    first_entry,
    history,
    lock,
    orders,
    promise,
    step,
)
from portal.shop.commands.transfers import unbooked
from portal.shop.models.delivery import NamedRetirement
from portal.shop.models.orders import OrderBuyer, OrderLine
from portal.shop.provider import Session
from portal.shop.rules.delivery import NamedState
from portal.shop.rules.orders import (
    AlreadyClaimed,
    BadOrderId,
    Buyer,
    NoLongerPayable,
    NoSuchOrder,
    OrderContentsDiffer,
    PartlyPaid,
    StillPayable,
    check_buyer,
    check_purpose,
    contents_digest,
)
from portal.shop.rules.quotes import Quote
from portal.shop.rules.states import UNPAID, OrderEvent, OrderState
from portal.shop.rules.terms import TERMS, PaymentKind, Terms

FAILURE_TOLD_AFTER = timedelta(minutes=10)  # whoever tries another card at once needs no letter
SESSIONS_PER_ORDER = 4  # so that nobody keeps credits from others by starting to pay again and again

lines: Table = OrderLine.__table__  # type: ignore[assignment]
buyers: Table = OrderBuyer.__table__  # type: ignore[assignment]
named: Table = NamedRetirement.__table__  # type: ignore[assignment]

_BUYER = select(
    buyers.c.email,
    select(func.coalesce(func.sum(seedlings.c.seedlings), 0))
    .where(seedlings.c.order_id == buyers.c.order_id)
    .scalar_subquery()
    .label("seedlings"),
).where(buyers.c.order_id == bindparam("order_id"))
_LOTS = select(lines.c.lots).where(lines.c.order_id == bindparam("order_id")).order_by(lines.c.position)


def place_order(
    actor: Actor,
    order_id: str,
    quote: Quote,
    buyer: Buyer,
    *,
    purpose: str,
    lang: str,
    consent: bool,
    provider: str,
    test: bool,
    idempotency_key: str,
    now: datetime,
    terms: Terms = TERMS,
) -> str:
    """Reserve what was quoted, for as long as it can be paid; returns the order's id.

    The id is made by the client: the same id, or the same key, is the same order. Raises
    NotEnoughCredits and NotEnoughPlaces (nothing is kept), PlantingIsOver, OrderContentsDiffer, BadOrderId,
    BadPurpose, BadName.
    """
    if not policy.may_buy(actor, buyer.organisation_id, purpose):
        raise NotAllowed()
    if not is_id(order_id, "ord"):
        raise BadOrderId()
    check_purpose(purpose)
    check_buyer(buyer)
    salt = secrets.token_bytes(32)
    row: dict[str, Any] = {
        "id": order_id,
        "idempotency_key": idempotency_key,
        "state": OrderState.RESERVED,
        "version": 1,
        "contents": contents_digest(salt, quote, buyer, purpose, lang, consent),
        "mass_g": quote.mass,
        "amount_minor": quote.total.minor,
        "currency": quote.total.currency,
        "fees": {fee.kind.value: fee.amount.minor for fee in quote.fees},
        "split": {share.party.value: share.amount.minor for share in quote.split},
        "terms_version": quote.terms_version,
        "quote_hash": quote.hash,
        "purpose": purpose,
        "lang": lang,
        "consent": consent,
        "payment": quote.payment,
        "provider": provider,
        "test": test,
        "hold_id": order_id,
        "session_no": 1,
        "expires_at": terms.pay_until(quote.payment, now),
        "organisation_id": buyer.organisation_id,
        "person_id": actor.id if actor.is_person else None,
        "created_at": now,
        "attention": "",
    }
    buyer_row = {
        "order_id": order_id,
        "name": buyer.name,
        "email": buyer.email,
        "is_public": buyer.is_public,
        "salt": salt,
    }
    order_lines = _lines(order_id, quote)
    wants = [Want(line["id"], tuple(line["lots"]), line["mass_g"]) for line in order_lines]
    # The order first: its unique id and key stop a double click there, before it comes to the stock.
    rows: Rows = (
        (orders, row),
        (buyers, buyer_row),
        *((lines, line) for line in order_lines),
        (history, first_entry(order_id, actor, now)),
    )
    same = Same(order_id, idempotency_key, quote, buyer, purpose, lang, consent)
    until = terms.hold_until(quote.payment, now)
    try:
        if not (_has_more(quote) or buyer.is_public):
            stock.reserve(actor, order_id, wants, until, now, first=rows)
            return order_id
        with books() as session:
            if _has_more(quote):
                insert_together(session, *rows)
                _add_more(session, actor, order_id, quote, now)
                rows = ()
            stock.reserve(actor, order_id, wants, until, now, first=rows)
            if buyer.is_public:
                consents.record(actor, consents.NAME_ON_CERTIFICATE, order_id, True, now)
    except IntegrityError:
        with books() as session:
            if known := same.known(session):
                return known
        raise
    return order_id


def _has_more(quote: Quote) -> bool:
    """Whether there is more to an order than its credits, paid by card."""
    return bool(quote.seedlings or quote.named or quote.payment is PaymentKind.TRANSFER)


def _add_more(session: Connection, actor: Actor, order_id: str, quote: Quote, now: datetime) -> None:
    if quote.seedlings:
        take_places(session, order_id, quote.seedlings, now)
    if quote.named:
        session.execute(insert(named).values(order_id=order_id, state=NamedState.CHOSEN, reason=""))
    if quote.payment is PaymentKind.TRANSFER:
        _await_transfer(session, actor, order_id, now)


class Same:
    """What comes in with an order, to be compared with an order that is already there."""

    def __init__(
        self, order_id: str, key: str, quote: Quote, buyer: Buyer, purpose: str, lang: str, consent: bool
    ) -> None:
        self.order_id = order_id
        self.key = key
        self.contents = (quote, buyer, purpose, lang, consent)

    def known(self, session: Connection) -> str | None:
        """The id of that order; None when there is none. Raises OrderContentsDiffer."""
        found = session.execute(
            select(orders.c.id, orders.c.contents, buyers.c.salt)
            .join(buyers, buyers.c.order_id == orders.c.id, isouter=True)
            .where(or_(orders.c.id == self.order_id, orders.c.idempotency_key == self.key))
        ).all()
        for row in found:
            if row.salt is None or row.contents != contents_digest(row.salt, *self.contents):
                raise OrderContentsDiffer()
        return str(found[0].id) if found else None


def _lines(order_id: str, quote: Quote) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id("lin"),
            "order_id": order_id,
            "position": position,
            "lots": list(line.offer.lot_codes),
            "mass_g": line.mass,
            "minor_per_t": line.offer.per_tonne.minor,
            "amount_minor": line.amount.minor,
        }
        for position, line in enumerate(quote.lines)
    ]


def _await_transfer(session: Connection, actor: Actor, order_id: str, now: datetime) -> None:
    order = lock(session, order_id)
    step(session, order, OrderEvent.TRANSFER_CHOSEN, actor, now)
    write_to_buyer(session, order, "order", now)


def attach_session(actor: Actor, order_id: str, session: Session, now: datetime) -> None:
    """The provider has opened this session for the order. Doing it again changes nothing.

    Raises NoLongerPayable when the order has gone another way in the meantime.
    """
    if not policy.may_settle(actor):
        raise NotAllowed()
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        if order.session_id == session.id:
            return
        if order.state not in UNPAID or order.session_id is not None:
            raise NoLongerPayable()
        known: dict[str, Any] = {"session_id": session.id, "session_url": session.url}
        if order.state is OrderState.AWAITING_PAYMENT:
            change(s, order, **known)
        else:
            step(s, order, OrderEvent.SESSION_MADE, actor, now, **known)


def renew(actor: Actor, order_id: str, dead: Session | None, now: datetime, terms: Terms = TERMS) -> None:
    """Let an unpaid order have another session, with time of its own; ``dead`` is the one before.

    Raises NoLongerPayable, StillPayable.
    """
    if not policy.may_settle(actor):
        raise NotAllowed()
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        _check_dead(order, dead)
        if order.state not in UNPAID or order.session_no >= SESSIONS_PER_ORDER:
            raise NoLongerPayable()
        card = PaymentKind.CARD
        stock.extend(TILL, order.hold_id, terms.hold_until(card, now))
        change(
            s,
            order,
            session_no=order.session_no + 1,
            session_id=None,
            session_url=None,
            expires_at=terms.pay_until(card, now),
        )


def note_failed_payment(actor: Actor, order_id: str, now: datetime) -> None:
    """A try to pay failed. The credits stay reserved until the session ends, and the buyer may try again."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    with books() as s:
        order = lock(s, order_id)
        if order.state is OrderState.AWAITING_PAYMENT:
            step(s, order, OrderEvent.PAYMENT_FAILED, actor, now)
            work = {"order_id": order_id, "session_no": order.session_no}
            key = f"payment_failed:{order_id}:{order.session_no}"
            jobs.enqueue("shop.payment_failed", work, key=key, now=now, due=now + FAILURE_TOLD_AFTER)


def write_of_failure(actor: Actor, order_id: str, session_no: int, now: datetime) -> bool:
    """Tell the buyer that the payment failed and can be tried again; False when that is over by now."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    with books() as s:
        order = lock(s, order_id)
        if order.state is not OrderState.PAYMENT_FAILED or now >= order.expires_at:
            return False
        until = order.expires_at.isoformat()
        write_to_buyer(s, order, "payment_failed", now, about=session_no, until=until)
        return True


def cancel_order(actor: Actor, order_id: str, ended: Session | None, now: datetime) -> None:
    """The buyer does not want it any more, before paying. ``ended`` proves that nobody can pay either.

    Raises StillPayable, UnlawfulOrderStep, NoSuchOrder.
    """
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        if not policy.may_see(actor, order):
            raise NoSuchOrder()
        if order.state is OrderState.CANCELLED:
            return
        if order.state in UNPAID and not policy.may_cancel(actor, order):
            raise NotAllowed()
        if order.payment == PaymentKind.TRANSFER and unbooked(s, order):
            raise PartlyPaid()
        _let_go(s, actor, order, OrderEvent.CANCELLED, "cancelled", ended, now)
        write_to_buyer(s, order, "ended", now, about="cancelled")
        audit.record(actor, "shop.cancel", order_id, now)


def expire_order(actor: Actor, order_id: str, ended: Session | None, now: datetime) -> None:
    """The time to pay is over: give the credits back. ``ended`` is the session, which the provider has
    confirmed to be over (I15); None only when there never was one. Raises StillPayable."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    with promise(actor, order_id, now) as s:
        order = lock(s, order_id)
        if order.state not in UNPAID:
            return
        could_pay = order.session_id or order.payment == PaymentKind.TRANSFER
        because = "session_expired" if could_pay else "no_session"
        _let_go(s, actor, order, OrderEvent.EXPIRED, because, ended, now)
        if could_pay:  # else the page said at once that the provider could not be reached
            write_to_buyer(s, order, "ended", now, about="expired")


def _let_go(
    s: Connection,
    actor: Actor,
    order: Locked,
    event: OrderEvent,
    because: str,
    ended: Session | None,
    now: datetime,
) -> None:
    if order.state in UNPAID:
        _check_dead(order, ended)
    step(s, order, event, actor, now)
    stock.release(TILL, order.hold_id, because, now)


def _check_dead(order: Locked, session: Session | None) -> None:
    """Raises StillPayable unless this is the order's session and it is over, or the order has none."""
    if order.session_id is None:
        return
    if session is None or session.id != order.session_id or not session.is_over:
        raise StillPayable()


def claim_order(actor: Actor, order_id: str, now: datetime) -> None:
    """Make a guest's order one's own, with the link from its letter. Raises NoSuchOrder, AlreadyClaimed."""
    with books() as s:
        order = lock(s, order_id)
        if not policy.may_see(actor, order):
            raise NoSuchOrder()
        if order.person_id == actor.id:
            return
        if not policy.may_claim(actor, order):
            raise AlreadyClaimed()
        change(s, order, person_id=actor.id)
        audit.record(actor, "shop.claim", order_id, now)


def write_to_buyer(s: Connection, order: Locked, letter: str, now: datetime, **facts: object) -> None:
    """Record a letter about this order; none once the buyer is forgotten. Once per letter and order."""
    buyer = s.execute(_BUYER, {"order_id": order.id}).one_or_none()
    if buyer is None or not buyer.email:
        return
    key = f"{letter}:{order.id}" + (f":{facts['about']}" if "about" in facts else "")
    about = {
        "order_id": order.id,
        "grams": order.mass_g.grams,
        "seedlings": int(buyer.seedlings),
        "amount_minor": order.amount_minor,
        "currency": order.currency,
        "payment": order.payment,
        "test": order.test,
        "lots": list(
            dict.fromkeys(lot for row in s.execute(_LOTS, {"order_id": order.id}) for lot in row.lots)
        ),
    } | facts
    payload = {
        "id": key.replace(":", "."),
        "to": buyer.email,
        "lang": order.lang,
        "template": f"shop/letter_{letter}",
        "facts": about,
    }
    jobs.enqueue("letter", payload, key=f"letter:{key}", now=now)

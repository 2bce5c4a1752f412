"""Giving by card: what the provider charged every month becomes an order of its own, once, or goes back.

The sum stays the same, so what it buys is worked out when it has come: there is no reservation that could
lapse, and no price that could have changed between a quote and the money.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal import audit, jobs
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.money import Money
from portal.registry.rules.ledger import NotEnoughCredits
from portal.shop import policy
from portal.shop.commands import settlement
from portal.shop.commands.giving import locked_giving, turns
from portal.shop.commands.ordering import place_order
from portal.shop.commands.steps import TILL, books
from portal.shop.models.giving import Giver, GivingCard, GivingInvoice
from portal.shop.provider import Invoice, PaymentState, Session, SessionState
from portal.shop.queries.terms import terms_at
from portal.shop.rules.giving import InvoiceState, month_of
from portal.shop.rules.orders import Buyer
from portal.shop.rules.quotes import BudgetTooSmall, MixedLots, Offer, Quote, fill_up
from portal.shop.rules.terms import TERMS, Terms

_cards, _invoices, _givers = (cast(Table, kind.__table__) for kind in (GivingCard, GivingInvoice, Giver))


def choose_card(actor: Actor, giving_id: str, amount: Money, *, consent: bool, now: datetime) -> None:
    """This giving is charged to a card, always this sum. Raises NoSuchGiving."""
    with books() as s:
        locked_giving(s, actor, giving_id)
        s.execute(
            insert(_cards).values(
                giving_id=giving_id,
                amount_minor=amount.minor,
                currency=amount.currency,
                consent=consent,
                asked_at=now,
            )
        )


def note_session(actor: Actor, giving_id: str, session_id: str, now: datetime) -> None:
    """The provider opened this page for the card to be given."""
    _note(actor, giving_id, now, session_id=session_id)


def note_subscription(actor: Actor, giving_id: str, subscription_id: str, now: datetime) -> None:
    """The giver has agreed at the provider."""
    _note(actor, giving_id, now, subscription_id=subscription_id)


def mark_asked(actor: Actor, giving_id: str, now: datetime) -> None:
    """The provider was asked, so others come first the next time."""
    _note(actor, giving_id, now)


def _note(actor: Actor, giving_id: str, now: datetime, **known: str) -> None:
    if not policy.may_settle(actor):
        raise NotAllowed()
    with books() as s:
        s.execute(update(_cards).where(_cards.c.giving_id == giving_id).values(known | {"asked_at": now}))


@dataclass(frozen=True, slots=True)
class Month:
    """A month that a provider charged: what it tells of it, and whose it is."""

    invoice: Invoice
    provider: str
    test: bool


def take_invoice(
    actor: Actor, giving_id: str, month: Month, offers: Iterable[Offer], now: datetime, terms: Terms = TERMS
) -> str | None:
    """The order of a month that was paid: all of it or nothing, and once. None when the money goes back.

    ``offers``: what it may buy, in order of preference, all of one project type; the next one is tried when
    there is too little of the first. Raises NoSuchGiving.
    """
    if not policy.may_settle(actor):
        raise NotAllowed()
    invoice = month.invoice
    with books() as s:
        row = locked_giving(s, actor, giving_id)
        known = _known(s, invoice)
        if known is not None and known.state != InvoiceState.FAILED:
            return cast(str | None, known.order_id)
        giver = s.execute(select(_givers).where(_givers.c.giving_id == giving_id)).one_or_none()
        placed = _order(s, row, giver, month, offers, now) if giver else None
        if placed is None:
            _owe(s, row, giver, invoice, now)
            return None
        order_id, quote = placed
        _write(s, giving_id, invoice, state=InvoiceState.ORDERED, order_id=order_id)
        _keep_turn(s, giving_id, month_of(clock.day_of(invoice.created_at)), order_id, now)
        settlement.settle(TILL, order_id, _as_session(month, order_id, quote, now), now, terms=terms)
        return order_id


def _known(s: Connection, invoice: Invoice) -> Any:
    return s.execute(select(_invoices).where(_invoices.c.id == invoice.id)).one_or_none()


def _order(
    s: Connection, row: Any, giver: Any, month: Month, offers: Iterable[Offer], now: datetime
) -> tuple[str, Quote] | None:
    """Reserve what the sum buys of the first offer that has enough; None when none has."""
    card = s.execute(select(_cards.c.consent).where(_cards.c.giving_id == row.id)).one()
    for offer in offers:
        try:
            quote = fill_up(offer, month.invoice.amount, terms_at(now))
            with s.begin_nested():
                order_id = place_order(
                    Actor(row.person_id) if row.person_id else Actor.guest(),
                    new_id("ord"),
                    quote,
                    Buyer(giver.name, giver.email, giver.is_public),
                    purpose=row.purpose,
                    lang=row.lang,
                    consent=card.consent,
                    provider=month.provider,
                    test=month.test,
                    idempotency_key=f"invoice:{month.invoice.id}",
                    now=now,
                )
        except (NotEnoughCredits, BudgetTooSmall, MixedLots):
            continue
        return order_id, quote
    return None


def _as_session(month: Month, order_id: str, quote: Quote, now: datetime) -> Session:
    """The month's payment in the shape in which the till takes money."""
    return Session(
        id=month.invoice.id,
        url=None,
        state=SessionState.COMPLETE,
        payment_state=PaymentState.PAID,
        amount=month.invoice.amount,
        payment_id=month.invoice.payment_id,
        order_id=order_id,
        quote_hash=quote.hash,
        expires_at=now,
        test=month.test,
    )


def _write(s: Connection, giving_id: str, invoice: Invoice, **facts: Any) -> None:
    add = postgresql.insert if s.dialect.name == "postgresql" else sqlite.insert
    changing = facts | {"payment_id": invoice.payment_id}
    row = changing | {
        "id": invoice.id,
        "giving_id": giving_id,
        "amount_minor": invoice.amount.minor,
        "currency": invoice.amount.currency,
        "charged_at": invoice.created_at,
    }
    s.execute(add(_invoices).values(row).on_conflict_do_update(index_elements=["id"], set_=changing))


def _keep_turn(s: Connection, giving_id: str, month: str, order_id: str, now: datetime) -> None:
    """The month's line on the giving's page; a month that was charged twice keeps its first order there."""
    add = postgresql.insert if s.dialect.name == "postgresql" else sqlite.insert
    turn = add(turns).values(giving_id=giving_id, month=month, asked_at=now, order_id=order_id)
    s.execute(
        turn.on_conflict_do_update(
            index_elements=["giving_id", "month"],
            set_={"order_id": order_id},
            where=turns.c.order_id.is_(None),
        )
    )


def _owe(s: Connection, row: Any, giver: Any, invoice: Invoice, now: datetime) -> None:
    """Nothing could be bought, or the giver is gone: the month's money goes back."""
    refund_id = new_id("rfd")
    _write(s, row.id, invoice, state=InvoiceState.OWED, refund_id=refund_id)
    key = f"giving_back:{invoice.id}"
    jobs.enqueue("shop.giving_back", {"invoice_id": invoice.id}, key=key, now=now)
    if giver is not None:
        _letter(row, giver, "back", invoice, now)


def note_failure(actor: Actor, giving_id: str, invoice: Invoice, now: datetime) -> bool:
    """The card was declined this month: the giver is told, once. False when that is known."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    with books() as s:
        row = locked_giving(s, actor, giving_id)
        giver = s.execute(select(_givers).where(_givers.c.giving_id == giving_id)).one_or_none()
        if _known(s, invoice) is not None:
            return False
        _write(s, giving_id, invoice, state=InvoiceState.FAILED)
        if giver is not None:
            _letter(row, giver, "failed", invoice, now)
        return True


def _letter(row: Any, giver: Any, about: str, invoice: Invoice, now: datetime) -> None:
    facts = {
        "about": about,
        "giving_id": row.id,
        "name": giver.name,
        "amount_minor": invoice.amount.minor,
        "currency": invoice.amount.currency,
        "test": row.test,
    }
    key = f"giving_card:{about}:{invoice.id}"
    payload = {
        "id": key.replace(":", "."),
        "to": giver.email,
        "lang": row.lang,
        "template": "shop/letter_giving_card",
        "facts": facts,
    }
    jobs.enqueue("letter", payload, key=f"letter:{key}", now=now)


def note_given_back(actor: Actor, invoice_id: str, now: datetime) -> None:
    """The provider has sent the month's money back. Doing it again changes nothing."""
    if not policy.may_settle(actor):
        raise NotAllowed()
    with books() as s:
        owed = _invoices.c.id == invoice_id, _invoices.c.state == InvoiceState.OWED
        if s.execute(update(_invoices).where(*owed).values(state=InvoiceState.GIVEN_BACK)).rowcount:
            audit.record(actor, "shop.giving_back", invoice_id, now)

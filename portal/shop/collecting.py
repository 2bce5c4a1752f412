"""Monthly support by card: where it meets the provider that charges it. Asks, and hands the answer on.

Every call can be repeated after a crash: what the provider tells is the truth, and each month it has charged
becomes an order once.
"""

from datetime import datetime, timedelta

import structlog

from portal.kernel.actor import Actor
from portal.registry.queries import register
from portal.shop.commands import charging, giving, settlement
from portal.shop.commands.charging import Month
from portal.shop.commands.settlement import Outcome
from portal.shop.commands.steps import TILL
from portal.shop.provider import (
    Event,
    Invoice,
    PaymentNotFound,
    RefundState,
    Subscription,
    SubscriptionProvider,
    SubscriptionState,
)
from portal.shop.queries import giving as queries
from portal.shop.queries import orders
from portal.shop.queries.giving import CardView, GivingView
from portal.shop.rules.giving import GivingState, InvoiceState, NotByCard
from portal.shop.rules.quotes import Offer
from portal.shop.stripe_gateway import StripeGateway
from portal.shop.till import Way, till

log = structlog.get_logger("collecting")

PAGE_LIFE = timedelta(minutes=31)  # of the page on which the card is given


def provider() -> SubscriptionProvider:
    """The provider that can charge a card by itself. Raises NotByCard where there is none."""
    found = till().provider
    if not isinstance(found, StripeGateway):
        raise NotByCard()
    return found


def is_possible() -> bool:
    return isinstance(till().provider, StripeGateway)


def begin(giving_id: str, way: Way, now: datetime) -> str:
    """The address of the page on which the card is given. Raises NotByCard, ProviderUnavailable."""
    found, card = queries.giving(TILL, giving_id), _card(giving_id)
    session_id, url = provider().open_subscription(
        giving_id=giving_id,
        amount=card.amount,
        description=way.description,
        email=found.email,
        lang=found.lang,
        success_url=way.success_url,
        cancel_url=way.cancel_url,
        expires_at=now + PAGE_LIFE,
        idempotency_key=f"giving:{giving_id}",
    )
    charging.note_session(TILL, giving_id, session_id, now)
    return url


def _card(giving_id: str) -> CardView:
    card = queries.card_of(giving_id)
    if card is None:
        raise NotByCard()
    return card


def hear(event: Event, now: datetime) -> Outcome:
    """An event about a monthly support: a hint to go and ask. Raises ProviderUnavailable."""
    if event.account or event.test != provider().test or not event.subscription_id:
        return till().hear(event, now)
    outcome = Outcome.NOTED if follow(event.subscription_id, now) else Outcome.PARKED
    settlement.note_event(TILL, event, None, outcome, now)
    return outcome


def follow(subscription_id: str, now: datetime) -> bool:
    """An event about this agreement came: see how it stands. False when it is not one of ours."""
    giving_id = queries.giving_of_subscription(subscription_id)
    if giving_id is None:
        try:
            giving_id = provider().subscription(subscription_id).giving_id
        except PaymentNotFound:
            return False
        if giving_id is None or queries.card_of(giving_id) is None:
            return False
        charging.note_subscription(TILL, giving_id, subscription_id, now)
    look(giving_id, now)
    return True


def look(giving_id: str, now: datetime) -> None:
    """Ask how this giving stands, and do all that follows. Raises ProviderUnavailable."""
    charging.mark_asked(TILL, giving_id, now)
    found, card = queries.giving(TILL, giving_id), _card(giving_id)
    subscription_id = card.subscription_id
    if subscription_id is None:
        subscription_id = provider().subscription_of(card.session_id) if card.session_id else None
        if subscription_id is None:
            if now > found.begun_at + timedelta(days=1):  # nobody gave a card: the address is forgotten
                giving.end_giving(TILL, giving_id, now)
            return
        charging.note_subscription(TILL, giving_id, subscription_id, now)
    told = provider().subscription(subscription_id)
    for invoice in provider().invoices(subscription_id):
        _take(found, invoice, told, now)
    _agree(found, told, now)


def _take(found: GivingView, invoice: Invoice, told: Subscription, now: datetime) -> None:
    if invoice.is_paid and invoice.payment_id:
        month = Month(invoice, provider().name, told.test)
        charging.take_invoice(TILL, found.id, month, _offers(found, invoice), now)
    elif invoice.has_failed:
        charging.note_failure(TILL, found.id, invoice, now)


def _offers(found: GivingView, invoice: Invoice) -> list[Offer]:
    """The chosen lot first, then others of its project type: removal and avoidance never stand in."""
    currency, chosen = invoice.amount.currency, register.lot(found.lot)
    alike = [lot for lot in register.open_lots(currency) if lot.project_type is chosen.project_type]
    alike.sort(key=lambda lot: lot.code != chosen.code)  # keeps the rest as the city recommends them
    return [orders.offer_of(lot.code, currency) for lot in alike]


def _agree(found: GivingView, told: Subscription, now: datetime) -> None:
    """What was done in the provider's own pages holds here too."""
    if found.state is GivingState.ENDED:
        if told.state is not SubscriptionState.ENDED:
            provider().end(told.id)
    elif told.state is SubscriptionState.ENDED:
        giving.end_giving(TILL, found.id, now)
    elif told.state is SubscriptionState.PAUSED and found.state is GivingState.ACTIVE:
        giving.pause_giving(TILL, found.id, now)
    elif told.state is SubscriptionState.ACTIVE and found.state is GivingState.PAUSED:
        giving.resume_giving(TILL, found.id, now)


def pause(actor: Actor, giving_id: str, now: datetime) -> None:
    """Charge nothing until it is taken up again. Raises NoSuchGiving, UnlawfulGivingStep."""
    if (subscription_id := _agreed(actor, giving_id)) is not None:
        provider().pause(subscription_id)
    giving.pause_giving(actor, giving_id, now)


def resume(actor: Actor, giving_id: str, now: datetime) -> None:
    """Charge again, from the next month on. Raises as ``pause`` does."""
    if (subscription_id := _agreed(actor, giving_id)) is not None:
        provider().resume(subscription_id)
    giving.resume_giving(actor, giving_id, now)


def end(actor: Actor, giving_id: str, now: datetime) -> None:
    """Charge nothing any more, for good. Raises as ``pause`` does."""
    if (subscription_id := _agreed(actor, giving_id)) is not None:
        provider().end(subscription_id)
    giving.end_giving(actor, giving_id, now)


def _agreed(actor: Actor, giving_id: str) -> str | None:
    """What to speak of at the provider; None for a giving by letter, or one that has ended."""
    found, card = queries.giving(actor, giving_id), queries.card_of(giving_id)
    return card.subscription_id if card and found.state is not GivingState.ENDED else None


def give_back(invoice_id: str, now: datetime) -> None:
    """Send the money of a month back that could buy nothing. Looks first: nothing goes back twice."""
    owed = queries.charge(invoice_id)
    if owed is None or owed.state is not InvoiceState.OWED or not (owed.payment_id and owed.refund_id):
        return
    made = [each for each in provider().refunds(owed.payment_id) if each.refund_id == owed.refund_id]
    if not made:
        key = f"refund:{owed.refund_id}"
        made = [
            provider().refund(
                payment_id=owed.payment_id, amount=owed.amount, refund_id=owed.refund_id, idempotency_key=key
            )
        ]
    if made[0].state is not RefundState.FAILED:
        charging.note_given_back(TILL, invoice_id, now)

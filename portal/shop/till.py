"""The till: where an order meets its payment provider. Asks, and hands the plain answer to a command.

Used by pages, the hook, the API, jobs and operators alike. No SQL and no decision of its own: what
follows from an answer is decided by the commands, in one transaction each, and every call here can be
repeated after a crash.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from flask import current_app
from sqlalchemy.exc import InterfaceError, OperationalError

from portal.db import db
from portal.kernel.errors import Unavailable
from portal.kernel.money import Money
from portal.shop.commands import care, ordering, refunds, settlement
from portal.shop.commands.settlement import Outcome
from portal.shop.commands.steps import TILL
from portal.shop.provider import (
    CARD_MINIMUM,
    ChargeDisputed,
    Event,
    KeyReused,
    PaymentNotFound,
    PaymentProvider,
    PaymentState,
    ProviderRefund,
    RefundTooLarge,
    Session,
    SessionState,
)
from portal.shop.queries import orders as queries
from portal.shop.queries.orders import OrderView, RefundView
from portal.shop.rules.orders import NoLongerPayable, NoSuchOrder
from portal.shop.rules.states import REFUNDING, OrderState
from portal.shop.rules.terms import PaymentKind
from portal.shop.sandbox_gateway import Outcome as Played
from portal.shop.sandbox_gateway import SandboxGateway
from portal.shop.stripe_gateway import StripeGateway

log = structlog.get_logger("till")

# Stripe opens no session that ends sooner; a few seconds for the way there.
SHORTEST_SESSION = timedelta(minutes=30, seconds=15)


@dataclass(frozen=True, slots=True)
class Way:
    """Where the buyer comes from and goes back to."""

    success_url: str
    cancel_url: str
    description: str


@dataclass(slots=True)
class Report:
    """What a reconciliation did."""

    looked_at: int = 0
    moved: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)


class Till:
    """``stripe`` takes the payments when there is one, else ``sandbox``, which goes on serving its own."""

    def __init__(self, sandbox: SandboxGateway, stripe: StripeGateway | None) -> None:
        self.sandbox = sandbox
        self.provider: PaymentProvider = stripe or sandbox
        self._providers: dict[str, PaymentProvider] = {"sandbox": sandbox} | (
            {"stripe": stripe} if stripe else {}
        )

    def minimum(self, currency: str) -> Money:
        """The least that can be charged by card, to be shown before anybody chooses."""
        least = self.provider.minimum(currency)
        return max(least, CARD_MINIMUM[currency]) if currency in CARD_MINIMUM else least

    def _provider_of(self, order: OrderView) -> PaymentProvider:
        return self._providers[order.provider]

    # -- paying --------------------------------------------------------------------------------

    def open_payment(self, order_id: str, way: Way, now: datetime) -> str | None:
        """Where to pay this order; None when there is nothing to pay (any more). Safe to call again.

        Raises NoLongerPayable, and ProviderUnavailable: then the order stands as it stood.
        """
        order = queries.order(TILL, order_id)
        if order.payment == PaymentKind.TRANSFER or not order.is_unpaid:
            return None
        is_fresh = not order.session_id and order.expires_at - now >= SHORTEST_SESSION
        if is_fresh:
            return self._open(order, way, now)
        if order.session_id:
            session = self._provider_of(order).session(order.session_id)
            if session.state is SessionState.OPEN and now < order.expires_at:
                return session.url
            if session.state is SessionState.OPEN:
                session = self._provider_of(order).expire(session.id)
            if not session.is_over:
                settlement.settle(TILL, order_id, session, now)
                return None
            ordering.renew(TILL, order_id, session, now)
        else:
            if lost := self._lost_session(order, now):
                ordering.attach_session(TILL, order_id, lost, now)
                return lost.url
            ordering.renew(TILL, order_id, None, now)
        return self._open(queries.order(TILL, order_id), way, now)

    def _open(self, order: OrderView, way: Way, now: datetime) -> str | None:
        provider = self._provider_of(order)
        try:
            session = provider.open_session(
                order_id=order.id,
                quote_hash=order.quote_hash,
                amount=order.total,
                description=way.description,
                email=order.buyer.email if order.buyer else None,
                lang=order.lang,
                success_url=way.success_url,
                cancel_url=way.cancel_url,
                expires_at=order.expires_at,
                idempotency_key=f"order:{order.id}:v{order.session_no}",
            )
        except KeyReused:
            # The first answer was lost, and something (the language of the page) differs now.
            found = self._lost_session(order, now)
            if found is None:
                raise NoLongerPayable() from None
            session = found
        ordering.attach_session(TILL, order.id, session, now)
        return session.url

    def _lost_session(self, order: OrderView, now: datetime) -> Session | None:
        """An open session of this order that the provider knows and we do not."""
        found = self._provider_of(order).find_sessions(order.id, order.created_at, now)
        return next((session for session in found if session.state is SessionState.OPEN), None)

    def give_up(self, order_id: str, now: datetime) -> None:
        """The provider could not be reached to open a session: nothing is charged, nothing stays held."""
        ordering.expire_order(TILL, order_id, None, now)

    def cancel(self, order_id: str, now: datetime) -> bool:
        """End the session first, then the order; False when it had been paid meanwhile (it is settled)."""
        order = queries.order(TILL, order_id)
        ended = None
        if order.session_id and order.is_unpaid:
            ended = self._provider_of(order).expire(order.session_id)
            if ended.is_paid:
                settlement.settle(TILL, order_id, ended, now)
                return False
        ordering.cancel_order(TILL, order_id, ended, now)
        return True

    def play(self, session_id: str, outcome: Played, now: datetime) -> str:
        """What a buyer did on the sandbox's page, and what follows; the order's id.

        Raises SessionClosed, PaymentNotFound.
        """
        session = self.sandbox.play(session_id, outcome)
        order_id = str(session.order_id)
        settlement.settle(TILL, order_id, session, now)
        if outcome == "failed":
            ordering.note_failed_payment(TILL, order_id, now)
        return order_id

    # -- hearing -------------------------------------------------------------------------------

    def hear(self, event: Event, now: datetime) -> Outcome:
        """An event is a hint: ask how things stand and do what follows. Raises ProviderUnavailable."""
        if event.account or event.test != self.provider.test:
            log.warning("foreign event", id=event.id, kind=event.kind, account=event.account, test=event.test)
            return self._put_aside(event, Outcome.FOREIGN, now)
        if not event.is_known:
            return Outcome.SEEN
        session = self._session_meant(event)
        order_id = (session and session.order_id) or event.order_id
        if not order_id and event.payment_id:
            order_id = queries.order_of_payment(self.provider.name, event.payment_id)
        if not order_id or not queries.exists(order_id):
            log.warning("event of no order", id=event.id, kind=event.kind, order=order_id)
            return self._put_aside(event, Outcome.PARKED, now)
        return self._follow(event, order_id, session, now)

    def _session_meant(self, event: Event) -> Session | None:
        try:
            if event.session_id:
                return self.provider.session(event.session_id)
            return self.provider.session_of(event.payment_id) if event.payment_id else None
        except PaymentNotFound:
            return None

    def _follow(self, event: Event, order_id: str, session: Session | None, now: datetime) -> Outcome:
        if event.kind.startswith(("charge.", "refund.")) and event.payment_id:
            if session:  # the payment itself may not have been heard of yet
                settlement.settle(TILL, order_id, session, now)
            self._compare(order_id, event.payment_id, now)
            return self._put_aside(event, Outcome.NOTED, now, order_id)
        if session is None:
            return self._put_aside(event, Outcome.PARKED, now, order_id)
        outcome = settlement.settle(TILL, order_id, session, now, event)
        if outcome is Outcome.NOT_PAID:
            self._not_paid(event, order_id, session, now)
        return outcome

    def _not_paid(self, event: Event, order_id: str, session: Session, now: datetime) -> None:
        order = queries.order(TILL, order_id)
        if session.state is SessionState.EXPIRED and order.session_id == session.id:
            ordering.expire_order(TILL, order_id, session, now)
        elif event.kind in ("payment_intent.payment_failed", "checkout.session.async_payment_failed"):
            ordering.note_failed_payment(TILL, order_id, now)

    def _put_aside(
        self, event: Event, outcome: Outcome, now: datetime, order_id: str | None = None
    ) -> Outcome:
        settlement.note_event(TILL, event, order_id, outcome, now)
        return outcome

    # -- money back ----------------------------------------------------------------------------

    def pay_back(self, refund_id: str, now: datetime) -> None:
        """Have a planned refund done. Looks first: nothing is refunded twice. Raises ProviderUnavailable."""
        refund = queries.refund(refund_id)
        if refund is None or refund.state not in ("planned", "pending"):
            return
        provider = self._providers[refund.provider]
        try:
            told = self._known_refund(provider, refund) or self._refund(provider, refund)
        except ChargeDisputed:
            # The refund waits for the bank's decision: won, it is made after all; lost, it gives way.
            self._compare(refund.order_id, refund.payment_id, now)
            return
        except RefundTooLarge:
            # Money went back in the provider's own pages meanwhile: that is taken over, and ours gives way.
            self._compare(refund.order_id, refund.payment_id, now)
            if (after := queries.refund(refund_id)) and after.state == refund.state:
                raise
            return
        refunds.note_refund(TILL, refund.order_id, told, now)

    def _refund(self, provider: PaymentProvider, refund: RefundView) -> ProviderRefund:
        return provider.refund(
            payment_id=refund.payment_id,
            amount=refund.amount,
            refund_id=refund.id,
            idempotency_key=f"refund:{refund.id}",
        )

    def _known_refund(self, provider: PaymentProvider, refund: RefundView) -> ProviderRefund | None:
        done = provider.refunds(refund.payment_id)
        return next((each for each in done if each.refund_id == refund.id), None)

    def _compare(self, order_id: str, payment_id: str, now: datetime) -> None:
        """Refunds and disputes of one payment, as the provider counts them."""
        order = queries.order(TILL, order_id)
        provider = self._provider_of(order)
        for told in provider.refunds(payment_id):
            refunds.note_refund(TILL, order_id, told, now)
        refunds.note_dispute(TILL, order_id, provider.payment(payment_id), now)

    # -- healing -------------------------------------------------------------------------------

    def look(self, order_id: str, now: datetime) -> bool:
        """Ask how this order stands and do all that follows; whether it moved. Raises what goes wrong."""
        before = queries.order(TILL, order_id)
        if before.is_unpaid:
            self._look_unpaid(before, now)
        elif before.payment == PaymentKind.CARD and before.paid_at:
            for payment in queries.payments(order_id):
                self._compare(order_id, payment.provider_payment_id, now)
        self._go_on(order_id, now)
        care.mark_asked(TILL, order_id, now)
        return queries.order(TILL, order_id).state is not before.state

    def _look_unpaid(self, order: OrderView, now: datetime) -> None:
        if order.payment == PaymentKind.TRANSFER:
            if now >= order.expires_at and not settlement.close_partly_paid(TILL, order.id, now):
                ordering.expire_order(TILL, order.id, None, now)
            return
        sessions = self._sessions(order, now)
        for session in sessions:
            settlement.settle(TILL, order.id, session, now)
        is_over = all(session.is_over for session in sessions)
        own = next((session for session in sessions if session.id == order.session_id), None)
        if own and own.payment_state is PaymentState.FAILED and now < order.expires_at:
            ordering.note_failed_payment(
                TILL, order.id, now
            )  # the buyer may try again until the time is over
        elif is_over and (own or now >= order.expires_at):
            ordering.expire_order(TILL, order.id, own, now)

    def _sessions(self, order: OrderView, now: datetime) -> list[Session]:
        """The order's session, or those whose answer was lost; ended first when the time to pay is over."""
        provider = self._provider_of(order)
        if order.session_id:
            sessions = [provider.session(order.session_id)]
        else:
            sessions = list(provider.find_sessions(order.id, order.created_at, now))
        if now < order.expires_at:
            return sessions
        return [provider.expire(s.id) if s.state is SessionState.OPEN else s for s in sessions]

    def _go_on(self, order_id: str, now: datetime) -> bool:
        """What an order waits for that needs no word from outside, and refunds that stand open."""
        order = queries.order(TILL, order_id)
        if order.state in REFUNDING or order.state is OrderState.NEEDS_ATTENTION or order.paid_at:
            for refund in queries.refunds(order_id):
                if refund.provider != PaymentKind.TRANSFER:
                    self.pay_back(refund.id, now)
        retired = settlement.retire_order(TILL, order_id, now)
        if settlement.fulfil(TILL, order_id, now):
            return True
        if order.state is OrderState.RETIRED:
            care.mark_asked(TILL, order_id, now)  # still being printed: others first
        return retired

    def heal(self, order_ids: list[str], now: datetime) -> Report:
        """Look at each order by itself: one that cannot be healed is quarantined, and the rest go on."""
        return self._each(order_ids, self.look, now)

    def finish(self, order_ids: list[str], now: datetime) -> Report:
        """The steps that need no word from outside, each order by itself."""
        return self._each(order_ids, self._go_on, now)

    def _each(self, order_ids: list[str], look: Callable[[str, datetime], bool], now: datetime) -> Report:
        report = Report()
        for order_id in order_ids:
            report.looked_at += 1
            try:
                if look(order_id, now):
                    report.moved.append(order_id)
                care.release_from_quarantine(TILL, order_id, now)
            except (Unavailable, OperationalError, InterfaceError) as fault:
                # Nobody's fault in the order: the provider or the database is away, or another worker has it.
                db.session.rollback()
                log.warning("not now", order=order_id, fault=str(fault)[:200])
                report.unreachable.append(order_id)
            except NoSuchOrder:
                db.session.rollback()
            except Exception as fault:
                db.session.rollback()
                log.exception("quarantined", order=order_id)
                care.quarantine(TILL, order_id, f"{type(fault).__name__}: {fault}", now)
                report.quarantined.append(order_id)
        return report


def till() -> Till:
    found: Till = current_app.extensions["portal.till"]
    return found

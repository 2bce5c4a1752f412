"""What every payment provider gives the shop: plain facts, and one set of calls.

Two provide it: ``StripeGateway`` (card, Alipay, WeChat Pay) and ``SandboxGateway`` (test money, no
network). A provider's answer is the truth about money; an event is only a hint to go and ask.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused, Unavailable
from portal.kernel.money import Money


class SessionState(StrEnum):
    """The life of a payment session. Complete and expired are final, and exclude each other."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class PaymentState(StrEnum):
    """Whether the money is there. A complete session may still be unpaid (a slow payment method)."""

    UNPAID = "unpaid"
    PAID = "paid"
    FAILED = "failed"  # of a complete session: the slow payment came to nothing and can never come


class RefundState(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # failed or cancelled at the provider: the money is still with us


class DisputeState(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Session:
    """One chance to pay for one order. Only ``is_paid`` says that money has come in."""

    id: str
    url: str | None  # where the buyer pays; None once it is not open any more
    state: SessionState
    payment_state: PaymentState
    amount: Money
    payment_id: str | None  # exists once somebody has tried to pay
    order_id: str | None  # None: not one of ours
    quote_hash: str | None
    expires_at: datetime
    test: bool

    @property
    def is_paid(self) -> bool:
        return self.state is SessionState.COMPLETE and self.payment_state is PaymentState.PAID

    @property
    def is_over(self) -> bool:
        """Whether it can never bring money any more."""
        return self.state is SessionState.EXPIRED or self.payment_state is PaymentState.FAILED


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came in, what of it went back, and whether the buyer's bank objects."""

    id: str
    captured: Money  # 0 while unpaid
    refunded: Money  # succeeded and pending refunds, as the provider counts them
    dispute: DisputeState | None
    order_id: str | None
    quote_hash: str | None
    test: bool


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """A refund at the provider. ``refund_id`` is ours, None when it was made in the provider's own pages."""

    id: str
    state: RefundState
    amount: Money
    payment_id: str
    refund_id: str | None
    test: bool


class SubscriptionState(StrEnum):
    """``late``: a renewal failed and the provider goes on trying. Ended is final."""

    ACTIVE = "active"
    LATE = "late"
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Subscription:
    """An agreement to charge the same sum every month. ``giving_id`` is ours, None when it is not one."""

    id: str
    state: SubscriptionState
    giving_id: str | None
    test: bool


@dataclass(frozen=True, slots=True)
class Invoice:
    """One month of a subscription. Only ``is_paid`` says that money has come in, with ``payment_id``."""

    id: str
    is_paid: bool
    has_failed: bool  # tried and declined; it may still be paid later
    amount: Money
    payment_id: str | None
    created_at: datetime


# What we ask the provider to tell us, and nothing else.
EVENT_KINDS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "payment_intent.payment_failed",
        "charge.refunded",
        "refund.updated",
        "refund.failed",
        "charge.dispute.created",
        "charge.dispute.closed",
        "invoice.paid",
        "invoice.payment_failed",
        "customer.subscription.deleted",
    }
)


@dataclass(frozen=True, slots=True)
class Event:
    """A signed hint that something happened. Believe nothing in it but where to look.

    ``session_id`` or ``payment_id`` is what to ask the provider about. ``account`` is set when the
    event is about another account that is connected to ours.
    """

    id: str
    kind: str
    object_id: str
    session_id: str | None
    payment_id: str | None
    order_id: str | None
    account: str | None
    test: bool
    created_at: datetime
    subscription_id: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether the shop has anything to do for an event of this kind."""
        return self.kind in EVENT_KINDS


class ProviderUnavailable(Unavailable):
    """No answer, a late one or a 5xx. It may or may not have had its effect: retry with the same key."""

    message = N_("The payment provider does not answer. You can safely try again in a few minutes.")


class ProviderRefused(Refused):
    """The provider understood and said no. ``code`` is the provider's word for why (for the log)."""

    message = N_("The payment provider refused this (%(code)s).")


class AmountTooSmall(ProviderRefused):
    message = N_("The payment provider does not accept amounts this small.")


class RefundTooLarge(ProviderRefused):
    """More than what is left of the payment. Nothing was refunded."""

    message = N_("The refund is larger than what is left of this payment.")


class ChargeDisputed(ProviderRefused):
    """The buyer's bank has taken the payment into question: until it decides nothing can be refunded."""

    message = N_("The buyer's bank questions this payment; until it has decided, nothing can be refunded.")


class KeyReused(ProviderRefused):
    """Our idempotency key was used before with other parameters: look up what exists before going on."""

    message = N_("This payment was already started with other details.")


class SessionClosed(Refused):
    """The session has expired: it can never be paid any more."""

    message = N_("The time to pay is over. Nothing was charged.")


class PaymentNotFound(NotFound):
    """The provider knows no such session or payment."""

    message = N_("The payment provider does not know this payment.")


class ForeignPayment(Refused):
    """A payment of the same account that cannot be ours, for example in a currency we do not use."""

    message = N_("This payment does not belong to this portal.")


class NotASignature(InvalidInput):
    """What came to the hook is unsigned, forged, altered, too old, from the future, empty or too big."""

    message = N_("This message is not signed by the payment provider.")


class PaymentProvider(Protocol):
    """One hand towards the outside for each kind of provider.

    Every call may raise ProviderUnavailable, and refuses to run inside a transaction. All times are
    aware. Ids given in are ours (``ord_…``, ``rfd_…``) or were given out by the same provider.
    """

    name: str  # "stripe" or "sandbox"; stored with each payment
    test: bool  # whether what it takes is test money

    def minimum(self, currency: str) -> Money:
        """The least amount it charges, to be shown before the buyer chooses."""
        ...

    def open_session(
        self,
        *,
        order_id: str,
        quote_hash: str,
        amount: Money,
        description: str,
        email: str | None,
        lang: str,
        success_url: str,
        cancel_url: str,
        expires_at: datetime,
        idempotency_key: str,
    ) -> Session:
        """A new session, or the same one again for the same key. Raises AmountTooSmall, KeyReused.

        ``expires_at`` is at least 30 minutes and at most 24 hours away. In ``success_url``,
        ``{CHECKOUT_SESSION_ID}`` becomes the session's id.
        """
        ...

    def session(self, session_id: str) -> Session:
        """How the session stands now. Raises PaymentNotFound, ForeignPayment."""
        ...

    def expire(self, session_id: str) -> Session:
        """End an open session, so that it can never be paid any more.

        When it has become complete in the meantime, returns it as it is: the caller settles it.
        Afterwards its state is ``expired`` or ``complete``, never ``open``.
        """
        ...

    def find_sessions(self, order_id: str, since: datetime, until: datetime) -> tuple[Session, ...]:
        """Sessions of this order made between two instants: after a lost answer or a key older than a day."""
        ...

    def session_of(self, payment_id: str) -> Session | None:
        """The session in which this payment was made."""
        ...

    def payment(self, payment_id: str) -> Payment:
        """What was captured and refunded, and the dispute if there is one. Raises PaymentNotFound."""
        ...

    def refund(
        self, *, payment_id: str, amount: Money, refund_id: str, idempotency_key: str
    ) -> ProviderRefund:
        """Give money back. Raises RefundTooLarge, ChargeDisputed, KeyReused, PaymentNotFound."""
        ...

    def refunds(self, payment_id: str) -> tuple[ProviderRefund, ...]:
        """Every refund of this payment, oldest first, also those made in the provider's own pages."""
        ...


class SubscriptionProvider(PaymentProvider, Protocol):
    """A provider that also charges a card by itself every month. Raises as PaymentProvider does."""

    def open_subscription(
        self,
        *,
        giving_id: str,
        amount: Money,
        description: str,
        email: str,
        lang: str,
        success_url: str,
        cancel_url: str,
        expires_at: datetime,
        idempotency_key: str,
    ) -> tuple[str, str]:
        """A page on which the card is given and the first month paid: its session's id and its address."""
        ...

    def subscription_of(self, session_id: str) -> str | None:
        """The id of what was agreed to in this session; None while nobody has, or when nobody ever will."""
        ...

    def subscription(self, subscription_id: str) -> Subscription:
        """How it stands now. Raises PaymentNotFound."""
        ...

    def invoices(self, subscription_id: str) -> tuple[Invoice, ...]:
        """Its months, oldest first."""
        ...

    def pause(self, subscription_id: str) -> None:
        """Charge nothing until it is taken up again; months in between are not charged later."""
        ...

    def resume(self, subscription_id: str) -> None:
        """Charge again from the next month on."""
        ...

    def end(self, subscription_id: str) -> None:
        """Charge nothing any more. One that has ended already stays so."""
        ...


# Stripe charges at least about 0.50 USD or the same in the settlement currency
# (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts); CNY kept a little above that.
CARD_MINIMUM: Mapping[str, Money] = {
    "USD": Money(50, "USD"),
    "EUR": Money(50, "EUR"),
    "HKD": Money(400, "HKD"),
    "CNY": Money(400, "CNY"),
}

"""Stripe, or whatever speaks its API: the only module that knows the SDK. Plain facts come out of it."""

import hashlib
import hmac
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import BoundedSemaphore
from typing import Any

import stripe
from stripe.params.checkout import SessionCreateParams, SessionListParamsCreated

from portal.db import assert_no_transaction
from portal.kernel.canonical import read_json
from portal.kernel.errors import PortalError
from portal.kernel.money import PLACES, Money
from portal.shop.provider import (
    CARD_MINIMUM,
    AmountTooSmall,
    ChargeDisputed,
    DisputeState,
    Event,
    ForeignPayment,
    Invoice,
    KeyReused,
    NotASignature,
    Payment,
    PaymentNotFound,
    PaymentState,
    ProviderRefund,
    ProviderRefused,
    ProviderUnavailable,
    RefundState,
    RefundTooLarge,
    Session,
    SessionState,
    Subscription,
    SubscriptionState,
)

TIMEOUT = 10.0  # seconds one call may take with all its attempts
# Calls of one process that may wait at a time: half of its threads, so that a provider that hangs leaves the
# other half to pages that need none. Whoever comes then waits for PATIENCE seconds and is told.
AT_ONCE = 8
PATIENCE = 1.0
LARGEST_EVENT = 256 * 1024  # bytes
OLDEST_EVENT = timedelta(seconds=300)
NEWEST_EVENT = timedelta(seconds=60)  # the sender's clock may run ahead so far; the SDK has no such limit
_CLOCKS_APART = timedelta(minutes=5)

_REFUND_STATES = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
# https://docs.stripe.com/api/disputes/object: a closed warning or a prevented dispute took no money
_DISPUTES_WON = frozenset({"won", "warning_closed", "prevented"})
# https://docs.stripe.com/api/subscriptions/object; "incomplete" may still be paid for a day
_SUBSCRIPTION_STATES = {
    "active": SubscriptionState.ACTIVE,
    "trialing": SubscriptionState.ACTIVE,
    "incomplete": SubscriptionState.LATE,
    "past_due": SubscriptionState.LATE,
    "unpaid": SubscriptionState.LATE,
    "paused": SubscriptionState.PAUSED,
    "canceled": SubscriptionState.ENDED,
    "incomplete_expired": SubscriptionState.ENDED,
}
_CAME_TO_NOTHING = frozenset({"requires_payment_method", "canceled"})  # of an intent in a complete session


class StripeGateway:
    """Checkout Sessions of one Stripe account.

    ``webhook_secrets`` has two values while the secret is being rotated. ``api_base`` leads to a
    stand-in server. ``timeout`` bounds every call, its retries included, ``at_once`` how many wait at a time.
    """

    name = "stripe"

    def __init__(
        self,
        secret_key: str,
        webhook_secrets: tuple[str, ...],
        api_base: str | None = None,
        *,
        timeout: float = TIMEOUT,
        at_once: int = AT_ONCE,
    ) -> None:
        self.test = "_test_" in secret_key
        self._webhook_secrets = webhook_secrets
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base.rstrip("/")} if api_base else None,
            max_network_retries=2,
            http_client=_PatientClient(timeout, at_once),
        ).v1

    def minimum(self, currency: str) -> Money:
        return CARD_MINIMUM[currency]

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
        assert_no_transaction()
        metadata = {"order_id": order_id, "quote_hash": quote_hash}
        params: SessionCreateParams = {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": amount.currency.lower(),
                        "unit_amount": amount.minor,
                        "product_data": {"name": description},
                    },
                }
            ],
            "client_reference_id": order_id,
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata, "description": description},
            # what is charged is what was quoted, to the cent and in its currency
            "adaptive_pricing": {"enabled": False},
            # of these, the ones the account has; all of them say at once whether the money is there
            "allowed_payment_method_types": ["card", "alipay", "wechat_pay"],
            "payment_method_options": {"wechat_pay": {"client": "web"}},
            "locale": "zh" if lang == "zh" else "en",
            "success_url": success_url,
            "cancel_url": cancel_url,
            "expires_at": int(expires_at.timestamp()),
        }
        if email:
            params["customer_email"] = email
        with _asking():
            made = self._client.checkout.sessions.create(params, {"idempotency_key": idempotency_key})
        return _session(made.to_dict())

    def session(self, session_id: str) -> Session:
        assert_no_transaction()
        with _asking():
            return self._told(self._client.checkout.sessions.retrieve(session_id).to_dict())

    def expire(self, session_id: str) -> Session:
        assert_no_transaction()
        try:
            with _asking():
                return self._told(self._client.checkout.sessions.expire(session_id).to_dict())
        except ProviderRefused:
            session = self.session(session_id)
            if session.state is SessionState.OPEN:
                raise
            return session

    def find_sessions(self, order_id: str, since: datetime, until: datetime) -> tuple[Session, ...]:
        assert_no_transaction()
        created: SessionListParamsCreated = {
            "gte": int((since - _CLOCKS_APART).timestamp()),
            "lte": int((until + _CLOCKS_APART).timestamp()),
        }
        with _asking():
            pages = self._client.checkout.sessions.list({"created": created, "limit": 100})
            found = [
                each.to_dict() for each in pages.auto_paging_iter() if each.client_reference_id == order_id
            ]
            return tuple(self._told(each) for each in found)

    def session_of(self, payment_id: str) -> Session | None:
        assert_no_transaction()
        with _asking():
            found = self._client.checkout.sessions.list({"payment_intent": payment_id, "limit": 1}).data
            return self._told(found[0].to_dict()) if found else None

    def _told(self, made: Mapping[str, Any]) -> Session:
        """The session; of one that is complete and unpaid also whether its slow payment may still come."""
        session = _session(made)
        if session.state is not SessionState.COMPLETE or session.is_paid or not session.payment_id:
            return session
        status = self._client.payment_intents.retrieve(session.payment_id).status
        return replace(session, payment_state=PaymentState.FAILED) if status in _CAME_TO_NOTHING else session

    def payment(self, payment_id: str) -> Payment:
        assert_no_transaction()
        with _asking():
            intent = self._client.payment_intents.retrieve(
                payment_id, {"expand": ["latest_charge"]}
            ).to_dict()
        charge = intent["latest_charge"] or {}
        metadata = intent["metadata"]
        return Payment(
            id=intent["id"],
            captured=_money(intent["amount_received"], intent["currency"]),
            refunded=_money(charge.get("amount_refunded", 0), intent["currency"]),
            dispute=self._dispute(payment_id) if charge.get("disputed") else None,
            order_id=metadata.get("order_id"),
            quote_hash=metadata.get("quote_hash"),
            test=not intent["livemode"],
        )

    def _dispute(self, payment_id: str) -> DisputeState | None:
        """The worst of the payment's disputes."""
        assert_no_transaction()
        with _asking():
            disputes = self._client.disputes.list({"payment_intent": payment_id, "limit": 100}).data
        states = {_dispute_state(dispute.status) for dispute in disputes}
        return next(
            (s for s in (DisputeState.LOST, DisputeState.OPEN, DisputeState.WON) if s in states), None
        )

    def refund(
        self, *, payment_id: str, amount: Money, refund_id: str, idempotency_key: str
    ) -> ProviderRefund:
        assert_no_transaction()
        with _asking():
            made = self._client.refunds.create(
                {"payment_intent": payment_id, "amount": amount.minor, "metadata": {"refund_id": refund_id}},
                {"idempotency_key": idempotency_key},
            )
        return self._refund(made.to_dict())

    def refunds(self, payment_id: str) -> tuple[ProviderRefund, ...]:
        assert_no_transaction()
        with _asking():
            pages = self._client.refunds.list({"payment_intent": payment_id, "limit": 100})
            found = [each.to_dict() for each in pages.auto_paging_iter()]
        return tuple(self._refund(each) for each in reversed(found))

    def _refund(self, made: Mapping[str, Any]) -> ProviderRefund:
        return ProviderRefund(
            id=made["id"],
            state=_REFUND_STATES[made["status"]],
            amount=_money(made["amount"], made["currency"]),
            payment_id=made["payment_intent"],
            refund_id=(made["metadata"] or {}).get("refund_id"),
            test=self.test,
        )

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
        assert_no_transaction()
        metadata = {"giving_id": giving_id}
        params: SessionCreateParams = {
            "mode": "subscription",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": amount.currency.lower(),
                        "unit_amount": amount.minor,
                        "product_data": {"name": description},
                        "recurring": {"interval": "month"},
                    },
                }
            ],
            "client_reference_id": giving_id,
            "metadata": metadata,
            "subscription_data": {"metadata": metadata, "description": description},
            "allowed_payment_method_types": ["card"],  # Alipay and WeChat Pay pay once only
            "customer_email": email,
            "locale": "zh" if lang == "zh" else "en",
            "success_url": success_url,
            "cancel_url": cancel_url,
            "expires_at": int(expires_at.timestamp()),
        }
        with _asking():
            made = self._client.checkout.sessions.create(params, {"idempotency_key": idempotency_key})
        return str(made.id), str(made.url)

    def subscription_of(self, session_id: str) -> str | None:
        assert_no_transaction()
        with _asking():
            told = self._client.checkout.sessions.retrieve(session_id).to_dict()
        return told.get("subscription")

    def subscription(self, subscription_id: str) -> Subscription:
        assert_no_transaction()
        with _asking():
            told = self._client.subscriptions.retrieve(subscription_id).to_dict()
        state = _SUBSCRIPTION_STATES[told["status"]]
        if told.get("pause_collection") and state is not SubscriptionState.ENDED:
            state = SubscriptionState.PAUSED
        giving_id = (told.get("metadata") or {}).get("giving_id")
        return Subscription(told["id"], state, giving_id, test=not told["livemode"])

    def invoices(self, subscription_id: str) -> tuple[Invoice, ...]:
        assert_no_transaction()
        with _asking():
            pages = self._client.invoices.list({"subscription": subscription_id, "limit": 100})
            found = [each.to_dict() for each in pages.auto_paging_iter()]
            return tuple(self._invoice(each) for each in reversed(found))

    def _invoice(self, told: Mapping[str, Any]) -> Invoice:
        is_paid = told["status"] == "paid"
        return Invoice(
            id=told["id"],
            is_paid=is_paid,
            has_failed=not is_paid and bool(told.get("attempted")),
            amount=_money(told["amount_paid"] if is_paid else told["amount_due"], told["currency"]),
            payment_id=self._payment_of(told["id"]) if is_paid else None,
            created_at=datetime.fromtimestamp(told["created"], UTC),
        )

    def _payment_of(self, invoice_id: str) -> str | None:
        """The payment of a paid invoice; an API of its own since invoices can be paid in parts."""
        paid = self._client.invoice_payments.list({"invoice": invoice_id, "status": "paid", "limit": 1}).data
        return str(paid[0].to_dict()["payment"]["payment_intent"]) if paid else None

    def pause(self, subscription_id: str) -> None:
        assert_no_transaction()
        with _asking():
            self._client.subscriptions.update(subscription_id, {"pause_collection": {"behavior": "void"}})

    def resume(self, subscription_id: str) -> None:
        assert_no_transaction()
        with _asking():
            self._client.subscriptions.update(subscription_id, {"pause_collection": ""})

    def end(self, subscription_id: str) -> None:
        if self.subscription(subscription_id).state is SubscriptionState.ENDED:
            return
        with _asking():
            self._client.subscriptions.cancel(subscription_id)

    def event(self, raw_body: bytes, signature_header: str, now: datetime) -> Event:
        """The event in a call of the hook. Asks nobody. Raises NotASignature for what is not freshly signed.

        ``raw_body`` is what came over the wire, not parsed and written again.
        """
        if not 0 < len(raw_body) <= LARGEST_EVENT:
            raise NotASignature()
        _check_signature(raw_body, signature_header, self._webhook_secrets, now)
        try:
            return _event(read_json(raw_body))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise NotASignature() from error


class _PatientClient(stripe.RequestsClient):
    """All attempts of one call share one budget of seconds, so that no page waits longer than that; and no
    more than ``at_once`` wait at a time.
    """

    PAUSES = 1.5  # what the SDK sleeps at most between three attempts

    def __init__(self, budget: float, at_once: int) -> None:
        super().__init__()
        self._budget = budget
        self._places = BoundedSemaphore(at_once)

    def request_with_retries(self, *args: Any, **kwargs: Any) -> Any:
        if not self._places.acquire(timeout=PATIENCE):
            raise stripe.APIConnectionError("too many wait for the provider", should_retry=False)  # type: ignore[no-untyped-call]
        try:
            self._thread_local.ends = time.monotonic() + self._budget - self.PAUSES
            return super().request_with_retries(*args, **kwargs)
        finally:
            self._places.release()

    def request(self, *args: Any, **kwargs: Any) -> Any:
        if self._left() <= 0:
            raise stripe.APIConnectionError("no time left for another attempt", should_retry=False)  # type: ignore[no-untyped-call]
        return super().request(*args, **kwargs)

    def _left(self) -> float:
        return float(self._thread_local.ends - time.monotonic())

    @property
    def _timeout(self) -> float:  # read by the SDK for each attempt: a slow one leaves time for another
        return max(0.1, min(self._left(), self._budget * 0.6))

    @_timeout.setter
    def _timeout(self, _default: object) -> None:
        """The SDK's own setting, not used."""


@contextmanager
def _asking() -> Iterator[None]:
    """The SDK's errors as ours."""
    try:
        yield
    except stripe.StripeError as error:
        raise _named(error) from error


def _named(error: stripe.StripeError) -> PortalError:
    unreached = isinstance(error, stripe.APIConnectionError | stripe.RateLimitError)
    # a wrong key is an operator's mistake: to the buyer the provider is down, the log has the cause
    misconfigured = isinstance(error, stripe.AuthenticationError | stripe.PermissionError)
    # 409: the first request with this key still runs
    if unreached or misconfigured or (error.http_status or 500) >= 500 or error.http_status == 409:
        return ProviderUnavailable()
    code = error.code or type(error).__name__
    if isinstance(error, stripe.IdempotencyError):
        return KeyReused(code=code)
    if error.http_status == 404:
        return PaymentNotFound()
    if code == "amount_too_small":
        return AmountTooSmall(code=code)
    if code == "charge_disputed":
        return ChargeDisputed(code=code)
    # of all we send, only a refund has a bare amount
    if code == "charge_already_refunded" or getattr(error, "param", None) == "amount":
        return RefundTooLarge(code=code)
    return ProviderRefused(code=code)


def _session(made: Mapping[str, Any]) -> Session:
    metadata = made["metadata"] or {}
    return Session(
        id=made["id"],
        url=made["url"],
        state=SessionState(made["status"]),
        payment_state=PaymentState.PAID if made["payment_status"] == "paid" else PaymentState.UNPAID,
        amount=_money(made["amount_total"], made["currency"]),
        payment_id=made["payment_intent"],
        order_id=metadata.get("order_id"),
        quote_hash=metadata.get("quote_hash"),
        expires_at=datetime.fromtimestamp(made["expires_at"], UTC),
        test=not made["livemode"],
    )


def _money(minor: int | None, currency: str | None) -> Money:
    """Raises ForeignPayment for what the portal never asked for: another currency, or no sum."""
    code = (currency or "").upper()
    if minor is None or code not in PLACES:
        raise ForeignPayment()
    return Money(minor, code)


def _dispute_state(status: str) -> DisputeState:
    if status == "lost":
        return DisputeState.LOST
    return DisputeState.WON if status in _DISPUTES_WON else DisputeState.OPEN


def _check_signature(body: bytes, header: str, secrets: tuple[str, ...], now: datetime) -> None:
    """Stripe's scheme v1: HMAC-SHA256 over ``<t>.<body>`` (https://docs.stripe.com/webhooks#verify-manually)."""
    time_found = re.match(r"t=([0-9]{1,11})(?:,|$)", header)
    if time_found is None:
        raise NotASignature()
    given = re.findall(r",v1=([0-9a-f]{64})(?=,|$)", header[:1000])
    signed = time_found[1].encode() + b"." + body
    wanted = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets if secret]
    if not any(hmac.compare_digest(one, other) for one in given for other in wanted):
        raise NotASignature()
    at = datetime.fromtimestamp(int(time_found[1]), UTC)
    if not now - OLDEST_EVENT <= at <= now + NEWEST_EVENT:
        raise NotASignature()


def _subscription_in(about: Mapping[str, Any]) -> str | None:
    """The subscription that an event is about."""
    if about.get("object") == "subscription":
        return str(about["id"])
    details = (about.get("parent") or {}).get("subscription_details") or {}
    return about.get("subscription") or details.get("subscription")


def _event(told: Mapping[str, Any]) -> Event:
    if told["object"] != "event":
        raise ValueError("not an event of the v1 API")
    about = told["data"]["object"]
    kind = about.get("object")
    return Event(
        id=told["id"],
        kind=told["type"],
        object_id=about.get("id") or "",
        session_id=about["id"] if kind == "checkout.session" else None,
        payment_id=about["id"] if kind == "payment_intent" else about.get("payment_intent"),
        order_id=(about.get("metadata") or {}).get("order_id"),
        account=told.get("account"),
        test=not told["livemode"],
        created_at=datetime.fromtimestamp(told["created"], UTC),
        subscription_id=_subscription_in(about),
    )

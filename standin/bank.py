"""The bank behind the API: sessions, payments, refunds, disputes as Stripe's JSON objects, and their rules.

Times are seconds since 1970. Every method is one atomic step; ``tell`` is called with each event.
"""

import heapq
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

from standin.errors import ApiError, invalid, missing

Thing = dict[str, Any]

SHORTEST, LONGEST = 30 * 60, 24 * 3600  # life of a Checkout Session
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts; CNY: worth about 0.50 USD
MINIMUM = {"usd": 50, "eur": 50, "hkd": 400, "cny": 400}
API_VERSION = "2026-10-28.endive"


class Bank:
    def __init__(self, tell: Callable[[Thing], None], *, base_url: str = "", livemode: bool = False) -> None:
        self._tell = tell
        self.base_url = base_url
        self.livemode = livemode
        self.on_agreed: Callable[[Thing, Thing], None] = lambda session, intent: None  # see months.py
        self.forward = 0.0  # seconds this bank's clock runs ahead
        self.lock = threading.RLock()
        self.sessions: dict[str, Thing] = {}
        self.intents: dict[str, Thing] = {}
        self.charges: dict[str, Thing] = {}
        self.refunds: dict[str, Thing] = {}
        self.disputes: dict[str, Thing] = {}
        self.subscriptions: dict[str, Thing] = {}
        self.invoices: dict[str, Thing] = {}
        self.invoice_payments: dict[str, Thing] = {}
        self.events: dict[str, Thing] = {}
        # what a payment will carry and what the pay page shows: behind a session, not in its answer
        self._hidden: dict[str, Thing] = {}
        self._ends: list[tuple[int, str]] = []  # heap of (expires_at, session)

    def now(self) -> int:
        return int(time.time() + self.forward)

    def snapshot(self) -> Thing:
        with self.lock:
            kinds = (
                "sessions",
                "intents",
                "charges",
                "refunds",
                "disputes",
                "events",
                "subscriptions",
                "invoices",
            )
            return {kind: [dict(thing) for thing in getattr(self, kind).values()] for kind in kinds}

    # Sessions

    def open_session(self, given: Thing) -> Thing:
        """A new open Checkout Session. Raises ApiError for what Stripe refuses beyond the types."""
        with self.lock:
            now = self.now()
            currency, total = _total_of(given)
            expires_at = given.get("expires_at", now + LONGEST)
            _check_session(given, now, expires_at)
            session_id = self.new_id("cs")
            session = {
                "id": session_id,
                "object": "checkout.session",
                "amount_subtotal": total,
                "amount_total": total,
                "cancel_url": given.get("cancel_url"),
                "client_reference_id": given.get("client_reference_id"),
                "created": now,
                "currency": currency,
                "customer_email": given.get("customer_email"),
                "expires_at": expires_at,
                "livemode": self.livemode,
                "locale": given.get("locale"),
                "metadata": given.get("metadata") or {},
                "mode": given["mode"],
                "payment_intent": None,
                "payment_status": "unpaid",
                "status": "open",
                "subscription": None,
                "success_url": given["success_url"],
                "url": f"{self.base_url}/pay/{session_id}",
            }
            self.sessions[session_id] = session
            self._hidden[session_id] = {
                "intent_data": given.get("payment_intent_data") or {},
                "subscription_data": given.get("subscription_data") or {},
                "items": [item["price_data"]["product_data"]["name"] for item in given["line_items"]],
            }
            heapq.heappush(self._ends, (expires_at, session_id))
            return dict(session)

    def session(self, session_id: str) -> Thing:
        with self.lock:
            self._lapse()
            if session_id not in self.sessions:
                raise missing("checkout.session", session_id)
            return dict(self.sessions[session_id])

    def items(self, session_id: str) -> list[str]:
        with self.lock:
            return list(self._hidden[session_id]["items"])

    def subscription_data(self, session_id: str) -> Thing:
        return dict(self._hidden[session_id]["subscription_data"])

    def charge_again(self, subscription: Thing) -> Thing:
        """Another payment of the same sum, without anybody looking on."""
        intent = self._new_intent(subscription["amount"], subscription["currency"], {})
        self._charge(intent)
        return intent

    def expire(self, session_id: str) -> Thing:
        with self.lock:
            session = self._open(session_id, "expired")
            self._end(session)
            return dict(session)

    def _open(self, session_id: str, verb: str) -> Thing:
        status = self.session(session_id)["status"]
        if status != "open":
            raise invalid(
                f'Only Checkout Sessions with a status in ["open"] can be {verb}. '
                f"This Checkout Session has a status of `{status}`."
            )
        return self.sessions[session_id]

    def _end(self, session: Thing) -> None:
        session.update(status="expired", url=None)
        self.announce("checkout.session.expired", session)

    def _lapse(self) -> None:
        now = self.now()
        while self._ends and self._ends[0][0] <= now:
            session = self.sessions[heapq.heappop(self._ends)[1]]
            if session["status"] == "open":
                self._end(session)

    # What the buyer does

    def pay(self, session_id: str, outcome: str) -> Thing:
        """``paid``, ``failed`` (a declined card, may try again), ``cancelled`` (went back) or ``pending``
        (a slow method: complete, the money comes or not with ``settle``). Raises ApiError when closed."""
        if outcome not in ("paid", "failed", "cancelled", "pending"):
            raise invalid(f"Unknown outcome: {outcome}", "outcome")
        with self.lock:
            session = self._open(session_id, "completed")
            if outcome == "cancelled":
                return dict(session)
            if session["mode"] == "subscription" and outcome == "pending":
                raise invalid("A card pays at once or not at all.", "outcome")
            intent = self._intent_of(session)
            if outcome == "failed":
                self._decline(intent)
            else:
                session.update(status="complete", url=None)
                self._capture(session, intent) if outcome == "paid" else intent.update(status="processing")
                if session["mode"] == "subscription":
                    self.on_agreed(session, intent)
                self.announce("checkout.session.completed", session)
            return dict(session)

    def settle(self, session_id: str, outcome: str) -> Thing:
        """The end of a ``pending`` payment: ``paid`` or ``failed``."""
        with self.lock:
            session = self.sessions.get(session_id) or {}
            if session.get("status") != "complete" or session.get("payment_status") == "paid":
                raise invalid("This session has no pending payment.")
            intent = self.intents[session["payment_intent"]]
            if outcome == "paid":
                self._capture(session, intent)
                self.announce("checkout.session.async_payment_succeeded", session)
            else:
                intent["status"] = "requires_payment_method"
                self.announce("checkout.session.async_payment_failed", session)
            return dict(session)

    def _intent_of(self, session: Thing) -> Thing:
        if session["payment_intent"] is None:
            data = self._hidden[session["id"]]["intent_data"]
            intent = self._new_intent(session["amount_total"], session["currency"], data)
            session["payment_intent"] = intent["id"]
        return self.intents[session["payment_intent"]]

    def _new_intent(self, amount: int, currency: str, data: Thing) -> Thing:
        intent: Thing = {
            "id": self.new_id("pi"),
            "object": "payment_intent",
            "amount": amount,
            "amount_received": 0,
            "created": self.now(),
            "currency": currency,
            "description": data.get("description"),
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": self.livemode,
            "metadata": data.get("metadata") or {},
            "status": "requires_payment_method",
        }
        self.intents[intent["id"]] = intent
        return intent

    def _decline(self, intent: Thing) -> None:
        intent["last_payment_error"] = {
            "type": "card_error",
            "code": "card_declined",
            "message": "Your card was declined.",
        }
        self.announce("payment_intent.payment_failed", intent)

    def _capture(self, session: Thing, intent: Thing) -> None:
        self._charge(intent)
        session["payment_status"] = "paid"

    def _charge(self, intent: Thing) -> None:
        charge = {
            "id": self.new_id("ch"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": intent["amount"],
            "amount_refunded": 0,
            "captured": True,
            "created": self.now(),
            "currency": intent["currency"],
            "disputed": False,
            "livemode": self.livemode,
            "metadata": dict(intent["metadata"]),
            "paid": True,
            "payment_intent": intent["id"],
            "refunded": False,
            "status": "succeeded",
        }
        self.charges[charge["id"]] = charge
        intent.update(
            status="succeeded",
            amount_received=intent["amount"],
            latest_charge=charge["id"],
            last_payment_error=None,
        )

    # Money back

    def intent(self, intent_id: str) -> Thing:
        with self.lock:
            if intent_id not in self.intents:
                raise missing("payment_intent", intent_id)
            return dict(self.intents[intent_id])

    def charge(self, charge_id: str) -> Thing:
        with self.lock:
            if charge_id not in self.charges:
                raise missing("charge", charge_id)
            return dict(self.charges[charge_id])

    def refund(self, given: Thing, *, pending: bool = False) -> Thing:
        """Part or all of a charge goes back. Raises ApiError when more than is left, or disputed."""
        with self.lock:
            charge = self._charge_for(given)
            left = charge["amount"] - charge["amount_refunded"]
            if charge["disputed"]:
                raise invalid("This charge has been charged back.", code="charge_disputed")
            if left == 0:
                raise invalid(
                    f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
                )
            amount = given.get("amount", left)
            if amount < 1:
                raise invalid("Refunds must be at least 1.", "amount", "parameter_invalid_integer")
            if amount > left:
                raise invalid(
                    f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", "amount"
                )
            refund = {
                "id": self.new_id("re"),
                "object": "refund",
                "amount": amount,
                "charge": charge["id"],
                "created": self.now(),
                "currency": charge["currency"],
                "metadata": given.get("metadata") or {},
                "payment_intent": charge["payment_intent"],
                "reason": given.get("reason"),
                "status": "pending" if pending else "succeeded",
            }
            self.refunds[refund["id"]] = refund
            self._count_refunds(charge)
            self.announce("charge.refunded", charge)
            self.announce("refund.updated", refund)
            return dict(refund)

    def finish_refund(self, refund_id: str, status: str) -> Thing:
        """A pending refund ends ``succeeded`` or ``failed``; when it fails the money is with the merchant."""
        with self.lock:
            refund = self.refunds.get(refund_id)
            if refund is None:
                raise missing("refund", refund_id)
            if refund["status"] != "pending" or status not in ("succeeded", "failed"):
                raise invalid(f"A {refund['status']} refund cannot become {status}.")
            refund["status"] = status
            self._count_refunds(self.charges[refund["charge"]])
            self.announce("refund.updated", refund)
            if status == "failed":
                self.announce("refund.failed", refund)
            return dict(refund)

    def refund_by_id(self, refund_id: str) -> Thing:
        with self.lock:
            if refund_id not in self.refunds:
                raise missing("refund", refund_id)
            return dict(self.refunds[refund_id])

    def _charge_for(self, given: Thing) -> Thing:
        if ("charge" in given) == ("payment_intent" in given):
            raise invalid("One of the following params should be provided: payment_intent or charge.")
        if "charge" in given:
            self.charge(given["charge"])
            return self.charges[given["charge"]]
        intent = self.intent(given["payment_intent"])
        if intent["latest_charge"] is None:
            raise invalid(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
        return self.charges[intent["latest_charge"]]

    def _count_refunds(self, charge: Thing) -> None:
        live = [r for r in self.refunds.values() if r["charge"] == charge["id"] and r["status"] != "failed"]
        charge["amount_refunded"] = sum(refund["amount"] for refund in live)
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]

    # The buyer's bank objects

    def dispute(self, intent_id: str) -> Thing:
        with self.lock:
            charge = self._charge_for({"payment_intent": intent_id})
            if charge["disputed"]:
                raise invalid("This charge is disputed already.")
            charge["disputed"] = True
            dispute = {
                "id": self.new_id("dp"),
                "object": "dispute",
                "amount": charge["amount"],
                "charge": charge["id"],
                "created": self.now(),
                "currency": charge["currency"],
                "livemode": self.livemode,
                "metadata": {},
                "payment_intent": charge["payment_intent"],
                "reason": "general",
                "status": "needs_response",
            }
            self.disputes[dispute["id"]] = dispute
            self.announce("charge.dispute.created", dispute)
            return dict(dispute)

    def dispute_by_id(self, dispute_id: str) -> Thing:
        with self.lock:
            if dispute_id not in self.disputes:
                raise missing("dispute", dispute_id)
            return dict(self.disputes[dispute_id])

    def close_dispute(self, dispute_id: str, outcome: str) -> Thing:
        with self.lock:
            dispute = self.disputes.get(dispute_id)
            if dispute is None:
                raise missing("dispute", dispute_id)
            if dispute["status"] != "needs_response" or outcome not in ("won", "lost"):
                raise invalid(f"A {dispute['status']} dispute cannot be {outcome}.")
            dispute["status"] = outcome
            self.announce("charge.dispute.closed", dispute)
            return dict(dispute)

    # Lists and events

    def listed(self, kind: str, given: Thing) -> Thing:
        """A page of ``sessions``, ``charges``, ``refunds``, ``disputes`` or ``events``, newest first."""
        with self.lock:
            self._lapse()
            things = [dict(thing) for thing in reversed(getattr(self, kind).values()) if _fits(thing, given)]
        limit = given.get("limit", 10)
        if not 1 <= limit <= 100:
            raise invalid("limit is from 1 to 100", "limit")
        things, more = _page(things, given, limit)
        url = "/v1/checkout/sessions" if kind == "sessions" else f"/v1/{kind}"
        return {"object": "list", "data": things, "has_more": more, "url": url}

    def event(self, event_id: str) -> Thing:
        with self.lock:
            if event_id not in self.events:
                raise missing("event", event_id)
            return dict(self.events[event_id])

    def twin(self, event: Thing) -> Thing:
        """Another event with its own id that tells the same."""
        with self.lock:
            again = {**event, "id": self.new_id("evt")}
            self.events[again["id"]] = again
            return again

    def announce(self, kind: str, thing: Thing) -> None:
        event: Thing = {
            "id": self.new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(),
            "data": {"object": dict(thing)},
            "livemode": self.livemode,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        self.events[event["id"]] = event
        self._tell(event)

    def new_id(self, prefix: str) -> str:
        mark = ("live_" if self.livemode else "test_") if prefix == "cs" else ""
        return f"{prefix}_{mark}{secrets.token_hex(12)}"


def _total_of(given: Thing) -> tuple[str, int]:
    """Currency and sum of the line items."""
    items = given.get("line_items") or []
    if not items or any("price_data" not in item for item in items):
        raise invalid("The stand-in wants line_items with price_data.", "line_items", "parameter_missing")
    total, currencies = 0, set[str]()
    for item in items:
        price, quantity = item["price_data"], item.get("quantity", 0)
        if quantity < 1 or price.get("unit_amount", -1) < 0 or not price.get("product_data", {}).get("name"):
            raise invalid("A line item wants a name, a unit_amount and a quantity.", "line_items")
        total += price["unit_amount"] * quantity
        currencies.add(price["currency"])
    currency = currencies.pop()
    if currencies or currency not in MINIMUM:
        raise invalid(f"Invalid currency: {currency}", "line_items[0][price_data][currency]")
    if total < MINIMUM[currency]:
        raise invalid(
            "The Checkout Session's total amount must convert to at least 50 cents.",
            code="amount_too_small",
        )
    return currency, total


def _check_session(given: Thing, now: int, expires_at: int) -> None:
    if given.get("mode") not in ("payment", "subscription"):
        raise invalid("The stand-in plays mode=payment and mode=subscription only.", "mode")
    is_monthly = [
        item["price_data"].get("recurring") == {"interval": "month"} for item in given["line_items"]
    ]
    if any(is_monthly) != (given["mode"] == "subscription") or any(is_monthly) != all(is_monthly):
        raise invalid("A subscription, and only it, has prices that recur every month here.", "line_items")
    if given.get("ui_mode", "hosted_page") != "hosted_page":
        raise invalid("The stand-in plays the hosted page only.", "ui_mode")
    if not given.get("success_url", "").startswith(("http://", "https://")):
        raise invalid("Not a valid URL", "success_url", "url_invalid")
    if "@" not in given.get("customer_email", "@"):
        raise invalid(f"Invalid email address: {given['customer_email']}", "customer_email", "email_invalid")
    if not SHORTEST <= expires_at - now <= LONGEST:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from Checkout "
            "Session creation.",
            "expires_at",
        )
    for metadata in (
        given.get("metadata") or {},
        (given.get("payment_intent_data") or {}).get("metadata") or {},
    ):
        if len(metadata) > 50 or any(len(k) > 40 or len(v) > 500 for k, v in metadata.items()):
            raise invalid("Metadata has at most 50 keys of 40 and values of 500 characters.", "metadata")


def _fits(thing: Thing, given: Thing) -> bool:
    """Whether a thing is asked for by the filters of a list call."""
    if "subscription" in given:
        details = (thing.get("parent") or {}).get("subscription_details") or {}
        if details.get("subscription") != given["subscription"]:
            return False
    for name in ("payment_intent", "charge", "status", "type", "invoice"):
        if name in given and thing.get(name) != given[name]:
            return False
    if "types" in given and thing["type"] not in given["types"]:
        return False
    if "delivery_success" in given and (thing["pending_webhooks"] == 0) != given["delivery_success"]:
        return False
    created, range_ = thing["created"], given.get("created", {})
    if isinstance(range_, int):
        return bool(created == range_)
    return bool(
        created >= range_.get("gte", created)
        and created <= range_.get("lte", created)
        and ("gt" not in range_ or created > range_["gt"])
        and ("lt" not in range_ or created < range_["lt"])
    )


def _page(things: list[Thing], given: Thing, limit: int) -> tuple[list[Thing], bool]:
    ids = [thing["id"] for thing in things]
    try:
        if "starting_after" in given:
            things = things[ids.index(given["starting_after"]) + 1 :]
        if "ending_before" in given:
            before = things[: ids.index(given["ending_before"])]
            return before[-limit:], len(before) > limit
    except ValueError:
        raise ApiError(400, "No such object to start from.", param="starting_after") from None
    return things[:limit], len(things) > limit

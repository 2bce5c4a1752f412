"""Subscriptions: a card that is charged the same sum every month, as Stripe's JSON objects.

A month goes by when somebody pulls ``renew``; then there is an invoice, paid or not. Amounts in minor units.
"""

from standin.bank import Bank, Thing
from standin.errors import invalid, missing


class Months:
    """What a bank does by itself every month for those who agreed to it on its page."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        bank.on_agreed = self._agree

    def subscription(self, subscription_id: str) -> Thing:
        with self._bank.lock:
            return dict(self._found(subscription_id))

    def _found(self, subscription_id: str) -> Thing:
        if subscription_id not in self._bank.subscriptions:
            raise missing("subscription", subscription_id)
        return self._bank.subscriptions[subscription_id]

    def _agree(self, session: Thing, intent: Thing) -> None:
        """The first month is paid on the page; with it the subscription begins."""
        data = self._bank.subscription_data(session["id"])
        subscription = {
            "id": self._bank.new_id("sub"),
            "object": "subscription",
            "amount": session["amount_total"],  # Stripe has it in its items
            "cancel_at_period_end": False,
            "created": self._bank.now(),
            "currency": session["currency"],
            "description": data.get("description"),
            "livemode": self._bank.livemode,
            "metadata": data.get("metadata") or {},
            "pause_collection": None,
            "status": "active",
        }
        self._bank.subscriptions[subscription["id"]] = subscription
        session.update(subscription=subscription["id"], payment_intent=None)
        self._invoice(subscription, intent)

    def renew(self, subscription_id: str, outcome: str) -> Thing:
        """A month goes by: its invoice is ``paid`` or ``failed``; while paused it is void."""
        if outcome not in ("paid", "failed"):
            raise invalid(f"Unknown outcome: {outcome}", "outcome")
        with self._bank.lock:
            subscription = self._found(subscription_id)
            if subscription["status"] == "canceled":
                raise invalid("This subscription is canceled.")
            if subscription["pause_collection"]:
                return self._invoice(subscription, None, status="void")
            if outcome == "failed":
                subscription["status"] = "past_due"
                return self._invoice(subscription, None)
            subscription["status"] = "active"
            return self._invoice(subscription, self._bank.charge_again(subscription))

    def _invoice(self, subscription: Thing, intent: Thing | None, status: str = "open") -> Thing:
        is_paid = intent is not None
        invoice = {
            "id": self._bank.new_id("in"),
            "object": "invoice",
            "amount_due": subscription["amount"],
            "amount_paid": subscription["amount"] if is_paid else 0,
            "attempted": status != "void",
            "created": self._month_of(subscription["id"]),
            "currency": subscription["currency"],
            "livemode": self._bank.livemode,
            "metadata": {},
            "parent": {
                "type": "subscription_details",
                "subscription_details": {"subscription": subscription["id"], "metadata": {}},
            },
            "status": "paid" if is_paid else status,
        }
        self._bank.invoices[invoice["id"]] = invoice
        if intent is not None:
            paid = {
                "id": self._bank.new_id("inpay"),
                "object": "invoice_payment",
                "amount_paid": invoice["amount_paid"],
                "created": invoice["created"],
                "invoice": invoice["id"],
                "livemode": self._bank.livemode,
                "payment": {"type": "payment_intent", "payment_intent": intent["id"]},
                "status": "paid",
            }
            self._bank.invoice_payments[paid["id"]] = paid
        if status != "void":
            self._bank.announce("invoice.paid" if is_paid else "invoice.payment_failed", invoice)
        return dict(invoice)

    def _month_of(self, subscription_id: str) -> int:
        """When an invoice is made: a month takes a second here, so that no two are of one."""
        earlier = [
            invoice["created"]
            for invoice in self._bank.invoices.values()
            if invoice["parent"]["subscription_details"]["subscription"] == subscription_id
        ]
        return max([self._bank.now(), *(made + 1 for made in earlier)])

    def update(self, subscription_id: str, given: Thing) -> Thing:
        """Pause, or take up again with an empty ``pause_collection``."""
        with self._bank.lock:
            subscription = self._found(subscription_id)
            if subscription["status"] == "canceled":
                raise invalid("This subscription is canceled.")
            if "pause_collection" in given:
                subscription["pause_collection"] = given["pause_collection"] or None
            self._bank.announce("customer.subscription.updated", subscription)
            return dict(subscription)

    def cancel(self, subscription_id: str) -> Thing:
        with self._bank.lock:
            subscription = self._found(subscription_id)
            if subscription["status"] == "canceled":
                raise missing("subscription", subscription_id)
            subscription["status"] = "canceled"
            self._bank.announce("customer.subscription.deleted", subscription)
            return dict(subscription)

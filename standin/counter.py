"""What can still happen to a payment, pressed by hand on the pay page: so that every state of an order can be
reached in a browser."""

from collections.abc import Callable

from standin.bank import Bank, Thing
from standin.errors import invalid

_DEEDS: dict[str, Callable[[Bank, Thing], object]] = {
    "arrives": lambda bank, s: bank.settle(s["id"], "paid"),
    "bounces": lambda bank, s: bank.settle(s["id"], "failed"),
    "refund": lambda bank, s: bank.refund({"payment_intent": s["payment_intent"]}),
    "slow_refund": lambda bank, s: bank.refund({"payment_intent": s["payment_intent"]}, pending=True),
    "refund_done": lambda bank, s: bank.finish_refund(_pending(bank, s), "succeeded"),
    "refund_failed": lambda bank, s: bank.finish_refund(_pending(bank, s), "failed"),
    "dispute": lambda bank, s: bank.dispute(s["payment_intent"]),
    "won": lambda bank, s: bank.close_dispute(_open_dispute(bank, s), "won"),
    "lost": lambda bank, s: bank.close_dispute(_open_dispute(bank, s), "lost"),
}


def deeds(bank: Bank, session: Thing) -> list[str]:
    """What may happen next to the payment of this session; nothing while it is open or once it is over."""
    if session["status"] != "complete":
        return []
    if session["payment_status"] != "paid":
        intent = bank.intent(session["payment_intent"])
        return ["arrives", "bounces"] if intent["status"] == "processing" else []
    if _open_dispute(bank, session):
        return ["won", "lost"]
    if _pending(bank, session):
        return ["refund_done", "refund_failed"]
    charge = bank.charge(bank.intent(session["payment_intent"])["latest_charge"])
    return [] if charge["disputed"] or charge["refunded"] else ["refund", "slow_refund", "dispute"]


def do(bank: Bank, session: Thing, deed: str) -> None:
    """Raises ApiError for what cannot happen now."""
    if deed not in deeds(bank, session):
        raise invalid(f"This cannot happen to the payment now: {deed}", "deed")
    _DEEDS[deed](bank, session)


def _open_dispute(bank: Bank, session: Thing) -> str:
    found = bank.listed("disputes", {"payment_intent": session["payment_intent"]})["data"]
    return next((each["id"] for each in found if each["status"] == "needs_response"), "")


def _pending(bank: Bank, session: Thing) -> str:
    found = bank.listed("refunds", {"payment_intent": session["payment_intent"]})["data"]
    return next((each["id"] for each in found if each["status"] == "pending"), "")

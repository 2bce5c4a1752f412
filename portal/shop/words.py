"""Order states in a person's words: what it is, and what happens next."""

from dataclasses import dataclass

from portal.shop.rules.quotes import FeeKind, Party
from portal.shop.rules.states import OrderState
from portal.web.i18n import _


@dataclass(frozen=True, slots=True)
class StateWords:
    """``tone`` is that of the tag and notice: plain, good, wait or bad."""

    label: str
    title: str
    text: str
    tone: str


def words_of(state: OrderState) -> StateWords:
    return StateWords(*_states()[state])


def _states() -> dict[OrderState, tuple[str, str, str, str]]:
    s = OrderState
    return {
        s.RESERVED: (_("Reserved"), _("Your credits are reserved"), _("The payment page was not opened yet. Nothing was charged."), "wait"),
        s.AWAITING_PAYMENT: (_("Waiting for payment"), _("Your credits are reserved"), _("Pay before the time is over. If you have just paid, this page changes by itself in a moment."), "wait"),
        s.AWAITING_TRANSFER: (_("Waiting for the transfer"), _("Your credits are reserved"), _("Transfer the amount with the order number as its purpose. We confirm it by e-mail when it has arrived."), "wait"),
        s.PAYMENT_FAILED: (_("Payment failed"), _("The payment did not go through"), _("Nothing was charged. Your credits stay reserved until the time is over, so you can try again."), "bad"),
        s.PAID: (_("Paid"), _("Thank you, your payment has arrived"), _("The credits belong to this order. They will be retired on the day shown below, and then you get the certificate."), "good"),
        s.SUBSTITUTE_OFFERED: (_("Your answer is needed"), _("We cannot deliver these credits"), _("We have offered you others of the same kind. If you do not want them, you get all your money back."), "wait"),
        s.REGISTRY_PENDING: (_("Being retired"), _("The source registry is retiring your credits"), _("This takes some days. The certificate follows when the registry has confirmed it."), "wait"),
        s.RETIRED: (_("Retired"), _("Your credits are retired"), _("The certificate can be read now. The printed document is being made and comes by e-mail in a moment."), "good"),
        s.FULFILLED: (_("Done"), _("Your credits are retired"), _("The certificate was sent to you. Anyone can check it by its number."), "good"),
        s.REFUND_PENDING: (_("Refund on its way"), _("You get your money back"), _("The full amount goes back the way it was paid. That can take some days."), "wait"),
        s.REFUNDED: (_("Refunded"), _("Your money was given back"), _("The credits are free again, and there is no certificate."), "plain"),
        s.REFUND_AFTER_RETIREMENT: (_("Refund on its way"), _("You get your money back"), _("The credits stay retired and will never be sold again; the certificate will be withdrawn."), "wait"),
        s.REFUNDED_VOID: (_("Refunded, certificate withdrawn"), _("Your money was given back"), _("The credits stay retired and belong to nobody's claim. The certificate is withdrawn and says so."), "plain"),
        s.DISPUTED: (_("Disputed"), _("Your bank has questioned this payment"), _("Until the bank has decided, nothing changes."), "bad"),
        s.NEEDS_ATTENTION: (_("Being looked at"), _("A person is looking at this order"), _("The payment does not match the order. Nothing is lost: we write to you, and what you paid is either used for this order or given back."), "wait"),
        s.CANCELLED: (_("Cancelled"), _("This order was cancelled"), _("Nothing was charged, and the credits are free again."), "plain"),
        s.EXPIRED: (_("Lapsed"), _("The time to pay is over"), _("Nothing was charged, and the credits are free again. You can simply start anew."), "plain"),
    }  # fmt: skip


def fee_words() -> dict[FeeKind, str]:
    return {FeeKind.REGISTRY: _("Registry fee"), FeeKind.PAYMENT: _("Payment fee")}


def party_words() -> dict[Party, str]:
    return {
        Party.FOREST_OWNER: _("Forest owner"),
        Party.PORTAL: _("This portal"),
        Party.REGISTRY: _("Register and transparency log"),
        Party.PAYMENT: _("Payment provider"),
        Party.UNASSIGNED: _("Not assigned"),
    }


def attention_words(code: str) -> str:
    """Why a person must look, in the language of the desk."""
    words: dict[str, str] = {
        "mismatch_amount": _("Another amount was paid than was asked for"),
        "mismatch_currency": _("Paid in another currency"),
        "mismatch_quote": _("The payment belongs to another quote"),
        "mismatch_mode": _("Test money for a real order, or the other way round"),
        "refund_by_transfer": _("Send the refund by bank transfer and confirm it here"),
        "refund_failed": _("A refund failed: the money is still here"),
        "partial_refund": _("A part was refunded in the provider's own pages"),
        "refunded_at_provider": _("Refunded in the provider's own pages"),
        "could_not_be_healed": _("Could not be healed automatically"),
    }
    return words.get(code, code)


def event_words(event: str) -> str:
    """A line of an order's history."""
    words: dict[str, str] = {
        "placed": _("Order placed, credits reserved"),
        "session_made": _("Payment page opened"),
        "transfer_chosen": _("Bank transfer chosen"),
        "payment_failed": _("A try to pay failed"),
        "settled": _("Payment arrived"),
        "paid_too_late": _("Payment arrived after the credits were gone"),
        "paid_twice": _("A second payment arrived and goes back"),
        "mismatch": _("The payment does not match the order"),
        "cancelled": _("Order cancelled"),
        "expired": _("Time to pay over, credits released"),
        "retired": _("Credits retired, certificate issued"),
        "proof_awaited": _("Sent to the source registry"),
        "substitute_offered": _("Other credits offered"),
        "substitute_accepted": _("Other credits accepted"),
        "fulfilled": _("Certificate sent"),
        "refund_asked": _("Refund begun"),
        "refund_done": _("Money given back"),
        "refund_failed": _("Refund failed"),
        "partial_refund": _("A part of the money was given back"),
        "disputed": _("Payment questioned by the bank"),
        "dispute_won": _("The bank left the payment with us"),
        "dispute_lost": _("The bank took the payment back"),
        "quarantined": _("Set aside for staff"),
        "healed": _("Healed"),
        "looked_at": _("Looked at by staff"),
    }
    return words.get(event, event)

"""Order states in a person's words: what it is, and what happens next."""

from dataclasses import dataclass

from portal.kernel.errors import N_
from portal.shop.rules.billing import FapiaoState
from portal.shop.rules.gifts import GiftState
from portal.shop.rules.payouts import PayoutVerdictKind
from portal.shop.rules.quotes import FeeKind, Party
from portal.shop.rules.recommending import Reason
from portal.shop.rules.requests import RequestState
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
    label, title, text, tone = _STATES[state]
    return StateWords(_translated(label), _translated(title), _translated(text), tone)


_S = OrderState
# Kept untranslated, and only what is asked for is translated: a page needs one state and a few events.
_STATES: dict[OrderState, tuple[str, str, str, str]] = {
    _S.RESERVED: (
        N_("Reserved"),
        N_("Your credits are reserved"),
        N_("The payment page was not opened yet. Nothing was charged."),
        "wait",
    ),
    _S.AWAITING_PAYMENT: (
        N_("Waiting for payment"),
        N_("Your credits are reserved"),
        N_("Pay before the time is over. If you have just paid, this page changes by itself in a moment."),
        "wait",
    ),
    _S.AWAITING_TRANSFER: (
        N_("Waiting for the transfer"),
        N_("Your credits are reserved"),
        N_(
            "Transfer the amount with the order number as its purpose. We confirm it by e-mail when it has "
            "arrived."
        ),
        "wait",
    ),
    _S.PAYMENT_FAILED: (
        N_("Payment failed"),
        N_("The payment did not go through"),
        N_("Nothing was charged. Your credits stay reserved until the time is over, so you can try again."),
        "bad",
    ),
    _S.PAID: (
        N_("Paid"),
        N_("Thank you, your payment has arrived"),
        N_(
            "The credits belong to this order. They will be retired on the day shown below, and then you "
            "get the certificate."
        ),
        "good",
    ),
    _S.SUBSTITUTE_OFFERED: (
        N_("Your answer is needed"),
        N_("We cannot deliver these credits"),
        N_(
            "We have offered you others of the same kind. If you do not want them, you get all your money "
            "back."
        ),
        "wait",
    ),
    _S.REGISTRY_PENDING: (
        N_("Being retired"),
        N_("The source registry is retiring your credits"),
        N_("This takes some days. The certificate follows when the registry has confirmed it."),
        "wait",
    ),
    _S.RETIRED: (
        N_("Retired"),
        N_("Your credits are retired"),
        N_(
            "The certificate can be read now. The printed document is being made and comes by e-mail in a "
            "moment."
        ),
        "good",
    ),
    _S.FULFILLED: (
        N_("Done"),
        N_("Your credits are retired"),
        N_("The certificate was sent to you. Anyone can check it by its number."),
        "good",
    ),
    _S.REFUND_PENDING: (
        N_("Refund on its way"),
        N_("You get your money back"),
        N_("The full amount goes back the way it was paid. That can take some days."),
        "wait",
    ),
    _S.REFUNDED: (
        N_("Refunded"),
        N_("Your money was given back"),
        N_("The credits are free again, and there is no certificate."),
        "plain",
    ),
    _S.REFUND_AFTER_RETIREMENT: (
        N_("Refund on its way, certificate to be withdrawn"),
        N_("You get your money back"),
        N_("The credits stay retired and will never be sold again; the certificate will be withdrawn."),
        "wait",
    ),
    _S.REFUNDED_VOID: (
        N_("Refunded, certificate withdrawn"),
        N_("Your money was given back"),
        N_(
            "The credits stay retired and belong to nobody's claim. The certificate is withdrawn and says so."
        ),
        "plain",
    ),
    _S.DISPUTED: (
        N_("Disputed"),
        N_("Your bank has questioned this payment"),
        N_("Until the bank has decided, nothing changes."),
        "bad",
    ),
    _S.NEEDS_ATTENTION: (
        N_("Being looked at"),
        N_("A person is looking at this order"),
        N_(
            "The payment does not match the order. Nothing is lost: we write to you, and what you paid is "
            "either used for this order or given back."
        ),
        "wait",
    ),
    _S.CANCELLED: (
        N_("Cancelled"),
        N_("This order was cancelled"),
        N_("Nothing was charged, and the credits are free again."),
        "plain",
    ),
    _S.EXPIRED: (
        N_("Lapsed"),
        N_("The time to pay is over"),
        N_("Nothing was charged, and the credits are free again. You can simply start anew."),
        "plain",
    ),
}


_GIFTS: dict[GiftState, tuple[str, str, str, str]] = {
    GiftState.DRAFT: (
        N_("Not bought yet"),
        N_("Your gift is written"),
        N_("Choose how much it is to be. Until it is paid, the card cannot be claimed."),
        "wait",
    ),
    GiftState.PREPARING: (
        N_("Being prepared"),
        N_("Your gift is being prepared"),
        N_("It is paid. As soon as the certificate is there, the card can be handed over; we write to you."),
        "wait",
    ),
    GiftState.READY: (
        N_("Ready"),
        N_("Your gift is ready"),
        N_(
            "Print the card or pass on the link. Until somebody claims it, the certificate stays yours; it "
            "never lapses."
        ),
        "good",
    ),
    GiftState.CLAIMED: (
        N_("Claimed"),
        N_("Your gift has been claimed"),
        N_("The certificate is now in the recipient’s name; the former one names its successor."),
        "good",
    ),
    GiftState.WITHDRAWN: (
        N_("Withdrawn"),
        N_("This gift was withdrawn"),
        N_("Its money was given back, so there is nothing to claim any more."),
        "plain",
    ),
}


def gift_words(state: GiftState) -> StateWords:
    """How a gift stands, for its giver."""
    label, title, text, tone = _GIFTS[state]
    return StateWords(_translated(label), _translated(title), _translated(text), tone)


_REQUESTS: dict[RequestState, tuple[str, str, str, str]] = {
    RequestState.ASKED: (
        N_("Waiting for approval"),
        N_("Waiting for approval"),
        N_("Nothing is reserved or charged until somebody who may spend for the organisation approves."),
        "wait",
    ),
    RequestState.ACCEPTED: (
        N_("Approved"),
        N_("The purchase is approved"),
        N_("The order is placed; whoever approved it pays."),
        "good",
    ),
    RequestState.DECLINED: (
        N_("Declined"),
        N_("The purchase is declined"),
        N_("Nothing was bought. The reason stands below."),
        "bad",
    ),
    RequestState.WITHDRAWN: (
        N_("Withdrawn"),
        N_("The request was withdrawn"),
        N_("Whoever asked does not want it any more."),
        "plain",
    ),
    RequestState.LAPSED: (
        N_("Lapsed"),
        N_("Nobody answered in time"),
        N_("The request has lapsed after 14 days. It can simply be made again."),
        "plain",
    ),
}


def request_words(state: RequestState) -> StateWords:
    """How a purchase that needs an approval stands."""
    label, title, text, tone = _REQUESTS[state]
    return StateWords(_translated(label), _translated(title), _translated(text), tone)


def kind_of_purchase(credits: bool, seedlings: bool) -> str:
    """What is bought, of the two things there are."""
    if credits and seedlings:
        return _("Credits and a planting contribution")
    return _("Planting contribution") if seedlings else _("Credits")


def fee_words() -> dict[FeeKind, str]:
    return {
        FeeKind.REGISTRY: _("Registry fee"),
        FeeKind.PAYMENT: _("Payment fee"),
        FeeKind.ROUNDING: _("Less than a kilogram: to the forest owner"),
    }


def party_words() -> dict[Party, str]:
    return {
        Party.FOREST_OWNER: _("Forest owner"),
        Party.PORTAL: _("This portal"),
        Party.REGISTRY: _("Register and transparency log"),
        Party.PAYMENT: _("Payment provider"),
        Party.UNASSIGNED: _("Not assigned"),
    }


_ATTENTION = {
    "mismatch_amount": N_("Another amount was paid than was asked for"),
    "mismatch_currency": N_("Paid in another currency"),
    "mismatch_quote": N_("The payment belongs to another quote"),
    "mismatch_mode": N_("Test money for a real order, or the other way round"),
    "refund_by_transfer": N_("Send the refund by bank transfer and confirm it here"),
    "refund_failed": N_("A refund failed: the money is still here"),
    "disputed_while_refunding": N_(
        "Questioned by the bank while the money is on its way back or was never owed"
    ),
    "partial_refund": N_("A part was refunded in the provider's own pages"),
    "refunded_at_provider": N_("Refunded in the provider's own pages"),
    "could_not_be_healed": N_("Could not be healed automatically"),
}

_EVENTS = {
    "placed": N_("Order placed, credits reserved"),
    "session_made": N_("Payment page opened"),
    "transfer_chosen": N_("Bank transfer chosen"),
    "payment_failed": N_("A try to pay failed"),
    "settled": N_("Payment arrived"),
    "paid_too_late": N_("Payment arrived after the credits were gone"),
    "paid_twice": N_("A second payment arrived and goes back"),
    "part_received": N_("A part of the money arrived by transfer"),
    "overpaid": N_("Too much arrived; what is over goes back"),
    "mismatch": N_("The payment does not match the order"),
    "cancelled": N_("Order cancelled"),
    "expired": N_("Time to pay over, credits released"),
    "retired": N_("Credits retired, certificate issued"),
    "proof_awaited": N_("Sent to the source registry"),
    "proof_overdue": N_("The source registry let the promised day pass"),
    "substitute_offered": N_("Other credits offered"),
    "substitute_accepted": N_("Other credits accepted"),
    "fulfilled": N_("Certificate sent"),
    "refund_asked": N_("Refund begun"),
    "refund_done": N_("Money given back"),
    "refund_failed": N_("Refund failed"),
    "partial_refund": N_("A part of the money was given back"),
    "disputed": N_("Payment questioned by the bank"),
    "dispute_won": N_("The bank left the payment with us"),
    "dispute_lost": N_("The bank took the payment back"),
    "quarantined": N_("Set aside for staff"),
    "healed": N_("Healed"),
    "looked_at": N_("Looked at by staff"),
    "address_corrected": N_("E-mail address corrected"),
    "invoice_corrected": N_("Invoice corrected"),
}


def attention_words(code: str) -> str:
    """Why a person must look, in the language of the desk."""
    return _translated(_ATTENTION.get(code, code))


def event_words(event: str) -> str:
    """A line of an order's history."""
    return _translated(_EVENTS.get(event, event))


def _translated(text: str) -> str:
    return str(_(text))


_REASONS = {
    Reason.LOCAL: N_("It grows in the city’s own forest."),
    Reason.REMOVAL: N_("New forest takes carbon dioxide out of the air: a removal."),
    Reason.RECENT: N_("It grew in the last five years."),
    Reason.EVIDENCE: N_("The record of its retirement at the source can be read here."),
}


def reason_words(reasons: tuple[Reason, ...]) -> list[str]:
    """What speaks for a lot, a sentence each."""
    return [_translated(_REASONS[reason]) for reason in reasons]


def payout_words() -> dict[PayoutVerdictKind, str]:
    """What a second person said about a pay-out."""
    return {
        PayoutVerdictKind.CONFIRMED: _("Confirmed by a second person"),
        PayoutVerdictKind.DECLINED: _("Declined"),
        PayoutVerdictKind.WITHDRAWN: _("Withdrawn"),
    }


_PAY = N_("You pay; the provider tells us at once, and this page changes.")
_RETIRE = N_("The credits are retired for good, in the name you gave.")
_LETTER = N_("The certificate comes by e-mail, and this page links it.")
_NEXT: dict[OrderState, tuple[str, ...]] = {
    _S.RESERVED: (_PAY, _RETIRE, _LETTER),
    _S.AWAITING_PAYMENT: (_PAY, _RETIRE, _LETTER),
    _S.PAYMENT_FAILED: (_PAY, _RETIRE, _LETTER),
    _S.AWAITING_TRANSFER: (
        N_("Your transfer arrives; staff record it, usually within one working day."),
        _RETIRE,
        _LETTER,
    ),
    _S.PAID: (_RETIRE, _LETTER),
    _S.SUBSTITUTE_OFFERED: (N_("You accept the other credits, or get all your money back."),),
    _S.REGISTRY_PENDING: (
        N_("The source registry confirms the retirement; staff upload its proof."),
        _LETTER,
    ),
    _S.RETIRED: (_LETTER,),
    _S.REFUND_PENDING: (
        N_("The payment provider sends the money the way it was paid."),
        N_("The credits become free again, and we write to you."),
    ),
    _S.REFUND_AFTER_RETIREMENT: (
        N_("The payment provider sends the money the way it was paid."),
        N_("The certificate is withdrawn, and we write to you."),
    ),
    _S.DISPUTED: (
        N_("Your bank decides; that can take some weeks."),
        N_("If the payment stays, the order goes on as before; if not, it ends and the money is yours."),
    ),
    _S.NEEDS_ATTENTION: (N_("Somebody compares the payment with the order and writes to you."),),
}


def next_words(state: OrderState) -> list[str]:
    """What happens next, one step each; nothing when the order is where it will stay."""
    return [_translated(text) for text in _NEXT.get(state, ())]


_F = FapiaoState
_FAPIAO: dict[FapiaoState, tuple[str, str, str, str]] = {
    _F.REQUESTED: (
        N_("Asked for"),
        N_("Your fapiao is asked for"),
        N_("We have it issued at the tax office, usually within five working days, and write to you then."),
        "wait",
    ),
    _F.ISSUED: (
        N_("Issued"),
        N_("Your fapiao is issued"),
        N_("It is on its way to the address you gave."),
        "good",
    ),
    _F.SENT: (
        N_("Sent"),
        N_("Your fapiao was sent"),
        N_("It was sent to the address you gave. With its number, it can be checked at the tax office."),
        "good",
    ),
    _F.REJECTED: (
        N_("Rejected"),
        N_("Your fapiao could not be issued"),
        N_("The reason stands below. Please ask for it anew with other details."),
        "bad",
    ),
    _F.WITHDRAWN: (
        N_("Withdrawn"),
        N_("The fapiao is no longer asked for"),
        N_("Nothing was issued."),
        "plain",
    ),
    _F.RED_DUE: (
        N_("To be cancelled"),
        N_("Your fapiao has to be cancelled"),
        N_("Your money was given back, so we have a red-letter fapiao issued that cancels the first one."),
        "wait",
    ),
    _F.RED_ISSUED: (
        N_("Cancelled"),
        N_("Your fapiao is cancelled"),
        N_(
            "A red-letter fapiao cancels the first one. If a part of your money stayed with us, you can ask "
            "for a new fapiao over it."
        ),
        "plain",
    ),
}

_FAPIAO_EVENTS = {
    "requested": N_("Asked for by the buyer"),
    "issued": N_("Issued"),
    "sent": N_("Sent to the buyer"),
    "rejected": N_("Rejected"),
    "withdrawn": N_("Withdrawn by the buyer"),
    "refunded": N_("The money was given back"),
    "red_issued": N_("Red-letter fapiao issued"),
    "corrected": N_("Corrected by staff"),
}


def fapiao_words(state: FapiaoState) -> StateWords:
    label, title, text, tone = _FAPIAO[state]
    return StateWords(_translated(label), _translated(title), _translated(text), tone)


def fapiao_event_words(event: str) -> str:
    """A line of a fapiao's history."""
    return _translated(_FAPIAO_EVENTS.get(event, event))

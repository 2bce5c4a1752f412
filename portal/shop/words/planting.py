"""Order states where nothing but seedlings was bought: no word of credits, kilograms or retirement."""

from collections.abc import Sized

from portal.kernel.errors import N_
from portal.shop.rules.states import OrderState
from portal.shop.words.orders import StateWords, event_words, next_words, words_of
from portal.web.i18n import _

_S = OrderState
_RESERVED = N_("Your seedlings are reserved")
# Title and text; what is not named here reads alike for seedlings and credits.
_STATES: dict[OrderState, tuple[str, str]] = {
    _S.RESERVED: (_RESERVED, N_("The payment page was not opened yet. Nothing was charged.")),
    _S.AWAITING_PAYMENT: (
        _RESERVED,
        N_("Pay before the time is over. If you have just paid, this page changes by itself in a moment."),
    ),
    _S.AWAITING_TRANSFER: (
        _RESERVED,
        N_(
            "Transfer the amount with the order number as its purpose. We confirm it by e-mail when it has "
            "arrived."
        ),
    ),
    _S.PAYMENT_FAILED: (
        N_("The payment did not go through"),
        N_("Nothing was charged. Your seedlings stay reserved until the time is over, so you can try again."),
    ),
    _S.PAID: (
        N_("Thank you, your payment has arrived"),
        N_(
            "Your contribution becomes final on the day shown below, and then you get the certificate. Until "
            "then you can get your money back."
        ),
    ),
    _S.RETIRED: (
        N_("Your contribution is made"),
        N_(
            "The certificate can be read now. The printed document is being made and comes by e-mail in a "
            "moment."
        ),
    ),
    _S.FULFILLED: (
        N_("Your contribution is made"),
        N_("The certificate was sent to you. We write to you when the seedlings are planted and counted."),
    ),
    _S.REFUNDED: (
        N_("Your money was given back"),
        N_("The places are free for others again, and there is no certificate."),
    ),
    _S.REFUND_AFTER_RETIREMENT: (
        N_("You get your money back"),
        N_("The certificate will be withdrawn, and the places are free for others."),
    ),
    _S.REFUNDED_VOID: (
        N_("Your money was given back"),
        N_("The certificate is withdrawn and says so. The places are free for others."),
    ),
    _S.CANCELLED: (
        N_("This order was cancelled"),
        N_("Nothing was charged, and the places are free again."),
    ),
    _S.EXPIRED: (
        N_("The time to pay is over"),
        N_("Nothing was charged, and the places are free again. You can simply start anew."),
    ),
}
_LABELS = {_S.RETIRED: N_("Final"), _S.REFUNDED_VOID: N_("Refunded, certificate withdrawn")}
_EVENTS = {
    "placed": N_("Order placed, seedlings reserved"),
    "expired": N_("Time to pay over, places free again"),
    "paid_too_late": N_("Payment arrived after the places were gone"),
    "retired": N_("Contribution final, certificate issued"),
}

_PAY = N_("You pay; the provider tells us at once, and this page changes.")
_PLANT = N_("Your contribution becomes final, and the seedlings are planted in their season.")
_LETTER = N_("The certificate comes by e-mail, and this page links it.")
# What is not named here reads alike for seedlings and credits.
_NEXT: dict[OrderState, tuple[str, ...]] = {
    _S.RESERVED: (_PAY, _PLANT, _LETTER),
    _S.AWAITING_PAYMENT: (_PAY, _PLANT, _LETTER),
    _S.PAYMENT_FAILED: (_PAY, _PLANT, _LETTER),
    _S.AWAITING_TRANSFER: (
        N_("Your transfer arrives; staff record it, usually within one working day."),
        _PLANT,
        _LETTER,
    ),
    _S.PAID: (_PLANT, _LETTER),
    _S.FULFILLED: (N_("We write to you when the seedlings are planted and when they are counted again."),),
    _S.REFUND_PENDING: (
        N_("The payment provider sends the money the way it was paid."),
        N_("The places become free again, and we write to you."),
    ),
}


def planting_next_words(state: OrderState) -> list[str]:
    """As ``next_words``, of an order without credits."""
    return [str(_(text)) for text in _NEXT[state]] if state in _NEXT else next_words(state)


def planting_words_of(state: OrderState) -> StateWords:
    """As ``words_of``, of an order without credits."""
    usual = words_of(state)
    title, text = _STATES.get(state, (usual.title, usual.text))
    label = _LABELS.get(state, "")
    return StateWords(str(_(label)) if label else usual.label, str(_(title)), str(_(text)), usual.tone)


def words_of_order(state: OrderState, credits: Sized) -> StateWords:
    """How an order in a list stands; ``credits`` are its lines or grams of credits, if it has any."""
    return words_of(state) if credits else planting_words_of(state)


def planting_event_words(event: str) -> str:
    return str(_(_EVENTS[event])) if event in _EVENTS else event_words(event)

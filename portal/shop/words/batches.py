"""Order states where many recipients get a certificate each: their buyer gets none, but a letter."""

from dataclasses import replace

from portal.kernel.errors import N_
from portal.shop.rules.states import OrderState
from portal.shop.words.orders import StateWords, next_words, words_of
from portal.web.i18n import _

_S = OrderState
_EACH = N_("A certificate is issued for each recipient; you get a letter when all are there.")
# What is not named here reads alike for one certificate and for many.
_TEXTS = {
    _S.PAID: N_(
        "The credits belong to this order. They will be retired on the day shown below, and then a "
        "certificate is issued for each recipient."
    ),
    _S.REGISTRY_PENDING: N_(
        "This takes some days. The certificates follow when the registry has confirmed it."
    ),
    _S.RETIRED: _EACH,
    _S.FULFILLED: N_("Every certificate is issued. Codes and cards are on the page of the gifts."),
    _S.REFUNDED: N_("The credits are free again, and there are no certificates."),
    _S.REFUND_AFTER_RETIREMENT: N_(
        "The credits stay retired and will never be sold again; the certificates will be withdrawn."
    ),
    _S.REFUNDED_VOID: N_(
        "The credits stay retired and belong to nobody's claim. The certificates are withdrawn and say so."
    ),
}
_THEN = {
    _S.RETIRED: (_EACH,),
    _S.PAID: (N_("The credits are retired for good, in the name you gave."), _EACH),
}
_BEFORE_PAYING = frozenset({_S.RESERVED, _S.AWAITING_PAYMENT, _S.PAYMENT_FAILED, _S.AWAITING_TRANSFER})


def batch_words_of(state: OrderState) -> StateWords:
    """As ``words_of``, of an order for many recipients."""
    usual = words_of(state)
    return replace(usual, text=str(_(_TEXTS[state]))) if state in _TEXTS else usual


def batch_next_words(state: OrderState) -> list[str]:
    """As ``next_words``, of an order for many recipients."""
    if state in _BEFORE_PAYING:
        return [*next_words(state)[:-1], str(_(_EACH))]
    return [str(_(text)) for text in _THEN[state]] if state in _THEN else next_words(state)

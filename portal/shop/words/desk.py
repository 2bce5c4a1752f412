"""What staff of the till read about an order: what happens next and by whom, and words for its codes."""

from portal.kernel.errors import N_
from portal.shop.rules.states import OrderState
from portal.shop.words.orders import words_of
from portal.web.i18n import _

_S = OrderState
_LAPSES = N_("When the time to pay is over, the provider is asked once more, and what was reserved is free.")
_BY_ITSELF = N_("The paper is printed and the letter goes out by itself, usually within a minute.")
_SEND_IT = N_(
    "The provider is asked for the refund by itself. Of a bank transfer: send the money, and record the "
    "bank’s number below."
)
_NEXT: dict[OrderState, tuple[str, ...]] = {
    _S.RESERVED: (N_("The buyer opens the payment page."), _LAPSES),
    _S.AWAITING_PAYMENT: (N_("The buyer pays; we hear of it from the provider."), _LAPSES),
    _S.PAYMENT_FAILED: (N_("The buyer may try again with another card."), _LAPSES),
    _S.AWAITING_TRANSFER: (
        N_("When the bank shows the transfer, enter it below; another person accepts it."),
        N_("Without a transfer the order lapses by itself, and what was reserved is free."),
    ),
    _S.PAID: (
        N_("Retirement follows by itself once the days in which the buyer can withdraw are over."),
        N_("If the credits cannot be delivered, offer others of the same kind."),
    ),
    _S.SUBSTITUTE_OFFERED: (
        N_("The buyer accepts or declines; without an answer all the money goes back by itself."),
    ),
    _S.REGISTRY_PENDING: (
        N_("Enter the source registry’s record under named retirements, or that it refuses."),
        N_("Once the promised day has passed, the buyer may take the money back."),
    ),
    _S.RETIRED: (_BY_ITSELF,),
    _S.REFUND_PENDING: (_SEND_IT, N_("What was reserved is free again, and the buyer gets a letter.")),
    _S.REFUND_AFTER_RETIREMENT: (
        _SEND_IT,
        N_("The certificate is withdrawn, the range stays retired, and the buyer gets a letter."),
    ),
    _S.DISPUTED: (
        N_("Answer the bank in the provider’s own pages before its deadline."),
        N_("Its decision is heard by itself: the order goes on, or the money is gone and the order ends."),
    ),
    _S.NEEDS_ATTENTION: (
        N_("Compare the payment with the order."),
        N_("Give all of it back, or note that nothing more is to be done."),
    ),
}
_DONE = N_("Nothing more happens by itself.")

_CODES = {
    "card": N_("card or wallet"),
    "transfer": N_("bank transfer"),
    "sandbox": N_("test money"),
    "stripe": N_("Stripe"),
    # kinds of payments
    "order": N_("pays the order"),
    "extra": N_("came a second time"),
    "late": N_("came too late"),
    "mismatch": N_("does not match"),
    # kinds and states of refunds
    "before": N_("before retirement"),
    "after": N_("after retirement"),
    "provider": N_("made in the provider’s pages"),
    "dispute": N_("taken by the buyer’s bank"),
    "planned": N_("planned"),
    "pending": N_("on its way"),
    "succeeded": N_("arrived"),
    "failed": N_("failed"),
    # reasons that no person typed
    "withdrawn_by_buyer": N_("withdrawn by the buyer"),
    "registry_refused": N_("the source registry refused"),
    "registry_overdue": N_("the source registry was late"),
    "paid_too_late": N_("paid too late"),
    "paid_twice": N_("paid twice"),
    "overpaid": N_("more than was asked for"),
    "sent_otherwise": N_("sent by bank transfer instead"),
    "at_provider": N_("made in the provider’s pages"),
    "overtaken_at_provider": N_("overtaken by a refund in the provider’s pages"),
    "dispute_lost": N_("the bank decided for the buyer"),
}


def next_at_desk(state: OrderState) -> list[str]:
    """What happens next and who does it, one step each; of an order that stays where it is, that."""
    return [str(_(text)) for text in _NEXT.get(state, (_DONE,))]


def code_words(code: str) -> str:
    """A kind, state or reason as the table keeps it; what a person typed is given back as it is."""
    return str(_(_CODES[code])) if code in _CODES else code


def state_label(state: str | None) -> str:
    """A state of the history; none before the first."""
    return words_of(OrderState(state)).label if state else ""

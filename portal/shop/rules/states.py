"""The life of an order: its states, and what moves it from one to the next.

Method: ledger.md, "Order states and what moves them". What the table does not name is refused.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.kernel.errors import N_, Refused


class UnlawfulOrderStep(Refused):
    message = N_("This cannot be done with the order in its present state.")


class OrderState(StrEnum):
    RESERVED = "reserved"
    AWAITING_PAYMENT = "awaiting_payment"
    AWAITING_TRANSFER = "awaiting_transfer"
    PAYMENT_FAILED = "payment_failed"
    PAID = "paid"
    SUBSTITUTE_OFFERED = "substitute_offered"
    REGISTRY_PENDING = "registry_pending"
    RETIRED = "retired"
    FULFILLED = "fulfilled"
    REFUND_PENDING = "refund_pending"
    REFUNDED = "refunded"
    REFUND_AFTER_RETIREMENT = "refund_after_retirement"
    REFUNDED_VOID = "refunded_void"
    DISPUTED = "disputed"
    NEEDS_ATTENTION = "needs_attention"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class OrderEvent(StrEnum):
    SESSION_MADE = "session_made"
    TRANSFER_CHOSEN = "transfer_chosen"
    PAYMENT_FAILED = "payment_failed"
    SETTLED = "settled"  # the money is there, and so are the grams
    PAID_TOO_LATE = "paid_too_late"  # the money is there, the grams are not any more
    MISMATCH = "mismatch"  # the money is not what was quoted
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    RETIRED = "retired"
    PROOF_AWAITED = "proof_awaited"
    SUBSTITUTE_OFFERED = "substitute_offered"
    SUBSTITUTE_ACCEPTED = "substitute_accepted"
    FULFILLED = "fulfilled"
    REFUND_ASKED = "refund_asked"
    REFUND_DONE = "refund_done"
    REFUND_FAILED = "refund_failed"
    DISPUTED = "disputed"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"


_S, _E = OrderState, OrderEvent

STEPS: Final[Mapping[tuple[OrderState, OrderEvent], OrderState]] = {
    (_S.RESERVED, _E.SESSION_MADE): _S.AWAITING_PAYMENT,
    (_S.RESERVED, _E.TRANSFER_CHOSEN): _S.AWAITING_TRANSFER,
    (_S.RESERVED, _E.CANCELLED): _S.CANCELLED,
    (_S.RESERVED, _E.EXPIRED): _S.EXPIRED,
    **{
        (waiting, event): state
        for waiting in (_S.AWAITING_PAYMENT, _S.AWAITING_TRANSFER, _S.PAYMENT_FAILED)
        for event, state in {
            _E.SETTLED: _S.PAID,
            _E.MISMATCH: _S.NEEDS_ATTENTION,
            _E.CANCELLED: _S.CANCELLED,
            _E.EXPIRED: _S.EXPIRED,
        }.items()
    },
    (_S.AWAITING_PAYMENT, _E.PAYMENT_FAILED): _S.PAYMENT_FAILED,
    (_S.AWAITING_TRANSFER, _E.PAYMENT_FAILED): _S.PAYMENT_FAILED,
    # The hold is kept until it expires, so another try is possible.
    (_S.PAYMENT_FAILED, _E.SESSION_MADE): _S.AWAITING_PAYMENT,
    # Late money: what had lapsed is served if it still can be; what was cancelled is not wanted any more.
    (_S.EXPIRED, _E.SETTLED): _S.PAID,
    (_S.EXPIRED, _E.PAID_TOO_LATE): _S.REFUND_PENDING,
    (_S.EXPIRED, _E.MISMATCH): _S.NEEDS_ATTENTION,
    (_S.CANCELLED, _E.PAID_TOO_LATE): _S.REFUND_PENDING,
    (_S.CANCELLED, _E.MISMATCH): _S.NEEDS_ATTENTION,
    (_S.PAID, _E.RETIRED): _S.RETIRED,
    (_S.PAID, _E.PROOF_AWAITED): _S.REGISTRY_PENDING,
    (_S.PAID, _E.REFUND_ASKED): _S.REFUND_PENDING,
    (_S.PAID, _E.SUBSTITUTE_OFFERED): _S.SUBSTITUTE_OFFERED,
    (_S.PAID, _E.DISPUTED): _S.DISPUTED,
    (_S.SUBSTITUTE_OFFERED, _E.SUBSTITUTE_ACCEPTED): _S.PAID,
    (_S.SUBSTITUTE_OFFERED, _E.REFUND_ASKED): _S.REFUND_PENDING,
    (_S.SUBSTITUTE_OFFERED, _E.DISPUTED): _S.DISPUTED,
    (_S.REGISTRY_PENDING, _E.RETIRED): _S.RETIRED,
    (_S.REGISTRY_PENDING, _E.REFUND_ASKED): _S.REFUND_PENDING,
    (_S.REGISTRY_PENDING, _E.DISPUTED): _S.DISPUTED,
    (_S.RETIRED, _E.FULFILLED): _S.FULFILLED,
    (_S.RETIRED, _E.DISPUTED): _S.DISPUTED,
    (_S.RETIRED, _E.REFUND_ASKED): _S.REFUND_AFTER_RETIREMENT,
    (_S.FULFILLED, _E.DISPUTED): _S.DISPUTED,
    (_S.FULFILLED, _E.REFUND_ASKED): _S.REFUND_AFTER_RETIREMENT,
    (_S.REFUND_PENDING, _E.REFUND_DONE): _S.REFUNDED,
    (_S.REFUND_PENDING, _E.REFUND_FAILED): _S.NEEDS_ATTENTION,
    (_S.REFUND_AFTER_RETIREMENT, _E.REFUND_DONE): _S.REFUNDED_VOID,
    # A refund that fails after retirement leaves the order where it is, and another one may be tried: the
    # money is owed all the same.
    (_S.REFUND_AFTER_RETIREMENT, _E.REFUND_FAILED): _S.REFUND_AFTER_RETIREMENT,
    (_S.REFUND_AFTER_RETIREMENT, _E.REFUND_ASKED): _S.REFUND_AFTER_RETIREMENT,
    # What staff may do with an order that needs them: give the money back, or see that it is back.
    (_S.NEEDS_ATTENTION, _E.REFUND_ASKED): _S.REFUND_PENDING,
    (_S.NEEDS_ATTENTION, _E.REFUND_DONE): _S.REFUNDED,
}

# Paid, and nothing retired yet: the grams can become free again.
NOT_YET_RETIRED: Final = frozenset({_S.PAID, _S.REGISTRY_PENDING, _S.SUBSTITUTE_OFFERED})
DISPUTABLE: Final = NOT_YET_RETIRED | {_S.RETIRED, _S.FULFILLED}

# The same as (from, to) pairs, for the database trigger that stands behind them.
MOVES: Final = frozenset(
    {(old, new) for (old, _), new in STEPS.items() if new is not old}
    | {(_S.DISPUTED, back) for back in DISPUTABLE}
    | {(_S.DISPUTED, _S.REFUNDED), (_S.DISPUTED, _S.REFUND_AFTER_RETIREMENT)}
)
FINAL: Final = frozenset(_S) - {old for old, _ in MOVES}

UNPAID: Final = frozenset({_S.RESERVED, _S.AWAITING_PAYMENT, _S.AWAITING_TRANSFER, _S.PAYMENT_FAILED})
LAPSED: Final = frozenset({_S.EXPIRED, _S.CANCELLED})
RETIRED_ONCE: Final = frozenset({_S.RETIRED, _S.FULFILLED, _S.REFUND_AFTER_RETIREMENT, _S.REFUNDED_VOID})
REFUNDING: Final = frozenset({_S.REFUND_PENDING, _S.REFUND_AFTER_RETIREMENT})


def next_state(state: OrderState, event: OrderEvent, before: OrderState | None = None) -> OrderState:
    """The state after ``event``; ``before`` is where a disputed order stood. Raises UnlawfulOrderStep."""
    if state is _S.DISPUTED and before in DISPUTABLE:
        if event is _E.DISPUTE_WON:
            return before
        if event is _E.DISPUTE_LOST:
            return _S.REFUNDED if before in NOT_YET_RETIRED else _S.REFUND_AFTER_RETIREMENT
    try:
        return STEPS[state, event]
    except KeyError:
        raise UnlawfulOrderStep(state=state.value, event=event.value) from None


def may_step(state: OrderState, event: OrderEvent, before: OrderState | None = None) -> bool:
    try:
        next_state(state, event, before)
    except UnlawfulOrderStep:
        return False
    return True

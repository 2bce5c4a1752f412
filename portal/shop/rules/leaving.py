"""When a buyer may be forgotten: not while money or grams are still on their way."""

from typing import Final

from portal.kernel.errors import N_, Refused
from portal.shop.rules.states import OrderState

# Nothing more is owed to the buyer of an order in one of these states.
OVER: Final = frozenset(
    {
        OrderState.RETIRED,
        OrderState.FULFILLED,
        OrderState.REFUNDED,
        OrderState.REFUNDED_VOID,
        OrderState.CANCELLED,
        OrderState.EXPIRED,
    }
)


class OrdersAreOpen(Refused):
    message = N_(
        "Orders are still on their way: %(count)s. Once they are delivered, cancelled or refunded, try again."
    )


class SupportIsRunning(Refused):
    message = N_("Your card is charged every month. Please end the monthly support first.")

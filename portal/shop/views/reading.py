"""An order at its own address: staff and colleagues who read somebody else's there leave a line about it."""

from portal.shop import policy
from portal.shop.queries import orders
from portal.shop.queries.orders import OrderView
from portal.web.guard import actor
from portal.web.looks import Shown, has_shown


def order_here(order_id: str, why: str = "orders") -> OrderView:
    """The order, for this page or, with ``FILES``, for this file. Raises NoSuchOrder."""
    found = orders.order(actor(), order_id)
    if not policy.is_buyer(actor(), found):
        has_shown(Shown.ORDER, [order_id], why)
    return found

"""What staff and colleagues read of somebody else's at its owner's own address leaves a line about it."""

from portal.shop import policy
from portal.shop.queries import batches, gifts, orders
from portal.shop.queries.batches import BatchView
from portal.shop.queries.gifts import GiftView
from portal.shop.queries.orders import OrderView
from portal.web.guard import actor
from portal.web.looks import LISTS, Shown, has_shown


def order_here(order_id: str, why: str = "orders") -> OrderView:
    """The order, for this page or, with ``FILES``, for this file. Raises NoSuchOrder."""
    found = orders.order(actor(), order_id)
    if not policy.is_buyer(actor(), found):
        has_shown(Shown.ORDER, [order_id], why)
    return found


def batch_here(batch_id: str, why: str = LISTS) -> BatchView:
    """The list of recipients, for this page or, with ``FILES``, for this file. Raises NoSuchBatch.

    Whoever handed it in knows who is in it, and leaves no line.
    """
    found = batches.batch(actor(), batch_id)
    if found.person_id != actor().id:
        has_shown(Shown.BATCH, [batch_id], why)
    return found


def gift_here(gift_id: str, why: str = LISTS) -> GiftView:
    """The gift, for this page or, with ``FILES``, for this file. Raises NoSuchGift."""
    found = gifts.gift(actor(), gift_id)
    if found.batch_id and actor().is_person and batches.maker_of(found.batch_id) != actor().id:
        has_shown(Shown.GIFT, [gift_id], why)
    return found

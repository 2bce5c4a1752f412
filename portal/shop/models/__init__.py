"""Tables of the shop, one module per subject; all are imported here, so that every table is known."""

from portal.shop.models import gifts, orders, requests, sandbox

__all__ = ["gifts", "orders", "requests", "sandbox"]

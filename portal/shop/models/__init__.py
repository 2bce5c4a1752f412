"""Tables of the shop, one module per subject; all are imported here, so that every table is known."""

from portal.shop.models import delivery, gifts, orders, payouts, planting, requests, sandbox

__all__ = ["delivery", "gifts", "orders", "payouts", "planting", "requests", "sandbox"]

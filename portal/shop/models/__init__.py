"""Tables of the shop, one module per subject; all are imported here, so that every table is known."""

from portal.shop.models import delivery, orders, payouts, planting, sandbox

__all__ = ["delivery", "orders", "payouts", "planting", "sandbox"]

"""Tables of the shop, one module per subject; all are imported here, so that every table is known."""

from portal.shop.models import orders, payouts, sandbox

__all__ = ["orders", "payouts", "sandbox"]

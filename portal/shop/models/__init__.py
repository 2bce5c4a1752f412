"""Tables of the shop, one module per subject; all are imported here, so that every table is known."""

from portal.shop.models import billing, giving, orders, sandbox, transfers

__all__ = ["billing", "giving", "orders", "sandbox", "transfers"]

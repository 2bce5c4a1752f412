"""Tables of the shop, one module per subject; all are imported here, so that every table is known."""

from portal.shop.models import (
    billing,
    delivery,
    gifts,
    giving,
    orders,
    origins,
    owners,
    payouts,
    planting,
    requests,
    sandbox,
    transfers,
)

__all__ = [
    "billing", "delivery", "gifts", "giving", "orders", "origins", "owners", "payouts", "planting",
    "requests", "sandbox", "transfers",
]  # fmt: skip

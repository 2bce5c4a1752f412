"""Public pages of the shop: one module per part of it."""

from portal.shop import hooks
from portal.shop.views import (
    basket,
    batches,
    billing,
    delivery,
    gifts,
    giving,
    money,
    orders,
    planting,
    possessions,
    requests,
    statements,
)

blueprints = (
    orders.blueprint, basket.blueprint, gifts.blueprint, batches.blueprint, requests.blueprint,
    statements.blueprint, billing.blueprint, giving.blueprint, money.pages, money.files, hooks.blueprint,
)  # fmt: skip
__all__ = ["blueprints", "delivery", "orders", "planting", "possessions"]

"""Public pages of the shop: one module per part of it."""

from portal.shop import hooks
from portal.shop.views import delivery, orders, planting

blueprints = (orders.blueprint, hooks.blueprint)
__all__ = ["blueprints", "delivery", "orders", "planting"]

"""Public pages of the shop: one module per part of it."""

from portal.shop import hooks
from portal.shop.views import basket, delivery, money, orders, planting

blueprints = (orders.blueprint, basket.blueprint, money.pages, money.files, hooks.blueprint)
__all__ = ["blueprints", "delivery", "orders", "planting"]

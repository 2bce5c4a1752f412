"""Public pages of the shop: one module per part of it."""

from portal.shop import hooks
from portal.shop.views import basket, money, orders

blueprints = (orders.blueprint, basket.blueprint, money.pages, money.files, hooks.blueprint)

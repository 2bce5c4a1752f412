"""Public pages of the shop: one module per part of it."""

from portal.shop import hooks
from portal.shop.views import gifts, orders

blueprints = (orders.blueprint, gifts.blueprint, hooks.blueprint)

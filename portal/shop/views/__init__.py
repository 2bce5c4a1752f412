"""Public pages of the shop: one module per part of it."""

from portal.shop import hooks
from portal.shop.views import billing, giving, orders

blueprints = (orders.blueprint, billing.blueprint, giving.blueprint, hooks.blueprint)

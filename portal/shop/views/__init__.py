"""Public pages of the shop: one module per part of it."""

from portal.shop import hooks
from portal.shop.views import batches, gifts, orders, requests, statements

blueprints = (
    orders.blueprint,
    gifts.blueprint,
    batches.blueprint,
    requests.blueprint,
    statements.blueprint,
    hooks.blueprint,
)

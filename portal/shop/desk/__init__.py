"""The shop's pages for staff: one module per part of it."""

from portal.shop.desk import delivery, fapiao, gifts, orders, payouts, planting

blueprints = (
    orders.blueprint, payouts.blueprint, planting.blueprint, delivery.blueprint, fapiao.blueprint,
    gifts.blueprint,
)  # fmt: skip

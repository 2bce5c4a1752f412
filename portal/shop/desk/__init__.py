"""The shop's pages for staff: one module per part of it."""

from portal.shop.desk import corrections, delivery, fapiao, gifts, orders, owners, payouts, planting

blueprints = (
    orders.blueprint, payouts.blueprint, planting.blueprint, delivery.blueprint, fapiao.blueprint,
    gifts.blueprint, owners.blueprint, corrections.blueprint,
)  # fmt: skip

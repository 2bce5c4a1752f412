"""The shop's pages for staff: one module per part of it."""

from portal.shop.desk import orders, payouts

blueprints = (orders.blueprint, payouts.blueprint)

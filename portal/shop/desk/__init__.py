"""The shop's pages for staff: one module per part of it."""

from portal.shop.desk import delivery, orders, planting

blueprints = (orders.blueprint, planting.blueprint, delivery.blueprint)

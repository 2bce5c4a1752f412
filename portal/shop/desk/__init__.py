"""The shop's pages for staff: one module per part of it."""

from portal.shop.desk import fapiao, orders

blueprints = (orders.blueprint, fapiao.blueprint)

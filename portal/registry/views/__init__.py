"""Public pages of the registry room: one module per part of it."""

from portal.registry.views import accounts, exports, log, monitoring, prices, projects, register

blueprints = (
    register.pages, register.files, exports.tables, *projects.blueprints, *monitoring.blueprints,
    *log.blueprints, accounts.blueprint, accounts.files, prices.pages, prices.files,
)  # fmt: skip

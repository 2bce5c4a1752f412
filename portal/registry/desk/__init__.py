"""The registry room's part of the back office: one module per piece of work."""

from portal.registry.desk import accounts, imports, log, lots, monitoring, prices, projects

blueprints = tuple(part.blueprint for part in (lots, prices, imports, projects, monitoring, accounts, log))

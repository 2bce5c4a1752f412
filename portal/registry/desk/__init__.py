"""The registry room's part of the back office: one module per piece of work."""

from portal.registry.desk import accounts, imports, log, lots, monitoring, projects

blueprints = tuple(part.blueprint for part in (lots, imports, projects, monitoring, accounts, log))

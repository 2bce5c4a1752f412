"""The desk's own pages beside the first one: proposals, search, the trail of what was done, bulk actions."""

from portal.desk.desk import auditing, proposing, searching

blueprints = (proposing.blueprint, searching.blueprint, auditing.blueprint)

"""The desk's own pages beside the first one: proposals, search, the trail of what was done, kept filters."""

from portal.desk.desk import auditing, keeping, proposing, searching

blueprints = (proposing.blueprint, searching.blueprint, auditing.blueprint, keeping.blueprint)

"""The desk's own pages beside the first one: proposals, search, the trail, kept filters, many at once."""

from portal.desk.desk import auditing, keeping, many, proposing, searching

blueprints = (
    proposing.blueprint, searching.blueprint, auditing.blueprint, keeping.blueprint, many.blueprint,
)  # fmt: skip

"""Pages of the footprint room: one module per thing a visitor does."""

from portal.footprint.views import asking, groups, method, results  # noqa: F401 they hang their pages on the blueprint
from portal.footprint.views.pages import blueprint, scripts

blueprints = (blueprint, scripts, groups.short)

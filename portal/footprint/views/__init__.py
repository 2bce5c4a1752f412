"""Pages of the footprint room: one module per thing a visitor does."""

from portal.footprint.views import (  # noqa: F401 they hang their pages on the blueprint
    activities,
    answers_file,
    asking,
    attendees,
    changes,
    company,
    embed,
    groups,
    later,
    method,
    offline,
    paper,
    possessions,
    results,
    scenarios,
    sending,
)
from portal.footprint.views.pages import blueprint, scripts

blueprints = (blueprint, scripts, groups.short)

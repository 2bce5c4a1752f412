"""Pages of pledges: one module per thing a visitor does."""

from portal.pledges.views import (  # noqa: F401 they hang their pages on the blueprint
    challenges,
    course,
    groups,
    letters,
    making,
    plans,
    possessions,
    promise,
    wall,
)
from portal.pledges.views.badge import files
from portal.pledges.views.pages import blueprint

blueprints = (blueprint, files)

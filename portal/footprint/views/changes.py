"""Why did my number change? Between two footprints, or between two versions for one."""

from portal.footprint.views.pages import blueprint
from portal.web.guard import open_to_all


@blueprint.get("/footprints/<footprint_id>/changes")
@open_to_all
def changed(footprint_id: str) -> str:
    return ""

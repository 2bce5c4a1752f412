"""What the footprint room shows on the account's first page."""

from portal.accounts import home
from portal.accounts.home import Tile
from portal.footprint.queries.results import footprints_of
from portal.kernel.actor import Actor
from portal.web.i18n import _, mass


@home.tile(10)
def my_footprints(of: Actor) -> Tile:
    kept = footprints_of(of)
    text = _("The last: %(mass)s", mass=mass(kept[0].total)) if kept else _("Nothing worked out yet.")
    return Tile(
        _("My footprints"), "footprint.mine", len(kept), text, _("Work out my footprint"), "footprint.choose"
    )

"""What the pledges show on the account's first page."""

from portal.accounts import home
from portal.accounts.home import Tile
from portal.certificates import possessions
from portal.kernel.actor import Actor
from portal.pledges.queries.promise import pledges_of
from portal.web.i18n import _


@home.tile(40)
def my_pledges(of: Actor) -> Tile:
    made = pledges_of(of)
    text = _("The last is for %(year)s.", year=made[0].year) if made else _("Nothing promised yet.")
    return Tile(_("My pledges"), "pledges.mine", len(made), text, _("Make a pledge"), "pledges.index")


@possessions.things
def pledged(of: Actor) -> list[str]:
    return [pledge.id for pledge in pledges_of(of)]

"""What the shop shows on the account's first page."""

from portal.accounts import home
from portal.accounts.home import Tile
from portal.certificates import possessions
from portal.kernel.actor import Actor
from portal.shop.queries.possessions import count_orders_of, order_ids_of
from portal.web.i18n import _, instant

_MOST = 3_000


@home.tile(20)
def my_orders(of: Actor) -> Tile:
    count, last = count_orders_of(of)
    text = _("The last on %(instant)s", instant=instant(last)) if last else _("Nothing bought yet.")
    return Tile(_("My orders"), "shop.mine", count, text, _("Cover a few kilograms"), "shop.offset")


@possessions.things
def ordered(of: Actor) -> list[str]:
    return order_ids_of(of, _MOST)

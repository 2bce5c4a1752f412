"""My certificates: rooms above name the things that are a person's, this room finds the papers about them."""

from collections.abc import Callable, Iterable

from flask import render_template, request

from portal.accounts import home
from portal.accounts.home import Tile
from portal.certificates.queries import owned
from portal.certificates.rules.claims import WORDINGS
from portal.certificates.words import state_words
from portal.kernel.actor import Actor
from portal.web.guard import actor, signed_in
from portal.web.i18n import _, instant
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("own_certificates", __name__)
PAGE = 25
Things = Callable[[Actor], Iterable[str]]
_sources: list[Things] = []


def things(ask: Things) -> Things:
    """Register what names orders, subjects or certificate numbers that belong to an actor."""
    _sources.append(ask)
    return ask


@blueprint.get("/account/certificates")
@signed_in
def mine() -> str:
    """All certificates about what is one's own, the newest first, with links that show the name."""
    rows = owned.about(_things_of(actor()), request.args.get("cursor", ""), PAGE + 1)
    return render_template(
        "certificates/mine.html", page=cut(rows, PAGE, lambda row: row.id), state_words=state_words,
        wordings=WORDINGS,
    )  # fmt: skip


@home.tile(30)
def my_certificates(of: Actor) -> Tile:
    count, last = owned.count_about(_things_of(of))
    text = _("The last on %(instant)s", instant=instant(last)) if last else _("None issued yet.")
    return Tile(_("My certificates"), "own_certificates.mine", count, text)


def _things_of(of: Actor) -> list[str]:
    return [thing for ask in _sources for thing in ask(of)]

"""One field for everything: what is surely meant opens at once, the rest is shown kind by kind."""

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from portal.desk.finding import SHORTEST, find
from portal.desk.places import place_of, place_of_hit
from portal.desk.rules import Kind, plain
from portal.desk.words import kind_words
from portal.kernel.actor import STAFF
from portal.web.guard import actor, staff
from portal.web.looks import SEARCH, Shown, has_shown
from portal.web.page import page_blueprint

blueprint = page_blueprint("desk_search", __name__)

# Kinds whose lines show somebody's name or address.
_SHOWN = {
    Kind.ORDER: Shown.ORDER,
    Kind.PERSON: Shown.PERSON,
    Kind.GIFT: Shown.GIFT,
    Kind.FAPIAO: Shown.FAPIAO,
    Kind.PLEDGE: Shown.PLEDGE,
}


@blueprint.get("/desk/search")
@staff(*sorted(STAFF))
def search() -> str | Response:
    """What was found; a whole id leads straight to its page."""
    typed = plain(request.args.get("q", ""))
    if place := place_of(typed):
        return redirect(place, 302)
    found = find(actor(), typed)
    for group in found:
        if group.kind in _SHOWN:
            has_shown(_SHOWN[group.kind], (hit.key for hit in group.hits), SEARCH)
    return render_template(
        "desk/search.html", typed=typed, found=found, shortest=SHORTEST, place_of=place_of_hit,
        kind_words=kind_words,
    )  # fmt: skip

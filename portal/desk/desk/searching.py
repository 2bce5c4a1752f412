"""One field for everything: what is surely meant opens at once, the rest is shown kind by kind."""

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from portal.desk.finding import SHORTEST, find
from portal.desk.places import place_of, place_of_hit
from portal.desk.rules import plain
from portal.desk.words import kind_words
from portal.kernel.actor import STAFF
from portal.web.guard import actor, staff
from portal.web.page import page_blueprint

blueprint = page_blueprint("desk_search", __name__)


@blueprint.get("/desk/search")
@staff(*sorted(STAFF))
def search() -> str | Response:
    """What was found; a whole id leads straight to its page."""
    typed = plain(request.args.get("q", ""))
    if place := place_of(typed):
        return redirect(place, 302)
    found = find(actor(), typed)
    return render_template(
        "desk/search.html", typed=typed, found=found, shortest=SHORTEST, place_of=place_of_hit,
        kind_words=kind_words,
    )  # fmt: skip

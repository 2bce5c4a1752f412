"""What privacy gives to every page: looks of staff are recorded, and the notice reads what the jobs read."""

from collections.abc import Iterator

from flask import Flask, Response, current_app, request

from portal.kernel import clock
from portal.kernel.seen import Seen
from portal.privacy import pupils
from portal.privacy.commands import looking
from portal.privacy.rules.purposes import purposes
from portal.privacy.rules.retention import periods
from portal.privacy.words import period_words
from portal.web.guard import actor
from portal.web.looks import Mark, shown_here
from portal.web.operating import is_read_only

_SHOWS = (200, 409, 422)


def install(app: Flask) -> None:
    app.jinja_env.globals["privacy_purposes"] = purposes
    app.jinja_env.globals["privacy_periods"] = periods
    app.jinja_env.globals["period_words"] = period_words

    @app.before_request
    def keep_pupils_within() -> None:
        pupils.keep_within(request.endpoint or "", request.blueprint)

    @app.after_request
    def record_looks(response: Response) -> Response:
        """A line for whom the page or file was about. A form that comes back with faults shows as much."""
        if response.status_code in _SHOWS and not is_read_only() and (seen := [*_marked(), *shown_here()]):
            looking.record(actor(), seen, clock.now())
        return response


def _marked() -> Iterator[Seen]:
    mark = _mark_of(request.endpoint or "")
    if mark and mark.argument in (request.view_args or {}):
        thing_id = str((request.view_args or {})[mark.argument])
        yield Seen(mark.kind, thing_id, mark.why, mark.daily)


def _mark_of(endpoint: str) -> Mark | None:
    """The view's own mark; a deed that has none shows, where it is refused, the page it was sent from."""
    if "portal.marks" not in current_app.extensions:  # once all rooms are open
        current_app.extensions["portal.marks"] = _marks(current_app)
    marks: dict[str, Mark] = current_app.extensions["portal.marks"]
    return marks.get(endpoint)


def _marks(app: Flask) -> dict[str, Mark]:
    """Marks of pages, and of what is sent from them: addresses that go on where the page's ends."""
    own = {
        name: mark for name, view in app.view_functions.items() if (mark := getattr(view, "__looks__", None))
    }
    pages = [(rule.rule, own[rule.endpoint]) for rule in app.url_map.iter_rules() if rule.endpoint in own]
    pages.sort(key=lambda page: len(page[0]))
    sent = {
        rule.endpoint: mark
        for page, mark in pages
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.rule.startswith(f"{page}/")
    }
    return sent | own

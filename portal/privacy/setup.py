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


def install(app: Flask) -> None:
    app.jinja_env.globals["privacy_purposes"] = purposes
    app.jinja_env.globals["privacy_periods"] = periods
    app.jinja_env.globals["period_words"] = period_words

    @app.before_request
    def keep_pupils_within() -> None:
        pupils.keep_within(request.endpoint or "", request.blueprint)

    @app.after_request
    def record_looks(response: Response) -> Response:
        """A line for whom the page or file was about; one that was refused showed nothing."""
        if response.status_code == 200 and not is_read_only() and (seen := [*_marked(), *shown_here()]):
            looking.record(actor(), seen, clock.now())
        return response


def _marked() -> Iterator[Seen]:
    view = current_app.view_functions.get(request.endpoint or "")
    mark: Mark | None = getattr(view, "__looks__", None)
    if mark and request.method == "GET":
        thing_id = str((request.view_args or {})[mark.argument])
        yield Seen(mark.kind, thing_id, mark.why, mark.daily)

"""What privacy gives to every page: looks of staff are recorded, and the notice reads what the jobs read."""

from flask import Flask, Response, current_app, request

from portal.kernel import clock
from portal.privacy import pupils
from portal.privacy.commands import looking
from portal.privacy.queries.looks import person_behind
from portal.privacy.rules.purposes import purposes
from portal.privacy.rules.retention import periods
from portal.privacy.words import period_words
from portal.web.guard import actor
from portal.web.looks import Mark
from portal.web.operating import is_read_only


def install(app: Flask) -> None:
    app.jinja_env.globals["privacy_purposes"] = purposes
    app.jinja_env.globals["privacy_periods"] = periods
    app.jinja_env.globals["period_words"] = period_words

    @app.before_request
    def keep_pupils_within() -> None:
        pupils.keep_within(request.endpoint or "", request.blueprint)

    @app.after_request
    def record_look(response: Response) -> Response:
        """One line for each marked page that was shown; a page that was refused showed nothing."""
        view = current_app.view_functions.get(request.endpoint or "")
        mark: Mark | None = getattr(view, "__looks__", None)
        if mark is None or request.method != "GET" or response.status_code != 200 or is_read_only():
            return response
        thing_id = str((request.view_args or {}).get(mark.argument, ""))
        person_id = person_behind(mark.kind.value, thing_id)
        looking.record(actor(), mark.kind.value, thing_id, person_id, mark.why, clock.now())
        return response

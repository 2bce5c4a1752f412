"""What accounts give to every request: who is asking."""

from flask import Flask, Response, g

from portal.accounts import rules
from portal.accounts.commands import entering
from portal.accounts.views import proving
from portal.accounts.visit import person, unread_news
from portal.kernel import clock


def install(app: Flask) -> None:
    app.extensions["portal.person"] = person
    app.extensions["portal.proof"] = proving.wanted
    app.extensions["portal.asleep"] = proving.step_that_wakes
    app.extensions["portal.factor"] = proving.step_to_second_factor
    # The cookie lives as long as the longest session; it is set at sign-in and not again at each request.
    app.config["PERMANENT_SESSION_LIFETIME"] = rules.LIFE.whole
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    app.jinja_env.globals["unread_news"] = unread_news

    @app.after_request
    def mark_seen(response: Response) -> Response:
        here, now = g.get("visit"), clock.now()
        if here and response.status_code < 500 and here.is_to_be_marked_seen(now):
            entering.mark_seen(here.session_id, now)
        return response

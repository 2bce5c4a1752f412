"""The badge of a pledge, for other sites."""

from flask import Response, render_template, request

from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.pledges.queries import course, promise
from portal.pledges.words import promise_of
from portal.web.guard import open_to_all
from portal.web.i18n import speak
from portal.web.page import plain_blueprint

files = plain_blueprint("pledge_files", "portal.pledges.views")
_LANGUAGES = ("zh", "en")


@files.get("/pledges/<pledge_id>.svg")
@open_to_all
def badge(pledge_id: str) -> Response:
    """Of a public pledge. It greys out when the next report is due, and at once when the pledge is late,
    lapsed or withdrawn; the day until which it holds stands on it, for copies.
    """
    found = promise.pledge(Actor.guest(), pledge_id)
    asked = request.args.get("lang", found.lang)
    speak(asked if asked in _LANGUAGES else found.lang)
    today = clock.today()
    stands = course.standpoint(found, today)
    picture = render_template(
        "pledges/badge.svg",
        pledge=found,
        stands=stands,
        promise=promise_of(found),
        is_fresh=stands.is_fresh(today),
    )
    answer = Response(picture, mimetype="image/svg+xml")
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer

"""The five kinds of PortalError, mapped once: a page for people, problem details (RFC 9457) for programs."""

import re
from itertools import chain

import structlog
from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import BadRequest, HTTPException

from portal.db import db
from portal.kernel.errors import InvalidInput, NotAllowed, NotFound, PortalError, Refused, Unavailable
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.web.i18n import _, message

STATUS = {InvalidInput: 422, NotAllowed: 403, NotFound: 404, Refused: 409, Unavailable: 503}
RETRY_SECONDS = 10
log = structlog.get_logger("web")


def status_of(error: PortalError) -> int:
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def is_api() -> bool:
    return request.path.startswith("/api/")


def problem(status: int, kind: str, title: str, **members: object) -> Response:
    """An RFC 9457 answer; ``kind`` names the error for programs and never changes."""
    answer = jsonify({"type": f"/problems/{kind}", "title": title, "status": status, **members})
    answer.status_code = status
    answer.mimetype = "application/problem+json"
    return answer


def problem_of(error: PortalError) -> Response:
    name = re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()
    return problem(status_of(error), name, message(error), **_plain(error.params))


def _plain(params: dict[str, object]) -> dict[str, object]:
    plain: dict[str, object] = {}
    for key, value in params.items():
        if isinstance(value, Mass):
            plain |= {f"{key}_g": value.grams, f"{key}_kg": value.kg_down}
        elif isinstance(value, Money):
            plain |= {f"{key}_minor": value.minor, "currency": value.currency}
        else:
            plain[key] = value if isinstance(value, str | int | bool | list | None) else str(value)
    return plain


def page_of(status: int, title: str, text: str) -> tuple[str, int]:
    return render_template(
        "errors/error.html",
        status=status,
        title=title,
        text=text,
        before=_page_before(),
        request_id=g.get("request_id", ""),
    ), status


def _page_before() -> str:
    """The page of ours whose form was refused, as far as the browser says; empty where nothing was sent."""
    before = request.referrer or ""
    return before if request.method == "POST" and before.startswith(request.host_url) else ""


def _titles() -> dict[int, str]:
    return {
        400: _("We could not read that request"),
        403: _("You may not open this page"),
        404: _("Page not found"),
        405: _("That is not possible here"),
        409: _("This is not possible now"),
        413: _("That file or text is too large"),
        422: _("Please check what you entered"),
        429: _("Too many tries"),
        500: _("Something went wrong on our side"),
        503: _("Please try again in a few minutes"),
    }


def _texts() -> dict[int, str]:
    return {
        404: _("The address may be mistyped, or the page has moved."),
        429: _("Please wait a minute and try again."),
        500: _("Nothing was lost. Please try again; if it happens again, tell us the number below."),
    }


def refuse_what_cannot_be_stored() -> None:
    """A zero byte is no text: PostgreSQL refuses it, and nobody types it."""
    if "\0" in request.path or b"%00" in request.query_string:
        raise BadRequest()
    files = ((name, file.filename or "") for name, file in request.files.items(multi=True))
    if any("\0" in name + text for name, text in chain(request.form.items(multi=True), files)):
        raise BadRequest()


def portal_error(error: PortalError) -> Response:
    db.session.rollback()
    status = status_of(error)
    if is_api():
        answer = problem_of(error)
    else:
        answer = current_app.make_response(page_of(status, _titles()[status], message(error)))
    return _try_again_later(answer)


def _try_again_later(answer: Response) -> Response:
    """Say how soon: a program that is told nothing tries at once, or never."""
    if answer.status_code == 503:
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def csrf_error(_error: CSRFError) -> tuple[str, int]:
    text = _(
        "Your page was open too long or came from elsewhere. Go back, reload it and send it again; "
        "nothing was changed."
    )
    return page_of(400, _titles()[400], text)


def http_error(error: HTTPException) -> Response | HTTPException:
    status = error.code
    if status is None or status < 400:
        return error  # a redirect, or an answer that is already made
    title = _titles().get(status, error.name)
    if is_api():
        answer = problem(status, error.name.lower().replace(" ", "-"), title)
    else:
        text = _texts().get(status, _("Please go back and check what was sent."))
        answer = current_app.make_response(page_of(status, title, text))
    # When to try again, and which verbs would do, are part of the answer.
    for name, value in error.get_headers():
        if name in ("Retry-After", "Allow"):
            answer.headers[name] = value
    return answer


def database_error(error: DBAPIError | PoolTimeout) -> Response:
    """A database that is away, or too busy for us, comes back: the same request may be sent again.

    A page that was read from a replica is made once more, from the primary.
    """
    if current_app.extensions["portal.asks_primary"](error):
        try:
            return current_app.make_response(current_app.dispatch_request())
        except Exception as fault:
            return current_app.make_response(current_app.handle_user_exception(fault))
    if isinstance(error, PoolTimeout | OperationalError) or error.connection_invalidated:
        return _ours(503, _(Unavailable.message), error)
    return bug(error)


def bug(error: Exception) -> Response:
    return _ours(500, _texts()[500], error)


def _ours(status: int, text: str, error: Exception) -> Response:
    if current_app.config["PORTAL"].testing and current_app.config.get("PROPAGATE_BUGS", True):
        raise error
    # Not rolled back, which would ask the database once more, but let go of.
    db.session.remove()
    log.error("bug" if status == 500 else "no database", path=request.path, exc_info=error)
    title = _titles()[status]
    if is_api():
        kind = "internal-error" if status == 500 else "unavailable"
        answer = problem(status, kind, title, request_id=g.get("request_id", ""))
    else:
        answer = current_app.make_response(page_of(status, title, text))
    return _try_again_later(answer)


def install(app: Flask) -> None:
    app.before_request(refuse_what_cannot_be_stored)
    for kind, handler in (
        (PortalError, portal_error),
        (CSRFError, csrf_error),
        (HTTPException, http_error),
        (DBAPIError, database_error),
        (PoolTimeout, database_error),
        (Exception, bug),
    ):
        app.register_error_handler(kind, handler)

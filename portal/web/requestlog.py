"""Structured logs: one line per request, with an id that error pages show too."""

import logging
import secrets
import sys
import time
from contextlib import suppress

import structlog
from flask import Flask, Response, g, request

from portal.kernel.actor import Actor


def configure() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_Lines,
        cache_logger_on_first_use=False,
    )


class _Lines:
    """Writes lines to standard error, whatever that is now. A reader that went away stops no request."""

    def __init__(self, *_names: object) -> None: ...

    def msg(self, line: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = msg


def install(app: Flask) -> None:
    log = structlog.get_logger("request").bind()  # once, not at each request

    @app.before_request
    def begin() -> None:
        g.request_id = secrets.token_hex(6)
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        if request.endpoint != "static" and not app.config["PORTAL"].testing:
            # The path without its query: keys of signed links stay out of the log.
            log.info(
                "request",
                method=request.method,
                path=_path(),
                status=response.status_code,
                who=_who(),
                ms=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
            )
        return response


def _who() -> str:
    """The id of whoever asked, once somebody wanted to know; never a name. Empty where nobody did."""
    actor: Actor | None = g.get("actor")
    return actor.id if actor else ""


def _path() -> str:
    """The path without what opens something: the query is left out, a certificate's key is masked."""
    key = (request.view_args or {}).get("key")
    return request.path.replace(key, "…") if key else request.path

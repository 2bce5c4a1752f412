"""Is the process alive, can it serve, and how is it doing."""

import ipaddress

import structlog
from flask import Response, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal import jobs
from portal.db import db
from portal.kernel import clock
from portal.kernel.errors import NotFound
from portal.ops import metrics as figures
from portal.registry.jobs import is_behind_signer
from portal.registry.queries import log
from portal.registry.rules.checkpoint import NotACheckpoint
from portal.web.guard import open_to_all
from portal.web.page import plain_blueprint

blueprint = plain_blueprint("ops", __name__)

BEHIND_SECONDS = 60


@blueprint.get("/healthz")
@open_to_all
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@open_to_all
def readyz() -> tuple[Response, int]:
    """The database answers, work is being done, and the log keeps step with what is recorded."""
    now = clock.now()
    checks = {"database": False, "queue": False, "log": False}
    try:
        checks["database"] = bool(db.session.execute(text("SELECT 1")).scalar())
        checks["queue"] = jobs.is_in_step(now, BEHIND_SECONDS)
        checks["log"] = log.is_in_step(now, BEHIND_SECONDS) and not is_behind_signer()
    except (SQLAlchemyError, NotACheckpoint) as fault:
        structlog.get_logger("ops").warning("not ready", fault=type(fault).__name__)
        db.session.remove()
    ready = all(checks.values())
    return jsonify(status="ok" if ready else "not ready", checks=checks), 200 if ready else 503


@blueprint.get("/metrics")
@open_to_all
def metrics() -> Response:
    """Prometheus text, for the local network only; elsewhere there is no such page."""
    if not _is_near():
        raise NotFound()
    return Response(figures.text(), content_type=CONTENT_TYPE_LATEST)


def _is_near() -> bool:
    """Whether a machine of the local network asks itself, and not for somebody outside as a proxy does."""
    if any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-Ip")):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_private
    except ValueError:
        return False

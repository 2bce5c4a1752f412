"""Is the process alive, can it serve, and how is it doing."""

import ipaddress

from flask import Response, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text

from portal import jobs
from portal.db import db
from portal.kernel import clock
from portal.kernel.errors import NotFound
from portal.ops import metrics as figures
from portal.registry.jobs import is_behind_signer
from portal.registry.queries import log
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
    checks = {
        "database": bool(db.session.execute(text("SELECT 1")).scalar()),
        "queue": jobs.is_in_step(now, BEHIND_SECONDS),
        "log": log.is_in_step(now, BEHIND_SECONDS) and not is_behind_signer(),
    }
    ready = all(checks.values())
    return jsonify(status="ok" if ready else "not ready", checks=checks), 200 if ready else 503


@blueprint.get("/metrics")
@open_to_all
def metrics() -> Response:
    """Prometheus text, for the local network only; elsewhere there is no such page."""
    try:
        near = ipaddress.ip_address(request.remote_addr or "").is_private
    except ValueError:
        near = False
    if not near:
        raise NotFound()
    return Response(figures.text(), content_type=CONTENT_TYPE_LATEST)

"""What ops gives the web layer: request metrics, and whether selling is stopped."""

from flask import Flask

from portal.ops import metrics
from portal.registry.queries import standing


def install(app: Flask) -> None:
    app.extensions["portal.stopped"] = standing.is_stopped
    app.after_request(metrics.count)

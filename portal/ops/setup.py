"""What ops gives the web layer: request metrics, whether selling is stopped, and which server is read."""

from flask import Flask

from portal.ops import metrics, replica
from portal.registry.queries import standing


def install(app: Flask) -> None:
    app.extensions["portal.stopped"] = standing.is_stopped
    app.after_request(metrics.count)
    replica.install(app)

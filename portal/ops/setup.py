"""What ops gives the web layer: request metrics, whether selling is stopped, which server is read."""

from flask import Flask

from portal.ops import backup, metrics, replica
from portal.registry.queries import standing


def install(app: Flask) -> None:
    app.extensions["portal.stopped"] = standing.is_stopped
    app.extensions["portal.last_backup"] = backup.last_made
    app.after_request(metrics.count)
    replica.install(app)

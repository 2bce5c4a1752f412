"""What the desk gives to its layout: which pages this reader may open, and the queue they walk through."""

from flask import Flask

from portal.desk.desk import keeping
from portal.desk.opening import may_open
from portal.desk.walking import queued, walk


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        may_open=may_open, queued=queued, walk=walk, kept_filters=keeping.kept, can_keep=keeping.can_be_kept
    )

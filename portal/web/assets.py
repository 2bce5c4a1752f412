"""Static files with a content hash in their address, so that they may be kept for a year."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, current_app, url_for


@cache
def _digest(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """URL of ``static/<name>`` with its hash. A missing file is a bug and raises FileNotFoundError."""
    file = Path(str(current_app.static_folder)) / name
    if current_app.config["PORTAL"].testing or current_app.debug:
        _digest.cache_clear()
    return url_for("static", filename=name, v=_digest(str(file)))


def install(app: Flask) -> None:
    app.jinja_env.globals["asset"] = asset

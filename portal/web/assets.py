"""Static files with a content hash in their address, so that they may be kept for a year."""

import hashlib
from pathlib import Path

from flask import Flask, Response, request, url_for


def install(app: Flask) -> None:
    """Give templates ``asset("css/base.css")``: its address with its hash.

    A missing file is a bug and raises FileNotFoundError. Addresses are made once per process, unless
    somebody is at work on the files.
    """
    folder = Path(str(app.static_folder))
    is_fixed = not (app.debug or app.config["PORTAL"].testing)
    digests: dict[str, str] = {}
    addresses: dict[str, str] = {}

    def digest_of(name: str) -> str:
        if name not in digests or not is_fixed:
            digests[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]
        return digests[name]

    def asset(name: str) -> str:
        if name not in addresses or not is_fixed:
            addresses[name] = url_for("static", filename=name, v=digest_of(name))
        return addresses[name]

    app.jinja_env.globals["asset"] = asset

    @app.after_request
    def keep_for_a_year(response: Response) -> Response:
        # By its present hash only: while versions change, a page of one server may ask another for its files.
        is_file = request.endpoint == "static" and response.status_code in (200, 304) and "v" in request.args
        if is_file and request.args["v"] == digest_of((request.view_args or {})["filename"]):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

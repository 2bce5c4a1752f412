"""Static files with a content hash in their address, so that they may be kept for a year."""

import hashlib
from pathlib import Path

from flask import Flask, request, url_for


def install(app: Flask) -> None:
    """Give templates ``asset("css/base.css")``: its address with its hash.

    A missing file is a bug and raises FileNotFoundError. Addresses are made once per process, unless
    somebody is at work on the files.
    """
    folder = Path(str(app.static_folder))
    digests: dict[str, str] = {}
    addresses: dict[str, str] = {}

    def digest_of(name: str) -> str:
        if name not in digests or app.debug or app.config["PORTAL"].testing:
            digests[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]
        return digests[name]

    def asset(name: str) -> str:
        if name not in addresses or app.debug or app.config["PORTAL"].testing:
            addresses[name] = url_for("static", filename=name, v=digest_of(name))
        return addresses[name]

    def is_kept() -> bool:
        """Whether what is asked for is a static file by its present hash, which never changes.

        During a change of version a page of one server may meet a file of another: that is not kept.
        """
        name = (request.view_args or {}).get("filename")
        return request.endpoint == "static" and name is not None and request.args.get("v") == digest_of(name)

    app.jinja_env.globals["asset"] = asset
    app.extensions["portal.is_kept_asset"] = is_kept

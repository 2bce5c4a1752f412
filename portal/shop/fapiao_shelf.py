"""Where the files of fapiao lie: under their digest, and given out as downloads that no browser opens."""

from hashlib import sha256
from pathlib import Path

from flask import Response, abort, current_app, send_file
from werkzeug.datastructures import FileStorage

from portal.shop.commands.fapiao_files import Given
from portal.shop.queries.billing import FapiaoFileView
from portal.shop.rules.fapiao_files import MOST_BYTES, kind_of

_TYPES = {"pdf": "application/pdf", "ofd": "application/ofd", "xml": "application/xml"}


def keep(upload: FileStorage) -> Given:
    """Store an upload. Raises FapiaoFileNotAccepted."""
    data = upload.stream.read(MOST_BYTES + 1)
    given = Given(kind_of(data), sha256(data).hexdigest(), len(data))
    place = _place(given.sha256, given.media_type)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return given


def given_out(file: FapiaoFileView, name: str) -> Response:
    """404 when it is not there."""
    place = _place(file.sha256, file.media_type)
    if not place.is_file():
        abort(404)
    answer = send_file(
        place, as_attachment=True, download_name=f"fapiao-{name}{place.suffix}",
        mimetype=_TYPES[file.media_type],
    )  # fmt: skip
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _place(digest: str, kind: str) -> Path:
    return Path(current_app.config["PORTAL"].documents) / "fapiao" / f"{digest}.{kind}"

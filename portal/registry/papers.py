"""Papers that people upload: told by their first bytes, kept under their digest, given out as downloads."""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from flask import Response, abort, current_app, send_file
from werkzeug.datastructures import FileStorage

from portal.kernel.errors import N_, InvalidInput

MOST_BYTES = 10 * 1024 * 1024
_MAGIC = {b"%PDF-": "application/pdf", b"\x89PNG\r\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_ENDINGS = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "text/plain": ".txt"}


class PaperNotAccepted(InvalidInput):
    message = N_("Give the document as PDF, PNG, JPEG or plain text of at most 10 MB.")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it lies in its folder."""

    sha256: str
    media_type: str
    bytes: int


def keep(upload: FileStorage, folder: str) -> Kept:
    """Store an upload under its digest. Raises PaperNotAccepted."""
    return keep_bytes(upload.stream.read(MOST_BYTES + 1), folder)


def keep_bytes(data: bytes, folder: str) -> Kept:
    """As ``keep``, of what is at hand."""
    kind = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)
    if kind is None and _is_plain_text(data):
        kind = "text/plain"
    if kind is None or not data or len(data) > MOST_BYTES:
        raise PaperNotAccepted()
    kept = Kept(sha256(data).hexdigest(), kind, len(data))
    place = path_of(kept.sha256, kind, folder)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return kept


def path_of(digest: str, media_type: str, folder: str) -> Path:
    return Path(current_app.config["PORTAL"].documents) / folder / f"{digest}{_ENDINGS[media_type]}"


def is_kept(digest: str, media_type: str, folder: str) -> bool:
    """Whether there is such a file; False for anything that is no digest or no kind of paper."""
    known = media_type in _ENDINGS and re.fullmatch(r"[0-9a-f]{64}", digest)
    return bool(known) and path_of(digest, media_type, folder).is_file()


def given_out(digest: str, media_type: str, folder: str, name: str) -> Response:
    """The file as a download that no browser opens by itself; 404 when it is not there."""
    file = path_of(digest, media_type, folder)
    if not file.is_file():
        abort(404)
    answer = send_file(file, as_attachment=True, download_name=f"{name}{file.suffix}", mimetype=media_type)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _is_plain_text(data: bytes) -> bool:
    """UTF-8 that no browser would take for a page or a drawing."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return "\0" not in text and not text.lstrip().startswith("<")

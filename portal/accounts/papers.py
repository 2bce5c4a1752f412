"""Papers that organisations give to be verified: pictures drawn anew, PDF looked through, never public."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from flask import Response, abort, current_app, send_file
from werkzeug.datastructures import FileStorage

from portal.accounts.bodies import PaperNotAccepted, check_pdf
from portal.accounts.queries import PaperView
from portal.web import photos

FOLDER: Final = "organisations"
_ENDINGS: Final = {"application/pdf": ".pdf", "image/jpeg": ".jpg"}


def keep(upload: FileStorage) -> PaperView:
    """Store one file under its digest. Raises PaperNotAccepted."""
    data = upload.stream.read(photos.MOST_BYTES + 1)
    if len(data) > photos.MOST_BYTES:
        raise PaperNotAccepted()
    if not data.startswith(b"%PDF-"):
        return _keep_picture(data)
    check_pdf(data)
    paper = PaperView(sha256(data).hexdigest(), "application/pdf")
    place = path_of(paper)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return paper


def path_of(paper: PaperView) -> Path:
    name = f"{paper.sha256}{_ENDINGS[paper.media_type]}"
    return Path(current_app.config["PORTAL"].documents) / FOLDER / name


def given_out(paper: PaperView, name: str) -> Response:
    """As a download that no browser opens by itself; 404 when the file is not there."""
    file = path_of(paper)
    if not file.is_file():
        abort(404)
    shown = f"{name}{file.suffix}"
    answer = send_file(file, as_attachment=True, download_name=shown, mimetype=paper.media_type)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def forget(paper: PaperView) -> None:
    path_of(paper).unlink(missing_ok=True)


def _keep_picture(data: bytes) -> PaperView:
    try:
        kept = photos.keep(data, FOLDER)
    except photos.PhotoNotAccepted:
        raise PaperNotAccepted() from None
    return PaperView(kept.sha256, "image/jpeg")

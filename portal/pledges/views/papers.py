"""Documents that come with a form: kept at once under their digest, and carried over a form with errors."""

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from portal.kernel.ids import new_id
from portal.pledges.forms.papers import PaperFields
from portal.pledges.rules.evidence import Paper
from portal.registry import papers
from portal.registry.papers import PaperNotAccepted
from portal.web.forms import clean_line
from portal.web.i18n import _

SHELF = "pledges"


def take_in(form: PaperFields) -> None:
    """Keep the file that was sent, if any; ``form.kept`` then stands for it. A bad one is said beside it."""
    upload = form.file.data
    if not upload or not upload.filename:
        return
    try:
        kept = papers.keep(upload, SHELF)
    except PaperNotAccepted as error:
        form.blame("file", error)
        return
    name = clean_line(upload.filename)[:120] or "document"
    form.kept.data = _signer().dumps([name, kept.sha256, kept.media_type, kept.bytes])


def name_of(form: PaperFields) -> str:
    """The name of the file that the form carries; empty where it carries none."""
    carried = _carried(form)
    return carried[0] if carried else ""


def is_there(form: PaperFields) -> bool:
    """Whether there is a document; where none is, the form says so."""
    if form.file.errors or _carried(form):
        return not form.file.errors
    form.file.errors = [*form.file.errors, _("Please choose a file.")]
    return False


def paper_of(form: PaperFields, report_id: str = "", note: str = "") -> Paper:
    """The document that ``is_there``."""
    name, digest, media_type, size = _carried(form) or ("", "", "", 0)
    verifier = form.verifier.data or ""
    return Paper(new_id("evd"), report_id, name, digest, media_type, size, verifier, note)


def _carried(form: PaperFields) -> tuple[str, str, str, int] | None:
    try:
        name, digest, media_type, size = _signer().loads(form.kept.data or "")
    except BadData:
        return None
    return name, digest, media_type, size


def _signer() -> URLSafeSerializer:
    secrets = current_app.config["PORTAL"].secret_keys
    return URLSafeSerializer(list(reversed(secrets)), salt="a document of a pledge")

"""The transparency log for people and for other machines: its page, its records, its files."""

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

from flask import Flask, Response, abort, current_app, render_template, request

from portal.registry import verifiers
from portal.registry.forms.register import KeptHeadForm
from portal.registry.jobs import signer
from portal.registry.queries import digests, standing, witnesses
from portal.registry.queries import log as read
from portal.registry.queries.log import SignedHead
from portal.registry.rules import checkpoint as notes
from portal.registry.rules import tiles
from portal.registry.rules.checkpoint import Checkpoint, NotACheckpoint
from portal.web.guard import open_to_all
from portal.web.page import page_blueprint, plain_blueprint
from portal.web.paging import Page

pages = page_blueprint("registry_log", __name__)
files = plain_blueprint("registry_log_files", __name__)
blueprints = (pages, files)

PAGE = 25
AUDITS = 30
FOR_GOOD = "public, max-age=31536000, immutable"


@open_to_all
def log() -> tuple[str, int]:
    """The transparency log: what it is, its signed head, its records, newest first.

    ``?kept=`` is a head that somebody kept: does the log still continue it?
    """
    form = KeptHeadForm(request.args if "kept" in request.args else None)
    fits = _still_fits(form) if "kept" in request.args and form.validate() else None
    size = read.size()
    end = min(_place(size), size)
    start = max(end - PAGE, 0)
    entries = list(reversed(read.entries(start, end)))
    told = render_template(
        "registry/log.html",
        form=form,
        fits=fits,
        page=Page(entries, str(start) if start > 0 else None),
        size=size,
        head=read.latest_checkpoint(),
        keys=signer().trusted,
        digests=verifiers.digests(),
        witnesses=[each for each in witnesses.witnesses() if each.left_at is None],
        audit=standing.last_audit(),
    )
    return told, 422 if form.has_errors else 200


@open_to_all
def log_entry(idx: int) -> str:
    """One record of the log, verbatim, with its leaf hash and what a browser needs to check it."""
    found = read.entries(idx, idx + 1)
    if not found:
        abort(404)
    head = read.latest_checkpoint()
    proof = read.inclusion(idx, head.size) if head and idx < head.size else None
    return render_template(
        "registry/log_entry.html", entry=found[0], head=head, proof=proof,
        keys=notes.write_keys(signer().trusted),
    )  # fmt: skip


@open_to_all
def checkpoint() -> Response:
    """The newest signed checkpoint, as C2SP writes it."""
    return _note(read.latest_checkpoint())


@files.get("/log/checkpoints/<int(max=999999999999):size>")
@open_to_all
def checkpoint_of(size: int) -> Response:
    """The checkpoint that was signed over exactly so many records."""
    head = read.checkpoint_at_least(size)
    return _note(head if head and head.size == size else None)


@pages.get("/log/audits")
@open_to_all
def audits() -> str:
    """What the daily audit found, newest first, and the days whose balances are on record."""
    return render_template(
        "registry/log_audits.html", audits=standing.audits(AUDITS), digests=digests.digests(AUDITS)
    )


@pages.get("/log/recovery")
@open_to_all
def recovery() -> str:
    """What to do when the database is older than the published log."""
    return render_template("registry/log_recovery.html", size=read.size(), last=_last_word())


@files.get("/log/balances/<digest_id>.jsonl")
@open_to_all
def balances(digest_id: str) -> Response:
    """All balances of one digest, the leaves of the root that is on record."""
    return Response(f"{digests.balances_of(digest_id)}\n", mimetype="application/x-ndjson")


@files.get("/log/keys.txt")
@open_to_all
def keys() -> Response:
    """Every key whose signature counts, past ones with the size up to which they do; then the witnesses'."""
    watching = [each.key for each in witnesses.witnesses() if each.left_at is None]
    return _text(notes.write_keys(signer().trusted, watching))


@files.get("/log/tile/<path:place>")
@open_to_all
def tile(place: str) -> Response:
    """A tile of hashes, or a bundle of records (C2SP tlog-tiles)."""
    wanted = tiles.read_path(place)
    if wanted is None:
        abort(404)
    answer = Response(read.tile(wanted), mimetype="application/octet-stream")
    answer.headers["Cache-Control"] = FOR_GOOD
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


@files.get("/log/export.jsonl")
@open_to_all
def export() -> Response:
    """Every record of the newest signed checkpoint, one a line, byte for byte what is hashed."""
    head = read.latest_checkpoint()
    if head is None:
        abort(404)
    rows = _streamed(read.export(head.size))
    # The first part is read before the answer begins, so that a fault of the database is no half file.
    answer = Response(chain([next(rows, "")], rows), mimetype="application/x-ndjson")
    answer.headers["Content-Disposition"] = f'attachment; filename="log-{head.size}.jsonl"'
    return answer


@files.get(f"/log/{verifiers.PYTHON}")
@open_to_all
def program() -> Response:
    """The verifier for Python."""
    return _handed_over(verifiers.program(), verifiers.PYTHON)


@files.get(f"/log/{verifiers.PAGE}")
@open_to_all
def page() -> Response:
    """The verifier for a browser; a download, because it brings its own script and policy."""
    return _handed_over(verifiers.page(), verifiers.PAGE)


def _still_fits(form: KeptHeadForm) -> bool | None:
    """Whether this log begins with the head that was kept; None when that is no head of ours."""
    hand = signer()
    try:
        kept = notes.verify(_as_signed(form.kept.data or ""), hand.origin, hand.trusted)
    except NotACheckpoint as refusal:
        form.blame("kept", refusal)
        return None
    return kept.size <= read.size() and read.root_at(kept.size) == kept.root


def _as_signed(pasted: str) -> str:
    """A note as it was before a form sent its line ends along, and a person white space."""
    return pasted.replace("\r\n", "\n").strip() + "\n"


def _streamed(rows: Iterator[str]) -> Iterator[str]:
    """Each part read in a context of its own: the answer is sent after the request's has ended."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    while True:
        with app.app_context():
            part = next(rows, None)
        if part is None:
            return
        yield part


def _last_word() -> Checkpoint | None:
    """What was signed last, None also when it cannot be read any more."""
    with suppress(NotACheckpoint):
        return signer().last()
    return None


def _note(head: SignedHead | None) -> Response:
    """A checkpoint with its witnesses' lines below our own."""
    if head is None:
        abort(404)
    return _text(head.note + "".join(witnesses.lines_under(head.size)))


def _text(content: str) -> Response:
    answer = Response(content, content_type="text/plain; charset=utf-8")
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _handed_over(content: bytes, name: str) -> Response:
    answer = Response(content, content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _place(otherwise: int) -> int:
    """The numeric cursor of this request; what is no cursor of ours counts as none."""
    cursor = request.args.get("cursor", "")
    return int(cursor) if re.fullmatch(r"[0-9]{1,18}", cursor) else otherwise

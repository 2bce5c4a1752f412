"""The registry's desk: what is in stock, imports with a dry run, lots against a retirement record."""

import re
from hashlib import sha256
from pathlib import Path

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import InvalidInput, NotFound, PortalError
from portal.registry import policy, project_desk
from portal.registry.commands import imports, lots
from portal.registry.forms import ApplyForm, ImportForm, LotForm
from portal.registry.queries import register as read
from portal.registry.rules.errors import EvidenceNotAccepted, NotConfirmed
from portal.registry.rules.imports import READERS, ImportReport
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.page import page_blueprint
from portal.web.staging import stage, staged

blueprint = page_blueprint("registry_desk", __name__)
blueprints = (blueprint, project_desk.blueprint)

SHOWN_ROWS = 500
SHELF = "staged"
# A retirement record is published as a download, never shown inline; its kind is told by its first bytes.
_KINDS = {b"%PDF-": ".pdf", b"\x89PNG\r\n": ".png", b"\xff\xd8\xff": ".jpg"}
MAX_EVIDENCE = 10 * 1024 * 1024
_READERS = (Role.REGISTRY, Role.FINANCE, Role.AUDITOR, Role.ADMIN)


@blueprint.get("/desk/lots")
@staff(*_READERS)
def stock() -> str:
    """Every lot with what is retired, attributed, held for orders and free."""
    return render_template(
        "registry/desk_lots.html", lots=read.lots(limit=500), may_run=policy.may_run_registry(actor())
    )


@blueprint.route("/desk/lots/new", methods=["GET", "POST"])
@staff(Role.REGISTRY, Role.ADMIN)
def open_lot() -> str | Response | tuple[str, int]:
    """Open a lot against a retirement record."""
    form = LotForm()
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate_on_submit():
            try:
                draft = _draft(form)
                lots.open_lot(actor(), draft, clock.now())
            except PortalError as fault:
                form.blame(_FIELDS.get(type(fault).__name__, "serials"), fault)
            else:
                flash(_("Lot %(code)s is open.", code=draft.code), "success")
                return redirect(url_for("registry.lot", code=draft.code), 303)
    held = read.held_serials()
    return render_template("registry/desk_open_lot.html", form=form, held=held), status


@blueprint.route("/desk/imports", methods=["GET", "POST"])
@staff(*_READERS)
def import_file() -> str | tuple[str, int]:
    """Choose an export and see, row by row, what importing it would do."""
    form = ImportForm()
    if form.validate_on_submit():
        data = form.file.data.read()
        try:
            report = imports.dry_run(actor(), form.registry.data, data)
        except InvalidInput as fault:
            form.blame("file", fault)
        else:
            stage(SHELF, report.file_sha256, data)
            name = Path(form.file.data.filename or "export.csv").name[:120]
            return _report(report, ApplyForm(formdata=None, token=report.file_sha256, name=name)), 200
    may_import = policy.may_run_registry(actor())
    page = render_template(
        "registry/desk_import.html", form=form, done=read.imports_done(), may_import=may_import
    )
    return page, 200 if request.method == "GET" else 422


@blueprint.post("/desk/imports/<registry>/apply")
@staff(Role.REGISTRY, Role.ADMIN)
def apply_import(registry: str) -> Response | tuple[str, int]:
    """Import the file that was looked at: all of it, or nothing."""
    form = ApplyForm()
    file = staged(SHELF, form.token.data or "")
    if registry not in READERS or not form.validate_on_submit() or not file.is_file():
        raise NotFound()
    data = file.read_bytes()
    seen = imports.dry_run(actor(), registry, data)
    if seen.needs_confirmation and not form.confirmed.data:
        form.blame("confirmed", NotConfirmed())
        return _report(seen, form), 422
    report = imports.apply(actor(), registry, data, form.name.data or "export.csv", clock.now())
    file.unlink(missing_ok=True)
    flash(
        _(
            "%(accepted)s rows imported, %(unchanged)s were already here.",
            accepted=report.accepted,
            unchanged=report.unchanged,
        ),
        "success",
    )
    return redirect(url_for("registry_desk.import_file"), 303)


_FIELDS = {
    "RetirementRecordUsed": "reference", "EvidenceNotAccepted": "proof", "BadEvidence": "proof",
    "UnknownProject": "serials", "LotCodeTaken": "code",
}  # fmt: skip


def _report(report: ImportReport, form: ApplyForm) -> str:
    return render_template(
        "registry/desk_report.html", report=report, form=form, rows=report.rows[:SHOWN_ROWS]
    )


def _draft(form: LotForm) -> lots.LotDraft:
    wanted = tuple(line.strip() for line in (form.serials.data or "").splitlines() if line.strip())
    digest, file = _keep_evidence(form.proof.data) if form.proof.data else ("", "")
    url = form.proof_url.data or ""
    if url and not re.fullmatch(r"https://[^\s<>\"]+", url):
        raise EvidenceNotAccepted()
    return lots.LotDraft(
        code=form.code.data or "", project_code=read.project_code_of(wanted[0] if wanted else ""),
        serials=wanted, tonnes=form.tonnes.value, retirement_reference=form.reference.data or "",
        retired_on=form.retired_on.data, evidence_url=url, evidence_file=file,
        evidence_sha256=digest or sha256(url.encode()).hexdigest(),
        price_per_t=form.price.value, rank=form.rank.value,
        is_demo=current_app.config["PORTAL"].is_demo,
    )  # fmt: skip


def _keep_evidence(upload: FileStorage) -> tuple[str, str]:
    """Store an uploaded record under its digest; digest and file name. Raises EvidenceNotAccepted."""
    data = upload.stream.read(MAX_EVIDENCE + 1)
    kind = next((ending for magic, ending in _KINDS.items() if data.startswith(magic)), None)
    if kind is None and _is_plain_text(data):
        kind = ".txt"
    if kind is None or not data or len(data) > MAX_EVIDENCE:
        raise EvidenceNotAccepted()
    digest = sha256(data).hexdigest()
    folder = Path(current_app.config["PORTAL"].documents) / "evidence"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{digest}{kind}").write_bytes(data)
    return digest, f"{digest}{kind}"


def _is_plain_text(data: bytes) -> bool:
    """UTF-8 that no browser would take for a page or a drawing."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return "\0" not in text and not text.lstrip().startswith("<")

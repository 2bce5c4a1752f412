"""The registry's desk: what is in stock, lots against a retirement record."""

import re
from hashlib import sha256

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import PortalError
from portal.registry import papers, policy
from portal.registry.commands import lots, offering_lots
from portal.registry.forms.register import LotForm
from portal.registry.queries import register as read
from portal.registry.rules.errors import EvidenceNotAccepted
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.page import page_blueprint

blueprint = page_blueprint("registry_desk", __name__)

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
    """Propose a lot against a retirement record."""
    form = LotForm()
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate_on_submit():
            try:
                draft = _draft(form)
                offering_lots.propose_lot(actor(), draft, draft.retirement_reference, clock.now())
            except PortalError as fault:
                form.blame(_FIELDS.get(type(fault).__name__, "serials"), fault)
            else:
                flash(_("Proposed. It is done once another person has accepted it."), "success")
                return redirect(url_for("desk_proposals.queue"), 303)
    held = read.held_serials()
    return render_template("registry/desk_open_lot.html", form=form, held=held), status


_FIELDS = {
    "RetirementRecordUsed": "reference", "EvidenceNotAccepted": "proof", "PaperNotAccepted": "proof",
    "BadEvidence": "proof",
    "UnknownProject": "serials", "LotCodeTaken": "code",
}  # fmt: skip


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
    """Store a retirement record; its digest and file name. Raises PaperNotAccepted."""
    kept = papers.keep(upload, "evidence")
    return kept.sha256, papers.path_of(kept.sha256, kept.media_type, "evidence").name

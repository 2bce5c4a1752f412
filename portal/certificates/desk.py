"""The desk of certificates: find one, see what happened to it, doubt, revoke or correct it; batches."""

from dataclasses import replace as changed
from typing import Any

from flask import flash, make_response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from portal.accounts.naming import named_here
from portal.certificates import commands, policy, queries
from portal.certificates.forms import ActionForm, CorrectionForm, ReasonForm
from portal.certificates.jobs import DocumentMissing, folder
from portal.certificates.queries import CertificateView
from portal.certificates.rules import claims, numbers, states
from portal.certificates.rules.numbers import MistypedNumber
from portal.certificates.rules.states import State
from portal.certificates.words import event_words, state_words
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import PortalError
from portal.web.forms import PortalForm
from portal.web.guard import actor, staff
from portal.web.i18n import _, message
from portal.web.looks import FILES, LISTS, Shown, has_shown, looks_at
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("certificates_desk", __name__)

READERS = (Role.FINANCE, Role.REGISTRY, Role.ADMIN, Role.AUDITOR)
DECIDERS = (Role.FINANCE, Role.REGISTRY)
PAGE = 50
Answer = str | Response | tuple[str, int]


@blueprint.get("/desk/certificates")
@staff(*READERS)
def certificates() -> Answer:
    """The newest certificates; a number that is typed leads to its page."""
    typed, state = request.args.get("number", "").strip(), request.args.get("state", "")
    if typed:
        try:
            found = queries.by_number(numbers.parse(typed))
            return redirect(url_for("certificates_desk.certificate", number=found.number))
        except (MistypedNumber, queries.NoSuchCertificate) as refusal:
            return _list(typed, state, message(refusal)), 404
    return _list(typed, state)


def _list(typed: str, state: str, fault: str = "") -> str:
    wanted = [State(state)] if state in set(State) else list(State)
    rows = queries.recent(wanted, request.args.get("cursor", ""), PAGE + 1)
    page = cut(rows, PAGE, lambda row: row.id)
    has_shown(Shown.CERTIFICATE, (row.number for row in page.items), LISTS)
    return render_template(
        "certificates/desk_certificates.html",
        page=page,
        typed=typed,
        fault=fault,
        state=state,
        states=[(each.value, state_words(each).label) for each in State],
        state_words=state_words,
        wordings=claims.WORDINGS,
    )


@blueprint.get("/desk/certificates/<number>")
@looks_at(Shown.CERTIFICATE, "number", "certificates")
@staff(*READERS)
def certificate(number: str) -> Answer:
    return _page(queries.by_number(number))


@blueprint.post("/desk/certificates/<number>/doubt")
@staff(*DECIDERS)
def doubt(number: str) -> Answer:
    """Put under review: the page says so and why, and nothing is given out differently."""
    return _with_reason(number, commands.doubt, _("The certificate is under review."))


@blueprint.post("/desk/certificates/<number>/revoke")
@staff(*DECIDERS)
def revoke(number: str) -> Answer:
    """For good. The page stays and says since when and why."""
    return _with_reason(number, commands.revoke, _("The certificate is revoked."))


@blueprint.post("/desk/certificates/<number>/clear")
@staff(*DECIDERS)
def clear(number: str) -> Answer:
    form = ActionForm()
    if not form.validate_on_submit():
        return _page(queries.by_number(number), form, 422)
    commands.clear(actor(), number, clock.now())
    flash(_("The certificate is valid again."), "success")
    return redirect(url_for("certificates_desk.certificate", number=number), 303)


@blueprint.post("/desk/certificates/<number>/replace")
@staff(*DECIDERS)
def replace(number: str) -> Answer:
    """A misspelt name is put right by a new certificate; the old one names it."""
    form = CorrectionForm()
    found = queries.by_number(number)
    if not form.validate_on_submit():
        return _page(found, form, 422)
    try:
        facts = changed(queries.retirement_facts(found.number), holder_name=form.name.data or "")
        successor = commands.replace(actor(), found.number, facts, states.Reason.ERROR, clock.now())
    except PortalError as refusal:
        form.blame("name", refusal)
        return _page(found, form, 422)
    flash(_("The certificate was replaced. This is the new one."), "success")
    return redirect(url_for("certificates_desk.certificate", number=successor), 303)


@blueprint.get("/desk/certificate-batches")
@staff(*READERS)
def batches() -> Answer:
    """The newest batches and how far they are."""
    return render_template("certificates/desk_batches.html", batches=queries.recent_batches(100))


@blueprint.get("/desk/certificate-batches/<batch_id>")
@staff(*READERS)
def batch(batch_id: str) -> Answer:
    """How far a batch is; what still waits can be asked for again."""
    found = queries.batch(batch_id)
    page = render_template(
        "certificates/desk_batch.html",
        batch=found,
        waiting=queries.unprinted(batch_id),
        form=ActionForm(formdata=None),
        may_act=policy.may_withdraw(actor()),
        printed=numbers.printed,
    )
    answer = make_response(page)
    if not found.progress.is_done:
        answer.headers["Refresh"] = "5"
    return answer


@blueprint.post("/desk/certificate-batches/<batch_id>/resume")
@staff(*DECIDERS)
def resume(batch_id: str) -> Answer:
    """Have what is missing printed and packed, whatever became of the errands that were to do it."""
    if ActionForm().validate_on_submit():
        commands.resume_batch(actor(), batch_id, clock.now())
        flash(_("What is missing is being printed."), "success")
    return redirect(url_for("certificates_desk.batch", batch_id=batch_id), 303)


@blueprint.get("/desk/certificate-batches/<batch_id>/documents.zip")
@staff(*READERS)
def documents(batch_id: str) -> Any:
    found = queries.batch(batch_id)
    path = folder() / (found.file or "")
    if found.file is None or not path.is_file():
        raise DocumentMissing()
    has_shown(Shown.CERTIFICATE, queries.numbers_in(batch_id), FILES)
    answer = send_file(path, mimetype="application/zip", download_name=f"{found.id}.zip")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _with_reason(number: str, step: Any, said: str) -> Answer:
    form = ReasonForm()
    found = queries.by_number(number)
    if not form.validate_on_submit():
        return _page(found, form, 422)
    try:
        step(actor(), found.number, form.reason.data, clock.now())
    except PortalError as refusal:
        form.blame("reason", refusal)
        return _page(found, form, 422)
    flash(said, "success")
    return redirect(url_for("certificates_desk.certificate", number=found.number), 303)


def _page(found: CertificateView, form: PortalForm | None = None, status: int = 200) -> Answer:
    history = queries.history(found.id, found.number)
    page = render_template(
        "certificates/desk_certificate.html",
        certificate=found,
        wording=claims.WORDINGS[found.type],
        words=state_words(found.state),
        history=history,
        names=named_here(change.actor_id for change in history),
        event_words=event_words,
        reasons=states.REASONS,
        printed=numbers.printed,
        may_act=policy.may_withdraw(actor()) and found.state.is_live,
        can_be_corrected=found.retired_at is not None and found.holder_name is not None,
        reason=form if isinstance(form, ReasonForm) else ReasonForm(formdata=None),
        correction=form if isinstance(form, CorrectionForm) else CorrectionForm(formdata=None),
        action=ActionForm(formdata=None),
    )
    return (page, status) if status != 200 else page

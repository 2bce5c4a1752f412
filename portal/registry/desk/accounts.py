"""The desk of issuance: verification records, accounts, freezes and reversals, each step by two people."""

from datetime import timedelta

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts import queries as people
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import NotAllowed, PortalError
from portal.kernel.mass import Mass
from portal.proposals.words import shown
from portal.registry import papers, policy
from portal.registry.commands import freezing, giving_up, issuing, reversals, transfers
from portal.registry.commands.lots import VerificationDraft
from portal.registry.forms.accounts import (
    CancelForm,
    CheckForm,
    CompensateForm,
    FreezeForm,
    IssueForm,
    OfferForm,
    ReversalForm,
    SizeForm,
    ThawForm,
    VerificationForm,
)
from portal.registry.queries import accounts as read
from portal.registry.queries import monitoring
from portal.registry.rules.accounts import (
    CancelReason,
    Cause,
    Decision,
    FreezeKind,
    ReasonMissing,
    VerificationKind,
)
from portal.registry.rules.estimation.errors import UnknownReport
from portal.registry.rules.ledger import AccountKind
from portal.registry.words.accounts import causes, frozen_kinds, offer_states, reasons
from portal.web.forms import PortalForm
from portal.web.guard import actor, staff
from portal.web.i18n import _, both, day, tonnes
from portal.web.looks import LISTS, Shown, has_shown
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("registry_account_desk", __name__)

PAGE = 50
Answer = str | Response | tuple[str, int]
_READERS = (Role.REGISTRY, Role.FINANCE, Role.AUDITOR, Role.ADMIN)
_RUNNERS = (Role.REGISTRY, Role.ADMIN)

_FIELDS = {
    "PeriodBackwards": "period_end", "BufferTooLarge": "buffer", "PaperNotAccepted": "report",
    "UnknownProject": "project", "VintageOutside": "vintage", "NotInThePast": "happened_on",
    "ReasonMissing": "story", "UnknownAccount": "to", "SameAccount": "to", "NotAHolder": "to",
    "BadOfferEnd": "days", "UnknownReport": "monitoring", "ReportMended": "monitoring",
    "NothingMeasured": "monitoring", "PeriodNotReported": "period_start", "MoreThanReported": "verified",
}  # fmt: skip


def _blame(form: PortalForm, fault: PortalError, otherwise: str) -> None:
    name = _FIELDS.get(type(fault).__name__, otherwise)
    form.blame(name if name in form else otherwise, fault)


def _may_run() -> bool:
    return policy.may_run_registry(actor())


def _only_runners() -> None:
    """Raises NotAllowed for somebody who may read this page but not send its form."""
    if not _may_run():
        raise NotAllowed()


def _projects() -> list[tuple[str, str]]:
    return [(code, f"{code} · {both(name)}") for code, name in read.own_projects()]


def _monitoring_reports() -> list[tuple[str, str]]:
    """Those that were not mended by a later one, by project and number."""
    return [
        (
            f"{each.project_code}/{each.number}",
            f"{each.project_code} · {day(each.period_start)} – {day(each.period_end)} · {tonnes(each.net)}",
        )
        for each in monitoring.reports()
        if each.corrected_by is None
    ]


# -- issuance ----------------------------------------------------------------------------------


@blueprint.get("/desk/issuance")
@staff(*_READERS)
def issuance() -> str:
    """Verification records: which wait for a second person, what was issued from them."""
    return render_template("registry/desk_issuance.html", records=read.verifications(), may_run=_may_run())


@blueprint.route("/desk/issuance/new", methods=["GET", "POST"])
@staff(*_RUNNERS)
def record_verification() -> Answer:
    """Enter a verifier's report, for somebody else to check."""
    form = VerificationForm()
    form.project.choices = _projects()
    form.monitoring.choices = [("", _("None")), *_monitoring_reports()]
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate_on_submit():
            try:
                made = issuing.record_verification(
                    actor(), form.project.data, VerificationKind(form.kind.data), _draft(form), clock.now()
                )
            except PortalError as fault:
                _blame(form, fault, "verified")
            else:
                flash(_("The record is kept. A second person must check it now."), "success")
                return redirect(url_for(".verification", verification_id=made), 303)
    return render_template("registry/desk_record_verification.html", form=form), status


def _draft(form: VerificationForm) -> VerificationDraft:
    digest = papers.keep(form.report.data, "evidence").sha256
    return VerificationDraft(
        period_start=form.period_start.data, period_end=form.period_end.data, verifier=form.verifier.data,
        verified=form.verified.value, buffer=form.buffer.value, opinion=form.opinion.data,
        report_sha256=digest, is_demo=current_app.config["PORTAL"].is_demo,
        monitoring_report=_number_of(form.monitoring.data, form.project.data),
    )  # fmt: skip


def _number_of(monitored: str, project_code: str) -> int | None:
    """The chosen report's number. Raises UnknownReport when it is of another project."""
    if not monitored:
        return None
    code, _slash, number = monitored.rpartition("/")
    if code != project_code:
        raise UnknownReport()
    return int(number)


@blueprint.get("/desk/issuance/<verification_id>")
@staff(*_READERS)
def verification(verification_id: str) -> Answer:
    """One record: check it, or issue from it."""
    return _verification_page(verification_id, CheckForm(formdata=None), IssueForm(formdata=None))


@blueprint.post("/desk/issuance/<verification_id>/<any(approved, refused):decision>")
@staff(*_RUNNERS)
def check(verification_id: str, decision: str) -> Answer:
    """The second person's word."""
    form = CheckForm()
    if form.validate_on_submit():
        try:
            issuing.check_verification(
                actor(), verification_id, Decision(decision), form.note.data or "", clock.now()
            )
        except PortalError as fault:
            form.blame("note", fault)
        else:
            flash(_("Your decision is kept."), "success")
            return redirect(url_for(".verification", verification_id=verification_id), 303)
    return _verification_page(verification_id, form, IssueForm(formdata=None)), 422


@blueprint.post("/desk/issuance/<verification_id>/issue")
@staff(*_RUNNERS)
def issue(verification_id: str) -> Answer:
    """Issue units from an approved record."""
    form = IssueForm()
    if form.validate_on_submit():
        try:
            issuing.issue(
                actor(), verification_id, form.vintage.value, Mass.t(form.tonnes.value), clock.now()
            )
        except PortalError as fault:
            _blame(form, fault, "tonnes")
        else:
            flash(_("The units are issued."), "success")
            return redirect(url_for(".verification", verification_id=verification_id), 303)
    return _verification_page(verification_id, CheckForm(formdata=None), form), 422


def _verification_page(verification_id: str, check_form: CheckForm, issue_form: IssueForm) -> str:
    found = read.verification(verification_id)
    return render_template(
        "registry/desk_verification.html",
        record=found,
        serials=read.issued_serials(found.id),
        debts=[case for case in read.reversals(found.project_code) if case.stops_issuance],
        is_own=found.entered_by == actor().id,
        may_run=_may_run(),
        check_form=check_form,
        issue_form=issue_form,
    )


# -- accounts ----------------------------------------------------------------------------------


@blueprint.get("/desk/accounts")
@staff(*_READERS)
def accounts() -> str:
    """Holders', developers' and buffer accounts with what is in them."""
    page = cut(read.account_list(request.args.get("cursor"), PAGE + 1), PAGE, lambda account: account.id)
    holders = [each.party_id for each in page.items if each.party_id]
    has_shown(Shown.ORGANISATION, holders, LISTS)
    names = people.organisation_names(holders)
    return render_template("registry/desk_accounts.html", page=page, names=names)


@blueprint.get("/desk/accounts/<account_id>")
@staff(*_READERS)
def account(account_id: str) -> Answer:
    """One account: its units, its offers, and what staff may do with them."""
    own = read.account(account_id).id
    return _account_page(own, _offer_form(own, is_empty=True), _cancel_form(own, is_empty=True))


@blueprint.post("/desk/accounts/<account_id>/offers")
@staff(*_RUNNERS)
def offer(account_id: str) -> Answer:
    """Offer a developer's units to a holder."""
    form = _offer_form(account_id)
    if form.validate_on_submit():
        now = clock.now()
        try:
            transfers.offer(
                actor(), account_id, form.to.data, Mass.t(form.tonnes.value),
                now + timedelta(days=form.days.value), form.note.data or "", now, form.serial.data or None,
            )  # fmt: skip
        except PortalError as fault:
            _blame(form, fault, "tonnes")
        else:
            flash(_("The offer is made. Its units wait until it is accepted or ends."), "success")
            return redirect(url_for(".account", account_id=account_id), 303)
    return _account_page(account_id, form, _cancel_form(account_id, is_empty=True)), 422


@blueprint.post("/desk/accounts/<account_id>/cancellations")
@staff(*_RUNNERS)
def cancel(account_id: str) -> Answer:
    """Put units to be cancelled before a second person, with a reason for everybody to read."""
    form = _cancel_form(account_id)
    if form.validate_on_submit():
        try:
            giving_up.propose_cancellation(
                actor(), account_id, Mass.t(form.tonnes.value), CancelReason(form.reason.data),
                form.explanation.data, clock.now(), form.serial.data or None,
            )  # fmt: skip
        except PortalError as fault:
            form.blame("explanation" if isinstance(fault, ReasonMissing) else "tonnes", fault)
        else:
            flash(_("Proposed. It is done once another person has accepted it."), "success")
            return redirect(url_for(".account", account_id=account_id), 303)
    return _account_page(account_id, _offer_form(account_id, is_empty=True), form), 422


def _offer_form(account_id: str, *, is_empty: bool = False) -> OfferForm:
    # Two forms stand on the page: each has its own prefix, and the one that was not sent is empty.
    form = OfferForm(prefix="offer", **({"formdata": None} if is_empty else {}))
    form.offer_serials(_serials(account_id))
    return form


def _cancel_form(account_id: str, *, is_empty: bool = False) -> CancelForm:
    form = CancelForm(prefix="cancel", **({"formdata": None} if is_empty else {}))
    form.offer_serials(_serials(account_id))
    form.offer_reasons(reasons(), is_staff=True)
    return form


def _serials(account_id: str) -> list[str]:
    return [holding.serial for holding in read.holdings(account_id) if holding.held and holding.is_own]


def _account_page(account_id: str, offer_form: OfferForm, cancel_form: CancelForm) -> str:
    found = read.account(account_id)
    holders = [found.party_id] if found.party_id else []
    has_shown(Shown.ORGANISATION, holders, LISTS)
    names = people.organisation_names(holders)
    return render_template(
        "registry/desk_account.html",
        account=found,
        name=names.get(found.party_id or ""),
        holdings=read.holdings(found.id),
        blocks=read.blocks(found.id),
        offers=read.offers(found.id),
        states=offer_states(),
        is_developer=found.kind is AccountKind.DEVELOPER,
        is_buffer=found.kind is AccountKind.BUFFER,
        may_run=_may_run(),
        offer_form=offer_form,
        cancel_form=cancel_form,
        form=PortalForm(formdata=None),
        waiting=shown(found.id),
        now=clock.now(),
    )


# -- freezes -----------------------------------------------------------------------------------


@blueprint.route("/desk/freezes", methods=["GET", "POST"])
@staff(*_READERS)
def freezes() -> Answer:
    """What is frozen and was; the form freezes something."""
    form = FreezeForm()
    status = 200
    if request.method == "POST":
        _only_runners()
        status = 422
        if form.validate_on_submit():
            try:
                kind = FreezeKind(form.kind.data)
                target = read.freeze_target(kind, form.target.data)
                freezing.freeze(actor(), kind, target, form.reason.data, clock.now())
            except PortalError as fault:
                form.blame("reason" if type(fault).__name__ == "ReasonMissing" else "target", fault)
            else:
                flash(_("It is frozen: nothing of it moves any more."), "success")
                return redirect(url_for(".freezes"), 303)
    elif request.args.get("target"):
        form = FreezeForm(formdata=None, kind=request.args.get("kind"), target=request.args["target"])
    return render_template(
        "registry/desk_freezes.html", freezes=read.freezes(), kinds=frozen_kinds(), may_run=_may_run(),
        form=form,
    ), status  # fmt: skip


@blueprint.route("/desk/freezes/<freeze_id>", methods=["GET", "POST"])
@staff(*_READERS)
def freeze(freeze_id: str) -> Answer:
    """One freeze; the form is for the first of two people who let it move again."""
    form = ThawForm()
    status = 200
    if request.method == "POST":
        _only_runners()
        status = 422
        if form.validate_on_submit():
            try:
                freezing.ask_to_thaw(actor(), freeze_id, form.because.data, clock.now())
            except PortalError as fault:
                form.blame("because", fault)
            else:
                flash(_("Asked. A second person must agree now."), "success")
                return redirect(url_for(".freeze", freeze_id=freeze_id), 303)
    found = read.freeze(freeze_id)
    return render_template(
        "registry/desk_freeze.html", freeze=found, kinds=frozen_kinds(), may_run=_may_run(),
        is_own=found.asked_by == actor().id, form=form, empty=PortalForm(formdata=None),
    ), status  # fmt: skip


@blueprint.post("/desk/freezes/<freeze_id>/thaw")
@staff(*_RUNNERS)
def thaw(freeze_id: str) -> Response:
    """The second person agrees."""
    freezing.thaw(actor(), freeze_id, clock.now())
    flash(_("It can move again."), "success")
    return redirect(url_for(".freeze", freeze_id=freeze_id), 303)


# -- reversals ---------------------------------------------------------------------------------


@blueprint.route("/desk/reversals", methods=["GET", "POST"])
@staff(*_READERS)
def reversal_cases() -> Answer:
    """Reversals; the form reports one."""
    form = ReversalForm()
    form.project.choices = _projects()
    form.offer_causes(causes())
    status = 200
    if request.method == "POST":
        _only_runners()
        status = 422
        if form.validate_on_submit():
            try:
                digest = papers.keep(form.report.data, "evidence").sha256
                made = reversals.report_reversal(
                    actor(), form.project.data, Cause(form.cause.data), form.happened_on.data,
                    form.story.data, digest, clock.now(),
                )  # fmt: skip
            except PortalError as fault:
                _blame(form, fault, "project")
            else:
                flash(_("The reversal is reported. A second person must say how large it is."), "success")
                return redirect(url_for(".reversal", case_id=made), 303)
    return render_template(
        "registry/desk_reversals.html", cases=read.reversals(), causes=causes(), may_run=_may_run(), form=form
    ), status


@blueprint.get("/desk/reversals/<case_id>")
@staff(*_READERS)
def reversal(case_id: str) -> Answer:
    """One reversal: size it, or pay what is owed."""
    return _reversal_page(case_id, SizeForm(formdata=None), CompensateForm(formdata=None))


@blueprint.post("/desk/reversals/<case_id>/size")
@staff(*_RUNNERS)
def size(case_id: str) -> Answer:
    """The second person says how much was lost; the buffer pays."""
    form = SizeForm()
    if form.validate_on_submit():
        try:
            reversals.size_reversal(actor(), case_id, form.size.value, form.basis.data, clock.now())
        except PortalError as fault:
            form.blame("basis" if type(fault).__name__ == "ReasonMissing" else "size", fault)
        else:
            flash(_("The size is kept, and the buffer has paid what it could."), "success")
            return redirect(url_for(".reversal", case_id=case_id), 303)
    return _reversal_page(case_id, form, CompensateForm(formdata=None)), 422


@blueprint.post("/desk/reversals/<case_id>/draw")
@staff(*_RUNNERS)
def draw(case_id: str) -> Response:
    """Have the buffer pay what is still owed."""
    reversals.draw_on_buffer(actor(), case_id, clock.now())
    flash(_("The buffer has paid what it could."), "success")
    return redirect(url_for(".reversal", case_id=case_id), 303)


@blueprint.post("/desk/reversals/<case_id>/compensate")
@staff(*_RUNNERS)
def compensate(case_id: str) -> Answer:
    """Put the developer's units, in the place of buffer units, before a second person."""
    form = CompensateForm()
    if form.validate_on_submit():
        try:
            account_id = read.developer_account(read.reversal(case_id).project_code)
            mass = Mass.t(form.tonnes.value)
            giving_up.propose_compensation(
                actor(), case_id, account_id, mass, form.reason.data or "", clock.now()
            )
        except PortalError as fault:
            form.blame("tonnes", fault)
        else:
            flash(_("Proposed. It is done once another person has accepted it."), "success")
            return redirect(url_for(".reversal", case_id=case_id), 303)
    return _reversal_page(case_id, SizeForm(formdata=None), form), 422


def _reversal_page(case_id: str, size_form: SizeForm, compensate_form: CompensateForm) -> str:
    found = read.reversal(case_id)
    return render_template(
        "registry/desk_reversal.html",
        case=found,
        causes=causes(),
        is_own=found.reported_by == actor().id,
        may_run=_may_run(),
        size_form=size_form,
        compensate_form=compensate_form,
        form=PortalForm(formdata=None),
        waiting=shown(found.id),
    )

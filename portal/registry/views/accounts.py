"""A holder's registry account, and what the public may know of cancellations and reversals."""

from datetime import timedelta
from pathlib import Path

from flask import abort, current_app, flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from portal.accounts import queries as people
from portal.kernel import clock
from portal.kernel.errors import NotAllowed, PortalError
from portal.kernel.mass import Mass
from portal.registry import policy
from portal.registry.commands import cancelling, holdings, transfers
from portal.registry.forms.accounts import CancelForm, OfferForm, OpenAccountForm
from portal.registry.queries import accounts as read
from portal.registry.rules.accounts import CancelReason, UnknownAccount
from portal.registry.words.accounts import causes, offer_states, reasons
from portal.web.forms import PortalForm
from portal.web.guard import actor, fresh, open_to_all, signed_in, step_to_second_factor
from portal.web.i18n import _, both
from portal.web.page import page_blueprint, plain_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("registry_account", __name__)
files = plain_blueprint("registry_account_files", __name__)

PAGE = 25
Answer = str | Response | tuple[str, int]

OFFER_FIELDS = {
    "UnknownAccount": "to", "SameAccount": "to", "NotAHolder": "to", "BadOfferEnd": "days",
}  # fmt: skip


# -- of a holder -------------------------------------------------------------------------------


@blueprint.route("/account/registry", methods=["GET", "POST"])
@signed_in
def mine() -> Answer:
    """The registry accounts of the reader's organisations; the form opens one."""
    organisations = {each.id: each for each in people.organisations_of(actor())}
    accounts = read.accounts_of(organisations)
    without = set(organisations) - {account.party_id for account in accounts}
    form = OpenAccountForm()
    form.offer_organisations(
        [(each, str(both(organisations[each].name))) for each in sorted(without)
         if policy.may_open_account(actor(), each)]
    )  # fmt: skip
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate_on_submit():
            code = holdings.open_account(actor(), form.organisation.data, clock.now())
            flash(_("The registry account %(code)s is open.", code=code), "success")
            return redirect(url_for(".account", code=code), 303)
    names = {account.id: organisations[account.party_id or ""].name for account in accounts}
    return render_template(
        "registry/my_accounts.html", accounts=accounts, names=names, form=form, now=clock.now()
    ), status


@blueprint.get("/account/registry/<code>")
@signed_in
def account(code: str) -> Answer:
    """What is in an account, and its offers. Who may trade sets up a second factor first."""
    own = _own(code)
    if policy.may_act_for(actor(), own.kind, own.party_id) and (step := step_to_second_factor()):
        return redirect(step)
    return _account_page(own, _offer_form(own.id, is_empty=True), _cancel_form(own.id, is_empty=True))


@blueprint.post("/account/registry/<code>/offers")
@signed_in
@fresh
def offer(code: str) -> Answer:
    """Offer units to another holder."""
    own = _own(code)
    _check_factor()
    form = _offer_form(own.id)
    if form.validate_on_submit():
        now = clock.now()
        try:
            transfers.offer(
                actor(), own.id, form.to.data, Mass.t(form.tonnes.value),
                now + timedelta(days=form.days.value), form.note.data or "", now, form.serial.data or None,
            )  # fmt: skip
        except PortalError as fault:
            form.blame(OFFER_FIELDS.get(type(fault).__name__, "tonnes"), fault)
        else:
            flash(_("The offer is made. Its units wait until it is accepted or ends."), "success")
            return redirect(url_for(".account", code=code), 303)
    return _account_page(own, form, _cancel_form(own.id, is_empty=True)), 422


@blueprint.post("/account/registry/<code>/cancellations")
@signed_in
@fresh
def cancel(code: str) -> Answer:
    """Cancel units for good."""
    own = _own(code)
    _check_factor()
    form = _cancel_form(own.id)
    if form.validate_on_submit():
        try:
            cancelling.cancel(
                actor(), own.id, Mass.t(form.tonnes.value), CancelReason(form.reason.data),
                form.explanation.data, clock.now(), form.serial.data or None,
            )  # fmt: skip
        except PortalError as fault:
            form.blame("explanation" if type(fault).__name__ == "ReasonMissing" else "tonnes", fault)
        else:
            flash(_("The units are cancelled."), "success")
            return redirect(url_for(".account", code=code), 303)
    return _account_page(own, _offer_form(own.id, is_empty=True), form), 422


@blueprint.post("/account/registry/offers/<transfer_id>/<any(accept, decline, withdraw):how>")
@signed_in
@fresh
def end_offer(transfer_id: str, how: str) -> Response:
    """Accept, decline or withdraw an offer."""
    _check_factor()
    offered = read.transfer(transfer_id)
    ways = {"accept": transfers.accept, "decline": transfers.decline, "withdraw": transfers.withdraw}
    ways[how](actor(), transfer_id, clock.now())
    said = {
        "accept": _("The units are yours."),
        "decline": _("The offer is declined."),
        "withdraw": _("The offer is withdrawn; its units are free again."),
    }
    flash(said[how], "success")
    side = read.account(offered.from_id if how == "withdraw" else offered.to_id)
    if side.code:
        return redirect(url_for(".account", code=side.code), 303)
    return redirect(url_for("registry_account_desk.account", account_id=side.id), 303)


def _check_factor() -> None:
    """The page has led there already. Raises NotAllowed."""
    if step_to_second_factor():
        raise NotAllowed()


def _own(code: str) -> read.AccountView:
    """An account of the reader's; for somebody else's exactly as for one that does not exist."""
    found = read.account(code)
    if found.code is None or not found.party_id or found.party_id not in actor().organisations:
        raise UnknownAccount(code=code)  # as of one that is not there
    return found


def _offer_form(account_id: str, *, is_empty: bool = False) -> OfferForm:
    # Two forms stand on the page: each has its own prefix, and the one that was not sent is empty.
    form = OfferForm(prefix="offer", **({"formdata": None} if is_empty else {}))
    form.offer_serials(_serials(account_id))
    return form


def _cancel_form(account_id: str, *, is_empty: bool = False) -> CancelForm:
    form = CancelForm(prefix="cancel", **({"formdata": None} if is_empty else {}))
    form.offer_serials(_serials(account_id))
    form.offer_reasons(reasons(), is_staff=False)
    return form


def _serials(account_id: str) -> list[str]:
    return [holding.serial for holding in read.holdings(account_id) if holding.held and holding.is_own]


def _account_page(own: read.AccountView, offer_form: OfferForm, cancel_form: CancelForm) -> str:
    now = clock.now()
    offers = read.offers(own.id)
    names = people.organisation_names([own.party_id or ""])
    return render_template(
        "registry/my_account.html",
        account=own,
        name=names.get(own.party_id or ""),
        holdings=read.holdings(own.id),
        waiting=[each for each in offers if each.is_open(now) and each.to_id == own.id],
        offers=offers,
        states=offer_states(),
        cancellations=read.cancellations(of_account=own.id),
        reasons=reasons(),
        may_act=policy.may_act_for(actor(), own.kind, own.party_id),
        offer_form=offer_form,
        cancel_form=cancel_form,
        form=PortalForm(formdata=None),
        now=now,
    )


# -- of the public -----------------------------------------------------------------------------


@blueprint.get("/register/cancellations")
@open_to_all
def cancellations() -> str:
    """Units that were cancelled, why and when."""
    rows = read.cancellations(request.args.get("cursor"), PAGE + 1)
    page = cut(rows, PAGE, lambda each: each.id)
    return render_template("registry/cancellations.html", page=page, reasons=reasons())


@blueprint.get("/register/reversals")
@open_to_all
def reversals() -> str:
    """Carbon that went back into the air, what the buffer paid of it, and what is owed."""
    return render_template("registry/reversals.html", cases=read.reversals(), causes=causes())


@files.get("/verifications/<verification_id>/report")
@open_to_all
def report(verification_id: str) -> Response:
    """The verifier's report, as it was handed in."""
    found = read.verification(verification_id)
    folder = Path(current_app.config["PORTAL"].documents) / "evidence"
    file = next(iter(folder.glob(f"{found.report_sha256}.*")), None)
    if file is None:
        abort(404)
    name = f"{found.project_code}-{found.period_start.year}-{found.period_end.year}{file.suffix}"
    answer = send_file(file, as_attachment=True, download_name=name)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer

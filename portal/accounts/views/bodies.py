"""What an organisation has beyond its members: billing data, the verified mark, and its end."""

from dataclasses import asdict

from flask import flash, redirect, url_for
from werkzeug.datastructures import FileStorage

from portal.accounts import bodies, papers, policy, queries
from portal.accounts.bodies import NoPapers, PaperNotAccepted
from portal.accounts.commands import dissolving, verifying
from portal.accounts.forms import BillingForm, CheckForm, DissolveForm, kind_names
from portal.accounts.views.place import Answer, blueprint, form_page, refused
from portal.kernel import clock
from portal.kernel.errors import InvalidInput, NotAllowed, Refused
from portal.web.guard import actor, fresh, signed_in
from portal.web.i18n import _

_BLAMED = {
    bodies.NotATaxNumber: "tax_number",
    bodies.NotABankAccount: "bank_account",
    bodies.NotAPhone: "phone",
}


@blueprint.route("/account/organisations/<organisation_id>/billing", methods=["GET", "POST"])
@signed_in
def billing(organisation_id: str) -> Answer:
    organisation = queries.organisation(actor(), organisation_id)
    if not policy.may_bill(actor(), organisation_id):
        raise NotAllowed()
    kept = queries.billing(actor(), organisation_id)
    usual = {"title": organisation.name.zh or organisation.name.en, "tax_number": organisation.credit_code}
    form = BillingForm(data=asdict(kept) if kept else usual)
    template, shown = "accounts/billing.html", {"organisation": organisation, "is_new": kept is None}
    if not form.validate_on_submit():
        return form_page(template, form, **shown)
    try:
        verifying.keep_billing(actor(), organisation_id, form.billing, clock.now())
    except InvalidInput as error:
        return refused(template, form, _BLAMED.get(type(error), "title"), error, **shown)
    flash(_("The billing data is saved."), "success")
    return redirect(url_for("accounts.billing", organisation_id=organisation_id), 303)


@blueprint.route("/account/organisations/<organisation_id>/verification", methods=["GET", "POST"])
@signed_in
def verification(organisation_id: str) -> Answer:
    """How far the verification is; the form sends papers."""
    organisation = queries.organisation(actor(), organisation_id)
    form = CheckForm()
    template = "accounts/verification.html"
    shown = {
        "organisation": organisation,
        "checks": queries.checks_of(organisation_id),
        "until": queries.verified_until(organisation_id, clock.now()),
        "may_manage": policy.may_manage_organisation(actor(), organisation_id),
        "kind": queries.verified_kind(organisation_id, clock.now()),
        "kind_names": kind_names(),
    }
    if not form.validate_on_submit():
        return form_page(template, form, **shown)
    if not shown["may_manage"]:
        raise NotAllowed()
    given = [field.data for field in (form.licence, form.other) if _is_file(field.data)]
    try:
        kept = [papers.keep(each) for each in given]
        kind = bodies.checked_kind(form.kind.data)
        verifying.ask_for_check(actor(), organisation_id, kind, kept, clock.now())
    except (PaperNotAccepted, NoPapers, Refused) as error:
        return refused(template, form, "licence", error, **shown)
    flash(_("Your documents are with us. We usually answer within three working days."), "success")
    return redirect(url_for("accounts.verification", organisation_id=organisation_id), 303)


@blueprint.post("/account/organisations/<organisation_id>/verification/withdraw")
@signed_in
def withdraw_check(organisation_id: str) -> Answer:
    for paper in verifying.withdraw_check(actor(), organisation_id, clock.now()):
        papers.forget(paper)
    flash(_("Your documents are taken back and deleted here."), "success")
    return redirect(url_for("accounts.verification", organisation_id=organisation_id), 303)


@blueprint.route("/account/organisations/<organisation_id>/dissolve", methods=["GET", "POST"])
@signed_in
@fresh
def dissolve(organisation_id: str) -> Answer:
    organisation = queries.organisation(actor(), organisation_id)
    if not policy.may_manage_organisation(actor(), organisation_id):
        raise NotAllowed()
    form = DissolveForm()
    template, shown = "accounts/dissolve.html", {"organisation": organisation}
    if not form.validate_on_submit():
        return form_page(template, form, **shown)
    try:
        dissolving.dissolve(actor(), organisation_id, form.name.data, clock.now())
    except (InvalidInput, Refused) as error:
        return refused(template, form, "name", error, **shown)
    flash(_("The organisation is dissolved. What it bought and promised stays on record."), "success")
    return redirect(url_for("accounts.organisations"), 303)


def _is_file(data: object) -> bool:
    return isinstance(data, FileStorage) and bool(data.filename)

"""Another e-mail address for one's account."""

from flask import flash, redirect, render_template, request, url_for

from portal.accounts import visit
from portal.accounts.commands import readdressing
from portal.accounts.commands.readdressing import SameAddress
from portal.accounts.forms import AddressForm
from portal.accounts.rules import AddressIsTaken, LinkIsStale, TooManyLetters
from portal.accounts.views.own import here
from portal.accounts.views.place import Answer, blueprint, form_page, refused
from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.web.forms import PortalForm
from portal.web.guard import actor, fresh, open_to_all, signed_in
from portal.web.i18n import _


@blueprint.route("/account/address", methods=["GET", "POST"])
@signed_in
@fresh
def address() -> Answer:
    form = AddressForm()
    template, shown = "accounts/address.html", {"visit": here()}
    if not form.validate_on_submit():
        return form_page(template, form, **shown)
    try:
        readdressing.ask_for_address(actor(), here(), form.email.data, visit.visitor(), clock.now())
    except (SameAddress, TooManyLetters) as error:
        return refused(template, form, "email", error, **shown)
    return redirect(url_for("accounts.letter_sent", about="address"), 303)


@blueprint.route("/account/address/confirm", methods=["GET", "POST"])
@open_to_all
def confirm_address() -> Answer:
    """The link of the letter to the new address. Opening it changes nothing; the button does."""
    form = PortalForm()
    if not form.validate_on_submit():
        return render_template("accounts/confirm_address.html", form=form, problem=None)
    try:
        readdressing.confirm_address(actor(), request.args.get("k", ""), visit.keys(), clock.now())
    except (LinkIsStale, AddressIsTaken) as error:
        return _not_done("accounts/confirm_address.html", form, error)
    flash(_("Your new address is confirmed. From now on you sign in with it."), "success")
    return redirect(url_for("accounts.overview"), 303)


@blueprint.route("/account/address/undo", methods=["GET", "POST"])
@open_to_all
def undo_address() -> Answer:
    """The link of the letter to the old address."""
    form = PortalForm()
    if not form.validate_on_submit():
        return render_template("accounts/undo_address.html", form=form, problem=None)
    try:
        readdressing.undo_address(actor(), request.args.get("k", ""), visit.keys(), clock.now())
    except (LinkIsStale, AddressIsTaken) as error:
        return _not_done("accounts/undo_address.html", form, error)
    visit.leave()
    return redirect(url_for("accounts.letter_sent", about="reset"), 303)


def _not_done(template: str, form: PortalForm, error: PortalError) -> Answer:
    return render_template(template, form=form, problem=error), 409

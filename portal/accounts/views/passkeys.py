"""Passkeys: the list of one's own, adding one, and signing in with one."""

from flask import Response, current_app, flash, redirect, render_template, request, url_for

from portal.accounts import destination, queries, visit
from portal.accounts.commands import passkeys as commands
from portal.accounts.forms import PasskeyForm, SignInForm
from portal.accounts.rules import NoPasskeysHere, Party, TooManyTries, WrongPasskey, party_of
from portal.accounts.views.own import here
from portal.accounts.views.place import Answer, blueprint, form_page, refused
from portal.accounts.views.safety import codes_page
from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.web.guard import actor, fresh, open_to_all, signed_in
from portal.web.i18n import _, lang


@blueprint.app_template_global()
def takes_passkeys() -> bool:
    """Whether browsers make passkeys for the address of this portal at all."""
    try:
        return bool(party())
    except NoPasskeysHere:
        return False


@blueprint.route("/account/passkeys", methods=["GET", "POST"])
@signed_in
@fresh
def passkeys() -> Answer:
    """The list; a browser that has just made a passkey sends it here."""
    form = PasskeyForm()
    template, shown = "accounts/passkeys.html", {"passkeys": queries.passkeys_of(here().person_id)}
    if not form.validate_on_submit():
        return form_page(template, form, **shown)
    try:
        sid, codes = commands.add_passkey(
            actor(), here(), request.form.get("answer", ""), form.name.data, party(), clock.now()
        )
    except PortalError as error:
        return refused(template, form, "name", error, **shown)
    visit.begin(sid)
    flash(
        _("The passkey “%(name)s” is added. You can sign in with it from now on.", name=form.name.data),
        "success",
    )
    return codes_page(codes) if codes else redirect(url_for("accounts.passkeys"))


@blueprint.post("/account/passkeys/options")
@signed_in
def passkey_options() -> Answer:
    """Asked by the page's script before the browser makes a passkey."""
    return _json(commands.propose_passkey(actor(), here(), party(), clock.now()))


@blueprint.route("/account/passkeys/<passkey_id>/remove", methods=["GET", "POST"])
@signed_in
@fresh
def remove_passkey(passkey_id: str) -> Answer:
    held = queries.passkeys_of(here().person_id)
    found = next((each for each in held if each.id == passkey_id), None)
    if found is None:
        return redirect(url_for("accounts.passkeys"))
    if request.method == "GET":
        is_last = len(held) == 1 and not here().has_app
        return render_template("accounts/remove_passkey.html", passkey=found, is_last=is_last)
    commands.remove_passkey(actor(), here(), passkey_id, clock.now())
    flash(_("The passkey “%(name)s” is removed.", name=found.name), "success")
    return redirect(url_for("accounts.passkeys"))


@blueprint.post("/account/sign-in/passkey/options")
@open_to_all
def sign_in_passkey_options() -> Answer:
    return _json(commands.invite_passkey(actor(), visit.visitor(), party(), clock.now()))


@blueprint.post("/account/sign-in/passkey")
@open_to_all
def sign_in_with_passkey() -> Answer:
    before = visit.current()
    try:
        sid = commands.sign_in_with_passkey(
            actor(), request.form.get("answer", ""), visit.visitor(), party(), clock.now(),
            instead_of=before.session_id if before else "",
        )  # fmt: skip
    except (WrongPasskey, TooManyTries) as error:
        shown = {"next": destination.wanted() or None}
        return refused("accounts/sign_in.html", SignInForm(formdata=None), "email", error, **shown)
    visit.begin(sid)
    return redirect(destination.onward())


def party() -> Party:
    config = current_app.config["PORTAL"]
    return party_of(config.base_url, config.site_name.in_(lang()))


def _json(options: str) -> Response:
    answer = Response(options, content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer

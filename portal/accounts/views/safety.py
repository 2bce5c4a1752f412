"""The second factor: passing it, setting it up, recovery codes."""

import segno
from flask import current_app, redirect, render_template, request
from markupsafe import Markup

from portal.accounts import destination, queries, totp, visit
from portal.accounts.commands import second_factor as commands
from portal.accounts.forms import CodeForm, RecoveryForm
from portal.accounts.rules import TooManyTries, WrongCode
from portal.accounts.views.own import here
from portal.accounts.views.place import Answer, blueprint, form_page, refused
from portal.kernel import clock
from portal.web.forms import PortalForm
from portal.web.guard import actor, fresh, open_to_all, signed_in
from portal.web.i18n import lang


@blueprint.route("/account/second-factor/check", methods=["GET", "POST"])
@open_to_all
def second_factor_check() -> Answer:
    """Between the password and being signed in; open because nobody is signed in yet."""
    waiting = visit.current()
    if not waiting or not waiting.awaits_code:
        return redirect(destination.onward())
    with_recovery = request.args.get("with") == "recovery" or not waiting.has_app
    form = RecoveryForm() if with_recovery else CodeForm()
    template = "accounts/second_factor_check.html"
    shown = {"visit": waiting, "with_recovery": with_recovery, "next": destination.wanted() or None}
    if not form.validate_on_submit():
        return form_page(template, form, **shown)
    try:
        sid = commands.check_second_factor(actor(), waiting, form.code.data, visit.keys(), clock.now())
    except (WrongCode, TooManyTries) as error:
        return refused(template, form, "code", error, **shown)
    visit.begin(sid)
    return redirect(destination.onward())


@blueprint.get("/account/second-factor")
@signed_in
def second_factor() -> Answer:
    left = queries.recovery_codes_left(here().person_id)
    return render_template("accounts/second_factor.html", visit=here(), codes_left=left, form=PortalForm())


@blueprint.route("/account/second-factor/setup", methods=["GET", "POST"])
@signed_in
@fresh
def second_factor_setup() -> Answer:
    form = CodeForm()
    template = "accounts/second_factor_setup.html"
    secret = commands.propose_second_factor(actor(), here(), visit.keys(), clock.now())
    shown = {
        "visit": here(),
        "qr": qr(totp.address(secret, here().email, _issuer())),
        "secret": totp.shown(secret),
    }
    if not form.validate_on_submit():
        return form_page(template, form, **shown)
    try:
        sid, codes = commands.prove_second_factor(actor(), here(), form.code.data, visit.keys(), clock.now())
    except (WrongCode, TooManyTries) as error:
        return refused(template, form, "code", error, **shown)
    visit.begin(sid)
    return codes_page(codes)


@blueprint.post("/account/second-factor/recovery-codes")
@signed_in
@fresh
def recovery_codes() -> Answer:
    return codes_page(commands.renew_recovery_codes(actor(), here(), clock.now()))


def codes_page(codes: tuple[str, ...]) -> Answer:
    """Shown once, in the answer itself: they are stored only as hashes."""
    return render_template("accounts/recovery_codes.html", codes=codes, onward=destination.onward())


def _issuer() -> str:
    return str(current_app.config["PORTAL"].site_name.in_(lang()))


def qr(address: str) -> Markup:
    # Without a size of its own: then it has a viewBox, and scales whole with the stylesheet.
    drawn = segno.make(address, error="m").svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None)
    return Markup(drawn)  # noqa: S704 - drawn by segno from modules, no text in it

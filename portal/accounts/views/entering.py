"""Signing up, in and out, and choosing a new password by letter."""

from flask import flash, redirect, render_template, request, url_for

from portal.accounts import destination, visit
from portal.accounts.commands import entering, resetting
from portal.accounts.forms import ConfirmForm, NewPasswordForm, ResetRequestForm, SignInForm, SignUpForm
from portal.accounts.rules import (
    LinkIsStale,
    NotConfirmed,
    TooManyLetters,
    TooManyTries,
    WrongCredentials,
    WrongPassword,
)
from portal.accounts.views.place import Answer, blueprint, form_page, refused
from portal.kernel import clock
from portal.kernel.errors import InvalidInput, PortalError
from portal.web.guard import actor, open_to_all
from portal.web.i18n import _, lang


@blueprint.route("/account/sign-in", methods=["GET", "POST"])
@open_to_all
def sign_in() -> Answer:
    form = SignInForm()
    template, shown = "accounts/sign_in.html", {"next": destination.wanted() or None}
    if not form.validate_on_submit():
        return form_page(template, form, **shown)
    here = visit.current()
    try:
        sid = entering.sign_in(
            actor(),
            form.email.data,
            form.password.data,
            visit.visitor(),
            lang(),
            clock.now(),
            instead_of=here.session_id if here else "",
        )
    except (WrongCredentials, NotConfirmed, TooManyTries, TooManyLetters) as error:
        return refused(template, form, "password", error, **shown)
    visit.begin(sid)
    return redirect(destination.onward())


@blueprint.post("/account/sign-out")
@open_to_all
def sign_out() -> Answer:
    if here := visit.current():
        entering.sign_out(actor(), here.session_id, clock.now())
    visit.leave()
    flash(_("You are signed out."), "success")
    return redirect(url_for("accounts.sign_in"))


@blueprint.route("/account/sign-up", methods=["GET", "POST"])
@open_to_all
def sign_up() -> Answer:
    form = SignUpForm()
    onward = destination.wanted()
    template, shown = "accounts/sign_up.html", {"next": onward or None}
    if not form.validate_on_submit():
        return form_page(template, form, **shown)
    try:
        entering.sign_up(
            actor(),
            form.email.data,
            form.password.data,
            form.name.data,
            lang(),
            visit.visitor(),
            clock.now(),
            onward=onward,
        )
    except TooManyLetters as error:
        return refused(template, form, "email", error, **shown)
    except InvalidInput as error:
        return refused(template, form, "password", error, **shown)
    return redirect(url_for("accounts.letter_sent", about="sign-up"))


@blueprint.get("/account/letter-sent")
@open_to_all
def letter_sent() -> Answer:
    return render_template("accounts/letter_sent.html", about=request.args.get("about", ""))


@blueprint.route("/account/confirm", methods=["GET", "POST"])
@open_to_all
def confirm() -> Answer:
    """The link of the letter. It only shows a form: programs that open links in mail confirm nothing."""
    form = ConfirmForm()
    if not form.validate_on_submit():
        return form_page("accounts/confirm.html", form)
    try:
        sid = entering.confirm_email(
            actor(), request.args.get("k", ""), form.password.data, visit.visitor(), visit.keys(), clock.now()
        )
    except (LinkIsStale, WrongPassword, TooManyTries) as error:
        return refused("accounts/confirm.html", form, "password", error)
    visit.begin(sid)
    flash(_("Your address is confirmed, and you are signed in."), "success")
    return redirect(destination.onward())


@blueprint.route("/account/reset", methods=["GET", "POST"])
@open_to_all
def reset() -> Answer:
    """Ask for a letter, or with its link choose a new password."""
    return _choose_password(token) if (token := request.args.get("k")) else _ask_for_letter()


def _ask_for_letter() -> Answer:
    form = ResetRequestForm()
    if not form.validate_on_submit():
        return form_page("accounts/reset.html", form)
    try:
        resetting.request_reset(actor(), form.email.data, lang(), visit.visitor(), clock.now())
    except TooManyLetters as error:
        return refused("accounts/reset.html", form, "email", error)
    return redirect(url_for("accounts.letter_sent", about="reset"))


def _choose_password(token: str) -> Answer:
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return form_page("accounts/reset_choose.html", form)
    try:
        resetting.reset_password(
            actor(), token, form.password.data, visit.visitor(), visit.keys(), clock.now()
        )
    except PortalError as error:
        return refused("accounts/reset_choose.html", form, "password", error)
    visit.leave()
    flash(_("Your new password is set. Sign in with it."), "success")
    return redirect(url_for("accounts.sign_in"))

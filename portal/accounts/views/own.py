"""A person's own pages: overview, profile, password, and where they are signed in."""

from flask import flash, redirect, render_template, request, url_for

from portal.accounts import destination, home, queries, visit
from portal.accounts.commands import entering, resetting
from portal.accounts.forms import ChangePasswordForm, ProfileForm
from portal.accounts.rules import PasswordUnchanged, TooManyTries, Visit, WrongPassword
from portal.accounts.views.place import Answer, blueprint, form_page, refused
from portal.kernel import clock
from portal.kernel.errors import InvalidInput, NotAllowed
from portal.web.forms import PortalForm
from portal.web.guard import actor, fresh, signed_in
from portal.web.i18n import _


def here() -> Visit:
    """The browser of a signed-in person. Raises NotAllowed for a person known by other means."""
    found = visit.current()
    if not found:
        raise NotAllowed()
    return found


@blueprint.get("/account")
@signed_in
def overview() -> Answer:
    return render_template(
        "accounts/overview.html",
        visit=here(),
        invitations=queries.invitations_to(here().email, clock.now()),
        tiles=home.tiles_of(actor()),
    )


@blueprint.route("/account/profile", methods=["GET", "POST"])
@signed_in
def profile() -> Answer:
    form = ProfileForm(data={"name": here().name, "language": here().lang})
    if not form.validate_on_submit():
        return form_page("accounts/profile.html", form, visit=here())
    entering.update_profile(actor(), form.name.data, form.language.data, clock.now())
    flash(_("Your profile is saved."), "success")
    return redirect(url_for("accounts.profile"))


@blueprint.route("/account/password", methods=["GET", "POST"])
@signed_in
@fresh
def password() -> Answer:
    form = ChangePasswordForm()
    template, shown = "accounts/password.html", {"visit": here()}
    if not form.validate_on_submit():
        return form_page(template, form, **shown)
    try:
        sid = resetting.change_password(
            actor(), here(), form.present.data, form.password.data, visit.visitor(), clock.now()
        )
    except (WrongPassword, TooManyTries) as error:
        return refused(template, form, "present", error, **shown)
    except (PasswordUnchanged, InvalidInput) as error:
        return refused(template, form, "password", error, **shown)
    visit.begin(sid)
    flash(_("Your password is changed. You have been signed out everywhere else."), "success")
    return redirect(destination.onward())


@blueprint.route("/account/sessions", methods=["GET", "POST"])
@signed_in
def sessions() -> Answer:
    form = PortalForm()
    if not form.validate_on_submit():
        open_ones = queries.open_sessions(here().person_id)
        return form_page("accounts/sessions.html", form, sessions=open_ones, this=here().session_id)
    if ended := request.form.get("end"):
        entering.end_session(actor(), ended, clock.now())
        flash(_("That browser is signed out."), "success")
    else:
        entering.end_other_sessions(actor(), here().session_id, clock.now())
        flash(_("You are signed out everywhere else."), "success")
    return redirect(url_for("accounts.sessions"))

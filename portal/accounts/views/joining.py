"""Joining an organisation: its codes for owners, the page behind a code, the page behind an invitation."""

from flask import current_app, flash, redirect, render_template, request, url_for

from portal.accounts import bodies, policy, queries, visit
from portal.accounts.commands import invited, joining
from portal.accounts.forms import InvitedForm, JoinCodeForm, JoinForm
from portal.accounts.naming import named_here
from portal.accounts.rules import AddressIsTaken, AlreadyMember, LinkIsStale, TooManyTries
from portal.accounts.views.place import Answer, blueprint, form_page, refused
from portal.accounts.views.safety import qr
from portal.kernel import clock
from portal.kernel.errors import InvalidInput, NotAllowed, Refused
from portal.web.forms import PortalForm
from portal.web.guard import actor, fresh_to_change, open_to_all, signed_in
from portal.web.i18n import _, lang


@blueprint.route("/account/organisations/<organisation_id>/codes", methods=["GET", "POST"])
@signed_in
@fresh_to_change
def join_codes(organisation_id: str) -> Answer:
    """Codes that can be used, and who waits to be let in; the form makes a code."""
    organisation = queries.organisation(actor(), organisation_id)
    if not policy.may_answer_joiners(actor(), organisation_id):
        raise NotAllowed()
    form = JoinCodeForm()
    template = "accounts/join_codes.html"
    joiners = queries.joiners(organisation_id)
    shown = {
        "organisation": organisation,
        "codes": queries.join_codes(organisation_id, clock.now()),
        "joiners": joiners,
        "may_manage": policy.may_manage_organisation(actor(), organisation_id),
        "shown_code": bodies.shown_code,
        "token": PortalForm(formdata=None),
    }
    named_here(each.person_id for each in joiners)
    if not form.validate_on_submit():
        return form_page(template, form, **shown)
    try:
        joining.make_join_code(
            actor(), organisation_id, form.uses.value, form.days.value, form.is_answered.data, clock.now()
        )
    except (InvalidInput, Refused) as error:
        return refused(template, form, "uses", error, **shown)
    flash(_("The code is ready. Show it, print it, or pass the link on."), "success")
    return redirect(url_for("accounts.join_codes", organisation_id=organisation_id), 303)


@blueprint.get("/account/organisations/<organisation_id>/codes/<code_id>")
@signed_in
def join_code(organisation_id: str, code_id: str) -> Answer:
    """One code large, as QR and in letters: to show on a screen or to print."""
    organisation = queries.organisation(actor(), organisation_id)
    if not policy.may_manage_organisation(actor(), organisation_id):
        raise NotAllowed()
    open_ones = queries.join_codes(organisation_id, clock.now())
    found = next((each for each in open_ones if each.id == code_id), None)
    if found is None:
        raise bodies.NoSuchJoinCode()
    link = current_app.config["PORTAL"].base_url + url_for("accounts.join", code=found.code)
    return render_template(
        "accounts/join_code.html", organisation=organisation, code=found, link=link, qr=qr(link),
        shown=bodies.shown_code(found.code),
    )  # fmt: skip


@blueprint.post("/account/organisations/<organisation_id>/codes/<code_id>/withdraw")
@signed_in
@fresh_to_change
def withdraw_join_code(organisation_id: str, code_id: str) -> Answer:
    joining.withdraw_join_code(actor(), organisation_id, code_id, clock.now())
    flash(_("The code is withdrawn: nobody can join with it any more."), "success")
    return redirect(url_for("accounts.join_codes", organisation_id=organisation_id), 303)


@blueprint.post("/account/organisations/<organisation_id>/joiners/<request_id>/<any(accept, decline):answer>")
@signed_in
def answer_joiner(organisation_id: str, request_id: str, answer: str) -> Answer:
    joining.answer_joiner(actor(), organisation_id, request_id, answer == "accept", clock.now())
    flash(_("They are a member now.") if answer == "accept" else _("They are not let in."), "success")
    return redirect(url_for("accounts.join_codes", organisation_id=organisation_id), 303)


@blueprint.route("/account/join", methods=["GET", "POST"])
@signed_in
def join() -> Answer:
    """A code that was typed, or that stands in the link of a QR code; the button joins."""
    form = JoinForm(data={"code": request.args.get("code", "")[:40]})
    template = "accounts/join.html"
    found = queries.organisation_behind(form.code.data or "", clock.now())
    if not form.validate_on_submit():
        return form_page(template, form, organisation=found)
    try:
        is_member = joining.join(actor(), form.code.data, visit.visitor(), clock.now())
    except (bodies.NoSuchJoinCode, bodies.AskedAlready, AlreadyMember, TooManyTries) as error:
        return refused(template, form, "code", error, organisation=found)
    if is_member:
        flash(_("You are a member now."), "success")
    else:
        flash(_("An owner or approver is asked to let you in. We tell you when they answer."), "info")
    return redirect(url_for("accounts.organisations"), 303)


@blueprint.post("/account/organisations/<organisation_id>/asked/take-back")
@signed_in
def take_back_joining(organisation_id: str) -> Answer:
    joining.take_back(actor(), organisation_id, clock.now())
    flash(_("Your request is taken back."), "success")
    return redirect(url_for("accounts.organisations"), 303)


@blueprint.route("/account/invitation", methods=["GET", "POST"])
@open_to_all
def invitation() -> Answer:
    """Behind the link of an invitation's letter: account and membership in one step, or a way to sign in."""
    token = request.args.get("k", "")
    form = InvitedForm()
    template = "accounts/invitation.html"
    try:
        offer = invited.invitation_behind(token, visit.keys(), clock.now())
    except LinkIsStale as error:
        return render_template(template, problem=error, form=form), 409
    has_account = queries.credentials(offer.email_key) is not None
    is_theirs = actor().is_person and queries.email_key_of(actor().id) == offer.email_key
    shown = {"offer": offer, "is_theirs": is_theirs, "problem": None, "has_account": has_account}
    if not form.validate_on_submit():
        return form_page(template, form, **shown)
    try:
        sid = invited.sign_up_invited(
            actor(), token, form.name.data, form.password.data, lang(), visit.visitor(), visit.keys(),
            clock.now(),
        )  # fmt: skip
    except (AddressIsTaken, InvalidInput) as error:
        return refused(template, form, "password", error, **shown)
    visit.begin(sid)
    flash(_("Your account is open, and you are a member."), "success")
    return redirect(url_for("accounts.organisation", organisation_id=offer.organisation_id), 303)

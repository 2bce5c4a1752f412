"""Organisations: one's own, a new one, members and invitations."""

from flask import flash, redirect, render_template, request, url_for

from portal.accounts import policy, queries, visit
from portal.accounts.commands import organisations as commands
from portal.accounts.forms import InvitationForm, OrganisationForm, parts
from portal.accounts.naming import named_here
from portal.accounts.rules import AlreadyMember, LastOwner, NameIsMissing, Part, TooManyLetters
from portal.accounts.views.own import here
from portal.accounts.views.place import Answer, blueprint, form_page, refused
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import InvalidInput, PortalError
from portal.web.forms import PortalForm
from portal.web.guard import actor, fresh, fresh_to_change, signed_in
from portal.web.i18n import _, message


@blueprint.get("/account/organisations")
@signed_in
def organisations() -> Answer:
    return render_template(
        "accounts/organisations.html",
        organisations=queries.organisations_of(actor()),
        invitations=queries.invitations_to(here().email, clock.now()),
        waits=queries.waits_of(actor()),
        part_names=dict(parts()),
        form=PortalForm(),
    )


@blueprint.route("/account/organisations/new", methods=["GET", "POST"])
@signed_in
def new_organisation() -> Answer:
    form = OrganisationForm()
    template = "accounts/new_organisation.html"
    if not form.validate_on_submit():
        return form_page(template, form)
    name = Bilingual(form.name_zh.data or "", form.name_en.data or "")
    try:
        made = commands.create_organisation(actor(), name, form.credit_code.data, clock.now())
    except NameIsMissing as error:
        return refused(template, form, "name_zh", error)
    except PortalError as error:
        return refused(template, form, "credit_code", error)
    flash(_("The organisation is registered, and you are its owner."), "success")
    return redirect(url_for("accounts.organisation", organisation_id=made))


@blueprint.route("/account/organisations/<organisation_id>", methods=["GET", "POST"])
@signed_in
@fresh_to_change
def organisation(organisation_id: str) -> Answer:
    """Members and invitations; the form invites."""
    form = InvitationForm()
    template = "accounts/organisation.html"
    members = queries.members(organisation_id)
    shown = {
        "organisation": queries.organisation(actor(), organisation_id),
        "members": members,
        "invitations": queries.invitations_of(organisation_id, clock.now()),
        "may_bill": policy.may_bill(actor(), organisation_id),
        "waiting": len(queries.joiners(organisation_id)),
        "verified_until": queries.verified_until(organisation_id, clock.now()),
        "may_manage": policy.may_manage_organisation(actor(), organisation_id),
        "part_names": dict(parts()),
        "me": here().person_id,
    }
    named_here(each.person_id for each in members)
    if not form.validate_on_submit():
        return form_page(template, form, **shown)
    try:
        commands.invite(
            actor(), organisation_id, form.email.data, Part(form.part.data), visit.visitor(), clock.now()
        )
    except (AlreadyMember, TooManyLetters, InvalidInput) as error:
        return refused(template, form, "email", error, **shown)
    flash(_("The invitation is on its way."), "success")
    return redirect(url_for("accounts.organisation", organisation_id=organisation_id))


@blueprint.post("/account/organisations/<organisation_id>/accept")
@signed_in
def accept_invitation(organisation_id: str) -> Answer:
    commands.accept_invitation(actor(), organisation_id, clock.now())
    flash(_("You are a member now."), "success")
    return redirect(url_for("accounts.organisation", organisation_id=organisation_id))


@blueprint.post("/account/organisations/<organisation_id>/withdraw")
@signed_in
def withdraw_invitation(organisation_id: str) -> Answer:
    commands.withdraw_invitation(actor(), organisation_id, request.form.get("email", ""), clock.now())
    flash(_("The invitation is withdrawn."), "success")
    return redirect(url_for("accounts.organisation", organisation_id=organisation_id))


@blueprint.post("/account/organisations/<organisation_id>/members/<person_id>")
@signed_in
@fresh
def change_member(organisation_id: str, person_id: str) -> Answer:
    """Change a member's part, or remove them."""
    part = request.form.get("part", "")
    try:
        if part in set(Part):
            commands.change_part(actor(), organisation_id, person_id, Part(part), clock.now())
            flash(_("The member's role is changed."), "success")
        else:
            commands.remove_member(actor(), organisation_id, person_id, clock.now())
            flash(_("The member is removed."), "success")
    except LastOwner as error:
        flash(message(error), "error")
    if person_id == here().person_id and part not in set(Part):
        return redirect(url_for("accounts.organisations"))
    return redirect(url_for("accounts.organisation", organisation_id=organisation_id))

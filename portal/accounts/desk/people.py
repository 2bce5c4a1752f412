"""People: find somebody, look, and propose a role or the reset of a lost second factor."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts import policy, queries
from portal.accounts.commands import raising
from portal.accounts.desk_forms import ResetForm, RoleForm
from portal.accounts.naming import named_here
from portal.accounts.rules import GRANTABLE, email_key
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import PortalError
from portal.proposals.words import shown
from portal.web.forms import PortalForm
from portal.web.guard import actor, fresh, staff
from portal.web.i18n import _
from portal.web.looks import LISTS, Shown, has_shown, looks_at
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("accounts_desk", __name__)
Answer = str | Response | tuple[str, int]

READERS = (Role.ADMIN, Role.AUDITOR)


@blueprint.get("/desk/people")
@staff(*READERS)
def people() -> str:
    """Everybody with an account, by address; or those who are looked for."""
    search, role = request.args.get("search", "").strip()[:100], request.args.get("role", "")
    role = role if role in GRANTABLE else ""
    rows = queries.people(actor(), search, role, request.args.get("cursor", ""))
    page = cut(rows, 50, lambda row: email_key(row.email))
    has_shown(Shown.PERSON, (row.id for row in page.items), LISTS)
    return render_template("accounts/desk_people.html", page=page, search=search, role=role, roles=GRANTABLE)


@blueprint.get("/desk/people/<person_id>")
@looks_at(Shown.PERSON, "person_id", "people")
@staff(*READERS)
def person(person_id: str) -> Answer:
    """One person: roles, second factor, organisations, where they are signed in."""
    return _page(person_id)


def _page(person_id: str, form: PortalForm | None = None, status: int = 200) -> Answer:
    found = queries.person(person_id)
    grants = queries.grants_of(person_id)
    page = render_template(
        "accounts/desk_person.html",
        person=found,
        grants=grants,
        names=named_here(grant.granted_by for grant in grants),
        organisations=queries.memberships_of(person_id),
        sessions=queries.open_sessions(person_id),
        waiting=shown(person_id),
        role=form if isinstance(form, RoleForm) else RoleForm(formdata=None),
        reset=form if isinstance(form, ResetForm) else ResetForm(formdata=None),
        may_propose=policy.may_propose_roles(actor()) and actor().id != person_id,
    )
    return page, status


@blueprint.post("/desk/people/<person_id>/<any(grant, revoke):deed>")
@staff(Role.ADMIN)
@fresh
def propose_role(person_id: str, deed: str) -> Answer:
    """Put a role to be given or taken before another administrator."""
    form = RoleForm()
    queries.person(person_id)
    if not form.validate():
        return _page(person_id, form, 422)
    propose = raising.propose_role if deed == "grant" else raising.propose_revocation
    try:
        propose(actor(), person_id, Role(form.role.data), form.reason.data or "", clock.now())
    except PortalError as error:
        form.blame("role", error)
        return _page(person_id, form, 409)
    return _proposed(person_id)


@blueprint.post("/desk/people/<person_id>/second-factor")
@staff(Role.ADMIN)
@fresh
def propose_reset(person_id: str) -> Answer:
    """Put the reset of a lost second factor before another administrator."""
    form = ResetForm()
    queries.person(person_id)
    if not form.validate():
        return _page(person_id, form, 422)
    try:
        raising.propose_reset(actor(), person_id, form.why.data or "", clock.now())
    except PortalError as error:
        form.blame("why", error)
        return _page(person_id, form, 409)
    return _proposed(person_id)


def _proposed(person_id: str) -> Response:
    flash(_("Proposed. It is done once another person has accepted it."), "success")
    return redirect(url_for("accounts_desk.person", person_id=person_id), 303)

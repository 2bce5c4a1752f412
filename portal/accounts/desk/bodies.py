"""One organisation: who acts for it, how it was checked, and what was done to it."""

from flask import render_template

from portal.accounts import queries
from portal.accounts.desk.organisations import state_names
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.web.guard import actor, staff
from portal.web.looks import Shown, looks_at
from portal.web.page import page_blueprint

blueprint = page_blueprint("bodies_desk", __name__)

READERS = (Role.ADMIN, Role.AUDITOR)


@blueprint.get("/desk/bodies/<organisation_id>")
@looks_at(Shown.ORGANISATION, "organisation_id", "organisations")
@staff(*READERS)
def body(organisation_id: str) -> str:
    now = clock.now()
    return render_template(
        "accounts/desk_body.html", body=queries.organisation_at_desk(actor(), organisation_id, now),
        members=queries.members(organisation_id), checks=queries.checks_of(organisation_id),
        states=state_names(), now=now,
    )  # fmt: skip

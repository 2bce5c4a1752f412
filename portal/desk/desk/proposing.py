"""What waits for a second person, of whatever room, and their word about it."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.naming import named_here
from portal.desk.places import place_of
from portal.kernel import clock
from portal.kernel.actor import STAFF, Role
from portal.kernel.errors import PortalError
from portal.proposals import commands, queries
from portal.proposals.rules import Verdict
from portal.proposals.words import show
from portal.web.guard import actor, fresh, staff
from portal.web.i18n import _, message
from portal.web.page import page_blueprint

blueprint = page_blueprint("desk_proposals", __name__)

READERS = tuple(sorted(STAFF))
DECIDERS = (Role.ADMIN, Role.FINANCE, Role.REGISTRY)


def _kinds() -> list[str]:
    """An auditor sees all, others what they may be one of the two in."""
    return commands.all_kinds() if actor().has(Role.AUDITOR) else commands.kinds_for(actor())


@blueprint.get("/desk/proposals")
@staff(*READERS)
def queue() -> str:
    """What waits, the oldest first, and what was decided last."""
    waiting = [show(each) for each in queries.waiting(_kinds())]
    decided = [show(each) for each in queries.decided(_kinds())]
    people = {each.proposal.proposed_by for each in (*waiting, *decided)}
    people |= {each.proposal.decided_by or "" for each in decided}
    return render_template(
        "desk/proposals.html", waiting=waiting, decided=decided, names=named_here(people), place_of=place_of
    )


@blueprint.post("/desk/proposals/<proposal_id>/<any(accepted, declined, withdrawn):verdict>")
@staff(*DECIDERS)
@fresh
def decide(proposal_id: str, verdict: str) -> Response:
    """Accept and have it done, decline, or take one's own back."""
    subject = queries.proposal(proposal_id).subject_id
    try:
        note = request.form.get("note", "")[:300]
        commands.decide(actor(), proposal_id, Verdict(verdict), note, clock.now())
    except PortalError as error:
        flash(message(error), "error")
    else:
        flash(_SAID[Verdict(verdict)](), "success")
    return redirect(place_of(subject) or url_for("desk_proposals.queue"), 303)


_SAID = {
    Verdict.ACCEPTED: lambda: _("Accepted and done."),
    Verdict.DECLINED: lambda: _("Declined. Nothing was done."),
    Verdict.WITHDRAWN: lambda: _("Withdrawn. Nothing was done."),
}

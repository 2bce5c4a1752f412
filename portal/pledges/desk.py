"""The desk of pledges: documents that wait to be looked at."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import InvalidInput, Refused
from portal.pledges import policy
from portal.pledges.commands.evidence import decide
from portal.pledges.forms.course import VerdictForm
from portal.pledges.queries import course, promise
from portal.pledges.rules.evidence import EvidenceState
from portal.pledges.views.papers import SHELF
from portal.pledges.words import promise_of
from portal.registry.papers import given_out
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.looks import LISTS, Shown, has_shown, looks_at
from portal.web.page import page_blueprint

blueprint = page_blueprint("pledges_desk", __name__)

_READERS = (Role.REGISTRY, Role.ADMIN, Role.AUDITOR)
_BUTTONS = {"seen": EvidenceState.SEEN, "refused": EvidenceState.REFUSED}


@blueprint.get("/desk/pledges")
@staff(*_READERS)
def queue() -> str:
    """What waits, the oldest first, and what was decided last."""
    papers = course.waiting_papers(actor())
    decided = course.decided_papers(actor())
    pledges = {each.pledge_id: promise.pledge(actor(), each.pledge_id) for each in (*papers, *decided)}
    has_shown(Shown.PLEDGE, pledges, LISTS)
    return render_template(
        "pledges/desk_queue.html", papers=papers, decided=decided, pledges=pledges,
        waiting=course.count_waiting(),
    )  # fmt: skip


@blueprint.route("/desk/pledges/documents/<evidence_id>", methods=["GET", "POST"])
@looks_at(Shown.DOCUMENT, "evidence_id", "evidence")
@staff(*_READERS)
def paper(evidence_id: str) -> str | Response | tuple[str, int]:
    """One document beside the number it bears out; seen, or refused with a reason."""
    found, form = course.paper(actor(), evidence_id), VerdictForm()
    pledge = promise.pledge(actor(), found.pledge_id)
    verdict = _BUTTONS.get(request.form.get("verdict", ""))
    if form.validate_on_submit() and verdict:
        try:
            decide(actor(), evidence_id, verdict, (form.reason.data or "").strip(), clock.now())
            flash(_("The decision is kept."), "success")
            return redirect(url_for("pledges_desk.queue"), 303)
        except (InvalidInput, Refused) as error:
            form.blame("reason", error)
    stands = course.standpoint(pledge, clock.today())
    report = next((each for each in stands.reports if each.id == found.report_id), None)
    page = render_template(
        "pledges/desk_paper.html", paper=found, pledge=pledge, report=report, form=form,
        promise=promise_of(pledge, with_name=True), may_decide=policy.may_decide(actor()),
    )  # fmt: skip
    return page, 422 if form.has_errors else 200


@blueprint.get("/desk/pledges/documents/<evidence_id>/file")
@looks_at(Shown.DOCUMENT, "evidence_id", "evidence")
@staff(*_READERS)
def paper_file(evidence_id: str) -> Response:
    """The document itself, as a download."""
    found = course.paper(actor(), evidence_id)
    return given_out(found.sha256, found.media_type, SHELF, found.id)

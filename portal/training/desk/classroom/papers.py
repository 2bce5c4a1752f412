"""Paper of a class: the poster that lets people in, and slips with personal codes."""

from flask import Response, flash

from portal.kernel import clock
from portal.training.commands import rosters as commands
from portal.training.desk.classroom.addresses import calendar_url, drawn, join_url, pictured, typed_url
from portal.training.desk.classroom.pages import (
    READERS,
    TRAINERS,
    Answer,
    back_to,
    blueprint,
    pdf,
    shown,
    the_cohort,
)
from portal.training.forms.cohorts import ChosenForm
from portal.training.queries import cohorts as queries
from portal.training.rules.learners import printed
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.looks import FILES, Shown, has_shown


@blueprint.get("/teach/<cohort_id>/share")
@staff(*READERS)
def share(cohort_id: str) -> Answer:
    """How people come in: the code, the poster, slips."""
    cohort = the_cohort(cohort_id)
    address = join_url(cohort.join_code)
    return shown(
        "training/teach/share.html", cohort, code=printed(cohort.join_code), address=typed_url("join"),
        drawn=drawn(address), calendar=calendar_url(cohort_id),
    )  # fmt: skip


@blueprint.get("/teach/<cohort_id>/poster.pdf")
@staff(*READERS)
def poster(cohort_id: str) -> Response:
    """One page in both languages to hang up: the code drawn and written."""
    cohort = the_cohort(cohort_id)
    address = join_url(cohort.join_code)
    return pdf(
        "training/teach/pdf_poster.html", f"poster-{cohort_id[-6:].lower()}", clock.now(), cohort=cohort,
        code=printed(cohort.join_code), address=typed_url("join"), qr=pictured(address),
    )  # fmt: skip


@blueprint.post("/teach/<cohort_id>/slips.pdf")
@staff(*TRAINERS)
def slips(cohort_id: str) -> Answer | Response:
    """Slips to cut, one for each learner who was ticked and has no account, with a new personal code."""
    cohort, form, now = the_cohort(cohort_id), ChosenForm(), clock.now()
    chosen = set(form.chosen.data or ())
    inside = queries.members(cohort_id)
    people = [each for each in inside if each.enrolment_id in chosen and not each.has_account]
    if not form.validate() or not people:
        flash(_("Tick learners without an account first; who has one needs no slip."), "info")
        return back_to("learners", cohort_id)
    has_shown(Shown.LEARNER, (each.enrolment_id for each in people), FILES)
    codes = commands.give_codes(actor(), cohort_id, [each.enrolment_id for each in people], now)
    return pdf(
        "training/teach/pdf_slips.html", f"slips-{cohort_id[-6:].lower()}", now, cohort=cohort,
        slips=[(each.name, printed(codes[each.enrolment_id])) for each in people],
        address=typed_url("code"),
    )  # fmt: skip

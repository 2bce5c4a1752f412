"""Sheets that are recorded, and the correction of one that was typed in wrongly."""

from flask import flash, request

from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.training.commands.papers import Sheet, correct_sheet
from portal.training.desk.classroom.pages import (
    READERS,
    TRAINERS,
    Answer,
    back_to,
    blueprint,
    shown,
    the_cohort,
)
from portal.training.desk.classroom.paper import read_sheets
from portal.training.forms.cohorts import CorrectionForm
from portal.training.queries.cohorts import members
from portal.training.queries.papers import corrections, items_of, recorded, sheet_of
from portal.training.rules.papers import SheetMissing, typed_of
from portal.training.rules.responses import read_response
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.looks import Shown, looks_at


@blueprint.get("/teach/<cohort_id>/paper/<paper>/sheets")
@looks_at(Shown.LEARNER, "cohort_id", "classes", daily=True)
@staff(*READERS)
def sheets(cohort_id: str, paper: str) -> Answer:
    """Whose sheets are recorded, with what result, and what was corrected why."""
    cohort, done = the_cohort(cohort_id), recorded(cohort_id, paper)
    people = [each for each in members(cohort_id, left=True) if each.enrolment_id in done]
    return shown(
        "training/teach/sheets.html", cohort, paper=paper, people=people, done=done,
        corrections=corrections(cohort_id, paper), names={t.person_id: t.name for t in cohort.trainers},
    )  # fmt: skip


@blueprint.route("/teach/<cohort_id>/paper/<paper>/sheets/<enrolment_id>", methods=["GET", "POST"])
@looks_at(Shown.LEARNER, "enrolment_id", "classes")
@staff(*TRAINERS)
def correct(cohort_id: str, paper: str, enrolment_id: str) -> Answer:
    """The sheet as it was typed in, to be typed as it was written, with the reason."""
    cohort, form = the_cohort(cohort_id), CorrectionForm()
    items = items_of(cohort.version_id, cohort_id, paper)
    held, answers = sheet_of(cohort_id, paper, enrolment_id)
    person = next((e for e in members(cohort_id, left=True) if e.enrolment_id == enrolment_id), None)
    if person is None:
        raise SheetMissing()
    typed = {
        f"{enrolment_id}-{number}": typed_of(item, read_response(item, answers[item.id]))
        for number, item in enumerate(items, start=1)
        if item.id in answers
    }
    if request.method == "GET":
        form.sheet_lang.data = held.lang
        return _page(cohort_id, paper, person.name, form, typed)
    read = read_sheets(items, [person])
    if not form.validate_on_submit() or read.faults:
        form.reason.errors = [*form.reason.errors, *read.faults]
        return _page(cohort_id, paper, person.name, form, read.typed, read.wrong)
    sheet = read.sheets[0] if read.sheets else Sheet(enrolment_id, person.name, (None,) * len(items))
    try:
        passed = correct_sheet(
            actor(), cohort_id, paper, form.sheet_lang.data, sheet, form.reason.data or "", clock.now()
        )
    except PortalError as fault:
        form.blame("reason", fault)
        return _page(cohort_id, paper, person.name, form, read.typed)
    flash(_("Corrected: passed.") if passed else _("Corrected: not passed."), "success")
    return back_to("sheets", cohort_id, paper=paper)


def _page(
    cohort_id: str, paper: str, name: str, form: CorrectionForm, typed: dict[str, str],
    wrong: frozenset[str] | set[str] = frozenset(),
) -> Answer:  # fmt: skip
    cohort = the_cohort(cohort_id)
    enrolment_id = str((request.view_args or {})["enrolment_id"])
    return shown(
        "training/teach/sheet_correct.html", cohort, 422 if form.has_errors else 200, paper=paper, name=name,
        form=form, typed=typed, wrong=wrong, enrolment_id=enrolment_id,
        items=items_of(cohort.version_id, cohort_id, paper),
    )  # fmt: skip

"""Who is in a class: the list that comes in with its dry run, and every learner by name."""

from hashlib import sha256

from flask import flash, request

from portal.kernel import clock
from portal.kernel.errors import InvalidInput, NotFound, PortalError
from portal.kernel.ids import is_id, new_id
from portal.registry.sheets import Limits, Row, rows_of
from portal.training.commands import rosters as commands
from portal.training.desk.classroom.pages import (
    READERS,
    TRAINERS,
    Answer,
    back_to,
    blueprint,
    sheet,
    shown,
    the_cohort,
)
from portal.training.forms.cohorts import ChosenForm, RosterForm
from portal.training.queries import cohorts as queries
from portal.training.rules.classes import CohortView, Standing
from portal.training.rules.rosters import (
    CELL_MAX,
    COLUMNS,
    HEADING_WITHIN,
    MOST,
    NobodyListed,
    RosterReading,
    read_roster,
    typed_rows,
)
from portal.web.guard import actor, staff
from portal.web.i18n import _, lang, ngettext
from portal.web.looks import Shown, looks_at
from portal.web.staging import stage, staged

SHELF = "staged-rosters"
LIMITS = Limits(rows=MOST, cell=CELL_MAX, heading_within=HEADING_WITHIN, has_days=True)


@blueprint.get("/teach/<cohort_id>/learners")
@looks_at(Shown.LEARNER, "cohort_id", "classes", daily=True)
@staff(*READERS)
def learners(cohort_id: str) -> Answer:
    """Everybody in the class, found by name, and the lists they came with."""
    cohort = the_cohort(cohort_id)
    wanted = " ".join(request.args.get("q", "").split())[:60]
    found = queries.members(cohort_id, left=True)
    return shown(
        "training/teach/learners.html", cohort, q=wanted,
        members=[each for each in found if not each.left_at and wanted.casefold() in each.name.casefold()],
        left=[each for each in found if each.left_at],
        rosters=queries.rosters(cohort_id), form=ChosenForm(formdata=None),
    )  # fmt: skip


@blueprint.route("/teach/<cohort_id>/roster", methods=["GET", "POST"])
@staff(*TRAINERS)
def roster(cohort_id: str) -> Answer:
    """A list, and what every row of it would become; nothing is kept before the second button."""
    cohort, form = the_cohort(cohort_id), RosterForm()
    if request.method == "GET":
        form.roster.data, form.lang.data = new_id("ros"), cohort.lang
        return shown("training/teach/roster.html", cohort, form=form)
    if not is_id(form.roster.data, "ros"):
        raise NotFound()
    if not form.validate():
        return shown("training/teach/roster.html", cohort, 422, form=form)
    try:
        reading = _read(cohort_id, form)
    except InvalidInput as error:
        form.blame("typed" if form.typed.data and not form.token.data else "file", error)
        return shown("training/teach/roster.html", cohort, 422, form=form)
    if "keep" in request.form:
        return _kept(cohort, form, reading)
    return shown("training/teach/roster_dry.html", cohort, form=form, reading=reading)


def _read(cohort_id: str, form: RosterForm) -> RosterReading:
    """The rows of the file, of the one that was staged before, or as typed. Raises InvalidInput."""
    known = queries.entries(cohort_id)
    upload = request.files.get("file")
    if upload and upload.filename:
        data = upload.read()
        kind, rows = rows_of(data, LIMITS)
        reading = read_roster(rows, kind, form.lang.data, known)
        form.token.data, form.file_name.data = sha256(data).hexdigest(), upload.filename[:120]
        stage(SHELF, form.token.data, data)
        return reading
    if form.token.data:
        waiting = staged(SHELF, form.token.data)
        if waiting.is_file():
            kind, rows = rows_of(waiting.read_bytes(), LIMITS)
            return read_roster(rows, kind, form.lang.data, known)
    if not (form.typed.data or "").strip():
        raise NobodyListed()
    return read_roster(typed_rows(form.typed.data or ""), "", form.lang.data, known)


def _kept(cohort: CohortView, form: RosterForm, reading: RosterReading) -> Answer:
    if reading.left_out and not form.without.data:
        form.without.errors = [_("Tick that these rows are left out, or mend them in your file.")]
        return shown("training/teach/roster_dry.html", cohort, 422, form=form, reading=reading)
    digest = form.token.data or sha256((form.typed.data or "").encode()).hexdigest()
    file = commands.RosterFile(form.file_name.data or "", digest)
    try:
        count = commands.take_roster(
            actor(), cohort.id, form.roster.data or "", file, [line.entry for line in reading.good],
            clock.now(), writes=bool(form.writes.data),
        )  # fmt: skip
    except PortalError as error:
        form.blame("file", error)
        return shown("training/teach/roster_dry.html", cohort, 409, form=form, reading=reading)
    flash(ngettext("One learner is enrolled.", "%(num)s learners are enrolled.", count), "success")
    return back_to("learners", cohort.id)


@blueprint.post("/teach/<cohort_id>/roster/<roster_id>/undo")
@staff(*TRAINERS)
def undo_roster(cohort_id: str, roster_id: str) -> Answer:
    done = commands.undo_roster(actor(), cohort_id, roster_id, clock.now())
    flash(ngettext("One learner was taken out.", "%(num)s learners were taken out.", done.removed), "success")
    if done.stayed:
        flash(
            ngettext("One has begun already and stays.", "%(num)s have begun already and stay.", done.stayed),
            "info",
        )
    return back_to("learners", cohort_id)


@blueprint.post("/teach/<cohort_id>/learners/<enrolment_id>/<any(remove, return):deed>")
@staff(*TRAINERS)
def move_learner(cohort_id: str, enrolment_id: str, deed: str) -> Answer:
    """Out of the class, or back into it: what was done is kept either way."""
    move = commands.remove_learner if deed == "remove" else commands.return_learner
    move(actor(), cohort_id, enrolment_id, clock.now())
    return back_to("learners", cohort_id)


@blueprint.post("/teach/<cohort_id>/learners/<enrolment_id>/standing/<any(learner, tester, staff):standing>")
@staff(*TRAINERS)
def standing(cohort_id: str, enrolment_id: str, standing: str) -> Answer:
    """Whether somebody is counted in statistics."""
    commands.set_standing(actor(), cohort_id, enrolment_id, Standing(standing), clock.now())
    return back_to("learners", cohort_id)


@blueprint.get("/teach/<cohort_id>/learners.<any(csv, xlsx):kind>")
@looks_at(Shown.LEARNER, "cohort_id", "classes")
@staff(*READERS)
def learners_file(cohort_id: str, kind: str) -> Answer:
    """The class as a list: who, which language, since when."""
    cohort = the_cohort(cohort_id)
    rows: list[Row] = [[_("Name"), _("E-mail"), _("Language"), _("Counts as"), _("In the class since")]]
    rows += [
        [
            each.name, each.email, each.lang, each.standing,
            clock.day_of(each.enrolled_at, cohort.zone).isoformat(),
        ]
        for each in queries.members(cohort_id)
    ]  # fmt: skip
    return sheet(rows, f"learners-{cohort_id[-6:].lower()}", kind)


@blueprint.get("/teach/roster-template.<any(csv, xlsx):kind>")
@staff(*TRAINERS)
def roster_template(kind: str) -> Answer:
    return sheet([[title.in_(lang()) for title in COLUMNS]], "learners", kind)

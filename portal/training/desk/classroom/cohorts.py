"""My classes: the list, a new one, its settings and who runs it."""

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from wtforms.fields.choices import SelectChoice

from portal.accounts import queries as accounts
from portal.accounts.rules import NoSuchPerson
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import InvalidInput, PortalError
from portal.kernel.ids import is_id, new_id
from portal.training.commands import cohorts as commands
from portal.training.desk.classroom.pages import (
    READERS,
    TRAINERS,
    Answer,
    back_to,
    blueprint,
    shown,
    the_cohort,
)
from portal.training.forms.cohorts import CohortForm, NewCohortForm, PressForm, TrainerForm
from portal.training.queries import courses
from portal.training.queries.cohorts import cohorts_of
from portal.training.rules.classes import (
    CohortView,
    EndsBeforeItBegins,
    LastsTooLong,
    NoSuchTrainer,
    by_phase,
)
from portal.training.rules.courses import UnknownCourse
from portal.training.rules.zones import UnknownZone
from portal.web.guard import actor, staff
from portal.web.i18n import _, lang

USUAL = timedelta(days=14)


@blueprint.get("/teach")
@staff(*READERS)
def index() -> Answer:
    """Classes that run, that come, and that are over."""
    found = by_phase(cohorts_of(actor()), clock.now())
    return render_template(
        "training/teach/index.html", phases=found, has_any=any(found.values()),
        may_open=actor().has(Role.TRAINER),
    )  # fmt: skip


@blueprint.route("/teach/new", methods=["GET", "POST"])
@staff(*TRAINERS)
def new() -> Answer:
    """A class in three minutes: this form, then its list."""
    form = NewCohortForm()
    form.version.choices = [
        SelectChoice(each.id, each.title.in_(lang()) or each.title.zh) for each in courses.catalogue()
    ]
    if form.validate_on_submit() and is_id(form.cohort.data, "coh"):
        try:
            made = commands.open_cohort(
                actor(), form.cohort.data or "", form.version.data, form.draft, clock.now()
            )
        except (InvalidInput, UnknownCourse) as error:
            form.blame(_blamed(error), error)
        else:
            flash(_("The class is there. Now the list of learners."), "success")
            return back_to("roster", made)
    if request.method == "GET":
        form.cohort.data = new_id("coh")
        form.first_day.data = clock.today()
        form.last_day.data = clock.today() + USUAL
    return render_template("training/teach/new.html", form=form), 422 if form.errors else 200


@blueprint.route("/teach/<cohort_id>/settings", methods=["GET", "POST"])
@staff(*READERS)
def settings(cohort_id: str) -> Answer:
    """What is said of the class, its door, its code, its trainers."""
    cohort = the_cohort(cohort_id)
    form = CohortForm(obj=cohort)
    if form.validate_on_submit():
        try:
            commands.change_cohort(actor(), cohort_id, form.draft, clock.now())
        except InvalidInput as error:
            form.blame(_blamed(error), error)
        else:
            flash(_("Saved."), "success")
            return back_to("settings", cohort_id)
    return _settings(cohort, form, TrainerForm(formdata=None), 422 if form.errors else 200)


def _settings(cohort: CohortView, form: CohortForm, trainer: TrainerForm, status: int = 200) -> Answer:
    return shown(
        "training/teach/settings.html",
        cohort,
        status,
        form=form,
        trainer_form=trainer,
        press=PressForm(formdata=None),
    )


@blueprint.post("/teach/<cohort_id>/trainers")
@staff(*TRAINERS)
def add_trainer(cohort_id: str) -> Answer:
    cohort, form = the_cohort(cohort_id), TrainerForm()
    if form.validate():
        try:
            found = accounts.person_at(form.email.data)
            is_trainer = any(
                each.person.id == found.id and Role.TRAINER in each.roles for each in accounts.role_holders()
            )
            commands.add_trainer(actor(), cohort_id, found.id, is_trainer, clock.now())
        except (NoSuchTrainer, NoSuchPerson):
            form.blame("email", NoSuchTrainer())
        else:
            flash(_("Saved."), "success")
            return back_to("settings", cohort_id)
    return _settings(cohort, CohortForm(formdata=None, obj=cohort), form, 422)


@blueprint.post("/teach/<cohort_id>/trainers/<person_id>/remove")
@staff(*TRAINERS)
def remove_trainer(cohort_id: str, person_id: str) -> Answer:
    commands.remove_trainer(actor(), cohort_id, person_id, clock.now())
    flash(_("Saved."), "success")
    if person_id == actor().id:
        return redirect(url_for("teach.index"), 303)
    return back_to("settings", cohort_id)


@blueprint.post("/teach/<cohort_id>/door/<any(open, shut):state>")
@staff(*TRAINERS)
def door(cohort_id: str, state: str) -> Answer:
    """Whether who has the code may still join."""
    commands.set_open(actor(), cohort_id, state == "open", clock.now())
    return back_to("settings", cohort_id)


@blueprint.post("/teach/<cohort_id>/code")
@staff(*TRAINERS)
def renew_code(cohort_id: str) -> Answer:
    commands.renew_code(actor(), cohort_id, clock.now())
    flash(_("The class has a new code. Posters with the old one lead nowhere any more."), "success")
    return back_to("settings", cohort_id)


@blueprint.post("/teach/<cohort_id>/<any(close, reopen):deed>")
@staff(*TRAINERS)
def close(cohort_id: str, deed: str) -> Answer:
    """Nothing changes any more, or it does again."""
    (commands.close_cohort if deed == "close" else commands.reopen_cohort)(actor(), cohort_id, clock.now())
    return back_to("settings", cohort_id)


def _blamed(error: PortalError) -> str:
    if isinstance(error, EndsBeforeItBegins | LastsTooLong):
        return "last_day"
    if isinstance(error, UnknownZone):
        return "time_zone"
    return "version" if isinstance(error, UnknownCourse) else "name"

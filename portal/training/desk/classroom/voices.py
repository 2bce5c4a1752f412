"""What a class says to its trainer, and the trainer's own ladder."""

from datetime import datetime, time, timedelta

from flask import flash, redirect, render_template, request, url_for

from portal.accounts import queries as accounts
from portal.accounts.rules import NoSuchPerson
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import InvalidInput, NotFound, PortalError
from portal.kernel.ids import is_id, new_id
from portal.training import policy
from portal.training.commands import feedback as commands
from portal.training.commands.ladder import grant_step
from portal.training.desk.classroom.pages import (
    READERS,
    TRAINERS,
    Answer,
    attending,
    back_to,
    blueprint,
    shown,
    the_cohort,
)
from portal.training.forms.cohorts import PressForm
from portal.training.forms.voices import FeedbackForm, StepForm
from portal.training.queries import feedback as queries
from portal.training.queries import ladder as steps
from portal.training.queries.cohorts import cohort_by_id
from portal.training.queries.sessions import enrolment_of
from portal.training.rules.attendance import NotInThisClass
from portal.training.rules.classes import NoSuchTrainer
from portal.training.rules.feedback import SHOWN_FROM, USUAL, UnknownForm, own_questions
from portal.training.rules.ladder import Level
from portal.web.guard import actor, open_to_all, staff
from portal.web.i18n import _
from portal.web.limits import limited

OPEN_FOR = timedelta(days=14)


@blueprint.route("/teach/<cohort_id>/feedback", methods=["GET", "POST"])
@staff(*READERS)
def feedback(cohort_id: str) -> Answer:
    """What the class was asked, and the form that asks it."""
    cohort, form = the_cohort(cohort_id), FeedbackForm()
    if form.validate_on_submit():
        if not is_id(form.form.data, "fbf"):
            raise NotFound()
        try:
            asked = USUAL if form.which.data == "usual" else own_questions(form.lines)
            until = datetime.combine(form.closes.data, time(23, 59), cohort.zone)
            commands.ask_class(
                actor(), cohort_id, form.form.data or "", form.title.data, asked, clock.now(), until
            )
        except InvalidInput as error:
            form.blame("own", error)
        else:
            flash(
                _("The class is asked. Open the questions to find the address for the class."),
                "success",
            )
            return back_to("feedback", cohort_id)
    if request.method == "GET":
        form.form.data, form.closes.data = new_id("fbf"), clock.today() + OPEN_FOR
        form.title.data = cohort.name
    return shown(
        "training/teach/feedback.html",
        cohort, 422 if form.errors else 200, form=form, forms=queries.forms_of(cohort_id),
        now=clock.now(), me=actor().id, shown_from=SHOWN_FROM,
    )  # fmt: skip


@blueprint.get("/teach/<cohort_id>/feedback/<form_id>")
@staff(*TRAINERS)
def feedback_results(cohort_id: str, form_id: str) -> Answer:
    """What was answered, for who asked, from five answers on."""
    cohort, found = the_cohort(cohort_id), queries.form(form_id)
    if found.cohort_id != cohort_id:
        raise UnknownForm()
    return shown(
        "training/teach/feedback_results.html",
        cohort, asked=found, summaries=queries.results(actor(), found),
        shown_from=SHOWN_FROM, press=PressForm(formdata=None), is_open=found.is_open(clock.now()),
    )  # fmt: skip


@blueprint.post("/teach/<cohort_id>/feedback/<form_id>/close")
@staff(*TRAINERS)
def close_feedback(cohort_id: str, form_id: str) -> Answer:
    commands.close_form(actor(), form_id, clock.now())
    return back_to("feedback_results", cohort_id, form_id=form_id)


@attending.route("/feedback/<form_id>", methods=["GET", "POST"])
@open_to_all
@limited("60/minute")
def give_feedback(form_id: str) -> Answer:
    """For learners: questions without a name."""
    found, form, now = queries.form(form_id), PressForm(), clock.now()
    if enrolment_of(actor(), found.cohort_id) is None:
        raise NotInThisClass()
    fault: PortalError | None = None
    given = {at: request.form.get(f"q{at}", "") for at in range(len(found.questions))}
    if form.validate_on_submit():
        try:
            commands.answer_form(actor(), form_id, given, now)
        except PortalError as error:
            fault = error
        else:
            return render_template("training/feedback_given.html", asked=found)
    page = render_template(
        "training/feedback.html", asked=found, form=form, given=given, fault=fault,
        cohort=cohort_by_id(found.cohort_id), is_open=found.is_open(now),
    )  # fmt: skip
    return page, 409 if fault else 200


@blueprint.route("/teach/ladder", methods=["GET", "POST"])
@staff(Role.TRAINER, Role.EDITOR)
def ladder() -> Answer:
    """My steps and what they may rest on; lead trainers and editors give steps to others."""
    form, me = StepForm(), actor().id
    may_raise = policy.may_raise_trainers(actor(), steps.level_of(me) or "")
    if form.validate_on_submit():
        try:
            person = accounts.person_at(form.email.data)
            grant_step(actor(), person.id, Level(form.level.data), form.reason.data, clock.now())
        except NoSuchPerson:
            form.blame("email", NoSuchTrainer())
        except PortalError as error:
            form.blame("level", error)
        else:
            flash(_("The step is on record."), "success")
            return redirect(url_for("teach.ladder"), 303)
    page = render_template(
        "training/teach/ladder.html", form=form, may_raise=may_raise, steps=steps.steps_of(me),
        record=steps.record_of(me), levels=tuple(Level),
    )  # fmt: skip
    return page, 422 if form.errors else 200

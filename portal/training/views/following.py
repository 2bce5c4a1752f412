"""What became of it: agreed to, asked after six and twelve months, answered without a name."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.training.commands import following as commands
from portal.training.forms.following import FollowUpForm
from portal.training.queries import following as queries
from portal.training.queries import learners
from portal.training.queries.learners import ClassView, Enrolled
from portal.training.rules.feedback import SHOWN_FROM
from portal.training.rules.following import NotAsked, stage_of
from portal.training.rules.learners import UnknownEnrolment
from portal.training.views.pages import Answer, blueprint
from portal.web.forms import PortalForm
from portal.web.guard import actor, open_to_all
from portal.web.i18n import _
from portal.web.limits import limited


@blueprint.route("/learn/follow-up/<thing_id>/<int:months>", methods=["GET", "POST"])
@open_to_all
@limited("60/minute")
def follow_up(thing_id: str, months: int) -> Answer:
    """The questions of a class after so many months; ``thing_id`` is the enrolment, opened by the letter."""
    enrolled, form = queries.followed(actor(), thing_id), FollowUpForm()
    class_of = _class_of(enrolled)
    stage = stage_of(class_of.last_day, months)
    if form.validate_on_submit():
        try:
            commands.answer(actor(), thing_id, months, form.told, clock.now())
        except PortalError as fault:
            form.blame("pledge", fault)
        else:
            return redirect(_address(thing_id, months), 303)
    standing = queries.standing_of(enrolled, clock.day_of(clock.now(), enrolled.zone))
    is_given = queries.has_answered(thing_id, months)
    if not is_given and (standing is None or standing.open_months != months):
        raise NotAsked()
    if request.method == "GET":
        before, now = queries.suggested(actor(), class_of.last_day, enrolled.zone)
        form.before.data, form.now.data = (
            str(mass.kg_up) if mass else "" for mass in (before, now)
        )  # fmt: skip
    page = render_template(
        "training/follow_up.html", form=form, enrolled=enrolled, class_of=class_of, stage=stage,
        is_given=is_given, standing=standing, key=_key(thing_id), action=PortalForm(formdata=None),
        shown_from=SHOWN_FROM, address=_address(thing_id, months),
    )  # fmt: skip
    return page, 422 if form.has_errors else 200


@blueprint.post("/learn/follow-up/<thing_id>/<any(agree, withdraw):what>")
@open_to_all
def set_follow_up(thing_id: str, what: str) -> Response:
    """Yes or no to being asked; back to the page of the course, or to the word that it is ended."""
    if what == "agree":
        commands.agree(actor(), thing_id, clock.now())
        flash(_("Thank you. We will ask you."), "success")
    else:
        commands.withdraw(actor(), thing_id, clock.now())
        flash(_("You will not be asked any more."), "success")
    return redirect(_back(thing_id), 303)


def _class_of(enrolled: Enrolled) -> ClassView:
    if not enrolled.cohort_id:
        raise NotAsked()
    return learners.class_of(enrolled.cohort_id)


def _key(thing_id: str) -> str | None:
    """The key in the address, to be carried on; None where it opens nothing."""
    return str(request.values.get("k", "")) or None if actor().holds(thing_id) else None


def _address(thing_id: str, months: int) -> str:
    return url_for("training.follow_up", thing_id=thing_id, months=months, k=_key(thing_id))


def _back(thing_id: str) -> str:
    """To the course for its learner; who came by the letter alone is not let in there."""
    try:
        learners.enrolment(actor(), thing_id)
    except UnknownEnrolment:
        return url_for("training.catalogue")
    return url_for("training.progress", enrolment_id=thing_id, _anchor="later")

"""A word to learners."""

from flask import flash, redirect, request, url_for

from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.training.commands.nudging import nudge as say
from portal.training.desk.classroom.pages import TRAINERS, Answer, back_to, blueprint, shown, the_cohort
from portal.training.forms.progress import NudgeForm
from portal.training.queries.today import today as state_of
from portal.web.guard import actor, staff
from portal.web.i18n import ngettext


@blueprint.post("/teach/<cohort_id>/nudge")
@staff(*TRAINERS)
def nudge(cohort_id: str) -> Answer:
    """A few words to the learners that are ticked; kept where they were typed when something is wrong."""
    cohort, form = the_cohort(cohort_id), NudgeForm()
    if form.validate():
        try:
            count = say(actor(), cohort_id, form.chosen.data or (), form.text.data or "", clock.now())
        except PortalError as error:
            form.blame("text", error)
        else:
            flash(ngettext("Said to one learner.", "Said to %(num)s learners.", count), "success")
            if request.args.get("learner"):
                return redirect(
                    url_for("teach.learner", cohort_id=cohort_id, enrolment_id=request.args["learner"]), 303
                )
            return back_to("today", cohort_id)
    now = clock.now()
    return shown("training/teach/today.html", cohort, 422, state=state_of(cohort, now), now=now, form=form)

"""Sessions of a class: when they are, the wall that people sign in from, and who was there."""

from datetime import datetime, time

from flask import Response as FlaskResponse
from flask import flash, render_template, request

from portal.accounts.naming import named_here
from portal.config import LANGS
from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.kernel.clock import CITY
from portal.kernel.errors import InvalidInput, NotFound, PortalError
from portal.kernel.ids import is_id, new_id
from portal.registry.rules.names import sort_key
from portal.training.commands import sessions as commands
from portal.training.desk.classroom.addresses import attend_url, drawn
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
from portal.training.forms.cohorts import PressForm
from portal.training.forms.sessions import ChangeSessionForm, SessionForm, TicksForm
from portal.training.queries import sessions as queries
from portal.training.queries.sessions import Attended
from portal.training.rules.attendance import (
    Door,
    SessionView,
    UnknownSession,
    code_at,
    door,
    left_of_window,
)
from portal.web.guard import actor, staff
from portal.web.i18n import _, city_of, ngettext
from portal.web.looks import Shown, looks_at

BLANK_ROWS = 8  # on the sheet, for who was not expected


@blueprint.route("/teach/<cohort_id>/sessions", methods=["GET", "POST"])
@staff(*READERS)
def sessions(cohort_id: str) -> Answer:
    """All meetings, and the form for one more."""
    cohort = the_cohort(cohort_id)
    form = SessionForm(cohort.zone)
    if form.validate_on_submit():
        if not is_id(form.session.data, "ses"):
            raise NotFound()
        try:
            commands.add_session(actor(), cohort_id, form.session.data or "", form.draft, clock.now())
        except InvalidInput as error:
            form.blame("ends", error)
        except PortalError as error:
            form.blame("day", error)
        else:
            flash(_("The session is added."), "success")
            return back_to("sessions", cohort_id)
    if request.method == "GET":
        form.session.data, form.place.data = new_id("ses"), cohort.place
        form.starts.data, form.ends.data = time(8, 30), time(11, 30)
    return shown(
        "training/teach/sessions.html", cohort, 422 if form.errors else 200,
        sessions=queries.sessions_of(cohort_id), form=form, now=clock.now(),
    )  # fmt: skip


@blueprint.route("/teach/<cohort_id>/sessions/<session_id>", methods=["GET", "POST"])
@looks_at(Shown.LEARNER, "cohort_id", "classes", daily=True)
@staff(*READERS)
def session(cohort_id: str, session_id: str) -> Answer:
    """One meeting: who was there, ticked by the trainer or copied from the sheet."""
    cohort, found = the_cohort(cohort_id), _session(cohort_id, session_id)
    people, form = queries.attended(found), TicksForm()
    if form.validate_on_submit():
        now, ticked = clock.now(), set(form.present.data or ())
        wanted = {each.enrolment_id: each.enrolment_id in ticked for each in people}
        changed = commands.tick(actor(), session_id, wanted, now)
        if form.heads.value != found.headcount:
            commands.count_heads(actor(), session_id, form.heads.value, now)
        flash(ngettext("Saved: one learner changed.", "Saved: %(num)s learners changed.", changed), "success")
        return back_to("session", cohort_id, session_id=session_id)
    if request.method == "GET":
        form.heads.data = found.headcount
    return shown(
        "training/teach/session.html",
        cohort, 422 if form.errors else 200, session=found, people=people, form=form,
        press=PressForm(formdata=None), is_over=found.ends_at < clock.now(),
    )  # fmt: skip


@blueprint.route("/teach/<cohort_id>/sessions/<session_id>/change", methods=["GET", "POST"])
@staff(*TRAINERS)
def change_session(cohort_id: str, session_id: str) -> Answer:
    """Another day, time or place."""
    cohort, found = the_cohort(cohort_id), _session(cohort_id, session_id)
    starts, ends = (at.astimezone(cohort.zone) for at in (found.starts_at, found.ends_at))
    form = ChangeSessionForm(
        cohort.zone, title=found.title, place=found.place, day=starts.date(), starts=starts.time(),
        ends=ends.time(),
    )  # fmt: skip
    if form.validate_on_submit():
        try:
            commands.move_session(actor(), session_id, form.draft, clock.now(), writes=bool(form.writes.data))
        except InvalidInput as error:
            form.blame("ends", error)
        else:
            flash(_("Saved."), "success")
            return back_to("session", cohort_id, session_id=session_id)
    return shown(
        "training/teach/session_change.html", cohort, 422 if form.errors else 200, session=found, form=form
    )


@blueprint.post("/teach/<cohort_id>/sessions/<session_id>/<any(cancel, hold):deed>")
@staff(*TRAINERS)
def cancel_session(cohort_id: str, session_id: str, deed: str) -> Answer:
    """It does not take place, or it does after all; learners are told by letter."""
    _session(cohort_id, session_id)
    (commands.cancel_session if deed == "cancel" else commands.hold_after_all)(
        actor(), session_id, clock.now()
    )
    return back_to("session", cohort_id, session_id=session_id)


@blueprint.get("/teach/<cohort_id>/sessions/<session_id>/wall")
@looks_at(Shown.LEARNER, "cohort_id", "classes", daily=True)
@staff(*TRAINERS)
def wall(cohort_id: str, session_id: str) -> Answer:
    """What the projector shows: a code that changes, and who has signed in. Made anew every few seconds."""
    cohort, found, now = the_cohort(cohort_id), _session(cohort_id, session_id), clock.now()
    present = [each for each in queries.attended(found) if each.is_present]
    page = render_template(
        "training/teach/wall.html", cohort=cohort, session=found, state=door(found, now),
        drawn=_code(found, now), left=left_of_window(now),
        present=sorted(present, key=_newest_first, reverse=True),
    )  # fmt: skip
    return _unkept(page)


def _code(found: SessionView, now: datetime) -> object:
    if door(found, now) in (Door.OVER, Door.CANCELLED):
        return None
    return drawn(attend_url(found.id, code_at(queries.secret_of(found.id), now)))


def _newest_first(each: Attended) -> tuple[datetime, str]:
    return each.at or datetime.min.replace(tzinfo=CITY), each.enrolment_id


def _unkept(page: str) -> FlaskResponse:
    answer = FlaskResponse(page)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/teach/<cohort_id>/sessions/<session_id>/sheet.pdf")
@looks_at(Shown.LEARNER, "cohort_id", "classes")
@staff(*READERS)
def sign_in_sheet(cohort_id: str, session_id: str) -> FlaskResponse:
    """The sheet that goes around the room, in both languages."""
    cohort, found = the_cohort(cohort_id), _session(cohort_id, session_id)
    names = sorted(
        (each.name for each in queries.attended(found)), key=lambda name: sort_key(Bilingual(name, name))
    )
    named_here(cohort.trainer_ids)
    return pdf(
        "training/teach/pdf_sheet.html",
        f"sign-in-{found.number}", clock.now(), cohort=cohort, session=found, names=names,
        blanks=BLANK_ROWS, when=_when(found),
        clock=None if cohort.zone == CITY else [city_of(cohort.time_zone, lang) for lang in LANGS],
    )  # fmt: skip


def _when(found: SessionView) -> str:
    starts, ends = (at.astimezone(found.zone) for at in (found.starts_at, found.ends_at))
    return f"{starts:%Y-%m-%d %H:%M}–{ends:%H:%M}"


def _session(cohort_id: str, session_id: str) -> SessionView:
    found = queries.session(session_id)
    if found.cohort_id != cohort_id:
        raise UnknownSession()
    return found

"""Signing in from the wall, on a learner's phone: the code is looked at once, then there is time to type."""

import secrets
from datetime import UTC, datetime

from flask import current_app, make_response, redirect, render_template, request, session, url_for

from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.training.commands.sessions import sign_in
from portal.training.desk.classroom.pages import Answer, attending
from portal.training.forms.sessions import SignInForm
from portal.training.queries import sessions as queries
from portal.training.queries.cohorts import cohort_by_id
from portal.training.rules.attendance import (
    CodeIsOver,
    Door,
    NotInThisClass,
    SessionView,
    door,
    is_current,
    ticket_holds,
)
from portal.training.rules.learners import hash_of, read_code
from portal.web.guard import actor, open_to_all
from portal.web.i18n import preferred_lang
from portal.web.limits import limited
from portal.web.page import plain_blueprint

links = plain_blueprint("attend_links", __name__)
RATE = "600/minute"  # a whole hall behind one address
TRIES = "120/minute"
_DEVICE = "classroom"
_DAY = 24 * 3600


@links.get("/attend/<session_id>/<code>")
@open_to_all
@limited(RATE)
def scan(session_id: str, code: str) -> Answer:
    """What the wall leads to. In time, this phone gets a ticket for the session; late, it is told so."""
    now = clock.now()
    queries.session(session_id)
    if is_current(queries.secret_of(session_id), code, now):
        session[_key(session_id)] = int(now.timestamp())
    return redirect(url_for("attending.attend", session_id=session_id, lang=preferred_lang()))


@attending.route("/attend/<session_id>", methods=["GET", "POST"])
@open_to_all
@limited(TRIES)
def attend(session_id: str) -> Answer:
    """I am here: one press for who is known, a personal code for who is not."""
    found, form, now = queries.session(session_id), SignInForm(), clock.now()
    holds = _ticket_holds(found, now)
    if not form.validate_on_submit():
        return _page(found, form, now, holds)
    if not holds:
        return _page(found, form, now, holds, 409)
    typed, device = read_code(form.code.data or ""), request.cookies.get(_DEVICE) or secrets.token_hex(16)
    try:
        enrolment_id = queries.enrolment_of(actor(), found.cohort_id, hash_of(typed) if typed else "")
        if enrolment_id is None:
            raise NotInThisClass()
        sign_in(actor(), session_id, enrolment_id, now, device=device)
    except PortalError as error:
        form.blame("code", error)
        return _page(found, form, now, holds, 409)
    session.pop(_key(session_id), None)
    page = render_template("training/attended.html", session=found, cohort=cohort_by_id(found.cohort_id))
    answer = make_response(page)
    # Told apart for the length of a day, so that a trainer sees whose phone signed in two people.
    answer.set_cookie(
        _DEVICE, device[:64], max_age=_DAY, httponly=True, samesite="Lax",
        secure=current_app.config["PORTAL"].is_secure,
    )  # fmt: skip
    return answer


def _page(found: SessionView, form: SignInForm, now: datetime, holds: bool, status: int = 200) -> Answer:
    known = queries.enrolment_of(actor(), found.cohort_id)
    page = render_template(
        "training/attend.html", session=found, cohort=cohort_by_id(found.cohort_id), form=form,
        state=door(found, now), holds=holds, is_known=known is not None, early=Door.EARLY,
        reason=CodeIsOver(),
        wait=max(5, min(60, int((found.opens_at - now).total_seconds()))),
    )  # fmt: skip
    return page, status


def _ticket_holds(found: SessionView, now: datetime) -> bool:
    scanned = session.get(_key(found.id))
    return isinstance(scanned, int) and ticket_holds(found, datetime.fromtimestamp(scanned, UTC), now)


def _key(session_id: str) -> str:
    return f"attend:{session_id}"

"""The desk of privacy: requests for correction and erasure, and who has looked at whose data."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import PortalError
from portal.kernel.ids import is_id
from portal.privacy import policy, words
from portal.privacy.commands import correcting
from portal.privacy.forms import AnswerForm, LooksForm, RightNameForm
from portal.privacy.policy import READERS
from portal.privacy.queries import corrections, erasures
from portal.privacy.queries.correctables import correctables
from portal.privacy.queries.corrections import CorrectionView
from portal.privacy.queries.looks import LookView, Wanted, looks
from portal.privacy.queries.subjects import subject_of
from portal.privacy.rules.corrections import CorrectionState
from portal.web import exports
from portal.web.guard import actor, fresh, staff
from portal.web.i18n import _, ngettext
from portal.web.looks import FILES, LISTS, Shown, has_shown, looks_at
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("privacy_desk", __name__)
Answer = str | Response | tuple[str, int]

PAGE = 50
MOST_EXPORTED = 10_000
LOOK_COLUMNS = ("at", "who", "kind", "thing", "person", "why")


@blueprint.get("/desk/privacy")
@staff(*READERS)
def requests() -> Answer:
    """Requests for correction that wait, the oldest first, and requests to be forgotten."""
    state = request.args.get("state", "")
    state = CorrectionState(state) if state in set(CorrectionState) else CorrectionState.ASKED
    rows = corrections.queue(actor(), state, request.args.get("cursor", ""), PAGE + 1)
    page, wanted = cut(rows, PAGE, lambda row: row.id), erasures.recent("", "", 20)
    has_shown(Shown.CORRECTION, (row.id for row in page.items), LISTS)
    has_shown(Shown.PERSON, (each.person_id for each in wanted if each.person_id), LISTS)
    return render_template(
        "privacy/desk_requests.html", page=page, state=state,
        states=list(CorrectionState), erasures=wanted, words=words,
    )  # fmt: skip


@blueprint.route("/desk/privacy/corrections/<correction_id>", methods=["GET", "POST"])
@looks_at(Shown.CORRECTION, "correction_id", "corrections")
@staff(*READERS)
def correction(correction_id: str) -> Answer:
    """One request; an administrator answers it."""
    form = AnswerForm()
    if form.validate_on_submit():
        try:
            correcting.answer(
                actor(), correction_id, form.outcome.data == "done", form.words.data or "", clock.now()
            )
        except PortalError as error:
            form.blame("words", error)
        else:
            flash(_("The answer is on its way."), "success")
            return redirect(url_for("privacy_desk.requests"), 303)
    return _correction(correction_id, form)


@blueprint.post("/desk/privacy/corrections/<correction_id>/name")
@staff(Role.ADMIN)
@fresh
def put_right(correction_id: str) -> Answer:
    """Write the name as it should be where it was ticked; certificates are replaced by new ones."""
    form = _right_name(corrections.correction(actor(), correction_id))
    if form.validate_on_submit():
        try:
            done = correcting.put_right(
                actor(), correction_id, form.name.data or "", form.things.data or (), clock.now()
            )
        except PortalError as error:
            form.blame("name", error)
        else:
            flash(
                ngettext(
                    "The name was put right in %(num)s place. Now tell the person below.",
                    "The name was put right in %(num)s places. Now tell the person below.",
                    len(done),
                ),
                "success",
            )
            return redirect(url_for("privacy_desk.correction", correction_id=correction_id), 303)
    return _correction(correction_id, AnswerForm(formdata=None), form)


def _right_name(found: CorrectionView, **changes: Any) -> RightNameForm:
    """The form for the person's things, as they stand now."""
    form = RightNameForm(**changes)
    places = correctables(subject_of(found.person_id)) if found.is_open else []
    form.offer([(each.thing, f"{words.thing_words(each.thing)}: {each.name}") for each in places])
    return form


def _correction(correction_id: str, form: AnswerForm, right: RightNameForm | None = None) -> Answer:
    found = corrections.correction(actor(), correction_id)
    right = right or _right_name(found, formdata=None)
    page = render_template(
        "privacy/desk_correction.html", correction=found, form=form, right=right, words=words,
        may_answer=policy.may_answer(actor()) and found.is_open,
    )  # fmt: skip
    return page, 422 if form.has_errors or right.has_errors else 200


@blueprint.get("/desk/privacy/looks")
@staff(Role.AUDITOR, Role.ADMIN)
def seen() -> Answer:
    """Who looked at whose data; filters are in the address."""
    form = LooksForm(request.args)
    wanted = _wanted(form, request.args.get("cursor", "")) if form.validate() else Wanted()
    rows = looks(actor(), wanted, PAGE + 1)
    page = cut(rows, PAGE, lambda row: row.id)
    has_shown(Shown.PERSON, _people(page.items), LISTS)
    shown = render_template("privacy/desk_looks.html", form=form, page=page, words=words)
    return shown, 422 if form.has_errors else 200


@blueprint.get("/desk/privacy/looks.<any(csv, xlsx, jsonl):kind>")
@staff(Role.AUDITOR, Role.ADMIN)
def looks_file(kind: str) -> Answer:
    """The same as a file, as far as ten thousand lines."""
    form = LooksForm(request.args)
    wanted = _wanted(form, "") if form.validate() else Wanted()
    found = looks(actor(), wanted, MOST_EXPORTED)
    has_shown(Shown.PERSON, _people(found), FILES)
    rows = [
        (clock.text_of(row.at), row.actor_id, row.kind, row.thing_id, row.person_id, row.why) for row in found
    ]
    return exports.streamed(kind, "looks", LOOK_COLUMNS, rows)


def _people(rows: Iterable[LookView]) -> list[str]:
    """Everybody whose id stands in these lines but who reads them."""
    ids = {each for row in rows for each in (row.actor_id, row.thing_id, row.person_id)}
    return sorted(each for each in ids - {actor().id} if is_id(each, "usr"))


def _wanted(form: LooksForm, cursor: str) -> Wanted:
    first, last = form.days
    return Wanted(
        actor_id=form.who.data or "", about=form.about.data or "",
        since=datetime.combine(first, time(), clock.CITY) if first else None,
        until=datetime.combine(last, time(), clock.CITY) + timedelta(days=1) if last else None,
        before=cursor,
    )  # fmt: skip

"""A person's own pages of privacy, and those of a guest for one order."""

from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from portal.holdings import Subject
from portal.kernel import clock
from portal.kernel.errors import NotFound, PortalError, Refused
from portal.privacy import packing, policy, pupils, words
from portal.privacy.commands import consenting, copies, correcting, erasing
from portal.privacy.forms import CorrectionForm, ErasureForm
from portal.privacy.queries import consents, corrections, erasures
from portal.privacy.queries import copies as known
from portal.privacy.queries.copies import CopyView
from portal.privacy.queries.looks import looks_at, looks_at_order
from portal.privacy.queries.subjects import plan_of, subject_of, subject_of_order
from portal.privacy.rules.copies import NoSuchCopy
from portal.privacy.rules.corrections import Matter
from portal.privacy.rules.purposes import purposes
from portal.web.forms import PortalForm
from portal.web.guard import actor, fresh, fresh_to_change, open_to_all, signed_in
from portal.web.i18n import _, lang, message
from portal.web.links import key_for
from portal.web.page import page_blueprint
from portal.web.paging import cut

blueprint = page_blueprint("privacy", __name__)
blueprints = (blueprint, pupils.blueprint)
Answer = str | Response | tuple[str, int]

LOOKS_SHOWN = 50


# --- The account ------------------------------------------------------------------------------------


@blueprint.get("/account/privacy")
@signed_in
def overview() -> Answer:
    """What is kept and why, what was agreed to, copies, and the way to every right."""
    me = actor().id
    subject = subject_of(me)
    return render_template(
        "privacy/overview.html", purposes=purposes(), standing=consents.standing(subject),
        changes=consents.changes(subject), copies=known.copies_of(me), now=clock.now(),
        erasure=erasures.waiting_of(me), corrections=corrections.corrections_of(me),
        looks=looks_at(me, 5), words=words, form=PortalForm(formdata=None),
    )  # fmt: skip


@blueprint.post("/account/privacy/consents/<purpose_id>/withdraw")
@signed_in
def withdraw(purpose_id: str) -> Answer:
    """No longer agreed, for the thing that was pressed or for everything it was given for."""
    consenting.withdraw(actor(), purpose_id, clock.now(), thing=request.form.get("thing", ""))
    flash(_("Your consent is withdrawn."), "success")
    return redirect(url_for("privacy.overview", _anchor="consents"), 303)


@blueprint.post("/account/privacy/copies")
@signed_in
def ask_copy() -> Answer:
    """Have a copy packed; the page says how far it is."""
    try:
        copies.ask(actor(), actor().id, "", lang(), clock.now())
    except Refused as error:
        flash(message(error), "info")
    else:
        flash(_("Your copy is being packed. You get a letter when it is ready."), "success")
    return redirect(url_for("privacy.overview"), 303)


@blueprint.get("/account/privacy/copies/<copy_id>.zip")
@signed_in
@fresh
def fetch_copy(copy_id: str) -> Answer:
    return _file(known.copy(actor(), copy_id))


@blueprint.get("/account/privacy/looks")
@signed_in
def looks() -> Answer:
    """Who looked at my data, when and why."""
    rows = looks_at(actor().id, LOOKS_SHOWN + 1, request.args.get("cursor", ""))
    return render_template("privacy/looks.html", page=cut(rows, LOOKS_SHOWN, lambda row: row.id), words=words)


@blueprint.route("/account/privacy/correct", methods=["GET", "POST"])
@signed_in
def correct() -> Answer:
    """Where one changes what by oneself, and a request for the rest."""
    form = CorrectionForm()
    if form.validate_on_submit():
        try:
            correcting.ask(actor(), Matter(form.matter.data), form.words.data or "", clock.now())
        except PortalError as error:
            form.blame("words", error)
        else:
            flash(_("Your request is with us. You get a letter with the answer."), "success")
            return redirect(url_for("privacy.correct"), 303)
    mine = corrections.corrections_of(actor().id)
    page = render_template("privacy/correct.html", form=form, corrections=mine, words=words)
    return page, 422 if form.has_errors else 200


@blueprint.route("/account/privacy/erase", methods=["GET", "POST"])
@signed_in
@fresh_to_change
def erase() -> Answer:
    """What goes, what stays, why and until when; and then, in seven days, it is done."""
    return _erase("privacy/erase.html", actor().id, "")


# --- A guest's order --------------------------------------------------------------------------------


@blueprint.route("/orders/<order_id>/privacy", methods=["GET", "POST"])
@open_to_all
def order(order_id: str) -> Answer:
    """The same rights for who bought without an account: the order's link is the proof."""
    _ask_for_key(order_id)
    return _erase("privacy/order.html", "", order_id)


@blueprint.post("/orders/<order_id>/privacy/consents/<purpose_id>/withdraw")
@open_to_all
def withdraw_for_order(order_id: str, purpose_id: str) -> Answer:
    """No longer agreed, for what came of this order."""
    _ask_for_key(order_id)
    consenting.withdraw(actor(), purpose_id, clock.now(), order_id=order_id)
    flash(_("Your consent is withdrawn."), "success")
    return redirect(url_for("privacy.order", order_id=order_id, k=key_for(order_id)), 303)


@blueprint.post("/orders/<order_id>/privacy/copy")
@open_to_all
def ask_order_copy(order_id: str) -> Answer:
    _ask_for_key(order_id)
    try:
        copies.ask(actor(), "", order_id, lang(), clock.now())
    except Refused as error:
        flash(message(error), "info")
    else:
        flash(_("Your copy is being packed. You get a letter when it is ready."), "success")
    return redirect(url_for("privacy.order", order_id=order_id, k=key_for(order_id)), 303)


@blueprint.get("/privacy/copies/<thing_id>")
@open_to_all
def order_copy(thing_id: str) -> Answer:
    """A guest's copy, by the link in the letter."""
    return _file(known.copy(actor(), thing_id))


@blueprint.route("/privacy/erasures/<thing_id>", methods=["GET", "POST"])
@open_to_all
def erasure(thing_id: str) -> Answer:
    """Where a request to be forgotten stands, and the way back; opened by the link in the letter."""
    form = PortalForm()
    found = erasures.erasure(actor(), thing_id)
    if form.validate_on_submit():
        erasing.undo(actor(), thing_id, clock.now())
        flash(_("You stay. Nothing was deleted."), "success")
        return redirect(url_for("privacy.erasure", thing_id=thing_id, k=key_for(thing_id)), 303)
    page = render_template("privacy/erasure.html", erasure=found, form=form, words=words)
    return page, 422 if form.has_errors else 200


def _ask_for_key(order_id: str) -> None:
    if not policy.may_ask(actor(), "", order_id):
        raise NotFound()


def _erase(template: str, person_id: str, order_id: str) -> Answer:
    form = ErasureForm()
    if form.validate_on_submit():
        try:
            made = erasing.ask(actor(), person_id, order_id, lang(), clock.now())
        except PortalError as error:
            form.blame("confirmed", error)
        else:
            return redirect(url_for("privacy.erasure", thing_id=made, k=key_for(made)), 303)
    subject = subject_of(person_id) if person_id else subject_of_order(order_id)
    guest = _of_guest(order_id, subject) if order_id else {}
    page = render_template(
        template, form=form, plan=plan_of(subject), hindrance=_hindrance(person_id, order_id), words=words,
        waiting=erasures.waiting_of(person_id, order_id), key_for=key_for, order_id=order_id,
        copies=known.copies_of(person_id, order_id), now=clock.now(), **guest,
    )  # fmt: skip
    return page, 422 if form.has_errors else 200


def _of_guest(order_id: str, subject: Subject) -> dict[str, Any]:
    """What a guest's page shows of the rights that an account has pages of its own for."""
    return {
        "standing": [each for each in consents.standing(subject) if each.is_given],
        "changes": consents.changes(subject),
        "looks": looks_at_order(subject, LOOKS_SHOWN),
    }


def _hindrance(person_id: str, order_id: str) -> str:
    """What stands in the way now, in words, before anybody presses anything."""
    try:
        erasing.check(person_id, order_id)
    except Refused as error:
        return message(error)
    return ""


def _file(copy: CopyView) -> Any:
    file = packing.file_of(copy.id)
    if not copy.is_there(clock.now()) or not file.is_file():
        raise NoSuchCopy()
    copies.fetched(actor(), copy.id, clock.now())
    answer = send_file(file, mimetype="application/zip", as_attachment=True, download_name="my-data.zip")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer

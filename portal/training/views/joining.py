"""Into a class by its code, with an account or with a name alone, and back again with a personal code."""

from flask import flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.kernel.ids import new_id
from portal.training.commands import linking
from portal.training.commands.enrolling import join as join_class
from portal.training.forms.joining import CodeForm, JoinForm
from portal.training.queries import courses, learners
from portal.training.rules.learners import (
    NameNeeded,
    NameTooLong,
    UnknownClass,
    UnknownCode,
    hash_of,
    printed,
    read_code,
)
from portal.training.views.pages import Answer, blueprint, files, forget, guest_here, learners_here, remember
from portal.web.forms import PortalForm
from portal.web.guard import actor, open_to_all, signed_in
from portal.web.i18n import _, lang, preferred_lang
from portal.web.limits import limited

# A class of forty joins at once behind one address; guessing a code of 44 bits at this rate takes an age.
RATE = "240/minute"
_NEW_CODE = "training_code"  # in the session: shown until its owner has noted it


@files.get("/learn/join/<code>")
@open_to_all
def poster(code: str) -> Response:
    """From the poster to the class, in the language of the phone."""
    answer = redirect(url_for("training.join", code=code, lang=preferred_lang()))
    answer.headers["Vary"] = "Accept-Language, Cookie"
    return answer


@blueprint.route("/learn/join", methods=["GET", "POST"])
@open_to_all
@limited(RATE)
def join() -> Answer:
    """Give the code of a class, then a name where nobody is known here yet."""
    form = JoinForm(data={"code": request.args.get("code", ""), "learner": new_id("lrn")})
    form.knows_reader = bool(learners_here()) or actor().is_person
    found = None
    try:
        if form.code.data:
            found = learners.class_with(form.code.data)
    except UnknownClass as fault:
        form.blame("code", fault)
        return _join_page(form, None), 404
    if not (form.validate_on_submit() and found):
        return _join_page(form, found), 422 if form.is_submitted() and form.has_errors else 200
    try:
        joined = join_class(
            actor(), form.code.data, form.name.data or "", lang(), clock.now(), form.learner.data
        )  # fmt: skip
    except (NameNeeded, NameTooLong) as fault:
        form.blame("name", fault)
        return _join_page(form, found), 422
    except PortalError as fault:
        form.blame("code", fault)
        return _join_page(form, found), 409
    onward = url_for("training.progress", enrolment_id=joined.enrolment_id)
    if joined.code is None:
        flash(_("You are in the class."), "success")
        return redirect(onward, 303)
    session[_NEW_CODE] = joined.code
    return remember(redirect(url_for("training.slip", to=joined.enrolment_id), 303), joined.learner_id)


def _join_page(form: JoinForm, found: learners.ClassView | None) -> str:
    listed = courses.version(found.version_id) if found else None
    return render_template("training/join.html", form=form, found=found, listed=listed, guest=guest_here())


@blueprint.get("/learn/slip")
@open_to_all
def slip() -> Answer:
    """The personal code, to note, photograph or print; shown until its owner goes on."""
    code, guest = session.get(_NEW_CODE), guest_here()
    if not code or guest is None:
        return redirect(url_for("training.mine"))
    return render_template(
        "training/slip.html", code=printed(code), guest=guest, to=request.args.get("to", ""),
        form=PortalForm(),
    )  # fmt: skip


@blueprint.post("/learn/slip")
@open_to_all
def noted() -> Answer:
    """The code is noted: it is not shown again."""
    session.pop(_NEW_CODE, None)
    mine = {each.id for each in learners.enrolments_of(actor())}
    to = request.form.get("to", "")
    onward = url_for("training.progress", enrolment_id=to) if to in mine else url_for("training.mine")
    return redirect(onward, 303)


@blueprint.route("/learn/code", methods=["GET", "POST"])
@open_to_all
@limited(RATE)
def code() -> Answer:
    """Come back with the personal code from one's slip."""
    form = CodeForm()
    if not form.validate_on_submit():
        page = render_template("training/code.html", form=form, guest=guest_here())
        return page, 422 if form.has_errors else 200
    learner_id = learners.learner_with(hash_of(read_code(form.code.data)))
    if learner_id is None:
        form.blame("code", UnknownCode())
        return render_template("training/code.html", form=form, guest=guest_here()), 404
    return remember(redirect(url_for("training.mine"), 303), learner_id)


@blueprint.post("/learn/code/new")
@open_to_all
@limited(RATE)
def renew() -> Answer:
    """A new personal code in place of one that was lost or seen by others."""
    guest = guest_here()
    if guest is None:
        return redirect(url_for("training.code"), 303)
    session[_NEW_CODE] = linking.renew_code(actor(), guest.id, clock.now())
    return redirect(url_for("training.slip"), 303)


@blueprint.post("/learn/forget")
@open_to_all
def leave_device() -> Answer:
    """For a device that others use too: it forgets who learned here."""
    session.pop(_NEW_CODE, None)
    flash(_("This device has forgotten you. Your personal code brings you back."), "success")
    return forget(redirect(url_for("training.catalogue"), 303))


@blueprint.post("/learn/link")
@signed_in
def link() -> Answer:
    """Add what was learned on this device without an account to one's own."""
    guest = guest_here()
    if guest is None:
        return redirect(url_for("training.record"), 303)
    linking.link(actor(), guest.id, clock.now())
    flash(_("It is part of your training record now. From here on, sign in to go on."), "success")
    return forget(redirect(url_for("training.record"), 303))

"""Pages of pupils: the school's classes with slips to print, and the door for who has a slip."""

from datetime import datetime
from typing import Any

from flask import Response as FlaskResponse
from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts import queries as people
from portal.accounts import visit
from portal.accounts.bodies import Kind
from portal.accounts.commands import entering
from portal.accounts.rules import NotConfirmed, TooManyTries, WrongCredentials
from portal.holdings import Subject
from portal.kernel import clock
from portal.kernel.errors import NotAllowed, NotFound, PortalError
from portal.kernel.numbers import whole
from portal.pledges.own import pledge_ids
from portal.pledges.queries import together as groups
from portal.privacy import policy
from portal.privacy.commands import pupils as commands
from portal.privacy.commands import tying
from portal.privacy.forms import ClassForm, PupilSignInForm, TieForm
from portal.privacy.queries import pupils as queries
from portal.privacy.queries.pupils import ClassView, Tie
from portal.privacy.rules.pupils import NotForPupils
from portal.privacy.rules.purposes import purpose
from portal.training.queries import cohorts
from portal.training.rules.classes import CohortView
from portal.web import press
from portal.web.guard import actor, fresh, fresh_to_change, open_to_all, signed_in
from portal.web.i18n import _, lang, message
from portal.web.page import page_blueprint
from portal.web.pdf import CLASSROOM

blueprint = page_blueprint("pupils", __name__)
Answer = str | Response | tuple[str, int]

# What a pupil may open: learning, footprints, pledges of the class, and what is public to read.
OPEN_TO_PUPILS = frozenset(
    {
        "static", "site", "pupils", "footprint", "pledges", "training", "training_files", "certificates",
        "badges", "badge_files", "registry", "wellknown",
    }
)  # fmt: skip
ALSO_OPEN = frozenset({"accounts.sign_out", "accounts.sign_in", "privacy.overview", "front_door"})


def keep_within(endpoint: str, blueprint_name: str | None) -> None:
    """Raises NotForPupils for a page that is not for children; the commands behind it ask once more."""
    # The address first: what is open to all reads no cookie for it, so that it can be cached and embedded.
    if endpoint in ALSO_OPEN or (blueprint_name or endpoint) in OPEN_TO_PUPILS:
        return
    here = visit.current()
    if here is not None and here.is_pupil:
        raise NotForPupils()


@blueprint.route("/pupils", methods=["GET", "POST"])
@open_to_all
def sign_in() -> Answer:
    """The door for who has a slip: the name on it and its code."""
    form = PupilSignInForm()
    if form.validate_on_submit():
        here = visit.current()
        try:
            sid = entering.sign_in(
                actor(), f"pupil:{(form.login.data or '').lower()}", form.typed_code, visit.visitor(),
                lang(), clock.now(), instead_of=here.session_id if here else "",
            )  # fmt: skip
        except WrongCredentials:
            form.code.errors = [_("Name or code are not as on the slip. Ask your teacher for a new one.")]
        except (NotConfirmed, TooManyTries) as error:
            form.blame("code", error)
        else:
            visit.begin(sid)
            return redirect(url_for("pupils.mine"), 303)
    return render_template("privacy/pupils_sign_in.html", form=form), 422 if form.has_errors else 200


@blueprint.route("/account/organisations/<organisation_id>/pupils", methods=["GET", "POST"])
@signed_in
@fresh_to_change
def classes(organisation_id: str) -> Answer:
    """The school's classes; the form opens another."""
    school = people.organisation(actor(), organisation_id)
    if not policy.may_run_pupils(actor(), organisation_id):
        raise NotAllowed()
    form = ClassForm()
    if form.validate_on_submit():
        try:
            made = commands.open_class(
                actor(), organisation_id, form.class_name.data or "", form.places.data or 0,
                bool(form.guardians.data), form.language.data, clock.now(),
            )  # fmt: skip
        except PortalError as error:
            form.blame("class_name", error)
        else:
            flash(_("The places are made. Print the slips: nobody can enter before."), "success")
            return redirect(url_for("pupils.one", class_id=made), 303)
    page = render_template(
        "privacy/pupil_classes.html", form=form, school=school,
        is_school=people.verified_kind(organisation_id, clock.now()) is Kind.SCHOOL,
        classes=queries.classes_of(actor(), organisation_id), agreed=purpose("pupils").texts[-1],
    )  # fmt: skip
    return page, 422 if form.has_errors else 200


@blueprint.route("/account/pupils/<class_id>", methods=["GET", "POST"])
@signed_in
def one(class_id: str) -> Answer:
    """The places of a class: slips, what the class does together, and the end of it; the form ties it."""
    found, tied = queries.class_of(actor(), class_id), queries.tie_of(class_id)
    form = TieForm(group=tied.group_id)
    form.offer(_groups(tied))
    if form.validate_on_submit():
        try:
            tying.tie(actor(), class_id, form.group.data, form.join_code.data or "", lang(), clock.now())
        except PortalError as error:
            form.blame("join_code" if form.join_code.data else "group", error)
        else:
            flash(_("It is saved. Pupils find it on their page."), "success")
            return redirect(url_for("pupils.one", class_id=class_id), 303)
    page = render_template(
        "privacy/pupil_class.html", found=found, pupils=queries.pupils_of(class_id), form=form,
        cohort=_cohort(tied), group_id=tied.group_id,
    )  # fmt: skip
    return page, 422 if form.has_errors else 200


def _groups(tied: Tie) -> list[tuple[str, str]]:
    """Those that the reader runs, and the one that somebody else of the school has chosen."""
    known = {each.id: each.name for each in groups.groups_of(actor())}
    if tied.group_id and tied.group_id not in known:
        known[tied.group_id] = groups.group(tied.group_id).name
    return list(known.items())


def _cohort(tied: Tie) -> CohortView | None:
    return cohorts.cohort_by_id(tied.cohort_id) if tied.cohort_id else None


@blueprint.get("/pupils/class")
@signed_in
def mine() -> Answer:
    """A pupil's own page: what the class learns and promises together."""
    if not actor().is_pupil:
        raise NotFound()
    tied = queries.tie_of_pupil(actor().id)
    group = groups.group(tied.group_id) if tied.group_id else None
    return render_template(
        "privacy/pupil.html", cohort=_cohort(tied), group=group,
        figures=groups.figures(group.id, clock.today()) if group else None,
        pledges=pledge_ids(Subject(person_id=actor().id)),
    )  # fmt: skip


@blueprint.post("/account/pupils/<class_id>/slips.pdf")
@signed_in
def slips(class_id: str) -> Any:
    """New codes on slips to cut, for the whole class or for the place that was pressed."""
    found, now = queries.class_of(actor(), class_id), clock.now()
    chosen = request.form.get("number", "")
    one = whole(chosen, 0)
    numbers = [one] if one else range(1, found.places + 1)
    try:
        codes = commands.give_codes(actor(), class_id, numbers, now)
    except PortalError as error:
        flash(message(error), "error")
        return redirect(url_for("pupils.one", class_id=class_id), 303)
    return _printed(found, codes, now)


@blueprint.post("/account/pupils/<class_id>/places/<int:number>/delete")
@signed_in
@fresh
def delete_place(class_id: str, number: int) -> Answer:
    """Forget one pupil: a guardian no longer agrees, or the child has left the class."""
    commands.delete_place(actor(), class_id, number, clock.now())
    flash(_("The place is deleted, and nothing leads to the child any more."), "success")
    return redirect(url_for("pupils.one", class_id=class_id), 303)


@blueprint.post("/account/pupils/<class_id>/delete")
@signed_in
def delete(class_id: str) -> Answer:
    """Forget the whole class, when its name was typed once more."""
    found = queries.class_of(actor(), class_id)
    if request.form.get("typed", "").strip() != found.name:
        flash(_("Type the name of the class as it stands above. Nothing was deleted."), "error")
        return redirect(url_for("pupils.one", class_id=class_id), 303)
    commands.delete_class(actor(), class_id, clock.now())
    flash(_("The class and all its places are deleted."), "success")
    return redirect(url_for("pupils.classes", organisation_id=found.organisation_id), 303)


def _printed(found: ClassView, codes: dict[int, str], now: datetime) -> Any:
    base = current_app.config["PORTAL"].base_url.split("://")[-1]
    places = {each.number: each.place for each in queries.pupils_of(found.id)}
    html = render_template(
        "privacy/pdf_pupil_slips.html", at=now.isoformat(), found=found, address=f"{base}/{lang()}/pupils",
        slips=[(places[number], code) for number, code in codes.items()],
    )  # fmt: skip
    answer = FlaskResponse(press.shared().print(html, now, design=CLASSROOM, seconds=30))
    answer.content_type = "application/pdf"
    answer.headers["Content-Disposition"] = f'attachment; filename="slips-{found.id[-6:].lower()}.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer

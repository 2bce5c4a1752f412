"""An event's file: estimate, actuals, the difference and why, and the moment it is frozen."""

from dataclasses import dataclass
from decimal import Decimal

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.accounts.queries import organisations_of
from portal.footprint import queries as footprints
from portal.footprint.commands import events as commands
from portal.footprint.company_forms import (
    AnswerSheet,
    EventForm,
    FreezeForm,
    TakeOverForm,
    answers_form,
    asked,
)
from portal.footprint.forms import PREFIX
from portal.footprint.queries import events as read
from portal.footprint.rules import library
from portal.footprint.rules.attendees import Merged, merge
from portal.footprint.rules.events import (
    MODEL,
    ActualsChanged,
    BadDays,
    Event,
    EventDraft,
    File,
    FreezeNotConfirmed,
    NothingToTake,
    PlaceIsFixed,
    Stage,
)
from portal.footprint.rules.inventory import Comparison, compare, inventory
from portal.footprint.rules.model import Model
from portal.footprint.rules.parts import Question
from portal.footprint.rules.travel import days_of, people_of
from portal.footprint.rules.versions import Basis, why_changed
from portal.footprint.views.pages import blueprint, region_asked
from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.kernel.ids import is_id
from portal.kernel.mass import Mass
from portal.web.forms import PortalForm
from portal.web.guard import actor, signed_in
from portal.web.i18n import _, lang, number, percent
from portal.web.links import key_for

Answer = str | Response | tuple[str, int]


def model_of(event: Event) -> Model:
    return library.model(event.model_id, event.version)


@blueprint.get("/events")
@signed_in
def events() -> Answer:
    """The files of this person and of their organisations, with what each has come to."""
    files = [read.file_of(actor(), event.id) for event in read.events_of(actor())]
    return render_template("footprint/company_events.html", files=files, names=dict(_organisations()))


@blueprint.route("/events/new", methods=["GET", "POST"])
@signed_in
def new_event() -> Answer:
    form = _event_form()
    if form.validate_on_submit():
        organisation = form.organisation.data if "organisation" in form else ""
        draft = _draft(form, organisation or None)
        try:
            made = commands.open_event(actor(), draft, clock.now())
        except PortalError as fault:
            form.blame(_field_of(fault), fault)
        else:
            return redirect(url_for("footprint.event", event_id=made), 303)
    page = render_template("footprint/company_new.html", form=form, event=None)
    return page, 422 if request.method == "POST" else 200


@blueprint.route("/events/<event_id>/edit", methods=["GET", "POST"])
@signed_in
def edit_event(event_id: str) -> Answer:
    event = read.event(actor(), event_id)
    form = _event_form(event)
    if form.validate_on_submit():
        try:
            commands.change_event(actor(), event_id, _draft(form, event.organisation_id), clock.now())
        except PortalError as fault:
            form.blame(_field_of(fault), fault)
        else:
            flash(_("The event is changed."), "success")
            return redirect(url_for("footprint.event", event_id=event_id), 303)
    page = render_template("footprint/company_new.html", form=form, event=event)
    return page, 422 if request.method == "POST" else 200


@blueprint.get("/events/<event_id>")
@signed_in
def event(event_id: str) -> Answer:
    """What was expected, what came of it, and how they differ."""
    file = read.file_of(actor(), event_id)
    model = model_of(file.event)
    return render_template(
        "footprint/company_event.html",
        file=file,
        event=file.event,
        model=model,
        place=model.place(file.event.region),
        comparison=_comparison(file, model),
        causes=_causes(file, model),
        lines=inventory(model, file.newest.footprint.lines) if file.newest else (),
        reports=read.reports_count(event_id),
        activities=len(read.activities(event_id)),
        keys={each.footprint.id: key_for(each.footprint.id) for each in (*file.estimates, *file.actuals)},
        signed=signed,
        change=change,
    )


def signed(mass: Mass, *, unit: bool = True) -> str:
    """A difference in whole kilograms with its sign; the size alone where words say the direction."""
    kilograms = (abs(mass.grams) + 500) // 1000
    if unit:
        return f"{number(kilograms)} kg CO₂e"
    return f"{'−' if mass.grams < 0 else '+'}{number(kilograms)}" if kilograms else "0"


def change(pct: Decimal | None) -> str:
    """A difference in per cent with its sign; a dash where nothing was expected."""
    if pct is None:
        return "–"
    return f"{'−' if pct < 0 else '+' if pct else ''}{percent(abs(pct))}"


def _comparison(file: File, model: Model) -> Comparison | None:
    if not (file.estimate and file.actual):
        return None
    return compare(model, file.estimate.footprint.lines, file.actual.footprint.lines)


def _causes(file: File, model: Model) -> list[tuple[str, Mass]]:
    """Why the actual is not the estimate; the causes add up to the difference in grams."""
    if not (file.estimate and file.actual):
        return []
    before, after = (
        Basis(model, each.footprint.region, dict(each.footprint.answers))
        for each in (file.estimate, file.actual)
    )
    return [(cause.title.in_(lang()), Mass(cause.grams)) for cause in why_changed(before, after)]


# ---- the answers on one page


@dataclass(frozen=True, slots=True)
class Section:
    """Questions under one heading: the short ones, those asked in full, and what meters and bills say."""

    title: str
    short: list[Question]
    full: list[Question]
    expert: list[Question]


@blueprint.route("/events/<event_id>/<any(estimate, actual):stage>", methods=["GET", "POST"])
@signed_in
def event_answers(event_id: str, stage: str) -> Answer:
    """All questions on one page. Each answer is optional; what is not known takes its default."""
    file = read.file_of(actor(), event_id)
    model = model_of(file.event)
    if file.is_frozen:
        return redirect(url_for("footprint.event", event_id=event_id), 303)
    typed = _typed() if request.method == "POST" else None
    sheet = answers_form(model, typed, _known(file, Stage(stage)))
    if typed is not None and sheet.is_sound:
        commands.keep_inventory(actor(), event_id, Stage(stage), sheet.given, clock.now(), lang())
        flash(_("The inventory is kept as a new version."), "success")
        return redirect(url_for("footprint.event", event_id=event_id), 303)
    return _answers_page(file, model, stage, sheet), 200 if typed is None else 422


def _typed() -> dict[str, str]:
    return {name.removeprefix(PREFIX): text for name, text in request.form.items() if name.startswith(PREFIX)}


def _known(file: File, stage: Stage) -> dict[str, str]:
    """What the page starts from: the newest of its stage, else the other's; or a footprint that was named."""
    copied = request.args.get("footprint", "")
    if is_id(copied, "fpr"):
        found = footprints.footprint(actor(), copied)
        if (found.model_id, found.version) == (file.event.model_id, file.event.version):
            return dict(found.answers)
    own = file.of(stage)
    start = own[-1] if own else file.newest
    return dict(start.footprint.answers) if start else {}


def _answers_page(file: File, model: Model, stage: str, sheet: AnswerSheet) -> str:
    mine = [each for each in footprints.footprints_of(actor())
            if (each.model_id, each.version, each.stage) == (model.id, model.version, "")]  # fmt: skip
    return render_template(
        "footprint/company_answers.html",
        file=file,
        event=file.event,
        model=model,
        stage=stage,
        form=sheet.form,
        sections=_sections(model),
        saved=mine[:5],
        open_details=_has_something,
    )


def _has_something(questions: list[Question], form: PortalForm) -> bool:
    """Whether a folded part of the form holds an answer or a fault, and must not hide it."""
    return any(form[question.key].data or form[question.key].errors for question in questions)


def _sections(model: Model) -> list[Section]:
    """In the order of the model; a group of shares stands together."""
    found: dict[str, Section] = {}
    marks_short = any(question.express for question in model.ordinary)
    for question in asked(model):
        title = model.categories[question.section].in_(lang()) if question.section else ""
        section = found.setdefault(question.section, Section(title, [], [], []))
        part = section.full if marks_short and not question.express else section.short
        part = section.expert if question.expert else part
        part.append(question)
    return list(found.values())


# ---- taking over what attendees and meters said


@blueprint.route("/events/<event_id>/take-over", methods=["GET", "POST"])
@signed_in
def take_over(event_id: str) -> Answer:
    """What attendees and files say, beside what stands now; taken over it is a new actual inventory."""
    file = read.file_of(actor(), event_id)
    form, model = TakeOverForm(), model_of(file.event)
    if form.validate_on_submit():
        try:
            commands.take_over(
                actor(), event_id, reports=form.reports.data, activities=form.activities.data,
                now=clock.now(), lang=lang(),
            )  # fmt: skip
        except PortalError as fault:
            form.blame("activities" if isinstance(fault, NothingToTake) else "reports", fault)
        else:
            flash(_("The actual inventory has a new version."), "success")
            return redirect(url_for("footprint.event", event_id=event_id), 303)
    found, problem = merged_reports(file, model)
    rows = read.activities(event_id)
    sums = [(model.questions[key], total) for key, total in read.sums_of(rows).items()]
    page = render_template(
        "footprint/company_take_over.html",
        file=file, event=file.event, model=model, form=form, merged=found, problem=problem, sums=sums,
        rows=len(rows), before=file.newest.footprint.answers if file.newest else {},
    )  # fmt: skip
    return page, 422 if request.method == "POST" else 200


def merged_reports(file: File, model: Model) -> tuple[Merged | None, PortalError | None]:
    """The journeys merged, or why they are not used; neither while there is no answer at all."""
    reports = read.reports(file.event.id)
    if not reports:
        return None, None
    answers = dict(file.newest.footprint.answers) if file.newest else {}
    try:
        region = file.event.region
        people, days = people_of(model, region, answers), days_of(model, region, answers)
        return merge(reports, people, days), None
    except PortalError as fault:
        return None, fault


# ---- freezing


@blueprint.route("/events/<event_id>/freeze", methods=["GET", "POST"])
@signed_in
def freeze_event(event_id: str) -> Answer:
    """Declare the newest actual inventory final. It cannot be undone, and the page says so first."""
    file = read.file_of(actor(), event_id)
    if file.actual is None or file.is_frozen:
        return redirect(url_for("footprint.event", event_id=event_id), 303)
    form = FreezeForm()
    if not form.is_submitted():
        form.digest.data = file.actual.footprint.digest
    elif form.validate():
        try:
            if not form.confirmed.data:
                raise FreezeNotConfirmed()
            commands.freeze(
                actor(), event_id, form.digest.data or "", (form.exclusions.data or "").strip(),
                form.evaluator.data or "", clock.now(),
            )  # fmt: skip
        except PortalError as fault:
            form.blame("confirmed", fault)
            if isinstance(fault, ActualsChanged):
                form.digest.data = file.actual.footprint.digest
        else:
            flash(_("The actual inventory is frozen."), "success")
            return redirect(url_for("footprint.event", event_id=event_id), 303)
    page = render_template(
        "footprint/company_freeze.html",
        file=file, event=file.event, model=model_of(file.event), form=form,
    )  # fmt: skip
    return page, 422 if request.method == "POST" else 200


# ---- forms


def _event_form(event: Event | None = None) -> EventForm:
    """Filled with the event as it is, or with the city and today."""
    if event is None:
        model, organisations = library.model(MODEL), _organisations()
        known = {"region": _city(model), "first_day": clock.today(), "last_day": clock.today()}
    else:
        model, organisations = model_of(event), []
        known = {
            "title": event.title, "region": event.region, "first_day": event.first_day,
            "last_day": event.last_day,
        }  # fmt: skip
    form = EventForm(data=known)
    form.offer(model, organisations)
    return form


def _city(model: Model) -> str:
    code = region_asked()
    return code if code in model.overlays else next(iter(model.overlays))


def _organisations() -> list[tuple[str, str]]:
    return [
        (each.id, each.name.in_(lang()) or each.name.zh or each.name.en) for each in organisations_of(actor())
    ]


def _draft(form: EventForm, organisation_id: str | None) -> EventDraft:
    return EventDraft(
        form.title.data, form.region.data, form.first_day.data, form.last_day.data, organisation_id
    )


def _field_of(fault: PortalError) -> str:
    return {BadDays: "last_day", PlaceIsFixed: "region"}.get(type(fault), "title")

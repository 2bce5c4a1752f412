"""Spreadsheets of an event: activity data in, with a dry run; the inventory out, with where it comes from."""

from decimal import Decimal
from pathlib import Path

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.footprint import workbook
from portal.footprint.commands import activities as commands
from portal.footprint.company_forms import ActivityApplyForm, ActivityFileForm, TakeBackForm
from portal.footprint.queries import events as read
from portal.footprint.rules.activity import (
    COLUMNS,
    MAX_ROWS,
    SOURCES,
    ActivityReport,
    importable,
    wanted_unit,
)
from portal.footprint.rules.events import Event, File, NothingToFreeze, Stage, Version
from portal.footprint.rules.inventory import factors_of, inventory
from portal.footprint.rules.method import unit_words
from portal.footprint.rules.model import Model
from portal.footprint.rules.parts import Factor
from portal.footprint.views.company import model_of
from portal.footprint.views.pages import blueprint
from portal.footprint.views.words import confidence_words
from portal.kernel import clock
from portal.kernel.errors import InvalidInput, NotFound
from portal.kernel.mass import Mass
from portal.registry.rules.errors import NotConfirmed
from portal.registry.sheets import XLSX, Row, csv_file, xlsx_file
from portal.web.guard import actor, signed_in
from portal.web.i18n import _, gettext, lang
from portal.web.staging import stage, staged

Answer = str | Response | tuple[str, int]

SHOWN_ROWS = 500
SHELF = "staged-activities"


@blueprint.route("/events/<event_id>/activities", methods=["GET", "POST"])
@signed_in
def activities(event_id: str) -> Answer:
    """Choose a file and see, row by row, what importing it would do; and what was imported before."""
    file = read.file_of(actor(), event_id)
    form = ActivityFileForm()
    if form.validate_on_submit():
        data = form.file.data.read()
        try:
            table = workbook.table_of(data)
            report = commands.dry_run(actor(), event_id, table)
        except InvalidInput as fault:
            form.blame("file", fault)
        else:
            stage(SHELF, table.sha256, data)
            name = Path(form.file.data.filename or "activities.csv").name[:120]
            return _report(file, report, ActivityApplyForm(formdata=None, token=table.sha256, name=name)), 200
    return _activities_page(file, form), 422 if request.method == "POST" else 200


@blueprint.post("/events/<event_id>/activities/apply")
@signed_in
def apply_activities(event_id: str) -> Answer:
    """Import the file that was looked at: all of it, or nothing."""
    file = read.file_of(actor(), event_id)
    form = ActivityApplyForm()
    waiting = staged(SHELF, form.token.data or "")
    if not form.validate_on_submit() or not waiting.is_file():
        raise NotFound()
    table = workbook.table_of(waiting.read_bytes())
    seen = commands.dry_run(actor(), event_id, table)
    if seen.needs_confirmation and not form.confirmed.data:
        form.blame("confirmed", NotConfirmed())
        return _report(file, seen, form), 422
    report = commands.apply(actor(), event_id, table, form.name.data or "activities.csv", clock.now())
    waiting.unlink(missing_ok=True)
    flash(
        _(
            "%(accepted)s rows imported, %(unchanged)s were already here.",
            accepted=report.accepted,
            unchanged=report.unchanged,
        ),
        "success",
    )
    return redirect(url_for("footprint.activities", event_id=event_id), 303)


@blueprint.post("/events/<event_id>/activities/<import_id>/take-back")
@signed_in
def take_back_activities(event_id: str, import_id: str) -> Answer:
    if not TakeBackForm().validate_on_submit():
        raise NotFound()
    commands.take_back(actor(), event_id, import_id, clock.now())
    flash(_("The rows of that file count no more."), "success")
    return redirect(url_for("footprint.activities", event_id=event_id), 303)


def _activities_page(file: File, form: ActivityFileForm) -> str:
    event, model = file.event, model_of(file.event)
    sums = [(model.questions[key], total) for key, total in read.sums_of(read.activities(event.id)).items()]
    return render_template(
        "footprint/company_activities.html",
        file=file, event=event, form=form, imports=read.imports(event.id), sums=sums, most=MAX_ROWS,
        take_back=TakeBackForm(formdata=None), unit=lambda question: wanted_unit(question).in_(lang()),
    )  # fmt: skip


def _report(file: File, report: ActivityReport, form: ActivityApplyForm) -> str:
    model = model_of(file.event)
    # What is refused comes first: it is what the reader has to do something about.
    rows = sorted(report.rows, key=lambda row: (row.verdict != "refused", row.row))
    return render_template(
        "footprint/company_report.html",
        file=file, event=file.event, model=model, report=report, form=form, rows=rows[:SHOWN_ROWS],
        hidden=max(0, len(rows) - SHOWN_ROWS), sources=SOURCES,
        unit=lambda question: wanted_unit(question).in_(lang()),
    )  # fmt: skip


@blueprint.get("/events/<event_id>/activities/template.<any(csv, xlsx):kind>")
@signed_in
def activities_template(event_id: str, kind: str) -> Answer:
    """Every activity that a row can name, with its unit; the amounts are to be filled in."""
    event = read.event(actor(), event_id)
    spoken, model = lang(), model_of(event)
    head: Row = [title.in_(spoken) for title in COLUMNS.values()]
    rows: list[Row] = [
        [question.title.in_(spoken) or key, "", wanted_unit(question).in_(spoken), "", ""]
        for key, question in importable(model).items()
    ]
    known: list[Row] = [[_("Activity"), _("Key"), _("Unit"), _("Least"), _("Most")]]
    for key, question in importable(model).items():
        unit = wanted_unit(question).in_(spoken)
        known.append([question.title.in_(spoken), key, unit, question.low, question.high])
    sources = [title.in_(spoken) for title in SOURCES.values()]
    known += [[], [_("Source of data: write one of these"), *sources]]
    name = f"activities-{event.model_id}-{event.version}.{kind}"
    if kind == "csv":
        return _download(csv_file([head, *rows]), "text/csv; charset=utf-8", name)
    book = xlsx_file([(_("Activities"), [head, *rows]), (_("What can be named"), known)])
    return _download(book, XLSX, name)


# ---- the inventory out


@blueprint.get("/events/<event_id>/inventory-<any(estimate, actual):stage>.<any(csv, xlsx):kind>")
@signed_in
def inventory_file(event_id: str, stage: str, kind: str) -> Answer:
    """The newest inventory of a stage: each line with class, scope, range, grade and its factors."""
    file = read.file_of(actor(), event_id)
    versions = file.of(Stage(stage))
    if not versions:
        raise NothingToFreeze() if stage == "actual" else NotFound()
    version, model = versions[-1], model_of(file.event)
    facts, lines = _facts(file.event, version, model), _lines(model, version)
    name = f"inventory-{file.event.code}-{stage}-{version.number}.{kind}"
    if kind == "csv":
        return _download(csv_file([*lines, [], *facts]), "text/csv; charset=utf-8", name)
    book = xlsx_file([(_("Inventory"), lines), (_("Factors"), _factors(model, version)), (_("About"), facts)])
    return _download(book, XLSX, name)


def _facts(event: Event, version: Version, model: Model) -> list[Row]:
    stored = version.footprint
    state = _("frozen") if version.is_frozen else _("not frozen")
    rows: list[Row] = [
        [_("Name of the event"), event.title],
        [_("Place"), f"{model.place(event.region).title.in_(lang())} ({event.region})"],
        [_("First day"), event.first_day.isoformat()],
        [_("Last day"), event.last_day.isoformat()],
        [_("Stage"), _("Estimate") if version.stage is Stage.ESTIMATE else _("Actual")],
        [_("Version"), version.number],
        [_("State"), state],
        [_("Model and version"), f"{model.id} {model.version}"],
        [_("Global warming potentials"), gettext(model.gwp)],
        [_("Boundary"), model.boundary.in_(lang())],
        [_("Left out beyond the boundary"), str(version.facts.get("exclusions", "")) or "–"],
        [_("Evaluated by"), str(version.facts.get("evaluator", "")) or _("self-declared")],
        [_("Fingerprint of this result (SHA-256)"), stored.digest],
    ]
    if found := version.facts.get("reports"):
        rows.append([_("Attendees who answered, in per cent"), int(found["rate_pct"])])
    return rows


def _lines(model: Model, version: Version) -> list[Row]:
    head: Row = [
        _("Line"), _("Class (national guide 2019)"), _("GHG scope"), _("kg CO₂e"), _("Low end"),
        _("High end"), _("Grade"), _("Provisional factor"), _("Gases"), _("Factors"), _("Sources"), _("Key"),
    ]  # fmt: skip
    rows: list[Row] = [head]
    by_line = _factors_by_line(model, version)
    for line in inventory(model, version.footprint.lines):
        used = by_line[line.rule]
        rows.append([
            line.title.in_(lang()), line.mee_title.in_(lang()), int(line.scope),
            _kg(line.mass), _kg(line.low), _kg(line.high), line.grade,
            _("yes") if line.is_provisional else _("no"), line.gases,
            "; ".join(f"{factor.title.in_(lang())}: {factor.value:f} {factor.unit_text}" for factor in used),
            "; ".join(dict.fromkeys(_source(factor) for factor in used)),
            line.rule,
        ])  # fmt: skip
    stored = version.footprint
    rows.append([_("Total"), "", "", _kg(stored.total), _kg(stored.low), _kg(stored.high), *[""] * 6])
    return rows


def _factors(model: Model, version: Version) -> list[Row]:
    said = confidence_words()
    head: Row = [
        _("Line"), _("Factor"), _("Value"), _("Unit"), _("Region"), _("Year"), _("Confidence"), _("Source"),
        _("Address"), _("Row in the source"), _("Licence"), _("To be reviewed by"),
    ]  # fmt: skip
    rows: list[Row] = [head]
    for rule, used in _factors_by_line(model, version).items():
        rows.extend(
            [
                model.rules[rule].title.in_(lang()), factor.title.in_(lang()), factor.value,
                unit_words(factor.unit_text, lang()), factor.region, factor.year, said[factor.confidence],
                factor.source.title, factor.source.url, factor.source.row, factor.licence,
                factor.review_by.isoformat(),
            ]
            for factor in used
        )  # fmt: skip
    return rows


def _factors_by_line(model: Model, version: Version) -> dict[str, list[Factor]]:
    stored = version.footprint
    return factors_of(model, stored.region, stored.answers)


def _source(factor: Factor) -> str:
    return f"{factor.source.title} ({factor.year})"


def _kg(mass: Mass) -> Decimal:
    return Decimal(mass.grams) / 1000


def _download(data: bytes, mimetype: str, name: str) -> Response:
    answer = make_response(data)
    answer.headers["Content-Type"] = mimetype
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer

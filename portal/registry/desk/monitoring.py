"""The technicians' desk: inventories with a dry run, monitoring reports, a planner of plots."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from flask import Response as FlaskResponse
from flask import abort, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.kernel import clock
from portal.kernel.actor import Role
from portal.kernel.errors import NotFound, PortalError
from portal.registry import policy, sheets
from portal.registry.commands import monitoring
from portal.registry.commands.monitoring import InventoryDraft, InventoryPreview, ReportDraft
from portal.registry.forms.monitoring import (
    NOT_FOREST,
    InventoryForm,
    KeepInventoryForm,
    PlanForm,
    ReportForm,
    short_kind,
)
from portal.registry.queries import monitoring as read
from portal.registry.queries import register
from portal.registry.queries.monitoring import Workings
from portal.registry.rules.errors import NotConfirmed
from portal.registry.rules.estimation.account import Deductions, Stated
from portal.registry.rules.estimation.columns import COLUMNS, InventoryKind
from portal.registry.rules.estimation.parameters import Method, parameters
from portal.registry.rules.estimation.planning import Allocation, Plan, plan, read_strata
from portal.registry.rules.ledger import ProjectType
from portal.registry.words.monitoring import digits, steps
from portal.web.guard import actor, staff
from portal.web.i18n import _
from portal.web.page import page_blueprint
from portal.web.staging import stage, staged

blueprint = page_blueprint("registry_monitoring_desk", __name__)

SHELF = "inventories"
SHOWN_ROWS = 300
_READERS = (Role.REGISTRY, Role.FINANCE, Role.AUDITOR, Role.ADMIN)
_RUNNERS = (Role.REGISTRY, Role.ADMIN)
_MEASURED = (ProjectType.ARR, ProjectType.IFM)

blueprint.add_app_template_filter(digits, "digits")
blueprint.add_app_template_filter(short_kind, "inventory_kind")


@blueprint.get("/desk/monitoring")
@staff(*_READERS)
def home() -> str:
    """A project's inventories and reports, and what can be done next."""
    code = request.args.get("project", "")
    project = register.project(code) if code else None
    return render_template(
        "registry/monitoring_home.html",
        project=project,
        projects=_projects(),
        inventories=read.inventories(code) if project else [],
        reports=read.reports(code or None, limit=50),
        may_run=policy.may_run_registry(actor()),
    )


# ── inventories ────────────────────────────────────────────────────────────────────────────────


@blueprint.route("/desk/monitoring/inventories/new", methods=["GET", "POST"])
@staff(*_RUNNERS)
def new_inventory() -> str | tuple[str, int]:
    """Choose a field sheet and see, row by row, how it is understood."""
    form = InventoryForm(**({"project": request.args.get("project")} if request.method == "GET" else {}))
    form.offer(_projects())
    if request.method == "GET":
        return _inventory_page(form)
    if form.validate_on_submit():
        data = form.file.data.read()
        name = Path(form.file.data.filename or "sheet.csv").name[:120]
        try:
            preview = monitoring.look_at_inventory(actor(), _inventory_draft(form, name), data)
        except PortalError as fault:
            form.blame(_field_of(fault), fault)
        else:
            stage(SHELF, preview.file_sha256, data)
            return _preview_page(preview, _keeping(form, preview, name)), 200
    return _inventory_page(form), 422


@blueprint.post("/desk/monitoring/inventories")
@staff(*_RUNNERS)
def keep_inventory() -> Response | tuple[str, int]:
    """Keep the sheet that was looked at: all of it, or nothing."""
    form = KeepInventoryForm()
    form.offer(_projects())
    file = staged(SHELF, form.token.data or "")
    if not form.validate_on_submit() or not file.is_file():
        raise NotFound()
    data = file.read_bytes()
    draft = _inventory_draft(form, form.name.data or "sheet.csv")
    preview = monitoring.look_at_inventory(actor(), draft, data)
    if preview.needs_confirmation and not form.confirmed.data:
        form.blame("confirmed", NotConfirmed())
        return _preview_page(preview, form), 422
    kept = monitoring.keep_inventory(actor(), draft, data, clock.now(), is_demo=_is_demo())
    file.unlink(missing_ok=True)
    flash(_("The inventory is kept. It cannot be changed any more."), "success")
    return redirect(url_for("registry_monitoring_desk.inventory", inventory_id=kept), 303)


@blueprint.get("/desk/monitoring/inventories/<inventory_id>")
@staff(*_READERS)
def inventory(inventory_id: str) -> str:
    """One inventory with its estimates, and the way to a plan for the next one."""
    found = read.inventory(inventory_id)
    project = register.project(found.project_code)
    known = parameters(found.parameters)
    stock = read.stock_of(found.strata, known, _method_of(project.methodology))
    return render_template(
        "registry/monitoring_inventory.html", inventory=found, project=project, stock=stock, known=known,
        plan_of=_plan_text(stock.carbon.strata),
    )  # fmt: skip


@blueprint.get("/desk/monitoring/template/<kind>.<any(csv, xlsx):ending>")
@staff(*_READERS)
def template(kind: str, ending: str) -> FlaskResponse:
    """An empty sheet with the headings that are read, and one row to show how."""
    if kind not in set(InventoryKind):
        abort(404)
    columns = COLUMNS[InventoryKind(kind)]
    example = {
        "stratum": "1", "stratum_area": "12.5", "plot": "1", "plot_area": "600", "species": "落叶松",
        "tree": "1", "dbh": "18.5", "height": "15.2",
        "volume": "120.5" if kind == InventoryKind.GROWING_STOCK else "0.21",
    }  # fmt: skip
    rows = [[column.title for column in columns], [example[column.key] for column in columns]]
    data = sheets.csv_file(rows) if ending == "csv" else sheets.xlsx_file([("1", rows)])
    answer = FlaskResponse(data, mimetype="text/csv" if ending == "csv" else sheets.XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="{kind}.{ending}"'
    return answer


def _inventory_page(form: InventoryForm) -> str:
    return render_template("registry/monitoring_new_inventory.html", form=form, known=parameters())


def _preview_page(preview: InventoryPreview, form: KeepInventoryForm) -> str:
    order = {"refused": 0, "left_out": 1, "used": 2}
    rows = sorted(preview.reading.rows, key=lambda row: (order[row.verdict], not row.remarks, row.row))
    return render_template(
        "registry/monitoring_preview.html", preview=preview, form=form, rows=rows[:SHOWN_ROWS],
        known=parameters(), project=register.project(preview.draft.project_code),
    )  # fmt: skip


def _keeping(form: InventoryForm, preview: InventoryPreview, name: str) -> KeepInventoryForm:
    keeping = KeepInventoryForm(
        formdata=None, project=form.project.data, kind=form.kind.data, surveyed_on=form.surveyed_on.data,
        equations=form.equations.data, token=preview.file_sha256, name=name,
    )  # fmt: skip
    keeping.offer(_projects())
    return keeping


def _inventory_draft(form: InventoryForm | KeepInventoryForm, name: str) -> InventoryDraft:
    return InventoryDraft(
        project_code=form.project.data, kind=InventoryKind(form.kind.data), surveyed_on=form.surveyed_on.data,
        equations=form.equations.data or "", file_name=name,
    )  # fmt: skip


def _field_of(fault: PortalError) -> str:
    return "equations" if type(fault).__name__.startswith(("Equation", "Species")) else "file"


# ── reports ────────────────────────────────────────────────────────────────────────────────────


@blueprint.route("/desk/monitoring/reports/new", methods=["GET", "POST"])
@staff(*_RUNNERS)
def new_report() -> str | tuple[str, int]:
    """Choose two inventories and what is subtracted, and see the whole computation."""
    code = request.values.get("project", "")
    project = register.project(code)
    form = _report_form(code, project.methodology)
    if request.method == "GET":
        return _report_page(form, code)
    if form.validate_on_submit():
        try:
            workings = monitoring.look_at_report(actor(), _report_draft(form))
        except PortalError as fault:
            form.blame(_REPORT_FIELDS.get(type(fault).__name__, "second"), fault)
        else:
            form.seen.data = workings.sha256
            return _report_preview(form, code, workings), 200
    return _report_page(form, code), 422


@blueprint.post("/desk/monitoring/reports")
@staff(*_RUNNERS)
def make_report() -> Response | tuple[str, int]:
    """Keep the report that was looked at."""
    code = request.form.get("project", "")
    form = _report_form(code, register.project(code).methodology)
    if not form.validate_on_submit():
        return _report_page(form, code), 422
    try:
        number = monitoring.make_report(
            actor(), _report_draft(form), form.seen.data or "", clock.now(), is_demo=_is_demo()
        )
    except PortalError as fault:
        form.blame(_REPORT_FIELDS.get(type(fault).__name__, "second"), fault)
        return _report_page(form, code), 422
    flash(
        _("Report %(number)s is kept and published. It cannot be changed any more.", number=number), "success"
    )
    return redirect(url_for("registry_monitoring.report", code=code, number=number), 303)


_REPORT_FIELDS = {
    "StartNotBefore": "start", "OnlyForNewForest": "first", "InventoryOfAnotherProject": "first",
    "MethodOfAnotherType": "method", "BufferTooSmall": "buffer_pct", "UnknownReport": "corrects",
    "AlreadyCorrected": "corrects", "TooUncertain": "second", "InventoriesInOrder": "second",
}  # fmt: skip


def _report_form(code: str, methodology: str) -> ReportForm:
    usual: dict[str, Any] = {"project": code}
    if request.method == "GET":
        method = _method_of(methodology)
        usual |= {"method": method.id, "buffer_pct": f"{method.buffer_pct:f}"} | _newest_two(code)
    form = ReportForm(**usual)
    project = register.project(code)
    methods = [method for method in parameters().methods if project.type in method.types]
    form.offer(read.inventories(code), read.reports(code), methods)
    return form


def _newest_two(code: str) -> dict[str, str]:
    """The inventories that are usually meant: the newest, and the one before it."""
    newest = [each.id for each in read.inventories(code)[:2]]
    return dict(zip(("second", "first"), newest if len(newest) > 1 else [*newest, NOT_FOREST], strict=False))


def _report_draft(form: ReportForm) -> ReportDraft:
    def stated(name: str) -> Stated:
        return Stated(form[name].value, form[f"{name}_evidence"].data)

    return ReportDraft(
        project_code=form.project.data,
        first_id=None if form.first.data == NOT_FOREST else form.first.data,
        start=form.start.data if form.first.data == NOT_FOREST else None,
        second_id=form.second.data,
        method=form.method.data,
        deductions=Deductions(
            stated("baseline"), stated("leakage"), stated("emissions"), form.buffer_pct.value
        ),
        corrects=int(form.corrects.data) if form.corrects.data else None,
    )


def _report_page(form: ReportForm, code: str) -> str:
    project = register.project(code)
    methods = [method for method in parameters().methods if project.type in method.types]
    return render_template(
        "registry/monitoring_new_report.html", form=form, project=project, methods=methods,
        inventories=read.inventories(code),
    )  # fmt: skip


def _report_preview(form: ReportForm, code: str, workings: Workings) -> str:
    return render_template(
        "registry/monitoring_report_preview.html", form=form, project=register.project(code),
        workings=workings, steps=steps(workings),
    )  # fmt: skip


# ── the planner ────────────────────────────────────────────────────────────────────────────────


@blueprint.get("/desk/monitoring/plan")
@staff(*_READERS)
def planner() -> str | tuple[str, int]:
    """How many plots each stratum needs; all of it stands in the address, nothing is kept."""
    is_asked = "plot_area" in request.args
    usual = {"plot_area": "600", "precision": "10", "strata": request.args.get("strata", "")}
    form = PlanForm(request.args) if is_asked else PlanForm(None, **usual)
    form.offer()
    made: Plan | None = None
    if is_asked and form.validate():
        try:
            made = _plan(form)
        except PortalError as fault:
            form.blame("strata", fault)
    page = render_template("registry/monitoring_plan.html", form=form, plan=made)
    return page if made or not is_asked else (page, 422)


def _plan(form: PlanForm) -> Plan:
    return plan(
        read_strata(form.strata.data),
        form.plot_area.value,
        Decimal(form.confidence.data),
        form.precision.value,
        Allocation(form.allocation.data),
    )


def _plan_text(strata: Any) -> str:
    return "\n".join(
        f"{s.name}; {digits(s.area_ha)}; {digits(s.mean)}; {digits(s.deviation)}" for s in strata
    )


# ── what they share ────────────────────────────────────────────────────────────────────────────


def _projects() -> list[register.ProjectView]:
    """Projects whose trees are measured here."""
    return [each for each in register.projects(limit=500) if each.type in _MEASURED]


def _method_of(methodology: str) -> Method:
    known = parameters()
    return next((method for method in known.methods if method.id == methodology), known.methods[0])


def _is_demo() -> bool:
    return bool(current_app.config["PORTAL"].is_demo)

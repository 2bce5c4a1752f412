"""What was measured and how it was computed, for everybody."""

from flask import Response, render_template

from portal.registry import sheets
from portal.registry.queries import monitoring as read
from portal.registry.queries import register
from portal.registry.rules.estimation.parameters import parameters
from portal.registry.words.monitoring import plot_values, rule_of_thumb, steps, used_species
from portal.registry.words.monitoring import sheets as report_sheets
from portal.web.guard import open_to_all
from portal.web.i18n import lang
from portal.web.page import page_blueprint, plain_blueprint

pages = page_blueprint("registry_monitoring", __name__)
files = plain_blueprint("registry_monitoring_files", __name__)
blueprints = (pages, files)


@pages.get("/estimation")
@open_to_all
def method() -> str:
    """The parameters and rules of the estimation, with where each is from and how sure it is."""
    return render_template("registry/monitoring_method.html", known=parameters())


@pages.get("/projects/<code>/monitoring")
@open_to_all
def project(code: str) -> str:
    """A project's inventories and monitoring reports."""
    found = register.project(code)
    return render_template(
        "registry/monitoring_project.html",
        project=found,
        inventories=read.inventories(code),
        reports=read.reports(code),
    )


@pages.get("/projects/<code>/monitoring/<int(max=99999):number>")
@open_to_all
def report(code: str, number: int) -> str:
    """How a report was computed: every formula with its numbers, worked out again just now."""
    full = read.full_report(code, number)
    workings = full.workings
    stocks = [stock for stock in (workings.first, workings.second) if stock]
    return render_template(
        "registry/monitoring_report.html",
        full=full, report=full.report, project=full.project, workings=workings, steps=steps(workings),
        species=used_species(workings), thumb=rule_of_thumb(workings),
        inventories=[each for each in (full.first, full.second) if each],
        stocks=list(zip(stocks, (plot_values(stock, workings.parameters) for stock in stocks), strict=True)),
    )  # fmt: skip


@pages.get("/projects/<code>/monitoring/<int(max=99999):number>.<any(csv, xlsx):ending>")
@open_to_all
def report_file(code: str, number: int, ending: str) -> Response:
    """The whole computation as a workbook, or its plots as CSV."""
    full = read.full_report(code, number)
    tables = report_sheets(full, lang())
    if ending == "xlsx":
        return _download(sheets.xlsx_file(tables), sheets.XLSX, f"{code}-monitoring-{number}.xlsx")
    plots = tables[2][1]
    return _download(sheets.csv_file(plots), "text/csv", f"{code}-monitoring-{number}-plots.csv")


@files.get("/projects/<code>/monitoring/<int(max=99999):number>.json")
@open_to_all
def report_json(code: str, number: int) -> Response:
    """The report as it is kept: its SHA-256 is the one in the log."""
    kept = read.report(code, number)
    return _download(kept.body.encode(), "application/json", f"{code}-monitoring-{number}.json")


@files.get("/inventories/<inventory_id>.json")
@open_to_all
def inventory_json(inventory_id: str) -> Response:
    """An inventory as it is kept, with every plot and tree: its SHA-256 is the one in the report."""
    kept = read.inventory(inventory_id)
    return _download(
        kept.body.encode(), "application/json", f"inventory-{kept.surveyed_on}-{kept.sha256[:8]}.json"
    )


def _download(data: bytes, kind: str, name: str) -> Response:
    answer = Response(data, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer

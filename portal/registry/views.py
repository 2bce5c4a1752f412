"""The public register: projects, lots, serials and the transparency log."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from flask import Response, abort, current_app, render_template, request, send_file

from portal.kernel.clock import text_of
from portal.kernel.errors import PortalError
from portal.registry import log_desk, log_views
from portal.registry.queries import register as read
from portal.registry.rules.errors import UnknownLot
from portal.registry.rules.ledger import ProjectType
from portal.web.guard import open_to_all
from portal.web.i18n import message
from portal.web.page import page_blueprint, plain_blueprint
from portal.web.paging import cut

pages = page_blueprint("registry", __name__)
files = plain_blueprint("registry_files", __name__)
blueprints = (pages, files, *log_views.blueprints, log_desk.blueprint)

PAGE = 25


@pages.get("/projects")
@open_to_all
def projects() -> str:
    """All projects, those that sell first by their lots, filtered by type."""
    wanted = request.args.get("type", "")
    kind = ProjectType(wanted) if wanted in set(ProjectType) else None
    cursor = request.args.get("cursor")
    page = cut(read.projects(kind, cursor, PAGE + 1), PAGE, lambda project: project.code)
    lots = [] if cursor else [lot for lot in read.open_lots() if kind in (None, lot.project_type)]
    return render_template("registry/projects.html", page=page, lots=lots, kind=kind, types=list(ProjectType))


@pages.get("/projects/<code>")
@open_to_all
def project(code: str) -> str:
    """One project: what it is, its lots, its serials."""
    found = read.project(code)
    rows = read.serials_of(code, _place(-1), PAGE + 1)
    page = cut(rows, PAGE, lambda serial: serial.cursor)
    return render_template("registry/project.html", project=found, lots=read.lots(code), page=page)


@pages.get("/lots/<code>")
@open_to_all
def lot(code: str) -> str:
    """One lot: retired, attributed, unattributed, its serials, and every attribution."""
    found = read.lot(code)
    rows = read.attributions(code, request.args.get("cursor"), PAGE + 1)
    page = cut(rows, PAGE, lambda part: part.cursor)
    return render_template("registry/lot.html", lot=found, serials=read.serials_of_lot(found.id), page=page)


@files.get("/lots/<code>/evidence")
@open_to_all
def evidence(code: str) -> Response:
    """The retirement record behind a lot, as it was uploaded."""
    found = read.lot(code)
    if not found.evidence_file:
        raise UnknownLot(code=code)
    file = Path(current_app.config["PORTAL"].documents) / "evidence" / found.evidence_file
    if not file.is_file():
        abort(404)
    answer = send_file(file, as_attachment=True, download_name=f"{found.code}-retirement{file.suffix}")
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@files.get("/lots/<code>/attributions.csv")
@open_to_all
def attributions_csv(code: str) -> Response:
    """Every attribution of a lot, streamed, oldest columns first: for whoever wants to add them up."""
    found = read.lot(code)

    def lines() -> Iterator[str]:
        yield _csv_line(["retirement", "part", "grams", "holder_commitment", "purpose", "at", "test", "void"])
        before = None
        while rows := read.attributions(found.code, before, 500):
            for row in rows:
                yield _csv_line([row.retirement_id, row.part, row.mass.grams, row.holder, row.purpose,
                                 text_of(row.at), int(row.test), int(row.is_void)])  # fmt: skip
            before = rows[-1].cursor

    answer = Response(lines(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.code}-attributions.csv"'
    return answer


@pages.get("/register")
@open_to_all
def register() -> tuple[str, int] | str:
    """Find a serial: whole, a unit inside a range, or one of our parts of it."""
    wanted = request.args.get("serial", "").strip()
    if not wanted:
        return render_template("registry/register.html", wanted="", found=None, problem=None)
    try:
        found = read.find(wanted)
    except PortalError as fault:
        return render_template(
            "registry/register.html", wanted=wanted, found=None, problem=message(fault)
        ), 422
    return render_template("registry/register.html", wanted=wanted, found=found, problem=None)


# The log's pages keep the names that templates and other rooms know.
pages.get("/log", endpoint="log")(log_views.log)
pages.get("/log/<int(max=999999999999):idx>", endpoint="log_entry")(log_views.log_entry)
files.get("/log/checkpoint", endpoint="checkpoint")(log_views.checkpoint)


def _place(otherwise: int) -> int:
    """The numeric cursor of this request; what is no cursor of ours counts as none."""
    cursor = request.args.get("cursor", "")
    return int(cursor) if re.fullmatch(r"[0-9]{1,18}", cursor) else otherwise


def _csv_line(cells: list[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()

"""The public register: projects, lots, serials, and the names under which the log is known."""

import re
from dataclasses import dataclass
from pathlib import Path

from flask import Response, abort, current_app, render_template, request, send_file

from portal.kernel.errors import PortalError
from portal.registry.forms.register import RegisterForm
from portal.registry.queries import land, monitoring
from portal.registry.queries import log as transparency
from portal.registry.queries import movements as journal
from portal.registry.queries import projects as lives
from portal.registry.queries import register as read
from portal.registry.queries.movements import MovementView, Of
from portal.registry.rules import search
from portal.registry.rules.counties import county_name
from portal.registry.rules.errors import UnknownLot
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.maps import draw
from portal.registry.rules.records import LotOpened
from portal.registry.rules.search import Asked
from portal.registry.views import log as log_views
from portal.registry.views.exports import TABLES
from portal.web.exports import KINDS
from portal.web.guard import open_to_all
from portal.web.page import page_blueprint, plain_blueprint
from portal.web.paging import Page, cut

pages = page_blueprint("registry", __name__)
files = plain_blueprint("registry_files", __name__)

PAGE = 25
NEWEST = 5  # movements on a project's own page; all have one of their own
LOTS = 60
MOST_BLOCKS = 20


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
    """One project: what it is, what was verified and issued, its lots, and the newest of what moved."""
    found = read.project(code)
    rows = read.serials_of(code, _place(-1), PAGE + 1)
    parcels = land.parcels(found.id)
    return render_template(
        "registry/project.html",
        project=found,
        lots=read.lots(code, limit=LOTS + 1),
        most_lots=LOTS,
        verifications=read.verifications(found.id),
        parcels=parcels,
        drawn=draw((parcel.code, parcel.geojson) for parcel in parcels),
        documents=lives.documents_of(found.id),
        county_name=county_name,
        moved=_newest(Of(project_id=found.id), NEWEST),
        monitoring_reports=monitoring.reports(code),
        page=cut(rows, PAGE, lambda serial: serial.cursor),
    )


@pages.get("/projects/<code>/movements")
@open_to_all
def project_movements(code: str) -> str:
    """Everything that the log says of a project, newest first."""
    found = read.project(code)
    return render_template(
        "registry/project_movements.html", project=found, page=_moved(Of(project_id=found.id))
    )


@pages.get("/lots/<code>")
@open_to_all
def lot(code: str) -> str:
    """One lot: retired, attributed, unattributed, its serials, and every attribution."""
    found = read.lot(code)
    return render_template(
        "registry/lot.html",
        lot=found,
        serials=read.serials_of_lot(found.id),
        opened=transparency.place_of(LotOpened.kind, found.id),
        page=_moved(Of(lot_id=found.id)),
    )


@pages.get("/issuances/<issuance_id>")
@open_to_all
def issuance(issuance_id: str) -> str:
    """One serial block: what stands behind it, where it stands, and all that became of its grams."""
    found = read.issuance(issuance_id)
    page = _moved(Of(issuance_id=found.serial.id))
    return render_template("registry/issuance.html", issuance=found, page=page)


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


@pages.get("/register")
@open_to_all
def register() -> tuple[str, int] | str:
    """Search by serial (whole, a unit, a part), by words of a project, or by a holder's public code."""
    form = RegisterForm(request.args)
    # Older links ask for a serial alone.
    form.q.data = typed = (request.args.get("q") or request.args.get("serial", "")).strip()
    found = None
    if form.validate():
        try:
            found = _search(form, typed)
        except PortalError as fault:
            form.blame("q", fault)
    page = render_template("registry/register.html", form=form, found=found, most=MOST_BLOCKS)
    return (page, 422) if form.has_errors else page


@pages.get("/open-data")
@open_to_all
def data() -> str:
    """What can be taken away whole, in which forms, and under which names its columns stand."""
    return render_template("registry/data.html", kinds=KINDS, tables=TABLES)


# The log's pages keep the names that templates and other rooms know.
pages.get("/log", endpoint="log")(log_views.log)
pages.get("/log/<int(max=999999999999):idx>", endpoint="log_entry")(log_views.log_entry)
files.get("/log/checkpoint", endpoint="checkpoint")(log_views.checkpoint)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: each kind of thing it may have meant; None where it did not mean it."""

    serials: list[read.SerialView] | None  # at most MOST_BLOCKS and one, which says that there are more
    projects: Page[read.ProjectView] | None
    moved: Page[MovementView] | None


def _search(form: RegisterForm, typed: str) -> Found | None:
    """What was meant: a holder's code, a serial, or a project. Raises the faults of a serial."""
    kind, vintage = ProjectType(form.type.data) if form.type.data else None, form.vintage.value
    county = form.county.data
    if not (typed or kind or vintage or county):
        return None
    query = search.read(typed)
    if query.asked is Asked.HOLDER:
        return Found(None, None, _moved(Of(holder=query.text)))
    is_serial = query.asked is Asked.SERIAL or "serial" in request.args
    found = read.find(typed, MOST_BLOCKS + 1) if is_serial else read.named(query.text) or None
    if found and not (kind or vintage or county):
        return Found(found, None, None)
    cursor = request.args.get("cursor")
    rows = read.projects(kind, cursor, PAGE + 1, words=query.text, vintage=vintage, county=county)
    return Found(found, cut(rows, PAGE, lambda project: project.code), None)


def _newest(of: Of, limit: int) -> list[MovementView]:
    """What waits for its place in the log, then what has one."""
    return [*journal.waiting(of), *journal.movements(of, limit=limit)]


def _moved(of: Of) -> Page[MovementView]:
    """A page of movements; what waits for its place stands at the top of the first."""
    cursor = request.args.get("cursor")
    page = cut(journal.movements(of, cursor, PAGE + 1), PAGE, lambda moved: moved.cursor)
    return page if cursor else Page([*journal.waiting(of), *page.items], page.next)


def _place(otherwise: int) -> int:
    """The numeric cursor of this request; what is no cursor of ours counts as none."""
    cursor = request.args.get("cursor", "")
    return int(cursor) if re.fullmatch(r"[0-9]{1,18}", cursor) else otherwise

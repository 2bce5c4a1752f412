"""The import desk: choose a file, map its columns once, see every row, confirm."""

import csv
import re
from collections.abc import Iterator
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.kernel import clock
from portal.kernel.actor import Role as StaffRole
from portal.kernel.cells import neutral
from portal.kernel.errors import InvalidInput, NotAllowed, NotFound
from portal.registry import import_jobs as jobs
from portal.registry import import_shelf as shelf
from portal.registry import policy
from portal.registry.commands import import_runs as runs
from portal.registry.forms.imports import (
    BY_HEADER,
    COLUMN_NAMES,
    FIXED,
    GROUPS,
    NEW_MAPPING,
    REGISTRY_NAMES,
    ConfirmForm,
    ImportForm,
    MappingForm,
)
from portal.registry.queries import imports as read
from portal.registry.queries.register import imports_done
from portal.registry.rules.errors import NotConfirmed
from portal.registry.rules.imports import MAX_BYTES, Layout, SourceState, Verdict, preview, sample
from portal.registry.rules.imports.layouts import faults_of, layout_of_header, suggested
from portal.registry.rules.imports.runs import RunState
from portal.web.forms import clean_line
from portal.web.guard import actor, staff
from portal.web.i18n import _, message
from portal.web.page import page_blueprint
from portal.web.paging import Page, cut
from portal.web.staging import stage, staged

blueprint = page_blueprint("registry_imports", __name__)

PAGE = 200
# What is done at once in the request; larger files are for the worker.
AT_ONCE_BYTES, AT_ONCE_ROWS = 2_000_000, 5_000
_READERS = (StaffRole.REGISTRY, StaffRole.FINANCE, StaffRole.AUDITOR, StaffRole.ADMIN)
_RUNNERS = (StaffRole.REGISTRY, StaffRole.ADMIN)
Answer = str | AnyResponse | tuple[str, int]


@blueprint.url_value_preprocessor
def let_large_files_in(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Before anybody reads the form: a whole export is larger than what the portal takes elsewhere."""
    if endpoint == "registry_imports.files":
        request.max_content_length = MAX_BYTES + 100_000


@blueprint.route("/desk/imports", methods=["GET", "POST"])
@staff(*_READERS)
def files() -> Answer:
    """Choose an export; what it would do is shown before anything is written."""
    form = ImportForm()
    saved = read.mappings()
    form.offer([each.name for each in saved])
    if form.validate_on_submit():
        try:
            return redirect(_begun(form), 303)
        except InvalidInput as fault:
            form.blame("file", fault)
    page = render_template(
        "registry/desk_imports.html", form=form, runs=read.runs(), done=imports_done(), mappings=saved,
        registry_names=REGISTRY_NAMES, may_import=policy.may_run_registry(actor()),
    )  # fmt: skip
    return page, 200 if request.method == "GET" else 422


def _begun(form: ImportForm) -> str:
    """Where a chosen file leads: to its report, or to a mapping when nobody knows its columns."""
    data = form.file.data.read()
    name = clean_line(Path(form.file.data.filename or "").name)[:120] or "export.csv"
    layout = _layout(form.registry.data, data)
    digest = sha256(data).hexdigest()
    if layout is None:
        if not policy.may_run_registry(actor()):
            raise NotAllowed()
        stage(jobs.SHELF, digest, data)
        if form.registry.data == BY_HEADER:
            flash(_("Nobody we know writes these columns. Map them once; next time the file is recognised."))
        return url_for("registry_imports.new_mapping", file=digest, file_name=name)
    return _started(layout.name, name, digest, data)


def _layout(choice: str, data: bytes) -> Layout | None:
    """The layout that was chosen or that the header shows. Raises the faults of a file as a whole."""
    if choice not in (BY_HEADER, NEW_MAPPING):
        layout = read.layout_of(choice)
        sample(layout, data, 1)
        return layout
    header, _rows = preview(data)
    if choice == NEW_MAPPING:
        return None
    return layout_of_header(header, [each.layout for each in read.mappings()])


def _started(layout: str, name: str, digest: str, data: bytes) -> str:
    """The file is looked at, now or by the worker; the address of its report."""
    is_large = len(data) > AT_ONCE_BYTES
    run_id = runs.start(actor(), layout, name, digest, clock.now(), in_background=is_large)
    stage(jobs.SHELF, digest, data)
    if not is_large:
        jobs.judge({"run": run_id})
    return url_for("registry_imports.run", run_id=run_id)


# ── one file ───────────────────────────────────────────────────────────────────────────────────


@blueprint.get("/desk/imports/<run_id>")
@staff(*_READERS)
def run(run_id: str) -> str:
    """How far a file has come, and its report row by row."""
    return _run(read.run(run_id), ConfirmForm(formdata=None))


@blueprint.post("/desk/imports/<run_id>")
@staff(*_RUNNERS)
def confirm(run_id: str) -> Answer:
    """Import the file that was looked at: all of it, or nothing."""
    looked_at = read.run(run_id)
    form = ConfirmForm()
    if not form.validate_on_submit():
        return _run(looked_at, form), 422
    is_large = looked_at.outcome.get("accepted", 0) > AT_ONCE_ROWS
    try:
        is_first = runs.confirm(
            actor(), run_id, clock.now(), has_read_text=form.confirmed.data, in_background=is_large
        )
    except NotConfirmed as fault:
        form.blame("confirmed", fault)
        return _run(looked_at, form), 422
    if is_first and not is_large:
        jobs.apply({"run": run_id, "actor": actor().id})
    return redirect(url_for("registry_imports.run", run_id=run_id), 303)


@blueprint.get("/desk/imports/<run_id>/report.csv")
@staff(*_READERS)
def report_file(run_id: str) -> AnyResponse:
    """The report as a table for whoever corrects the file, in the page's language."""
    found = read.run(run_id)
    if not shelf.is_kept(run_id):
        raise NotFound()
    answer = Response("".join(_report_lines(run_id)), mimetype="text/csv")
    name = f"{Path(found.file_name).stem}-report.csv"
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _report_lines(run_id: str) -> Iterator[str]:
    head = [
        _("Row"),
        _("Verdict"),
        _("Serial"),
        _("Project"),
        _("Tonnes"),
        _("State at the source"),
        _("Remarks"),
    ]
    yield "\ufeff" + _line(head)  # the mark by which Excel knows UTF-8
    words, states = verdict_words(), state_words()
    for _cursor, row in shelf.all_rows(run_id):
        said = [message(fault) for fault in (row.problem, *row.warnings) if fault]
        yield _line(
            [
                row.row,
                words[row.verdict],
                row.serial,
                row.project,
                row.tonnes or "",
                states.get(row.state, ""),
                " ".join(said),
            ]
        )


def _line(cells: list[Any]) -> str:
    out = StringIO(newline="")
    csv.writer(out).writerow([neutral(cell) for cell in cells])
    return out.getvalue()


def verdict_words() -> dict[Verdict, str]:
    return {
        Verdict.ACCEPTED: _("New"),
        Verdict.UNCHANGED: _("Already here"),
        Verdict.REFUSED: _("Refused"),
    }


def state_words() -> dict[str, str]:
    return {
        SourceState.ACTIVE: _("active"),
        SourceState.RETIRED: _("retired"),
        SourceState.CANCELLED: _("cancelled"),
    }


def _run(found: read.RunView, form: ConfirmForm) -> str:
    kind = request.args.get("kind", "")
    after = request.args.get("cursor", "")
    rows = shelf.rows(found.id, kind, int(after) if re.fullmatch("[0-9]{1,9}", after) else 0, PAGE + 1)
    page: Page[tuple[int, shelf.ShownRow]] = cut(rows, PAGE, lambda row: row[0])
    done, of = shelf.progress(found.id)
    return render_template(
        "registry/desk_import.html", run=found, form=form, page=page, done=done, of=of,
        kind=kind if kind in shelf.KINDS else "", verdicts=verdict_words(), registry_names=REGISTRY_NAMES,
        is_kept=shelf.is_kept(found.id), may_import=policy.may_run_registry(actor()),
        is_waiting=found.state.is_busy, is_done=found.state is RunState.APPLIED,
    )  # fmt: skip


# ── mappings of columns ────────────────────────────────────────────────────────────────────────


@blueprint.route("/desk/import-mappings/new", methods=["GET", "POST"])
@staff(*_RUNNERS)
def new_mapping() -> Answer:
    """Say once which column of a list means what; what is guessed can be corrected."""
    if request.method == "GET":
        digest, name = request.args.get("file", ""), request.args.get("file_name", "")[:120]
        form = MappingForm(formdata=None, file=digest, file_name=name)
        header, rows = _first_rows(digest)
        form.offer(header)
        for role, heading in suggested(header).items():
            if role in COLUMN_NAMES:
                form.column(role).data = heading
        form.show_words()
        return _mapping(form, header, rows)
    form = MappingForm()
    return _mapped(form, *_first_rows(form.file.data or ""))


@blueprint.route("/desk/import-mappings/<name>", methods=["GET", "POST"])
@staff(*_RUNNERS)
def mapping(name: str) -> Answer:
    """Correct a saved mapping; files that were imported keep the version by which they were."""
    saved = read.mapping(name)
    header = list(dict.fromkeys(names[0] for names in saved.layout.columns.values()))
    form = MappingForm()
    if request.method == "POST":
        return _mapped(form, header, [], saved)
    form.offer(header)
    form.show(saved.layout)
    return _mapping(form, header, [], saved=saved)


def _first_rows(digest: str) -> tuple[list[str], list[list[str]]]:
    file = staged(jobs.SHELF, digest)
    if not file.is_file():
        raise jobs.FileGone()
    return preview(file.read_bytes())


def _mapped(
    form: MappingForm, header: list[str], rows: list[list[str]], saved: read.MappingView | None = None
) -> Answer:
    """Save what was mapped and look at the file, or show how its first rows read."""
    form.offer(header)
    if not form.validate_on_submit():
        return _mapping(form, header, rows, saved=saved), 422
    try:
        layout = form.layout()
    except InvalidInput as fault:
        form.blame("active", fault)
        return _mapping(form, header, rows, saved=saved), 422
    if faults := faults_of(layout):
        form.blame_all(faults)
        return _mapping(form, header, rows, saved=saved), 422
    data = staged(jobs.SHELF, form.file.data).read_bytes() if form.file.data else b""
    if data and "preview" in request.form:
        return _mapping(form, header, rows, shown=sample(layout, data), saved=saved)
    version = runs.save_mapping(actor(), layout, clock.now())
    flash(
        _("The mapping %(name)s is saved as version %(version)s.", name=layout.name, version=version),
        "success",
    )
    if not data:
        return redirect(url_for("registry_imports.files"), 303)
    return redirect(_started(layout.name, form.file_name.data or "export.csv", form.file.data, data), 303)


def _mapping(
    form: MappingForm,
    header: list[str],
    rows: list[list[str]],
    *,
    shown: list[Any] | None = None,
    saved: read.MappingView | None = None,
) -> str:
    return render_template(
        "registry/desk_mapping.html", form=form, header=header, rows=rows, groups=GROUPS, fixed=FIXED,
        shown=shown, saved=saved, verdicts=verdict_words(),
    )  # fmt: skip

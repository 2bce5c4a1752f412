"""The work behind a file that was given at the desk: looking at it, and importing what was confirmed."""

from typing import Any

from portal import jobs
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import N_, NotFound, PortalError
from portal.registry import import_shelf as shelf
from portal.registry.commands import import_runs as runs
from portal.registry.commands import imports
from portal.registry.queries import imports as read
from portal.registry.rules.errors import ImportRefused
from portal.registry.rules.imports import ImportReport
from portal.registry.rules.imports.runs import RunState
from portal.web.staging import staged

SHELF = "staged"
CLERK = Actor.system("imports")


class FileGone(NotFound):
    message = N_("The file is kept for a day and is gone now. Choose it again.")


@jobs.handles(runs.JUDGE)
def judge(work: dict[str, Any]) -> None:
    """Look at the file and keep the report; a second time changes nothing."""
    run = read.run(work["run"])
    if run.state is not RunState.WAITING:
        return
    try:
        report = imports.judged(CLERK, _read(run))
    except PortalError as fault:
        runs.fail(run.id, fault)
        return
    shelf.keep(run.id, report)
    runs.settle(run.id, report)


@jobs.handles(runs.APPLY)
def apply(work: dict[str, Any]) -> None:
    """Import the file for whoever confirmed it; the same file a second time changes nothing."""
    run = read.run(work["run"])
    if run.state is not RunState.APPLYING:
        return
    # Whether they may was asked when they confirmed it; here it is on record who it was.
    actor = Actor(work["actor"], frozenset({Role.REGISTRY}))
    try:
        report = _read(run)
        _enter(actor, run, report)
    except PortalError as fault:
        runs.fail(run.id, fault)
        return
    staged(SHELF, run.file_sha256).unlink(missing_ok=True)
    runs.finish(run.id)


def _read(run: read.RunView) -> ImportReport:
    file = staged(SHELF, run.file_sha256)
    if not file.is_file():
        raise FileGone()
    data = file.read_bytes()
    of = run.outcome.get("rows") or data.count(b"\n")
    return imports.read(CLERK, run.layout, data, lambda done: shelf.tell(run.id, done, max(of, done)))


def _enter(actor: Actor, run: read.RunView, report: ImportReport) -> None:
    of = run.outcome["accepted"]
    try:
        imports.enter(
            actor, report, run.file_name, clock.now(), progress=lambda done: shelf.tell(run.id, done, of)
        )
    except ImportRefused:
        # The register has changed since the file was looked at: the new report says where.
        shelf.keep(run.id, imports.judged(CLERK, report))
        raise

"""A file on its way from the desk into the register: looked at, confirmed, imported."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from portal import audit, jobs
from portal.db import alone, transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed, PortalError
from portal.kernel.ids import new_id
from portal.registry import policy
from portal.registry.models import ImportMapping, ImportRun
from portal.registry.queries import imports as read
from portal.registry.rules.errors import NotConfirmed
from portal.registry.rules.imports import ImportReport, Layout
from portal.registry.rules.imports.layouts import faults_of, to_json
from portal.registry.rules.imports.runs import RunState, told

JUDGE, APPLY = "registry.judge_import", "registry.apply_import"


def save_mapping(actor: Actor, layout: Layout, now: datetime) -> int:
    """Keep a mapping of columns under its name; its version. Saving the same again makes none.

    Raises the first of its faults (``rules.imports.layouts.faults_of``), NotAllowed.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    for fault in faults_of(layout).values():
        raise fault
    with transaction() as session:
        alone(session, "import mappings")
        mine = ImportMapping.name == layout.name
        version = int(
            session.execute(
                select(func.coalesce(func.max(ImportMapping.version), 0)).where(mine)
            ).scalar_one()
        )
        if version and to_json(read.mapping(layout.name).layout) == to_json(layout):
            return version
        session.execute(
            insert(ImportMapping).values(
                id=new_id("imm"), name=layout.name, version=version + 1, layout=to_json(layout),
                actor_id=actor.id, at=now,
            )
        )  # fmt: skip
        audit.record(actor, "mapping.saved", layout.name, now, version=version + 1)
        return version + 1


def start(
    actor: Actor, layout: str, file_name: str, file_sha256: str, now: datetime, *, in_background: bool
) -> str:
    """A file waits to be looked at; the run's id. Raises UnknownLayout, NotAllowed."""
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    read.layout_of(layout)
    run_id = new_id("irn")
    with transaction() as session:
        session.execute(
            insert(ImportRun).values(
                id=run_id, layout=layout, file_name=file_name, file_sha256=file_sha256,
                state=RunState.WAITING, outcome={}, actor_id=actor.id, at=now,
            )
        )  # fmt: skip
        if in_background:
            jobs.enqueue(JUDGE, {"run": run_id}, key=f"{JUDGE}:{run_id}", now=now)
    return run_id


def settle(run_id: str, report: ImportReport) -> None:
    """The file was looked at: how many rows, by verdict."""
    _step(run_id, RunState.WAITING, RunState.JUDGED, outcome=_outcome(report))


def confirm(actor: Actor, run_id: str, now: datetime, *, has_read_text: bool, in_background: bool) -> bool:
    """Have the file imported that was looked at; False when somebody has done so already.

    Raises NotConfirmed when its encoding was guessed and nobody said that its text is readable,
    NotAllowed, NotFound.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    if read.run(run_id).outcome.get("encoding") == "gb18030" and not has_read_text:
        raise NotConfirmed()
    with transaction():
        is_first = _step(run_id, RunState.JUDGED, RunState.APPLYING)
        if is_first and in_background:
            work = {"run": run_id, "actor": actor.id}
            jobs.enqueue(APPLY, work, key=f"{APPLY}:{run_id}", now=now)
        return is_first


def finish(run_id: str) -> None:
    _step(run_id, RunState.APPLYING, RunState.APPLIED)


def fail(run_id: str, fault: PortalError) -> None:
    """Why the file was not imported, kept so that both languages can tell it."""
    for state in (RunState.WAITING, RunState.APPLYING):
        _step(run_id, state, RunState.FAILED, fault=json.dumps(told(fault), ensure_ascii=False))


def _step(run_id: str, old: RunState, new: RunState, **values: Any) -> bool:
    """Whether the run stood there and went on."""
    with transaction() as session:
        moved = session.execute(
            update(ImportRun)
            .where(ImportRun.id == run_id, ImportRun.state == old)
            .values(state=new, **values)
            .returning(ImportRun.id)
        )
        return moved.first() is not None


def _outcome(report: ImportReport) -> dict[str, Any]:
    return {
        "rows": len(report.rows),
        "accepted": report.accepted,
        "unchanged": report.unchanged,
        "refused": report.refused,
        "warnings": report.warnings,
        "encoding": report.encoding,
        "registry": report.registry,
        "sold_here": sum(row.may_feed_a_lot for row in report.new()),
        "tonnes": sum(row.tonnes for row in report.new()),
    }

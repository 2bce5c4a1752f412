"""Keep what was measured, and a monitoring report made of it: looked at first, then whole or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal import audit
from portal.db import alone, transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed, PortalError
from portal.kernel.ids import new_id
from portal.registry import policy
from portal.registry.commands import log
from portal.registry.models import Inventory, MonitoringReport
from portal.registry.queries import monitoring as read
from portal.registry.queries import register
from portal.registry.queries.monitoring import KeptInventory, Stock, Workings
from portal.registry.queries.register import ProjectView
from portal.registry.rules import records
from portal.registry.rules.estimation import stored
from portal.registry.rules.estimation.account import Deductions
from portal.registry.rules.estimation.columns import InventoryKind
from portal.registry.rules.estimation.equations import Equation, read_equations
from portal.registry.rules.estimation.errors import (
    AlreadyCorrected,
    InventoriesInOrder,
    InventoryOfAnotherProject,
    InventoryRefused,
    MethodOfAnotherType,
    OnlyForNewForest,
    PeriodReported,
    PreviewIsOld,
    StartNotBefore,
)
from portal.registry.rules.estimation.parameters import VERSION, Method, Parameters, parameters
from portal.registry.rules.estimation.reading import HEADING_WITHIN, MAX_CELL, MAX_ROWS, Reading, Stratum
from portal.registry.rules.estimation.reading import read as read_rows
from portal.registry.rules.ledger import ProjectType
from portal.registry.sheets import Limits, rows_of

SHEET = Limits(rows=MAX_ROWS, cell=MAX_CELL, heading_within=2 * HEADING_WITHIN)


@dataclass(frozen=True, slots=True)
class InventoryDraft:
    """A field sheet of a project: what kind, measured when, with which equations (a text, one a line)."""

    project_code: str
    kind: InventoryKind
    surveyed_on: date
    equations: str
    file_name: str


@dataclass(frozen=True, slots=True)
class InventoryPreview:
    """What a sheet would become. ``problem`` says why no estimate can be made of rows that are each well."""

    draft: InventoryDraft
    file_sha256: str
    encoding: str
    reading: Reading
    equations: tuple[Equation, ...]
    stock: Stock | None
    problem: PortalError | None
    is_known: bool

    @property
    def needs_confirmation(self) -> bool:
        """The text may have been read in the wrong encoding."""
        return self.encoding == "gb18030"

    @property
    def is_applicable(self) -> bool:
        return not self.reading.refused and self.problem is None


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """A report to make. Without a first inventory the land had no forest on the day ``start``."""

    project_code: str
    first_id: str | None
    start: date | None
    second_id: str
    method: str
    deductions: Deductions
    corrects: int | None = None


def look_at_inventory(actor: Actor, draft: InventoryDraft, data: bytes) -> InventoryPreview:
    """What keeping this sheet would mean, row by row; nothing is written.

    Raises the faults of a file as a whole, of its equations, UnknownProject, NotAllowed.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    project = register.project(draft.project_code)
    known = parameters()
    equations = read_equations(draft.equations, known)
    encoding, rows = rows_of(data, SHEET)
    reading = read_rows(draft.kind, rows, known, equations)
    digest = sha256(data).hexdigest()
    stock, problem = None, None
    if not reading.refused:
        try:
            stock = read.stock_of(reading.strata, known, _usual_method(project, known))
        except PortalError as fault:
            problem = fault
    body = _body(draft, digest, known, equations, reading.strata)
    is_known = any(each.sha256 == stored.digest(body) for each in read.inventories(project.code))
    return InventoryPreview(draft, digest, encoding, reading, equations, stock, problem, is_known)


def keep_inventory(
    actor: Actor, draft: InventoryDraft, data: bytes, now: datetime, *, is_demo: bool = False
) -> str:
    """Keep an inventory whole; its id. The same sheet again is the same inventory.

    Raises InventoryRefused when a row is refused, and as ``look_at_inventory``.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    preview = look_at_inventory(actor, draft, data)
    if preview.problem:
        raise preview.problem
    reading = preview.reading
    if reading.refused:
        raise InventoryRefused(refused=reading.refused, rows=len(reading.rows))
    body = _body(draft, preview.file_sha256, parameters(), preview.equations, reading.strata)
    with transaction() as session:
        alone(session, "monitoring")
        project = register.project(draft.project_code)
        same = select(Inventory.id).where(
            Inventory.project_id == project.id, Inventory.sha256 == stored.digest(body)
        )
        known = session.execute(same).scalar_one_or_none()
        if known:
            return known
        inventory_id = new_id("inv")
        session.execute(
            insert(Inventory).values(
                id=inventory_id, project_id=project.id, kind=draft.kind, surveyed_on=draft.surveyed_on,
                file_name=draft.file_name, file_sha256=preview.file_sha256, line_count=len(reading.rows),
                plots=reading.plots, parameters=VERSION, body=body, sha256=stored.digest(body),
                is_demo=is_demo, actor_id=actor.id, at=now,
            )
        )  # fmt: skip
        audit.record(
            actor, "inventory.kept", inventory_id, now, project=project.code, sha256=preview.file_sha256
        )
        return inventory_id


def look_at_report(actor: Actor, draft: ReportDraft) -> Workings:
    """The report that would be made; nothing is written.

    Raises InventoriesInOrder, OnlyForNewForest, MethodOfAnotherType, PeriodReported, AlreadyCorrected, and
    as ``work_out``.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    project = register.project(draft.project_code)
    return _work_out(project, draft, read.next_number(project.id))


def make_report(actor: Actor, draft: ReportDraft, seen: str, now: datetime, *, is_demo: bool = False) -> int:
    """Keep the report that was looked at, by the SHA-256 ``seen``; its number.

    Raises PreviewIsOld when it would be another one now, and as ``look_at_report``.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    with transaction() as session:
        alone(session, "monitoring")
        project = register.project(draft.project_code)
        number = read.next_number(project.id)
        made = _work_out(project, draft, number)
        if made.sha256 != seen:
            raise PreviewIsOld()
        _keep(session, actor, project, draft, number, made, is_demo, now)
        return number


def _keep(
    session: Session, actor: Actor, project: ProjectView, draft: ReportDraft, number: int, made: Workings,
    is_demo: bool, now: datetime,
) -> None:  # fmt: skip
    report_id = new_id("mrp")
    start, end = _period(draft)
    account = made.account
    session.execute(
        insert(MonitoringReport).values(
            id=report_id, project_id=project.id, number=number, first_id=draft.first_id,
            second_id=draft.second_id, period_start=start, period_end=end, method=made.method.id,
            parameters=made.parameters.version, net_g=account.net.grams, buffer_g=account.buffer.grams,
            issuable_g=account.issuable.grams, body=made.body, sha256=made.sha256,
            corrects_id=read.report(project.code, draft.corrects).id if draft.corrects else None,
            is_demo=is_demo, actor_id=actor.id, at=now,
        )
    )  # fmt: skip
    facts = records.MonitoringReported(
        project=project.code, number=number, report_sha256=made.sha256, method=made.method.id,
        period_start=start.isoformat(), period_end=end.isoformat(), net_g=account.net.grams,
        buffer_g=account.buffer.grams, issuable_g=account.issuable.grams, demo=is_demo,
        corrects=draft.corrects,
    )  # fmt: skip
    log.record(facts, report_id, now)
    audit.record(
        actor, "monitoring.reported", report_id, now, project=project.code, number=number, sha256=made.sha256
    )


def _work_out(project: ProjectView, draft: ReportDraft, number: int) -> Workings:
    first, second = _inventories(project, draft)
    known = parameters()
    method = known.method(draft.method)
    if project.type not in method.types:
        raise MethodOfAnotherType()
    period = _period(draft)
    _check_time(project, draft, period)
    return read.work_out(
        project.code, number, draft.corrects, period, first, second, method.id, draft.deductions, VERSION
    )


def _check_time(project: ProjectView, draft: ReportDraft, period: tuple[date, date]) -> None:
    """Raises AlreadyCorrected, PeriodReported, UnknownReport."""
    if draft.corrects:
        corrected_by = read.report(project.code, draft.corrects).corrected_by
        if corrected_by:
            raise AlreadyCorrected(number=corrected_by)
    number = read.covering(project.id, period, besides=draft.corrects)
    if number:
        raise PeriodReported(number=number)


def _inventories(project: ProjectView, draft: ReportDraft) -> tuple[KeptInventory | None, KeptInventory]:
    second = read.inventory(draft.second_id)
    first = read.inventory(draft.first_id) if draft.first_id else None
    if any(each.project_code != project.code for each in (first, second) if each):
        raise InventoryOfAnotherProject()
    if first and first.surveyed_on >= second.surveyed_on:
        raise InventoriesInOrder()
    if first is None and project.type is not ProjectType.ARR:
        raise OnlyForNewForest()
    if first is None and (draft.start is None or draft.start >= second.surveyed_on):
        raise StartNotBefore()
    return first, second


def _period(draft: ReportDraft) -> tuple[date, date]:
    end = read.inventory(draft.second_id).surveyed_on
    start = read.inventory(draft.first_id).surveyed_on if draft.first_id else draft.start
    if start is None:
        raise StartNotBefore()
    return start, end


def _body(
    draft: InventoryDraft,
    digest: str,
    known: Parameters,
    equations: Sequence[Equation],
    strata: Sequence[Stratum],
) -> str:
    return stored.inventory_body(draft.kind, draft.surveyed_on, digest, known, equations, strata)


def _usual_method(project: ProjectView, known: Parameters) -> Method:
    """The project's own methodology where it is known here, else the first of the list."""
    named = (method for method in known.methods if method.id == project.methodology)
    return next(named, known.methods[0])

"""Inventories and monitoring reports: as they are kept, and worked out again from what they were made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import aliased

from portal.db import db
from portal.kernel.mass import Mass
from portal.registry.models import Entry, Inventory, MonitoringReport, Project, Record
from portal.registry.queries import register
from portal.registry.queries.register import ProjectView
from portal.registry.rules.estimation import stored
from portal.registry.rules.estimation.account import Account, Deductions, settle
from portal.registry.rules.estimation.change import Change, change_between
from portal.registry.rules.estimation.columns import InventoryKind
from portal.registry.rules.estimation.equations import Equation
from portal.registry.rules.estimation.errors import UnknownInventory, UnknownReport
from portal.registry.rules.estimation.estimate import (
    Estimate,
    SpeciesStock,
    carbon_samples,
    estimate,
    species_stocks,
    volume_samples,
)
from portal.registry.rules.estimation.parameters import Method, Parameters, parameters
from portal.registry.rules.estimation.reading import Stratum
from portal.registry.rules.records import MonitoringReported


@dataclass(frozen=True, slots=True)
class InventoryView:
    """An inventory as it is listed; ``sha256`` names its body, which may be megabytes."""

    id: str
    project_code: str
    kind: InventoryKind
    surveyed_on: date
    file_name: str
    file_sha256: str
    lines: int
    plots: int
    parameters: str
    sha256: str
    is_demo: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class KeptInventory(InventoryView):
    """An inventory with all that was measured."""

    body: str

    @property
    def strata(self) -> tuple[Stratum, ...]:
        return stored.strata_of(self.body)

    @property
    def equations(self) -> tuple[Equation, ...]:
        return stored.equations_of(self.body)


@dataclass(frozen=True, slots=True)
class ReportView:
    """A monitoring report as it is listed. ``corrected_by``: number of the report that mends it."""

    id: str
    project_code: str
    number: int
    first_id: str | None
    second_id: str
    period_start: date
    period_end: date
    method: str
    parameters: str
    net: Mass
    buffer: Mass
    issuable: Mass
    body: str
    sha256: str
    corrects: int | None
    corrected_by: int | None
    is_demo: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Stock:
    """What one inventory says: growing stock (m³) and carbon (t CO₂), each with its interval."""

    strata: tuple[Stratum, ...]
    volume: Estimate
    carbon: Estimate
    species: tuple[SpeciesStock, ...]


@dataclass(frozen=True, slots=True)
class Workings:
    """Everything between the plots and the grams, to be shown line by line."""

    parameters: Parameters
    method: Method
    first: Stock | None
    second: Stock
    change: Change
    account: Account
    body: str

    @property
    def sha256(self) -> str:
        return stored.digest(self.body)


@dataclass(frozen=True, slots=True)
class FullReport:
    """A report with its project, its inventories, and the same numbers worked out again just now."""

    report: ReportView
    project: ProjectView
    first: KeptInventory | None
    second: KeptInventory
    workings: Workings
    log_place: int | None  # None until the log has given it one

    @property
    def is_the_same(self) -> bool:
        """Whether working it out again gives what was kept, byte by byte."""
        return self.workings.body == self.report.body and self.workings.sha256 == self.report.sha256


def stock_of(strata: Sequence[Stratum], known: Parameters, method: Method) -> Stock:
    """The estimates of one inventory. Raises TooFewPlots, MorePlotsThanFit."""
    return Stock(
        tuple(strata),
        estimate(volume_samples(strata), method.confidence),
        estimate(carbon_samples(strata, known), method.confidence),
        species_stocks(strata, known),
    )


def work_out(
    project_code: str,
    number: int,
    corrects: int | None,
    period: tuple[date, date],
    first: KeptInventory | None,
    second: KeptInventory,
    method_id: str,
    deductions: Deductions,
    version: str,
) -> Workings:
    """A report from its inventories and what is subtracted; nothing is written.

    Raises MethodUnknown, TooFewPlots, MorePlotsThanFit, and what ``settle`` refuses.
    """
    known = parameters(version)
    method = known.method(method_id)
    before = stock_of(first.strata, known, method) if first else None
    after = stock_of(second.strata, known, method)
    change = change_between(before.strata if before else None, after.strata, known, method.confidence)
    account = settle(change, method, deductions)
    sources = [each.sha256 for each in (first, second) if each]
    stocks = [*(before.species if before else ()), *after.species]
    body = stored.report_body(
        project_code, number, corrects, period, sources, method, known, change, stocks, account
    )
    return Workings(known, method, before, after, change, account, body)


_corrected = aliased(MonitoringReport)
_correcting = aliased(MonitoringReport)


# ── lists ──────────────────────────────────────────────────────────────────────────────────────


def inventories(project_code: str) -> list[InventoryView]:
    """A project's inventories, the newest survey first."""
    query = _inventories().where(Project.code == project_code)
    rows = db.session.execute(query.order_by(Inventory.surveyed_on.desc(), Inventory.id.desc()))
    return [InventoryView(*_listed(row)) for row in rows]


def inventory(inventory_id: str) -> KeptInventory:
    """Raises UnknownInventory."""
    query = _inventories().add_columns(Inventory.body).where(Inventory.id == inventory_id)
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise UnknownInventory()
    return KeptInventory(*(*_listed(row), row.body))


def reports(project_code: str | None = None, limit: int = 100) -> list[ReportView]:
    """Monitoring reports of one project or of all, the newest first."""
    query = _reports().order_by(MonitoringReport.at.desc(), MonitoringReport.id.desc()).limit(limit)
    if project_code:
        query = query.where(Project.code == project_code)
    return [_report(row) for row in db.session.execute(query)]


def next_number(project_id: str) -> int:
    query = select(MonitoringReport.number).where(MonitoringReport.project_id == project_id)
    return max(db.session.scalars(query), default=0) + 1


def covering(project_id: str, period: tuple[date, date], besides: int | None = None) -> int | None:
    """Number of a report that stands (was not corrected) and shares time with this period."""
    start, end = period
    query = (
        select(MonitoringReport.number)
        .outerjoin(_correcting, _correcting.corrects_id == MonitoringReport.id)
        .where(
            MonitoringReport.project_id == project_id,
            MonitoringReport.period_start < end,
            MonitoringReport.period_end > start,
            MonitoringReport.number != (besides or 0),
            _correcting.id.is_(None),
        )
        .order_by(MonitoringReport.number)
        .limit(1)
    )
    return db.session.scalar(query)


def report(project_code: str, number: int) -> ReportView:
    """Raises UnknownReport."""
    query = _reports().where(Project.code == project_code, MonitoringReport.number == number)
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise UnknownReport()
    return _report(row)


def full_report(project_code: str, number: int) -> FullReport:
    """A report, worked out again with the parameters it names. Raises UnknownProject, UnknownReport."""
    project = register.project(project_code)
    kept = report(project_code, number)
    first = inventory(kept.first_id) if kept.first_id else None
    second = inventory(kept.second_id)
    workings = work_out(
        project.code, kept.number, kept.corrects, (kept.period_start, kept.period_end), first, second,
        kept.method, stored.deductions_of(kept.body), kept.parameters,
    )  # fmt: skip
    return FullReport(kept, project, first, second, workings, _place_in_log(kept.id))


def _place_in_log(report_id: str) -> int | None:
    query = select(Entry.idx).join(Record, Record.id == Entry.record_id)
    kind = MonitoringReported.kind
    return db.session.scalar(query.where(Record.kind == kind, Record.subject_id == report_id))


def _inventories() -> Any:
    return select(
        Inventory.id, Project.code, Inventory.kind, Inventory.surveyed_on, Inventory.file_name,
        Inventory.file_sha256, Inventory.line_count, Inventory.plots, Inventory.parameters, Inventory.sha256,
        Inventory.is_demo, Inventory.at,
    ).join(Project, Project.id == Inventory.project_id)  # fmt: skip


def _listed(row: Row[*tuple[Any, ...]]) -> tuple[Any, ...]:
    return (
        row.id, row.code, InventoryKind(row.kind), row.surveyed_on, row.file_name, row.file_sha256,
        row.line_count, row.plots, row.parameters, row.sha256, row.is_demo, row.at,
    )  # fmt: skip


def _reports() -> Any:
    return (
        select(MonitoringReport, Project.code, _corrected.number, _correcting.number)
        .join(Project, Project.id == MonitoringReport.project_id)
        .outerjoin(_corrected, _corrected.id == MonitoringReport.corrects_id)
        .outerjoin(_correcting, _correcting.corrects_id == MonitoringReport.id)
    )


def _report(row: Row[*tuple[Any, ...]]) -> ReportView:
    kept, code, corrects, corrected_by = row
    return ReportView(
        kept.id, code, kept.number, kept.first_id, kept.second_id, kept.period_start, kept.period_end,
        kept.method, kept.parameters, Mass(kept.net_g), Mass(kept.buffer_g), Mass(kept.issuable_g),
        kept.body, kept.sha256, corrects, corrected_by, kept.is_demo, kept.at,
    )  # fmt: skip

"""Reports of the office: months as they were written down, and what is counted now."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from portal import tallies
from portal.db import db
from portal.footprint.queries.tallies import FOOTPRINTS
from portal.kernel.clock import day_of
from portal.kernel.tally import Of
from portal.office.models import MonthReport
from portal.office.rules.reports import (
    Change,
    Line,
    Origin,
    Period,
    changes,
    counts_of,
    lines,
    with_derived,
)
from portal.pledges.queries.tallies import PLEDGES
from portal.registry.queries import register
from portal.registry.queries.tallies import BUFFER, RETIREMENTS
from portal.shop.queries.sales import CASH, SALES
from portal.training.queries.tallies import TRAINING

_EVERY_LOT = 10_000


@dataclass(frozen=True, slots=True)
class Revision:
    """A month as it was written down; ``changes``: against the one before, none in the first."""

    number: int
    sha256: str
    made_at: datetime
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """``months``: the figures of every month of two years; ``revisions``: of a month, the newest last."""

    period: Period
    lines: tuple[Line, ...]
    months: dict[str, Counter[Of]]
    revisions: tuple[Revision, ...]
    is_over: bool

    def of(self, measure: str) -> list[Line]:
        return [line for line in self.lines if line.of.measure == measure]


@dataclass(frozen=True, slots=True)
class Written:
    """A line of the list of reports."""

    month: str
    revisions: int
    sha256: str
    made_at: datetime


def sources(test: bool) -> tuple[str, ...]:
    """What a report is made of; test money is reported where there is no other."""
    return (SALES[test], CASH[test], RETIREMENTS[test], BUFFER, TRAINING, PLEDGES, FOOTPRINTS)


def counted(first: date, end: date, test: bool, now: datetime) -> dict[str, Counter[Of]]:
    """Month → every figure, as it is counted now."""
    found: dict[str, Counter[Of]] = {}
    for name in sources(test):
        for month, counts in tallies.totals(name, first, end, now).items():
            found.setdefault(month, Counter()).update(counts)
    return found


def first_day(test: bool) -> date | None:
    """When there was something first."""
    days = [day for name in sources(test) if (day := tallies.begins(name))]
    return min(days, default=None)


def written(month: str) -> list[MonthReport]:
    """How a month was written down, the newest last."""
    wanted = select(MonthReport).where(MonthReport.month == month).order_by(MonthReport.revision)
    return list(db.session.scalars(wanted))


def all_written() -> dict[str, Written]:
    """Month → the newest of it."""
    newest = (
        select(MonthReport.month, func.max(MonthReport.revision).label("revision"))
        .group_by(MonthReport.month)
        .subquery()
    )
    rows = db.session.execute(
        select(MonthReport.month, MonthReport.revision, MonthReport.sha256, MonthReport.made_at)
        .join(newest, (newest.c.month == MonthReport.month) & (newest.c.revision == MonthReport.revision))
        .order_by(MonthReport.month.desc())
    )
    return {row.month: Written(row.month, row.revision, row.sha256, row.made_at) for row in rows}


def report(period: Period, test: bool, now: datetime) -> Report:
    """A month that was written down is told as it was written; what is not over is counted now."""
    first, end = period.year_before.first.replace(month=1), Period(period.year).end
    months = counted(first, min(end, day_of(now) + timedelta(days=1)), test, now)
    for month in all_written():
        if f"{first:%Y-%m}" <= month < f"{end:%Y-%m}":
            months[month] = counts_of(written(month)[-1].figures)
    lots = origins()
    months = {month: with_derived(counts, lots) for month, counts in months.items()}
    revisions = _revisions(written(str(period))) if period.month else ()
    return Report(period, tuple(lines(period, months)), months, revisions, period.is_over(day_of(now)))


def origins() -> dict[str, Origin]:
    """Lot → its project and type, closed lots too."""
    return {lot.code: Origin(lot.project.code, lot.project_type) for lot in register.lots(limit=_EVERY_LOT)}


def _revisions(rows: list[MonthReport]) -> tuple[Revision, ...]:
    told, before = [], None
    for row in rows:
        counts = counts_of(row.figures)
        changed = () if before is None else tuple(changes(before, counts))
        told.append(Revision(row.revision, row.sha256, row.made_at, changed))
        before = counts
    return tuple(told)

"""Writing a month down when it is over, and again when it comes out otherwise."""

from datetime import date, datetime, timedelta

from sqlalchemy import insert

from portal import audit, tallies
from portal.db import alone, transaction
from portal.kernel.actor import Actor
from portal.kernel.clock import day_of
from portal.kernel.errors import NotAllowed
from portal.kernel.tally import month_after
from portal.office import policy, queries
from portal.office.models import MonthReport
from portal.office.rules.reports import MonthNotOver, Period, digest_of, stored_rows


def write_down(actor: Actor, month: str, test: bool, now: datetime) -> int | None:
    """Keep the figures of a month that is over; its revision, None when they are as they were written.

    Raises NoSuchPeriod, MonthNotOver.
    """
    if not policy.may_close_months(actor):
        raise NotAllowed()
    period = Period.read(month)
    if period.month is None or not period.is_over(day_of(now - tallies.GRACE)):
        raise MonthNotOver()
    with transaction() as session:
        alone(session, "month_report")
        rows = stored_rows(queries.counted(period.first, period.end, test, now).get(month, {}))
        sha256, known = digest_of(month, rows), queries.written(month)
        if known and known[-1].sha256 == sha256:
            return None
        revision = len(known) + 1
        session.execute(
            insert(MonthReport).values(
                month=month, revision=revision, figures=rows, sha256=sha256, made_by=actor.id, made_at=now
            )
        )
        audit.record(actor, "report.write", f"{month}.{revision}", now, sha256=sha256)
    return revision


def close_months(actor: Actor, test: bool, now: datetime) -> list[str]:
    """From the second day of a month on: write down each earlier one that is not, or that changed.

    Days are counted again first, those of two months each night, all of them before a new month is written.
    """
    today = day_of(now)
    first = queries.first_day(test)
    if first is None or today.day < 2:
        return []
    known = queries.all_written()
    due = [month for month in _months(first, today.replace(day=1)) if month not in known]
    since = first if due else max(first, (today - timedelta(days=62)).replace(day=1))
    mended = {f"{day:%Y-%m}" for _source, day in tallies.recount(actor, since, today, now)}
    changed = sorted({*due, *(mended & known.keys())})
    return [month for month in changed if write_down(actor, month, test, now)]


def _months(first: date, end: date) -> list[str]:
    told, day = [], first.replace(day=1)
    while day < end:
        told.append(f"{day:%Y-%m}")
        day = month_after(day)
    return told

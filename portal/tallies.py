"""Tallies: what happened on each civil day of the city, counted once the day is over, and kept.

A page about years adds up some hundred small rows instead of reading every sale; what is not counted yet is
counted when it is asked for. A source is a function that counts a span of time. Rows that were written into a
day after it was counted are found by ``recount``.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, cast

from sqlalchemy import CheckConstraint, Index, Table, delete, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from portal import audit
from portal.db import Base, Day, Int, Str, alone, db, strict, transaction
from portal.kernel.actor import Actor
from portal.kernel.clock import day_of, midnight
from portal.kernel.tally import Counts, Of, month_after

# A transaction that began before midnight may commit after it; none lives longer than this.
GRACE: Final = timedelta(hours=2)
DAYS_AT_ONCE: Final = 31  # in one transaction, for which buyers wait on SQLite


Source = Callable[[datetime, datetime], Counts]


@dataclass(frozen=True, slots=True)
class _Known:
    count: Source
    begins: Callable[[], datetime | None]
    lasts: bool


_sources: dict[str, _Known] = {}


class Tally(Base):
    """So much of something on a day. ``month`` is the day's, so that months are added up alike everywhere."""

    __tablename__ = "tally"
    __table_args__ = strict(
        CheckConstraint("length(month) = 7", name="a_tally_is_of_a_month"),
        Index("ix_tally_month", "source", "month"),
    )

    source: Mapped[str] = mapped_column(Str, primary_key=True)
    day: Mapped[date] = mapped_column(Day, primary_key=True)
    measure: Mapped[str] = mapped_column(Str, primary_key=True)
    key: Mapped[str] = mapped_column(Str, primary_key=True)
    unit: Mapped[str] = mapped_column(Str, primary_key=True)
    month: Mapped[str] = mapped_column(Str, nullable=False)
    amount: Mapped[int] = mapped_column(Int, nullable=False)


class TallyUntil(Base):
    """``day``: the first one of a source that is not counted yet."""

    __tablename__ = "tally_until"
    __table_args__ = strict()

    source: Mapped[str] = mapped_column(Str, primary_key=True)
    day: Mapped[date] = mapped_column(Day, nullable=False)


_rows, _until = (cast(Table, kind.__table__) for kind in (Tally, TallyUntil))


def source(
    name: str, begins: Callable[[], datetime | None], *, lasts: bool = True
) -> Callable[[Source], Source]:
    """Register what counts a span of time, from its first instant to just before its last.

    ``begins``: when there was something first, None for not yet. ``lasts``: what is counted is never deleted,
    so that a day can be counted again.
    """

    def register(count: Source) -> Source:
        _sources[name] = _Known(count, begins, lasts)
        return count

    return register


def close_days(now: datetime) -> int:
    """Count the days that are over, of every source; how many days were counted."""
    counted = 0
    for name, known in _sources.items():
        while days := _close(name, known, now):
            counted += days
    return counted


def _close(name: str, known: _Known, now: datetime) -> int:
    end = day_of(now - GRACE)
    with transaction() as session:
        alone(session, f"tally:{name}")
        done = _counted_until(name)
        first = done or _first_day(known)
        if first is None or first >= end:
            return 0
        end = min(end, first + timedelta(days=DAYS_AT_ONCE))
        days = [first + timedelta(days=n) for n in range((end - first).days)]
        for day in days:
            _keep(name, day, known.count(*span(day, day + timedelta(days=1))))
        if done:
            session.execute(_until.update().where(_until.c.source == name).values(day=end))
        else:
            session.execute(insert(_until).values(source=name, day=end))
    return len(days)


def _first_day(known: _Known) -> date | None:
    first = known.begins()
    return day_of(first) if first else None


def _keep(name: str, day: date, counts: Counts) -> None:
    rows = [
        {"source": name, "day": day, "month": f"{day:%Y-%m}", "measure": of.measure, "key": of.key,
         "unit": of.unit, "amount": amount}
        for of, amount in counts.items() if amount
    ]  # fmt: skip
    if rows:
        db.session.connection().execute(insert(_rows), rows)


def recount(actor: Actor, first: date, end: date, now: datetime) -> list[tuple[str, date]]:
    """Compare counted days with what is there now, and put right what differs: which days of which source.

    Whole months are compared first, so that a day is looked at only where something is wrong.
    """
    wrong = []
    for name, known in _sources.items():
        if known.lasts:
            with transaction() as session:
                alone(session, f"tally:{name}")
                mended = _recount(name, known, first, min(end, _counted_until(name) or first))
                for day in mended:
                    audit.record(actor, "tally.recount", f"{name}:{day.isoformat()}", now)
            wrong += [(name, day) for day in mended]
    return wrong


def _recount(name: str, known: _Known, first: date, end: date) -> list[date]:
    return [
        day
        for begin, after in _months(first, end)
        if _kept_of(name, begin, after) != _without_zeros(known.count(*span(begin, after)))
        for day in _put_right(name, known, begin, after)
    ]


def _put_right(name: str, known: _Known, first: date, end: date) -> list[date]:
    mended = []
    for n in range((end - first).days):
        day = first + timedelta(days=n)
        counts = _without_zeros(known.count(*span(day, day + timedelta(days=1))))
        if _kept_of(name, day, day + timedelta(days=1)) != counts:
            db.session.connection().execute(delete(_rows).where(_rows.c.source == name, _rows.c.day == day))
            _keep(name, day, counts)
            mended.append(day)
    return mended


def totals(name: str, first: date, end: date, now: datetime) -> dict[str, Counter[Of]]:
    """Month (``2026-11``) → what was counted, from a day to just before another, never beyond now.

    What is over comes from what was kept; the rest, usually a day or two, is counted now.
    """
    found: defaultdict[str, Counter[Of]] = defaultdict(Counter)
    counted = _counted_until(name) or first
    kept = _in_months(name, first, min(end, counted))
    for month, of, amount in kept:
        found[month][of] += amount
    for begin, after in _months(max(first, counted), min(end, day_of(now) + timedelta(days=1))):
        counts = _sources[name].count(*span(begin, after))
        found[f"{begin:%Y-%m}"].update(counts)
    return {month: found[month] for month in sorted(found)}


def begins(name: str) -> date | None:
    """The first day of a source, None while there was nothing."""
    first = db.session.execute(select(func.min(_rows.c.day)).where(_rows.c.source == name)).scalar_one()
    return first or _first_day(_sources[name])


def span(first: date, end: date) -> tuple[datetime, datetime]:
    """The instants at which these civil days begin."""
    return midnight(first), midnight(end)


def _months(first: date, end: date) -> Iterable[tuple[date, date]]:
    """The span cut where months begin."""
    while first < end:
        after = min(month_after(first), end)
        yield first, after
        first = after


def _counted_until(name: str) -> date | None:
    return db.session.execute(select(_until.c.day).where(_until.c.source == name)).scalar_one_or_none()


def _in_months(name: str, first: date, end: date) -> Iterable[tuple[str, Of, int]]:
    amount = func.sum(_rows.c.amount).label("amount")
    of = (_rows.c.month, _rows.c.measure, _rows.c.key, _rows.c.unit)
    rows = db.session.execute(
        select(*of, amount)
        .where(
            _rows.c.source == name, _rows.c.day >= first, _rows.c.day < end,
            _rows.c.month >= f"{first:%Y-%m}", _rows.c.month <= f"{end:%Y-%m}",
        )
        .group_by(*of)
    )  # fmt: skip
    return [(row.month, Of(row.measure, row.key, row.unit), int(row.amount)) for row in rows]


def _kept_of(name: str, first: date, end: date) -> dict[Of, int]:
    kept: Counter[Of] = Counter()
    for _month, of, amount in _in_months(name, first, end):
        kept[of] += amount
    return _without_zeros(kept)


def _without_zeros(counts: Counts) -> dict[Of, int]:
    return {of: amount for of, amount in counts.items() if amount}

"""Tallies: what happened on each civil day of the city, counted once the day is over, and kept.

A page about years adds up some hundred small rows instead of reading every sale; what is not counted yet is
counted when it is asked for. A source is a function that counts a span of time. Rows that were written into a
day after it was counted are found by ``recount``.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, cast

from sqlalchemy import CheckConstraint, Index, Table, delete, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from portal import audit
from portal.db import Base, Day, Int, Str, alone, db, strict, transaction
from portal.kernel.actor import Actor
from portal.kernel.clock import CITY, day_of

# A transaction that began before midnight may commit after it; none lives longer than this.
GRACE: Final = timedelta(hours=2)
DAYS_AT_ONCE: Final = 400


@dataclass(frozen=True, slots=True, order=True)
class Of:
    """What was counted: ``measure`` (paid), ``key`` (of what: card), ``unit`` (CNY, g, orders …)."""

    measure: str
    key: str
    unit: str


Counts = Mapping[Of, int]
Source = Callable[[datetime, datetime], Counts]


@dataclass(frozen=True, slots=True)
class _Known:
    count: Source
    begins: Callable[[], datetime | None]


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


def source(name: str, begins: Callable[[], datetime | None]) -> Callable[[Source], Source]:
    """Register what counts a span of time, from its first instant to just before its last.

    ``begins``: when there was something first, None for not yet.
    """

    def register(count: Source) -> Source:
        _sources[name] = _Known(count, begins)
        return count

    return register


def close_days(now: datetime) -> int:
    """Count the days that are over, of every source, some at a time; how many days were counted."""
    return sum(_close(name, known, now) for name, known in _sources.items())


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
    wrong: list[tuple[str, date]] = []
    for name, known in _sources.items():
        with transaction() as session:
            alone(session, f"tally:{name}")
            last = min(end, _counted_until(name) or first)
            for begin, after in _months(first, last):
                if _kept_of(name, begin, after) != _without_zeros(known.count(*span(begin, after))):
                    wrong += [(name, day) for day in _put_right(name, known, begin, after)]
            for each, day in wrong:
                if each == name:
                    audit.record(actor, "tally.recount", f"{name}:{day.isoformat()}", now)
    return wrong


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
    return datetime.combine(first, time(), CITY), datetime.combine(end, time(), CITY)


def month_after(day: date) -> date:
    """The first day of the next month."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


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

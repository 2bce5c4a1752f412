"""Applying the periods of ``data/retention.toml``: in small batches, again and again the same, written down.

The declarations name tables of all rooms, so statements are built from the schema itself; what a declaration
may say is checked against it, and the triggers of each room hold here as everywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, delete, exists, func, or_, select, tuple_, update

from portal import audit
from portal.db import Base, db, transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.privacy import policy
from portal.privacy.rules.retention import Deed, Period, periods

BATCH: Final = 500
MOST_BATCHES: Final = 200  # in one night; what is left waits for the next


@dataclass(frozen=True, slots=True)
class Applied:
    """What one period came to: how many rows were, or in a dry run would be, deleted or emptied."""

    period: Period
    rows: int


def overdue(now: datetime) -> list[Applied]:
    """The dry run: how many rows have had their time. Nothing is changed."""
    return [Applied(period, _count(period, now)) for period in periods()]


def apply(actor: Actor, period: Period, now: datetime, batch: int = BATCH) -> Applied:
    """Delete or empty what has had its time; each batch is a transaction of its own with its audit line."""
    if not policy.may_carry_out(actor):
        raise NotAllowed()
    return Applied(period, sum(_batches(actor, period, now, batch)))


def _batches(actor: Actor, period: Period, now: datetime, batch: int) -> Iterator[int]:
    for _ in range(MOST_BATCHES):
        done = _apply_once(actor, period, now, batch)
        yield done
        if done < batch:
            return


def _apply_once(actor: Actor, period: Period, now: datetime, batch: int) -> int:
    table = _table(period.table)
    key = tuple(table.primary_key.columns)
    with transaction() as session:
        found = session.execute(_over(period, now, *key).order_by(*key).limit(batch)).all()
        if not found:
            return 0
        these = tuple_(*key).in_([tuple(row) for row in found])
        if period.deed is Deed.DELETE:
            session.execute(delete(table).where(these))
        else:
            session.execute(update(table).where(these).values(dict(period.emptied)))
        session.expire_all()
        audit.record(actor, "privacy.period_applied", period.id, now, deed=period.deed.value, rows=len(found))
        return len(found)


def _count(period: Period, now: datetime) -> int:
    key = _table(period.table).primary_key.columns
    return db.session.execute(
        select(func.count()).select_from(_over(period, now, *key).subquery())
    ).scalar_one()


def _over(period: Period, now: datetime, *columns: ColumnElement[Any]) -> Select[Any]:
    """The rows that have had their time and that nothing stands on."""
    table = _table(period.table)
    aged, wanted = table, select(*columns).select_from(table)
    if through := period.through:
        aged = _table(through.table)
        wanted = wanted.join(aged, aged.c[through.key] == table.c[through.column])
    wanted = wanted.where(aged.c[period.age] < period.over_before(now))
    for column, values in period.when.items():
        wanted = wanted.where(aged.c[column].in_(values))
    for column in period.unset:
        wanted = wanted.where(table.c[column].is_(None))
    for needed in period.stands:
        other, _, column = needed.partition(".")
        mine = next(iter(table.primary_key.columns))
        wanted = wanted.where(~exists().where(_table(other).c[column] == mine))
    if period.emptied:
        wanted = wanted.where(or_(*(table.c[column] != value for column, value in period.emptied.items())))
    return wanted


def _table(name: str) -> Table:
    """Raises KeyError for a declaration of a table that is not there."""
    return Base.metadata.tables[name]

"""Pipeline: two statements for PostgreSQL in one roundtrip, the first of which need not answer.

A roundtrip costs both sides more than a small statement does, and while it lasts others wait for the rows
that are locked already. Each statement keeps a snapshot of its own: the second sees what the first did, and
what others did while the first waited for them.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import ClauseElement, Connection

from portal import outage, slow

_AHEAD: Final = "ahead"  # the execution option that brings a statement along
_ALONE: Final = "alone"  # the one that makes the two a transaction of their own

Bind = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Spelled:
    """A statement put into PostgreSQL's words once, because that costs more than running it.

    ``numbered``: its parameters are ``$1``, ``$2`` … of a list, for any number of them; else ``%(name)s``,
    which psycopg translates and keeps only while there are fewer than fifty.
    """

    words: str
    binds: tuple[tuple[str, Bind], ...]
    numbered: bool

    def bound(self, values: Mapping[str, Any]) -> Any:
        """What the driver is given; ``values`` has one for each parameter."""
        if self.numbered:
            return [bind(values[name]) for name, bind in self.binds]
        return {name: bind(values[name]) for name, bind in self.binds}


def spelled(statement: ClauseElement, *, numbered: bool = False) -> Spelled:
    """A statement whose parameters are all given by name when it is sent."""
    style = "numeric_dollar" if numbered else "pyformat"
    dialect = Postgresql(paramstyle=style)
    compiled: Any = statement.compile(dialect=dialect)
    names = dict.fromkeys(compiled.positiontup) if numbered else compiled.binds
    kinds = (compiled.binds[name].type.dialect_impl(dialect) for name in names)
    binds = (kind.bind_processor(dialect) or _as_it_is for kind in kinds)
    return Spelled(str(compiled), tuple(zip(names, binds, strict=True)), numbered)


def _as_it_is(value: Any) -> Any:
    return value


def send_both(books: Connection, first: Spelled, second: Spelled, values: Mapping[str, Any]) -> int:
    """Have both done in one roundtrip; how many rows the second, whose parameters have names, has touched.

    Raises what SQLAlchemy raises for either, and TypeError on a connection that would leave out the first.
    """
    return _send(books, first, second, values, {})


def send_alone(books: Connection, first: Spelled, second: Spelled, values: Mapping[str, Any]) -> int:
    """The same as a transaction of its own, committed when it is answered, without a roundtrip more.

    The server begins it before the first of the statements and commits it after the last, as it does with all
    that comes before one sync. A transaction in which this connection has read ends with them.
    """
    return _send(books, first, second, values, {_ALONE: True})


def _send(
    books: Connection,
    first: Spelled,
    second: Spelled,
    values: Mapping[str, Any],
    how: Mapping[str, Any],
) -> int:
    if not isinstance(books.dialect, Postgresql):
        raise TypeError(f"not a pipeline: {books.dialect!r}")
    options = {_AHEAD: (first.words, first.bound(values)), **how}
    return books.exec_driver_sql(second.words, second.bound(values), execution_options=options).rowcount


@contextmanager
def _without_begin(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Where no transaction has begun, psycopg would begin one and leave it to us to commit it."""
    if connection.info.transaction_status != TransactionStatus.IDLE:
        yield
        return
    connection.autocommit = True
    try:
        yield
    finally:
        if not connection.closed:
            connection.autocommit = False


class Postgresql(outage.Postgresql):
    """PostgreSQL, where a statement may bring another one along.

    A dialect, so that a fault of either is one of SQLAlchemy's, and a connection that is lost is noticed.
    """

    supports_statement_cache = True

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        ahead = context.execution_options.get(_AHEAD) if context else None
        if ahead is None:
            cursor.execute(statement, parameters)
            return
        began = time.perf_counter()
        is_alone = _ALONE in context.execution_options
        with _without_begin(cursor.connection) if is_alone else nullcontext(), cursor.connection.pipeline():
            if is_alone and cursor.connection.info.transaction_status == TransactionStatus.INTRANS:
                psycopg.RawCursor(cursor.connection).execute("COMMIT")
            psycopg.RawCursor(cursor.connection).execute(*ahead)
            cursor.execute(statement, parameters)
        slow.watch(cursor, f"{ahead[0]}; {statement}", time.perf_counter() - began)

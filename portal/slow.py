"""Slow: statements that take too long are logged, with the request they belong to and without their values.

A cursor that looks at the clock, and no listener of SQLAlchemy's: one listener would make it look for
listeners at every statement.
"""

import json
import sqlite3
import time
from contextlib import suppress
from typing import Any

import psycopg
import structlog
from prometheus_client import Counter

SLOW = Counter("portal_slow_queries_total", "Statements that took longer than SLOW_QUERY_MS")
_LONGEST = 2000  # characters of a statement that are logged
# What a plan tells without telling values: conditions hold what was asked for.
_SHAPE = ("Node Type", "Relation Name", "Index Name", "Join Type", "Plan Rows")
log = structlog.get_logger("database")


def postgresql_cursor(slow_ms: int, with_plan: bool = False) -> type[psycopg.Cursor[Any]]:
    """The cursor of connections whose statements are slow after ``slow_ms`` milliseconds; 0: none is."""
    if not slow_ms:
        return psycopg.Cursor

    class Watched(psycopg.Cursor[Any]):
        limit_ms = slow_ms

        def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
            began = time.perf_counter()
            try:
                return super().execute(query, params, **options)
            finally:
                if (ms := (time.perf_counter() - began) * 1000) >= slow_ms:
                    tell(str(query), ms, plan=_plan(self.connection, query, params) if with_plan else None)

        def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
            began = time.perf_counter()
            try:
                super().executemany(query, params_seq, **options)
            finally:
                if (ms := (time.perf_counter() - began) * 1000) >= slow_ms:
                    tell(str(query), ms)

    return Watched


def watch(cursor: psycopg.Cursor[Any], query: str, seconds: float) -> None:
    """For statements that went out together, whose cursor does not wait for them."""
    limit_ms = getattr(cursor, "limit_ms", 0)
    if limit_ms and (ms := seconds * 1000) >= limit_ms:
        tell(query, ms)


def sqlite_connection(slow_ms: int) -> type[sqlite3.Connection]:
    """The same for SQLite, where the work that is done while rows are fetched is not counted."""
    if not slow_ms:
        return sqlite3.Connection

    class Cursor(sqlite3.Cursor):
        def execute(self, query: str, *params: Any) -> Any:
            began = time.perf_counter()
            try:
                return super().execute(query, *params)
            finally:
                if (ms := (time.perf_counter() - began) * 1000) >= slow_ms:
                    tell(query, ms)

    class Connection(sqlite3.Connection):
        def cursor(self, *_kind: Any) -> Any:
            return super().cursor(Cursor)

    return Connection


def tell(query: str, ms: float, **more: object) -> None:
    """One line in the log and one more in the count."""
    SLOW.inc()
    facts = {name: value for name, value in more.items() if value is not None}
    log.warning("slow query", ms=round(ms), statement=" ".join(query.split())[:_LONGEST], **facts)


def _plan(connection: psycopg.Connection[Any], query: Any, params: Any) -> object:
    """The shape of the plan, where the statement is a plain read that went well."""
    is_read = str(query).lstrip()[:6].upper() == "SELECT"
    if not is_read or connection.info.transaction_status != psycopg.pq.TransactionStatus.INTRANS:
        return None
    with suppress(psycopg.Error, LookupError), psycopg.Cursor(connection) as asking:
        found = asking.execute(f"EXPLAIN (FORMAT JSON) {query}", params).fetchone()
        told = found[0] if found else []
        return _shape((json.loads(told) if isinstance(told, str) else told)[0]["Plan"])
    return None


def _shape(plan: dict[str, Any]) -> dict[str, Any]:
    shape = {name: plan[name] for name in _SHAPE if name in plan}
    below = [_shape(each) for each in plan.get("Plans", [])]
    return shape | ({"Plans": below} if below else {})

"""The database: one session, one place that commits, and column types for the kernel's values."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any

from flask import g
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Engine,
    Insert,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    event,
    insert,
    select,
    text,
    union,
)
from sqlalchemy.dialects import registry as dialects
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator, TypeEngine

from portal import outage, pipeline, slow
from portal.kernel.cells import plain
from portal.kernel.mass import Mass


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "%(table_name)s_%(column_0_N_name)s_is_unique",
            "ck": "%(constraint_name)s",
            "fk": "%(table_name)s_%(column_0_name)s_exists",
            "pk": "%(table_name)s_pk",
        }
    )


REPLICA = "replica"  # its name among the binds


class TwoServers(FlaskSession):
    """Reads from the replica while the request is marked so (0035), from the primary else."""

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine | Connection:
        if reads_replica():
            return db.engines[REPLICA]
        return super().get_bind(*args, **kwargs)

    def close(self) -> None:
        """Let go of the connection, also of one that is lost and cannot be asked to roll back any more.

        By then the answer is made: that its database went away a moment later is no fault of it.
        """
        try:
            super().close()
        except DBAPIError:
            with suppress(SQLAlchemyError):
                self.invalidate()


def reads_replica() -> bool:
    """Whether this request's page is read from the replica, and so may be some moments old."""
    return bool(g.get("reads_replica"))


def read_from_primary() -> bool:
    """From here on, read and write on the primary; whether that is a change."""
    return bool(g.pop("reads_replica", None))


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False, "class_": TwoServers})


def strict(*constraints: Any) -> tuple[Any, ...]:
    """``__table_args__`` of every table: its constraints, and typed storage on SQLite too."""
    return (*constraints, {"sqlite_strict": True})


class InsideTransaction(RuntimeError):
    """A bug: a network call would hold a database lock."""


@contextmanager
def transaction() -> Iterator[Session]:
    """One promise, kept or wholly not: commits at the end, rolls back on any exception.

    Ends the request's read snapshot first if there is one, so that all is decided on fresh rows
    (on SQLite it begins IMMEDIATE: a deferred begin fails most of many simultaneous buyers).
    Joins an outer ``transaction()``, whose end then decides.
    """
    session = db.session()
    if session.info.get("promise"):
        yield session
        return
    _look_afresh(session)
    session.info["promise"] = True
    try:
        if not session.in_transaction():
            session.connection(execution_options={"portal_writes": True})
        yield session
        session.commit()
        g.has_written = True
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("promise")


def at_once() -> Connection:
    """The session's connection, for ``pipeline.send_alone``: what it sends is a promise of its own.

    Raises InsideTransaction: an outer promise could not undo it.
    """
    if is_promised():
        raise InsideTransaction("at_once() inside transaction()")
    session = db.session()
    _look_afresh(session)
    g.has_written = True
    return session.connection()


def is_promised() -> bool:
    """Whether this is inside ``transaction()``."""
    return bool(db.session().info.get("promise"))


class _Undone(Exception):
    """Ends a rehearsal."""


@contextmanager
def rehearsal() -> Iterator[Session]:
    """``transaction()`` whose end undoes everything: whether something could be done now, and why not.

    Raises InsideTransaction, for the outer one would keep what is done here.
    """
    if db.session().info.get("promise"):
        raise InsideTransaction("a rehearsal inside transaction()")
    try:
        with transaction() as session:
            yield session
            raise _Undone
    except _Undone:
        return


def _look_afresh(session: Session) -> None:
    """End the request's read snapshot, if it has one."""
    if read_from_primary() or not _reads_afresh(session):
        session.rollback()
        session.info.pop("one moment", None)


def _reads_afresh(session: Session) -> bool:
    """Whether the next statement sees what is committed now, so that there is no snapshot to end.

    PostgreSQL gives each statement a snapshot of its own, unless one moment was asked for; going on saves
    two roundtrips. Rows that the unit of work keeps are as old as when they were read.
    """
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    return is_postgresql and "one moment" not in session.info and not session.identity_map


Rows = Sequence[
    tuple[Table, dict[str, Any]]
]  # for several tables, in the order that keys between them ask for


def insert_together(books: Connection, *rows: tuple[Table, dict[str, Any]]) -> None:
    """Rows for several tables at once: on PostgreSQL in one statement, which is one roundtrip and one plan.

    There the rows go in side by side: foreign keys between them hold (they are looked at in the end), but a
    trigger on one row does not see the others yet.
    """
    shape = tuple((table, tuple(row)) for table, row in rows)
    if books.dialect.name == "postgresql":
        values = {f"{name}_{n}": row[name] for n, (_, row) in enumerate(rows) for name in row}
        books.execute(_inserts(shape), values)
        return
    for table, row in rows:
        books.execute(_insert(table), row)


_insert = cache(insert)


@lru_cache(maxsize=100)  # as many as there are combinations in the code; their rows differ by a few names
def _inserts(shape: tuple[tuple[Table, tuple[str, ...]], ...]) -> Insert:
    """The inserts as parts of the last one, which are put together once."""
    *parts, last = (
        insert(table).values({name: bindparam(f"{name}_{n}", type_=table.c[name].type) for name in names})
        for n, (table, names) in enumerate(shape)
    )
    return last.add_cte(*(part.cte(f"part_{n}") for n, part in enumerate(parts)))


def assert_no_transaction() -> None:
    """Line one of every gateway. Raises InsideTransaction; also ends the read snapshot of the request."""
    if not see_afresh():
        raise InsideTransaction("a network call inside transaction()")


def see_afresh() -> bool:
    """End the read snapshot of the request: what is read next is as it stands now.

    False inside ``transaction()``, where nothing is ended.
    """
    session = db.session()
    if session.info.get("promise"):
        return False
    session.rollback()
    return True


def look_at_one_moment() -> None:
    """All that is read from here to the end of the transaction is read as it stood now, on both databases.

    For reports over many tables: what is sold while they read must not look like a contradiction.
    """
    session = db.session()
    if session.info.get("promise"):
        return  # what is to be looked at is not committed yet
    session.rollback()
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        session.info["one moment"] = True
    session.execute(text("SELECT 1"))  # the moment is that of the first read


def alone(session: Session, task: str) -> None:
    """Let no other transaction do this task until ours ends (SQLite has one writer anyway)."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:task))"), {"task": task})


def add_many(ledger: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns, as fast as the database takes them.

    PostgreSQL takes them by COPY, which spares it a statement for each row; constraints and triggers hold
    as they do for INSERT.
    """
    if ledger.dialect.name != "postgresql":
        ledger.execute(insert(table), rows)
        return
    names, dialect = tuple(rows[0]), ledger.dialect
    binds = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) or _as_is for name in names]
    quote = dialect.identifier_preparer.quote
    columns = ", ".join(quote(table.c[name].name) for name in names)
    driver: Any = ledger.connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {quote(table.name)} ({columns}) FROM STDIN") as stream,
    ):
        for row in rows:
            stream.write_row([bind(row[name]) for bind, name in zip(binds, names, strict=True)])


def _as_is(value: Any) -> Any:
    return value


def engine_options(url: str, slow_ms: int = 0, with_plan: bool = False) -> dict[str, Any]:
    """Pool and connection settings for this database; ``slow_ms`` as in ``portal.slow``."""
    if url.startswith("sqlite"):
        return {
            "hide_parameters": True,
            "connect_args": {"timeout": 30, "factory": slow.sqlite_connection(slow_ms)},
        }
    return {
        # A fault is logged with its statement; the values in it may be somebody's name.
        "hide_parameters": True,
        # A server that was started again costs nobody a page (``outage.Postgresql.do_ping``, no roundtrip).
        "pool_pre_ping": True,
        "pool_size": 8,
        "max_overflow": 8,
        "connect_args": {
            # A server that works for somebody who has hung up stops within five seconds.
            "options": "-c lock_timeout=15000 -c timezone=UTC -c client_connection_check_interval=5000",
            "connect_timeout": 5,
            "answer_seconds": outage.ANSWER_SECONDS,
            "cursor_factory": slow.postgresql_cursor(slow_ms, with_plan),
            # A machine that went away without a word is noticed within ten seconds.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        },
    }


def replica_options(url: str, slow_ms: int = 0, with_plan: bool = False) -> dict[str, Any]:
    """The same for a replica: who waits for it has a primary to go to."""
    options = engine_options(url, slow_ms, with_plan)
    return options | {
        "pool_timeout": 2,
        "connect_args": options["connect_args"] | {"connect_timeout": 2, "answer_seconds": 5.0},
    }


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: object) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    # None: the dialect below opens transactions, not the driver.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}")


class Sqlite(SQLiteDialect_pysqlite):
    """SQLite whose transactions begin when they are begun, IMMEDIATE for those who will write.

    A dialect and no listener for "begin": one listener makes SQLAlchemy look for listeners at each statement.
    """

    supports_statement_cache = True

    def set_connection_execution_options(self, connection: Connection, opts: Mapping[str, Any]) -> None:
        super().set_connection_execution_options(connection, opts)
        if "portal_writes" in opts:
            connection.connection.info["portal_writes"] = opts["portal_writes"]

    def do_begin(self, dbapi_connection: Any) -> None:
        writes = dbapi_connection.info.pop("portal_writes", False)  # it said so for this transaction
        dbapi_connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")


dialects.register("sqlite", __name__, Sqlite.__name__)
for _name in ("postgresql", "postgresql.psycopg"):
    dialects.register(_name, pipeline.__name__, pipeline.Postgresql.__name__)


class Str(TypeDecorator[str]):
    impl = Text
    cache_ok = True


class Int(TypeDecorator[int]):
    """64-bit integer; refuses bool and float on the way in."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        if value is not None and type(value) is not int:
            raise TypeError(f"int wanted, not {type(value).__name__}")
        return value


class Bool(TypeDecorator[bool]):
    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Boolean())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)


class Utc(TypeDecorator[datetime]):
    """Aware UTC instant; on SQLite ISO text of fixed width, so that text order is time order."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("an aware datetime is wanted")
        value = value.astimezone(UTC)
        if dialect.name != "sqlite":
            return value
        return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


class Day(TypeDecorator[date]):
    """Civil day."""

    impl = Date
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return date.fromisoformat(value) if isinstance(value, str) else value


class Json(TypeDecorator[Any]):
    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else JSONB())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return json.loads(value) if isinstance(value, str) and dialect.name == "sqlite" else value


class Bytes(TypeDecorator[bytes]):
    impl = LargeBinary
    cache_ok = True


class MassCol(TypeDecorator[Mass]):
    """Mass as 64-bit grams."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())

    def process_bind_param(self, value: Mass | None, dialect: Dialect) -> int | None:
        return None if value is None else value.grams

    def process_result_value(self, value: int | None, dialect: Dialect) -> Mass | None:
        return None if value is None else Mass(value)


def ids_in(wanted: Select[*tuple[Any, ...]], prefix: str) -> list[str]:
    """Ids of a kind that stand in any column of texts of a table that is given out: each once, sorted."""
    rows = wanted.order_by(None).subquery()
    columns = [each for each in rows.c if isinstance(each.type, Str)]
    if not columns:
        return []
    found = union(*(select(each).where(each.startswith(f"{prefix}_", autoescape=True)) for each in columns))
    return sorted(db.session.execute(found).scalars())


def cells_of(wanted: Select[*tuple[Any, ...]]) -> Iterator[tuple[str | int | None, ...]]:
    """The rows of a table that is given out, some at a time, so that any length takes the same memory."""
    rows = db.session.execute(wanted.execution_options(yield_per=500))
    for row in rows:
        yield tuple(plain(value) for value in row)

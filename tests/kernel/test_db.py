"""One promise is kept or wholly not, and values come back as they were."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import psycopg
import pytest
from flask import Flask
from sqlalchemy import MetaData, Table, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.schema import Column

from portal.audit import AuditEntry
from portal.audit import record as put_on_record
from portal.db import (
    Bool,
    Bytes,
    Day,
    InsideTransaction,
    Int,
    Json,
    MassCol,
    Str,
    Utc,
    assert_no_transaction,
    db,
    insert_together,
    look_at_one_moment,
    transaction,
)
from portal.jobs import Schedule
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.mass import Mass

SOMEBODY = Actor("usr_1")
NOON = datetime(2026, 12, 31, 12, 0, tzinfo=UTC)


def write(subject: str) -> None:
    put_on_record(SOMEBODY, "tested", subject, clock.now(), reason="because")


def written() -> list[str]:
    """What another connection sees: only what was committed."""
    with db.engine.connect() as other:
        rows = other.execute(text("SELECT subject_id FROM audit_entry ORDER BY subject_id"))
        return [subject for (subject,) in rows]


def test_a_promise_is_kept_at_its_end(any_app: Flask):
    with transaction():
        write("one")
        write("two")
        assert written() == []
    assert written() == ["one", "two"]


def test_a_broken_promise_leaves_nothing(any_app: Flask):
    with pytest.raises(RuntimeError, match="half-way"):
        break_half_way(RuntimeError("half-way"))
    assert written() == []
    with transaction():
        write("after")
    assert written() == ["after"]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, SystemExit])
def test_being_stopped_breaks_a_promise_too(app: Flask, fault: type[BaseException]):
    with pytest.raises(fault):
        break_half_way(fault())
    assert written() == []


def break_half_way(fault: BaseException, *, inner: bool = False) -> None:
    with transaction():
        if inner:
            with transaction():
                write("inner")
        write("one")
        raise fault


def test_an_inner_promise_joins_the_outer_one(any_app: Flask):
    with transaction() as outer:
        with transaction() as inner:
            assert inner is outer
            write("inner")
        assert written() == [], "the inner end committed"
    assert written() == ["inner"]


def test_the_outer_promise_decides(any_app: Flask):
    with pytest.raises(RuntimeError, match="later"):
        break_half_way(RuntimeError("later"), inner=True)
    assert written() == []


def test_a_promise_is_decided_on_fresh_rows(any_app: Flask):
    assert db.session.scalars(select(AuditEntry.subject_id)).all() == []
    with any_app.app_context():
        write("by another request")
    with transaction() as session:
        assert session.scalars(select(AuditEntry.subject_id)).all() == ["by another request"]


def test_a_promise_after_a_look_at_one_moment_is_decided_on_fresh_rows(any_app: Flask):
    look_at_one_moment()
    assert db.session.scalars(select(AuditEntry.subject_id)).all() == []
    with any_app.app_context():
        write("by another request")
    with transaction() as session:
        assert session.scalars(select(AuditEntry.subject_id)).all() == ["by another request"]


def test_rows_that_were_read_before_a_promise_are_read_again_in_it(any_app: Flask):
    with transaction() as session:
        session.execute(insert(Schedule).values(name="tested", next_at=NOON))
    known = db.session.scalars(select(Schedule)).one()
    later = NOON + timedelta(hours=1)
    with any_app.app_context(), transaction() as session:
        session.execute(update(Schedule).values(next_at=later))
    assert known.next_at == NOON
    with transaction():
        assert known.next_at == later


def test_rows_that_go_in_together_go_in_together_or_not_at_all(any_app: Flask):
    def entry(subject: str, entry_id: str) -> tuple[Table, dict[str, object]]:
        return AuditEntry.__table__, {
            "id": entry_id, "at": NOON, "actor_id": "usr_1", "verb": "tested", "subject_id": subject,
            "facts": {"of": subject},
        }  # fmt: skip

    def turn(name: str) -> tuple[Table, dict[str, object]]:
        return Schedule.__table__, {"name": name, "next_at": NOON}

    with transaction() as session:
        insert_together(session.connection(), entry("one", "aud_1"), entry("two", "aud_2"), turn("tested"))
    assert db.session.execute(select(AuditEntry.subject_id, AuditEntry.facts).order_by("id")).all() == [
        ("one", {"of": "one"}),
        ("two", {"of": "two"}),
    ]
    assert db.session.execute(select(Schedule.name, Schedule.next_at)).all() == [("tested", NOON)]
    with pytest.raises(IntegrityError), transaction() as session:
        insert_together(session.connection(), entry("three", "aud_3"), turn("tested"))
    assert written() == ["one", "two"]


def test_no_network_inside_a_promise(app: Flask):
    assert_no_transaction()
    with transaction(), pytest.raises(InsideTransaction):
        assert_no_transaction()


def test_sqlite_writers_wait_for_each_other(app: Flask):
    """BEGIN IMMEDIATE: a deferred begin would fail the second writer at once instead of letting it wait."""
    with transaction(), db.engine.connect() as other:
        other = other.execution_options(portal_writes=True)
        other.connection.driver_connection.execute("PRAGMA busy_timeout = 50")
        with pytest.raises(DBAPIError, match="locked"):
            other.execute(text("SELECT 1"))


def test_sqlite_is_set_up_for_keeping_things(app: Flask):
    with db.engine.connect() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}


# --- values

BOX = Table(
    "box", MetaData(),
    Column("id", Int, primary_key=True), Column("s", Str), Column("b", Bool), Column("at", Utc),
    Column("on", Day), Column("facts", Json), Column("raw", Bytes), Column("mass", MassCol),
    sqlite_strict=True,
)  # fmt: skip


@pytest.fixture
def box(any_app: Flask) -> Iterator[None]:
    with transaction() as session:
        BOX.create(session.connection())
    yield
    db.session.rollback()
    with transaction() as session:
        BOX.drop(session.connection())


VALUES = [
    {"s": "森林 🌲 ' \" \\ %s"},
    {"b": True},
    {"b": False},
    {"at": datetime(2026, 12, 31, 16, 0, 0, 123456, tzinfo=UTC)},
    {"on": date(2024, 2, 29)},
    {"facts": {"千克": 250, "parts": [1, None, "x"], "deep": {"a": True}}},
    {"facts": []},
    {"raw": bytes(range(256))},
    {"mass": Mass(2**62)},
    {"mass": Mass(-1)},
    {"s": None, "b": None, "at": None, "on": None, "facts": None, "raw": None, "mass": None},
]


@pytest.mark.usefixtures("box")
def test_values_come_back_as_they_were():
    with transaction() as session:
        session.execute(insert(BOX), [{"id": n} for n in range(len(VALUES))])
        for n, value in enumerate(VALUES):
            session.execute(BOX.update().where(BOX.c.id == n).values(value))
    for n, value in enumerate(VALUES):
        row = db.session.execute(select(BOX).where(BOX.c.id == n)).mappings().one()
        assert {name: row[name] for name in value} == value


@pytest.mark.usefixtures("box")
def test_an_instant_comes_back_in_utc_and_sorts():
    beijing = timezone(timedelta(hours=8))
    instants = [datetime(2026, 1, 1, 0, 0, tzinfo=beijing), datetime(2025, 12, 31, 23, 0, tzinfo=UTC)]
    with transaction() as session:
        session.execute(insert(BOX), [{"id": n, "at": at} for n, at in enumerate(instants)])
    found = db.session.scalars(select(BOX.c.at).order_by(BOX.c.at)).all()
    assert found == sorted(instants)
    assert all(at.tzinfo is UTC for at in found)


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize(
    "value", [{"id": 1.5}, {"id": True}, {"id": "1"}, {"id": 1, "at": datetime(2026, 1, 1)}]  # noqa: DTZ001
)  # fmt: skip
def test_what_is_not_exact_is_refused_on_the_way_in(value: dict[str, object]):
    with pytest.raises((StatementError, TypeError)), transaction() as session:
        session.execute(insert(BOX).values(value))


def test_tables_are_typed_on_sqlite_too(app: Flask):
    with pytest.raises(IntegrityError, match="cannot store"), transaction() as session:
        session.execute(text("INSERT INTO audit_entry VALUES ('a', 'b', 'c', 'd', 'e', x'00')"))


def test_not_a_number_is_no_json(app: Flask):
    with pytest.raises((StatementError, ValueError)):
        put_on_record(SOMEBODY, "tested", "x", clock.now(), share=float("nan"))


def test_a_database_that_goes_away_after_the_page_was_made_takes_no_page_away(pg_app: Flask, capsys):
    """What is left to do is to roll back what was only read, and that cannot be asked for any more."""

    @pg_app.get("/gone")
    def gone() -> str:
        with psycopg.connect(pg_app.config["PORTAL"].database_url.replace("+psycopg", "")) as other:
            mine = db.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [mine])
        return "made"

    assert pg_app.test_client().get("/gone").text == "made"
    assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert pg_app.test_client().get("/readyz").status_code == 200, "the next one connects anew"


def test_a_fault_is_told_without_the_values_of_its_statement(any_app: Flask):
    with pytest.raises(DBAPIError) as fault:
        db.session.execute(text("SELECT * FROM nothing WHERE name = :name"), {"name": "李雷的名字"})
    assert "SELECT * FROM nothing" in str(fault.value)
    assert "李雷" not in str(fault.value)

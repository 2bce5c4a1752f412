"""Two statements in one roundtrip: the second sees the first, and a fault of either undoes both."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Table, bindparam, create_engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from portal import slow
from portal.db import InsideTransaction, Str, Utc, at_once, db, transaction
from portal.jobs import Schedule
from portal.kernel import clock
from portal.pipeline import Postgresql, send_alone, send_both, spelled
from portal.shop.models.orders import Order
from tests.factories import shop
from tests.factories.registry import make_lot

TURN: Table = Schedule.__table__  # type: ignore[assignment]
MAKE = spelled(
    insert(TURN).values(name=bindparam("name", type_=Str()), next_at=bindparam("at", type_=Utc())),
    numbered=True,
)
RENAME = spelled(update(TURN).where(TURN.c.name == bindparam("name")).values(name=bindparam("other")))


def both(name: str, other: str) -> int:
    with transaction() as session:
        values = {"name": name, "at": clock.now(), "other": other}
        return send_both(session.connection(), MAKE, RENAME, values)


def names() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(TURN.c.name).order_by(TURN.c.name)))


def test_the_second_sees_what_the_first_did(pg_app: Flask):
    assert both("one", "two") == 1
    assert names() == ["two"]


@pytest.mark.parametrize("fault", [("taken", "new"), ("new", "taken")], ids=["first", "second"])
def test_a_fault_of_either_undoes_both_and_the_connection_goes_on(pg_app: Flask, fault: tuple[str, str]):
    both("one", "taken")
    with pytest.raises(IntegrityError):
        both(*fault)
    assert names() == ["taken"]
    assert both("three", "four") == 1
    assert names() == ["four", "taken"]


def test_a_connection_that_would_leave_out_the_first_is_refused():
    with create_engine("sqlite://").connect() as plain, pytest.raises(TypeError):
        send_both(plain, MAKE, RENAME, {"name": "one", "at": clock.now(), "other": "two"})


def test_both_are_told_when_they_are_slow(pg_app: Flask, monkeypatch: pytest.MonkeyPatch):
    told: list[str] = []
    monkeypatch.setattr(slow, "tell", lambda query, ms, **more: told.append(query))
    ticks = iter(range(1_000_000))
    monkeypatch.setattr("portal.pipeline.time.perf_counter", lambda: float(next(ticks)))
    both("one", "two")
    (words,) = [each for each in told if "INSERT" in each and "UPDATE" in each]
    assert words.index("INSERT") < words.index("UPDATE")
    assert "one" not in words


def test_an_order_is_one_roundtrip(pg_app: Flask, monkeypatch: pytest.MonkeyPatch):
    make_lot(1)
    quote = shop.quoted(250)
    shop.placed(quote=quote)  # what is looked up once in a process
    asked: list[str] = []
    execute = Postgresql.do_execute

    def counted(self: Postgresql, cursor: Any, statement: str, *rest: Any) -> None:
        asked.append(statement)
        execute(self, cursor, statement, *rest)

    def committed(*_: Any) -> None:
        asked.append("COMMIT")

    monkeypatch.setattr(Postgresql, "do_execute", counted)
    monkeypatch.setattr(Postgresql, "do_commit", committed)
    shop.placed(quote=quote)
    assert len([each for each in asked if not each.startswith("SELECT")]) == 1
    assert db.session.scalar(select(func.count()).select_from(Order)) == 2


def alone(name: str, other: str) -> int:
    return send_alone(at_once(), MAKE, RENAME, {"name": name, "at": clock.now(), "other": other})


@pytest.mark.parametrize("has_read", [False, True], ids=["first of all", "after a read"])
def test_two_alone_are_kept_without_a_commit_of_ours(pg_app: Flask, has_read: bool):
    if has_read:
        assert names() == []
    assert alone("one", "two") == 1
    with create_engine(db.engine.url).connect() as another:
        assert another.execute(select(TURN.c.name)).scalars().all() == ["two"]
    db.session.rollback()  # which finds nothing to undo
    assert names() == ["two"]


@pytest.mark.parametrize("fault", [("taken", "new"), ("new", "taken")], ids=["first", "second"])
@pytest.mark.parametrize("has_read", [False, True], ids=["first of all", "after a read"])
def test_a_fault_of_either_alone_undoes_both(pg_app: Flask, fault: tuple[str, str], has_read: bool):
    alone("one", "taken")
    if has_read:
        names()
    with pytest.raises(IntegrityError):
        alone(*fault)
    assert names() == ["taken"]
    assert both("three", "four") == 1
    assert alone("five", "six") == 1
    assert names() == ["four", "six", "taken"]


def test_two_alone_are_no_part_of_something_larger(pg_app: Flask):
    with transaction(), pytest.raises(InsideTransaction):
        alone("one", "two")
    assert names() == []

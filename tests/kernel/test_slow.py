"""Statements that take too long are logged with their request, and never with a value."""

import json
import sqlite3

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from portal import slow
from portal.db import db
from tests.conftest import driver_url, portal_on


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    lines = [line for line in capsys.readouterr().err.splitlines() if "slow query" in line]
    return [json.loads(line) for line in lines]


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every statement is one that takes a second."""
    ticks = iter(range(1_000_000))
    monkeypatch.setattr(slow.time, "perf_counter", lambda: float(next(ticks)))


@pytest.mark.usefixtures("always")
def test_a_slow_statement_is_told_without_its_values(any_app: Flask, capsys: pytest.CaptureFixture[str]):
    before = slow.SLOW._value.get()
    with any_app.test_request_context("/zh/"):
        any_app.preprocess_request()
        db.session.execute(text("SELECT CAST(:name AS text)"), {"name": "李雷的名字"})
    (line,) = [each for each in told(capsys) if "CAST" in str(each["statement"])]
    assert "李雷" not in json.dumps(line, ensure_ascii=False)
    assert (line["ms"], len(str(line["request_id"]))) == (1000, 12)
    assert slow.SLOW._value.get() > before


def test_a_quick_one_is_not(any_app: Flask, capsys: pytest.CaptureFixture[str]):
    db.session.execute(text("SELECT 1"))
    assert told(capsys) == []


@pytest.mark.usefixtures("always")
def test_the_shape_of_a_plan_holds_no_value(postgres_url, tmp_path, capsys: pytest.CaptureFixture[str]):
    with portal_on(driver_url(postgres_url), tmp_path, slow_query_plan=True):
        asked = text("SELECT id FROM outbox WHERE key = :key ORDER BY id")
        assert db.session.execute(asked, {"key": "secret-key"}).all() == []
        assert db.session.execute(text("SELECT 1")).scalar() == 1, "the transaction goes on"
    line = next(each for each in told(capsys) if "outbox" in str(each["statement"]))
    assert "outbox" in json.dumps(line["plan"])
    assert "secret" not in json.dumps(line)


def test_nothing_is_watched_when_nothing_is_asked():
    assert slow.postgresql_cursor(0) is psycopg.Cursor
    assert slow.sqlite_connection(0) is sqlite3.Connection

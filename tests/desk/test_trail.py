"""The trail: found by verb, by people and by day without reading all of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from portal import audit
from portal.audit import Wanted
from portal.db import db
from portal.kernel.actor import Actor, Role
from tests.browser import Browser

DAY = datetime.fromisoformat("2026-03-01T00:00:00+08:00")
PERSON, PORTAL = Actor("usr_1"), Actor.system("test")


def told(wanted: Wanted, size: int = 50) -> list[str]:
    return [f"{each.verb} {each.subject_id}" for each in audit.traces(wanted, size=size)]


@pytest.fixture
def trail(any_app: Flask) -> None:
    """Three days of a line every six hours by the portal, and two by a person; all written today."""
    for hour in range(0, 72, 6):
        audit.record(PORTAL, "certificate.issue", f"c{hour}", DAY + timedelta(hours=hour))
    audit.record(PERSON, "desk.keep", "f1", DAY + timedelta(hours=32))
    audit.record(PERSON, "desk.forget", "f1", DAY + timedelta(hours=32))


@pytest.mark.usefixtures("trail")
def test_lines_are_found_by_verb_day_and_person() -> None:
    assert told(Wanted(verb="desk.")) == ["desk.forget f1", "desk.keep f1"], "the newest first"
    assert told(Wanted(verb="desk.k")) == ["desk.keep f1"]
    assert told(Wanted(verb="c"), 1) == ["certificate.issue c66", "certificate.issue c60"]
    assert told(Wanted(verb="nothing")) == told(Wanted(verb="%")) == []
    assert told(Wanted(verb="desk.", subject_id="c6")) == []
    assert told(Wanted(by_people=True, since=DAY, until=DAY + timedelta(days=1))) == []
    assert told(Wanted(since=DAY + timedelta(days=1), until=DAY + timedelta(days=2))) == [
        "certificate.issue c42", "certificate.issue c36", "desk.forget f1", "desk.keep f1",
        "certificate.issue c30", "certificate.issue c24",
    ]  # fmt: skip
    assert [each.verb for each in audit.all_traces(Wanted(by_people=True))] == ["desk.forget", "desk.keep"]


def steps(wanted: Wanted) -> list[str]:
    """What SQLite does for it, step by step."""
    found: list[str] = []

    def explain(_connection: Any, cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        if "audit_entry" in statement:
            plan = cursor.connection.cursor()
            plan.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            found.extend(str(step[3]) for step in plan.fetchall())

    event.listen(db.engine, "before_cursor_execute", explain)
    try:
        told(wanted)
    finally:
        event.remove(db.engine, "before_cursor_execute", explain)
    return found


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Wanted(verb="desk."), "ix_audit_entry_verb"),
        (Wanted(by_people=True), "ix_audit_entry_people"),
        (Wanted(since=DAY, until=DAY + timedelta(days=1)), "(id>? AND id<?)"),
        (Wanted(actor_id="usr_1"), "ix_audit_entry_person"),
        (Wanted(subject_id="f1"), "ix_audit_entry_subject_at"),
    ],
)
def test_each_way_goes_through_an_index(app: Flask, wanted: Wanted, index: str) -> None:
    audit.record(PERSON, "desk.keep", "f1", DAY)
    assert [step for step in steps(wanted) if index in step]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30", "x"])
def test_what_is_no_day_of_our_time_is_not_asked_for(
    app: Flask, browser: Browser, day: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit.record(PERSON, "desk.keep", "f1", DAY)
    monkeypatch.setitem(
        app.extensions, "portal.person", lambda: Actor("usr_a", frozenset({Role.AUDITOR, Role.ADMIN}))
    )
    assert "desk.keep" in browser.open(f"/en/desk/audit?since={day}&until={day}").main
    browser.open(f"/en/desk/privacy/looks?first={day}&last={day}", expect=422)

"""The log's pages: what they say without JavaScript, and what a browser works out for itself with it."""

from __future__ import annotations

import sqlite3
from base64 import b64decode
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from portal.db import db
from portal.kernel import clock
from portal.ops import audit
from portal.ops.sealing import ledger_tables
from portal.registry import setup
from portal.registry.commands import digests
from portal.registry.jobs import is_behind_signer, sequence_and_sign
from portal.registry.queries import digests as recorded
from portal.registry.queries import log
from portal.registry.rules.merkle import leaf_hash, root_of
from tests.browser import Browser
from tests.conftest import portal_on
from tests.factories.registry import STAFF, hold, make_lot, retire
from tests.looks.chromium import look
from tests.ops.test_health import old_backup
from tests.server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Page


def kept_head() -> str:
    head = log.latest_checkpoint()
    assert head is not None
    return head.note


def test_a_head_that_was_kept_is_compared(app: Flask, browser: Browser):
    make_lot()
    sequence_and_sign()
    old = kept_head()
    retire(hold(1))
    sequence_and_sign()
    page = browser.open("/en/log")
    assert "It fits" in page.fill("The head that you kept", old).submit("Compare").main
    assert "衔接无误" in browser.open("/zh/log").fill("您留存的检查点", kept_head()).submit("比对").main
    for wrong in (old.replace("\n1\n", "\n2\n"), "nonsense", old[:40]):
        page = browser.open("/en/log").fill("The head that you kept", wrong)
        assert page.submit("Compare", expect=422).errors


def test_a_head_of_another_history_does_not_fit(app: Flask, browser: Browser, tmp_path: Path):
    make_lot()
    sequence_and_sign()
    file, copied = tmp_path / "portal.sqlite", tmp_path / "copy.sqlite"
    with closing(sqlite3.connect(file)) as live, closing(sqlite3.connect(copied)) as copy:
        live.backup(copy)
    retire(hold(1))
    sequence_and_sign()
    foreign = kept_head()  # signed with the log's own key, over a history that this copy never had
    with portal_on(f"sqlite:///{copied}", tmp_path / "other") as other:
        retire(hold(2))
        sequence_and_sign()
        page = Browser(other.test_client()).open("/en/log")
        assert "It does not fit" in page.fill("The head that you kept", foreign).submit("Compare").main


def test_the_audit_publishes_its_result(app: Flask, browser: Browser):
    assert "The first audit runs within a day." in browser.open("/en/log/audits").main
    make_lot()
    sequence_and_sign()
    audit.verify_and_keep(STAFF)
    (made,) = digests.take(STAFF, ledger_tables(), clock.now())
    assert "All five hold" in browser.open("/en/log/audits").main
    assert "found no fault" in browser.open("/en/log").main
    (told,) = browser.client.get("/api/v1/log/audits").json["items"]
    head = log.latest_checkpoint()
    assert head is not None
    assert (told["ok"], told["size"], told["root"], told["faults"]) == (True, head.size, head.root.hex(), [])
    lines = browser.client.get(f"/log/balances/{made}.jsonl").data.strip().split(b"\n")
    (shown,) = recorded.digests(5)
    assert (shown.id, shown.balances_root) == (made, root_of(map(leaf_hash, lines)))
    assert b'"grams":10000000' in lines[0]
    assert browser.client.get("/log/balances/dig_nothing.jsonl").status_code == 404


# --- an old backup


def test_an_old_backup_makes_the_site_read_only(app: Flask, browser: Browser, tmp_path: Path):
    make_lot()
    sequence_and_sign()
    assert "Read only." not in browser.open("/en/projects").text
    form = browser.open("/en/offset")
    old_backup(tmp_path)
    setup.forget()
    page = browser.open("/en/projects")
    assert "Read only." in page.text
    assert "平台当前只读。" in browser.open("/zh/projects").text
    recovery = page.click("How to recover")
    assert "Restore a newer backup" in recovery.main
    assert "flask --app app ledger verify --checkpoint FILE" in recovery.main
    answer = app.test_client().post("/en/offset", data={})
    assert answer.status_code == 503
    assert "can only be read at the moment" in answer.text
    answer = app.test_client().post("/api/v1/orders", json={}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["type"]) == (503, "/problems/read-only")
    assert form.h1


def test_the_site_opens_again_when_a_newer_database_is_there(app: Flask, browser: Browser, tmp_path: Path):
    make_lot()
    sequence_and_sign()
    file, newer = tmp_path / "portal.sqlite", tmp_path / "newer.sqlite"
    with closing(sqlite3.connect(file)) as live, closing(sqlite3.connect(tmp_path / "old.sqlite")) as old:
        live.backup(old)
    retire(hold(1))
    sequence_and_sign()
    with closing(sqlite3.connect(file)) as live, closing(sqlite3.connect(newer)) as copy:
        live.backup(copy)
    for backup, expected in ((tmp_path / "old.sqlite", True), (newer, False)):
        db.session.remove()
        db.engine.dispose()
        for tail in ("-wal", "-shm"):
            file.with_name(file.name + tail).unlink(missing_ok=True)
        backup.rename(file)
        setup.forget()
        assert setup.is_read_only() is expected


def test_a_page_that_began_before_the_log_grew_is_not_taken_for_an_old_backup(any_app: Flask):
    make_lot()
    sequence_and_sign()
    db.session.rollback()
    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"} if _on_postgres() else {})
    assert log.size() == 1  # the page's snapshot begins here
    with any_app.app_context():
        retire(hold(1))
        sequence_and_sign()
    setup.forget()
    assert is_behind_signer()  # the control: asked in the page's own snapshot it would be
    assert not setup.is_read_only()


def _on_postgres() -> bool:
    return db.engine.dialect.name == "postgresql"


# --- in the reader's own browser


@pytest.mark.slow
def test_a_browser_checks_a_record_and_a_head_by_itself(
    live_server: Callable[..., LiveServer], sqlite_url: str, tmp_path: Path, visit: Callable[..., Page]
):
    server = live_server(sqlite_url)
    seed = {"checkpoint_origin": f"127.0.0.1:{server.port}/log", "checkpoint_seed": _seed_of(tmp_path)}
    with portal_on(sqlite_url, tmp_path, **seed):
        make_lot()
        sequence_and_sign()
        old = kept_head()
        for _ in range(20):
            retire(hold(1))
        sequence_and_sign()
        audit.verify_and_keep(STAFF)
    page = visit("zh", 360)
    page.goto(f"{server.url}/zh/log/5")
    page.get_by_role("button", name="在本浏览器中核验").click()
    page.locator("[data-say=holds]").wait_for()
    assert page.locator(".is-done").count() == 3
    look(page, "log-entry-zh-360")
    page.goto(f"{server.url}/zh/log/5")
    page.evaluate("document.getElementById('record').textContent += ' '")  # the record is not what it was
    page.get_by_role("button", name="在本浏览器中核验").click()
    page.locator("[data-say=not_in_log]").wait_for()

    page = visit("en", 1440)
    page.goto(f"{server.url}/en/log")
    look(page, "log-en-1440")
    page.get_by_label("The head that you kept").fill(old)
    page.get_by_role("button", name="Compare").click()
    page.locator("[data-say=holds]").wait_for()
    page.get_by_label("The head that you kept").fill(old.replace("\n1\n", "\n2\n"))
    page.get_by_role("button", name="Compare").click()
    page.locator("[data-say=bad_signature]").wait_for()
    page.goto(f"{server.url}/en/log/audits")
    look(page, "log-audits-en-1440")


def _seed_of(instance: Path) -> bytes:
    """The key that the demonstration server made for itself."""
    return b64decode((instance / "keys" / "demo-checkpoint.key").read_text())

"""Is it alive, can it serve, how is it doing: what the machines around the portal ask."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient

from portal import jobs
from portal.db import db, transaction
from portal.kernel import clock
from portal.registry.jobs import sequence_and_sign, signer
from tests.factories.registry import hold, make_lot, retire


def ready(client: FlaskClient) -> tuple[int, dict[str, bool]]:
    answer = client.get("/readyz")
    return answer.status_code, answer.get_json()["checks"]


WELL = {"database": True, "queue": True, "log": True}


def test_a_portal_that_is_well(any_app: Flask):
    client = any_app.test_client()
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert ready(client) == (200, WELL)


def test_a_lost_database_is_told_without_a_fault(app: Flask, client: FlaskClient, tmp_path: Path):
    """The process lives on: a restart would not bring the database back."""
    with app.app_context():
        db.engine.dispose()
    (tmp_path / "portal.sqlite").rename(tmp_path / "gone.sqlite")
    (tmp_path / "portal.sqlite").mkdir()
    assert ready(client) == (503, {"database": False, "queue": False, "log": False})
    assert client.get("/healthz").status_code == 200
    (tmp_path / "portal.sqlite").rmdir()
    (tmp_path / "gone.sqlite").rename(tmp_path / "portal.sqlite")
    assert ready(client) == (200, WELL)


def test_work_that_nobody_does_is_told(app: Flask, client: FlaskClient):
    jobs.enqueue("letter", {}, key="k", now=clock.now() - timedelta(minutes=2))
    assert ready(client) == (503, WELL | {"queue": False})


def test_records_without_a_place_are_told(app: Flask, client: FlaskClient, at):
    at("2026-11-22T08:00:00Z")
    make_lot()
    at("2026-11-22T08:02:00Z")
    assert ready(client) == (503, WELL | {"log": False})
    sequence_and_sign()
    assert ready(client) == (200, WELL)


@pytest.mark.usefixtures("app")
def test_a_database_behind_its_signer_is_told(client: FlaskClient, tmp_path: Path):
    """As after restoring an old backup: what was published meanwhile is missing."""
    make_lot()
    sequence_and_sign()
    old_backup(tmp_path)
    assert ready(client) == (503, WELL | {"log": False})


def old_backup(folder: Path) -> None:
    """Sign something more, then put the database back to before it."""
    file, kept = folder / "portal.sqlite", folder / "backup.sqlite"
    with closing(sqlite3.connect(file)) as live, closing(sqlite3.connect(kept)) as copy:
        live.backup(copy)
    retire(hold(250))
    sequence_and_sign()
    db.session.remove()
    db.engine.dispose()
    for tail in ("-wal", "-shm"):
        file.with_name(file.name + tail).unlink(missing_ok=True)
    kept.rename(file)


def test_an_unreadable_signer_memory_is_told(app: Flask, client: FlaskClient):
    make_lot()
    sequence_and_sign()
    signer().memory.write_text("not a checkpoint\n")
    assert ready(client) == (503, WELL | {"log": False})


# --- figures


def test_figures_are_given_to_the_local_network(app: Flask, client: FlaskClient):
    make_lot(10)
    client.get("/en/about")
    said = client.get("/metrics").text
    assert 'portal_requests_total{endpoint="site.about",status="200"}' in said
    assert "portal_free_grams 1e+07" in said
    for name in (
        "portal_jobs_waiting",
        "portal_log_pending",
        "portal_selling_stopped",
        "portal_request_seconds",
    ):
        assert name in said


@pytest.mark.parametrize("address", ["1.2.3.4", "2606:4700::1", "not an address"])
def test_figures_are_for_nobody_else(client: FlaskClient, address: str):
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code == 404


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_a_proxy_does_not_make_the_world_local(client: FlaskClient, header: str):
    assert client.get("/metrics", headers={header: "203.0.113.9"}).status_code == 404


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "::1", "192.168.1.2"])
def test_the_local_network_is_what_it_says(client: FlaskClient, address: str):
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code == 200


def test_figures_hold_no_names_and_no_addresses(app: Flask, client: FlaskClient):
    client.get("/en/register?serial=HLYC-0001-ARR-2024-1-1-10&k=secret")
    said = client.get("/metrics").text
    assert "secret" not in said
    assert "HLYC" not in said


def test_what_was_counted_is_read_from_the_database(any_app: Flask):
    make_lot(10)
    hold(250)
    with transaction():
        jobs.enqueue("letter", {}, key="k", now=clock.now())
    said = current_app.test_client().get("/metrics").text
    assert "portal_free_grams 9.75e+06" in said
    assert "portal_jobs_waiting 1.0" in said

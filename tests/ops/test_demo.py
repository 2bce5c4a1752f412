"""The demonstration: real rows, marked as demonstration, there once however often it is seeded."""

import csv
import io
import os
import signal
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, select, text

from portal import jobs
from portal.accounts.models import Person
from portal.config import LANGS
from portal.db import db
from portal.kernel import clock
from portal.ops import seed
from portal.registry.models import Block, Issuance, PoolLot, Project, Record
from portal.registry.queries import register
from portal.registry.rules.ledger import ProjectType
from tests.browser import Browser
from tests.conftest import portal_on
from tests.demonstration import demonstration
from tests.patience import PATIENCE
from tests.server import LiveServer

DATA = Path(__file__).parents[1] / "data" / "verra-transactions.csv"


def seeded(app: Flask) -> str:
    done = app.test_cli_runner().invoke(args=["demo", "seed"])
    assert done.exit_code == 0, done.output
    db.session.rollback()
    return done.output


def counted() -> list[int]:
    tables = (Project, Issuance, Block, PoolLot, Record, Person)
    return [db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_seeding_again_changes_nothing(any_app: Flask):
    said = seeded(any_app)
    before = counted()
    assert seeded(any_app) == said
    assert counted() == before


def test_seeding_is_all_or_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise RuntimeError("killed half-way")

    with monkeypatch.context() as killed:
        killed.setattr(seed, "_lot_from_export", fail)
        with pytest.raises(RuntimeError, match="half-way"):
            seed.seed(app.config["PORTAL"].documents, clock.now())
    assert counted()[:5] == [0, 0, 0, 0, 0]
    seed.seed(app.config["PORTAL"].documents, clock.now())
    assert len(register.open_lots()) == 4


def test_the_rows_are_the_registrys_own(app: Flask):
    own = files("portal.ops.demo").joinpath(seed.EXPORT).read_bytes()
    assert own == DATA.read_bytes()
    seed.seed(app.config["PORTAL"].documents, clock.now())
    wanted = {row["Serial Number"] for row in csv.DictReader(io.StringIO(own.decode("utf-8-sig")))}
    held = set(db.session.scalars(select(Issuance.source_serial).where(Issuance.source_registry == "verra")))
    assert len(held) == 200
    assert held == wanted


def test_all_three_types_are_offered_and_the_local_forest_first(app: Flask):
    seed.seed(app.config["PORTAL"].documents, clock.now())
    lots = register.open_lots()
    assert lots[0].code == seed.LOCAL_LOT
    assert {lot.project_type for lot in lots} == {ProjectType.ARR, ProjectType.IFM, ProjectType.REDD}
    assert all(lot.is_demo and lot.project.is_demo and lot.free == lot.retired for lot in lots)


def test_no_lot_is_made_of_what_was_retired_for_somebody(app: Flask):
    seed.seed(app.config["PORTAL"].documents, clock.now())
    for lot in register.open_lots():
        for serial in register.serials_of_lot(lot.id):
            (found,) = register.find(serial)
            assert not found.retired_at_source


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Flask]:
    """As it is seeded once for all who look at it."""
    with demonstration(tmp_path) as portal:
        yield portal


@pytest.mark.parametrize("lang", LANGS)
def test_every_demonstration_row_is_marked_where_it_is_shown(shown: Flask, lang: str):
    browser = Browser(shown.test_client())
    mark = {"zh": "演示", "en": "Demo"}[lang]
    page = browser.open(f"/{lang}/projects")
    for row in page.table({"zh": "", "en": "Registered projects"}[lang]):
        assert mark in next(iter(row.values()))
    for lot in register.open_lots():
        assert mark in browser.open(f"/{lang}/lots/{lot.code}").h1
        assert mark in browser.open(f"/{lang}/projects/{lot.project.code}").h1


def test_the_ledger_of_a_demonstration_is_true(any_app: Flask):
    seeded(any_app)
    runner = any_app.test_cli_runner()
    assert runner.invoke(args=["ledger", "checkpoint"]).exit_code == 0
    assert runner.invoke(args=["ledger", "verify"]).exit_code == 0


def test_evidence_of_a_demonstration_says_that_it_is_one(shown: Flask):
    answer = shown.test_client().get(f"/lots/{seed.LOCAL_LOT}/evidence")
    assert answer.status_code == 200
    assert "DEMONSTRATION RETIREMENT RECORD" in answer.text
    assert "演示" in answer.text


def test_production_is_never_seeded(sqlite_url: str, tmp_path: Path):
    with portal_on(sqlite_url, tmp_path, env="production") as app:
        done = app.test_cli_runner().invoke(args=["demo", "seed"])
        assert done.exit_code == 1
        assert counted() == [0, 0, 0, 0, 0, 0]


# --- the worker


def test_a_worker_does_its_work_and_ends_when_asked(app: Flask, tmp_path: Path):
    jobs.enqueue("unheard of", {}, key="k", now=clock.now())
    server = LiveServer(f"sqlite:///{tmp_path}/portal.sqlite", tmp_path)
    worker = server.start_worker()
    try:
        assert _within(PATIENCE, lambda: _tried(tmp_path) > 0), server.log.read_text()
        os.kill(worker.pid, signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
    finally:
        server.stop()
    assert "nobody handles unheard of" in server.log.read_text()


def _tried(folder: Path) -> int:
    engine = create_engine(f"sqlite:///{folder}/portal.sqlite")
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT attempts FROM outbox")).scalar_one())


def _within(seconds: float, done: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if done():
            return True
        time.sleep(0.1)
    return False

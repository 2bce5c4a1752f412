"""The database is reached by a cable that is cut, dead or mute: pages say so, and go on by themselves."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from flask import Flask
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text
from werkzeug.test import TestResponse

from portal import db as portal_db
from portal import outage
from portal.db import db
from tests.cable import Cable
from tests.conftest import driver_url, portal_on
from tests.patience import PATIENCE

PAGE = "/zh/projects"
FASTER = {"connect_timeout": 2, "answer_seconds": 1.0, "tcp_user_timeout": 2_000}
Happens = Callable[[Cable], AbstractContextManager[None]]


@pytest.fixture
def cable(postgres_url: str) -> Iterator[Cable]:
    with Cable(str(conninfo_to_dict(postgres_url)["host"])) as cable:
        yield cable


@pytest.fixture
def portal(
    cable: Cable, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """As it ships, but for how many seconds it waits."""
    settle = portal_db.engine_options

    def faster(*given: object) -> dict[str, object]:
        options = settle(*given)  # type: ignore[arg-type]
        assert options["connect_args"].keys() >= FASTER.keys(), "the control: these are what ships"
        return options | {"connect_args": options["connect_args"] | FASTER}

    monkeypatch.setattr("portal.engine_options", faster)
    url = cable.url(str(conninfo_to_dict(postgres_url)["dbname"]))
    with portal_on(driver_url(url), tmp_path) as app:
        app.config["PROPAGATE_BUGS"] = False
        assert page(app).status_code == 200
        yield app


def page(app: Flask, path: str = PAGE) -> TestResponse:
    return app.test_client().get(path, buffered=True)


@pytest.mark.parametrize("happens", [Cable.cut, Cable.dead, Cable.mute], ids=lambda deed: deed.__name__)
def test_pages_are_answered_while_it_lasts_and_served_when_it_is_over(
    portal: Flask, cable: Cable, happens: Happens
):
    with happens(cable):
        # First one on a connection that was open, then on ones that cannot be made.
        for answer in (page(portal), page(portal), page(portal, "/api/v1/lots")):
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert page(portal, "/healthz").status_code == 200
    assert page(portal).status_code == 200


def test_a_server_that_was_started_again_costs_nobody_a_page(
    portal: Flask, cable: Cable, monkeypatch: pytest.MonkeyPatch
):
    """All connections are lost while nobody asks for anything."""

    def page_afterwards() -> TestResponse:
        with cable.cut():
            assert db.engine.pool.checkedin() > 0, "the control: there is one to be lost"
        return page(portal)

    assert page_afterwards().status_code == 200
    monkeypatch.setattr(outage.Postgresql, "do_ping", lambda *_: True)
    assert page_afterwards().status_code == 503, "the control: this is what a lost connection does"


def test_work_that_nobody_waits_for_waits_for_its_answer(portal: Flask, cable: Cable):
    """The control: what ends a page's wait is the limit and nothing else, and a job has none."""
    answers: list[int] = []

    def job() -> None:
        with portal.app_context():
            answers.append(db.session.execute(text("SELECT 7")).scalar_one())

    with cable.mute():
        working = threading.Thread(target=job, daemon=True)
        working.start()
        assert page(portal).status_code == 503, "by now a page has waited its time out"
        assert answers == []
    working.join(PATIENCE)
    assert answers == [7]


def test_one_asks_whether_it_is_back_and_the_others_are_told_at_once(portal: Flask, cable: Cable):
    dialect = db.engine.dialect
    assert isinstance(dialect, outage.Postgresql)
    with cable.cut():
        assert [page(portal).status_code for _ in range(2)] == [503, 503]
    with dialect._asking:  # somebody asks, and waits for the network
        assert page(portal).status_code == 503, "told without asking: it is back by now"
    assert page(portal).status_code == 200

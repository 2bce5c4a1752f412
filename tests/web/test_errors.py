"""Errors become the right pages for people and problem details for programs, and never a leak."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.config import LANGS
from portal.db import db
from tests.browser import Browser
from tests.conftest import portal_on
from tests.web.conftest import ERRORS, open_room

STATUS = {
    "invalid": 422, "not-allowed": 403, "not-found": 404, "refused": 409, "unavailable": 503, "bug": 500,
    "no-database": 503,
}  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ERRORS)
def test_an_error_is_a_page_in_the_readers_language(room: Flask, name: str, lang: str):
    page = Browser(room.test_client()).open(f"/{lang}/tried/raise/{name}", expect=STATUS[name])
    assert page.h1
    assert any("\u4e00" <= c <= "\u9fff" for c in page.h1) == (lang == "zh")
    assert "secret" not in page.html
    assert page.headers["Cache-Control"] == "no-store"


def test_a_refusal_says_how_much_is_left(room: Flask):
    page = Browser(room.test_client()).open("/en/tried/raise/refused", expect=409)
    assert "Only 1,250 kg CO₂e are left." in page.text


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_is_a_problem_for_programs(room: Flask, name: str):
    answer = room.test_client().get(f"/api/v1/tried/raise/{name}", headers={"Accept-Language": "en"})
    problem = answer.get_json()
    assert answer.status_code == problem["status"] == STATUS[name]
    assert answer.mimetype == "application/problem+json"
    assert problem["type"].startswith("/problems/")
    assert problem["title"]
    assert "secret" not in answer.text


def test_a_problem_gives_amounts_as_integers(room: Flask):
    answer = room.test_client().get("/api/v1/tried/raise/refused", headers={"Accept-Language": "en"})
    problem = answer.get_json()
    assert problem["type"] == "/problems/lots-left"
    assert problem["title"] == "Only 1,250 kg CO₂e are left."
    assert (problem["left_g"], problem["left_kg"]) == (1_250_000, 1_250)
    assert (problem["price_minor"], problem["currency"]) == (2_000, "CNY")


STATUSES = (400, 401, 403, 404, 405, 406, 408, 410, 411, 413, 414, 415, 418, 429, 431, 500, 501, 503)


@pytest.mark.parametrize("status", STATUSES)
def test_every_http_status_has_a_page_and_a_problem(room: Flask, status: int):
    client = room.test_client()
    page = Browser(client).open(f"/en/tried/abort/{status}", expect=status)
    assert page.h1
    assert client.get(f"/api/v1/tried/abort/{status}").get_json()["status"] == status


@pytest.mark.parametrize("status", [500, 503])
def test_our_own_faults_carry_the_number_of_the_request(room: Flask, status: int):
    name = "bug" if status == 500 else "no-database"
    page = Browser(room.test_client()).open(f"/en/tried/raise/{name}", expect=status)
    assert page.headers["X-Request-Id"] in page.text
    problem = room.test_client().get(f"/api/v1/tried/raise/{name}")
    assert problem.get_json()["request_id"] == problem.headers["X-Request-Id"]


def test_which_verbs_would_do_is_said(room: Flask):
    answer = room.test_client().post("/api/v1/projects")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


# --- the log


def test_a_bug_is_logged_with_the_requests_id_and_without_its_query(
    room: Flask, capsys: pytest.CaptureFixture[str]
):
    answer = room.test_client().get("/en/tried/raise/bug?k=the-key&name=Li")
    (line,) = [json.loads(each) for each in capsys.readouterr().err.splitlines() if '"bug"' in each]
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert line["path"] == "/en/tried/raise/bug"
    assert "ZeroDivisionError" in line["exception"]
    assert "the-key" not in json.dumps(line)


@pytest.fixture
def logged(sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[FlaskClient]:
    """A portal that writes a line for each request, as a running one does."""
    with portal_on(sqlite_url, tmp_path, testing=False) as app:
        yield open_room(app).test_client()


def test_each_request_is_one_line_of_json(logged: FlaskClient, capsys: pytest.CaptureFixture[str]):
    answer = logged.get("/en/about?k=the-key")
    logged.get("/zh/%E2%80%A8%0A%22break%22?x=1")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    first, second = (line for line in lines if line["event"] == "request")
    assert first.items() >= {"method": "GET", "path": "/en/about", "status": 200}.items()
    assert first["request_id"] == answer.headers["X-Request-Id"]
    assert second["path"] == '/zh/\u2028\n"break"'
    assert "the-key" not in json.dumps(lines)


def test_request_ids_differ(client: FlaskClient):
    ids = {client.get("/healthz").headers["X-Request-Id"] for _ in range(20)}
    assert len(ids) == 20


def test_refused_forms_carry_a_request_id_too(room: Flask):
    answer = room.test_client().post("/en/tried/form", data={"line": "x"})
    assert answer.status_code == 400
    assert len(answer.headers["X-Request-Id"]) == 12


# --- the database is away


@pytest.mark.parametrize("lang", LANGS)
def test_a_lost_database_is_a_clean_page_and_passes(room: Flask, tmp_path: Path, lang: str):
    browser = Browser(room.test_client())
    assert browser.open(f"/{lang}/projects").status == 200
    with room.app_context():
        db.engine.dispose()
    file = tmp_path / "portal.sqlite"
    file.rename(tmp_path / "gone")
    file.mkdir()
    assert browser.open(f"/{lang}/projects", expect=503).h1
    assert browser.open(f"/{lang}/nowhere", expect=404).h1
    assert browser.open(f"/{lang}/about").h1
    assert room.test_client().get("/api/v1/projects").get_json()["type"] == "/problems/unavailable"
    file.rmdir()
    (tmp_path / "gone").rename(file)
    assert browser.open(f"/{lang}/projects").status == 200

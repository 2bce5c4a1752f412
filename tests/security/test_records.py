"""Who was refused is on record, with the request's number and without a name."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal.kernel.actor import Actor, Role
from portal.kernel.ids import new_id
from tests.conftest import portal_on
from tests.factories import accounts as make
from tests.factories.footprint import a_footprint
from tests.web.conftest import open_room


@pytest.fixture
def logged(sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    """As operators run it: every request leaves a line."""
    with portal_on(sqlite_url, tmp_path, testing=False) as app:
        yield open_room(app)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_who_knocks_at_somebody_elses_door_is_on_record(logged: Flask, capsys: pytest.CaptureFixture[str]):
    owner, stranger = Actor(new_id("usr")), Actor(new_id("usr"), frozenset({Role.CITIZEN}))
    theirs = a_footprint(owner)
    client = logged.test_client()
    logged.extensions["portal.person"] = lambda: stranger
    capsys.readouterr()
    for path, status in ((f"/en/footprints/{theirs}", 404), ("/en/desk", 403), ("/en/about", 200)):
        answer = client.get(path)
        (line,) = (each for each in lines(capsys) if each["event"] == "request")
        wanted = {"who": stranger.id, "path": path, "status": status, "method": "GET"}
        assert line.items() >= wanted.items()
        assert line["request_id"] == answer.headers["X-Request-Id"]
        assert line["timestamp"].endswith("Z")


def test_failing_to_sign_in_is_on_record(logged: Flask, capsys: pytest.CaptureFixture[str]):
    make.person("known@example.cn")
    logged.config["WTF_CSRF_ENABLED"] = False
    capsys.readouterr()
    logged.extensions["portal.csrf"].protect = lambda **_: None
    for email in ("known@example.cn", "nobody@example.cn"):
        logged.test_client().post("/en/account/sign-in", data={"email": email, "password": "a wrong one"})
        told = lines(capsys)
        (refused,) = (each for each in told if each["event"] == "refused")
        assert refused["why"] == "WrongCredentials"
        assert refused["request_id"] == next(e["request_id"] for e in told if e["event"] == "request")
        assert email not in json.dumps(told)
        assert "a wrong one" not in json.dumps(told)

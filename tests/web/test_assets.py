"""Static files may be kept for a year, because their address changes with what is in them."""

import hashlib
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import portal_on

TOKENS = "css/tokens.css"


def address(app: Flask, name: str = TOKENS) -> str:
    with app.test_request_context():
        return str(app.jinja_env.globals["asset"](name))  # type: ignore[operator]


def test_an_address_carries_the_contents_hash(app: Flask):
    digest = hashlib.sha256((Path(str(app.static_folder)) / TOKENS).read_bytes()).hexdigest()
    assert address(app) == f"/static/{TOKENS}?v={digest[:12]}"


def test_a_file_is_kept_under_its_own_hash_only(app: Flask, client: FlaskClient):
    year = "public, max-age=31536000, immutable"
    assert client.get(address(app)).headers["Cache-Control"] == year
    # While versions change, a page of one server may ask another for its files.
    for other in (f"/static/{TOKENS}?v=000000000000", f"/static/{TOKENS}?v=", f"/static/{TOKENS}"):
        assert client.get(other).headers["Cache-Control"] == "no-cache"
    assert client.get("/static/nothing.css?v=1").headers["Cache-Control"] == "no-store"


def test_a_kept_file_is_not_sent_again(app: Flask, client: FlaskClient):
    first = client.get(address(app))
    again = client.get(address(app), headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]


def test_a_missing_file_is_a_bug(app: Flask):
    with pytest.raises(FileNotFoundError):
        address(app, "css/nothing.css")


def test_addresses_are_made_once(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with portal_on(sqlite_url, tmp_path, testing=False) as app:
        first = address(app)
        monkeypatch.setattr(Path, "read_bytes", lambda _self: pytest.fail("read again"))
        assert address(app) == first


@pytest.mark.parametrize(
    "path", ["../portal/config.py", "..%2fportal/config.py", "%2e%2e/run", "css/../../run"]
)
def test_nothing_else_is_served(client: FlaskClient, path: str):
    assert client.get(f"/static/{path}").status_code == 404


@pytest.mark.parametrize("path", ["favicon.svg", "logo.svg"])
def test_a_drawing_may_run_nothing(client: FlaskClient, path: str):
    answer = client.get(f"/static/img/{path}")
    assert answer.mimetype == "image/svg+xml"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"

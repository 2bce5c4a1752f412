"""Whatever is sent to any open address is answered clearly: no answer of ours is a 500."""

import json
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import postgres
from tests.conftest import driver_url, migrate, portal_on, sqlite_copy
from tests.factories.registry import hold, make_lot, retire
from tests.house.test_routes import open_pages

PATHS = [
    "/en/projects/{}", "/en/lots/{}", "/lots/{}/evidence", "/lots/{}/attributions.csv", "/en/log/{}",
    "/api/v1/projects/{}", "/api/v1/lots/{}", "/api/v1/schemas/{}.json", "/en/orders/{}", "/c/{}",
    "/certificates/{}.json", "/en/footprint/{}", "/{}/about", "/en/{}", "/static/{}",
]  # fmt: skip
STRANGE = [
    "%00", "x%00y", "%ff%fe", "%ed%a0%80", "%F4%90%80%80", "%c0%ae%c0%ae", "..%2f..%2fetc%2fpasswd",
    "%0d%0aX-Injected:%201", "9" * 40, "-1", "1e999", "%EF%BC%91%EF%BC%92", "NaN", "%27%20OR%201=1--",
    "{{7*7}}", "%25%28x%29s", "%e2%80%ae", "a" * 3_000, "%3Cscript%3Ealert(1)%3C/script%3E",
]  # fmt: skip
NAMES = "cursor serial type k footprint order lot kg from to idx size next q-x".split()
NUMBERS = ["NaN", "Infinity", "-1", "1e999", "１２", "1_000", "9" * 40, "0x10", "", " ", "1.5"]
BODIES = [
    b"", b"{", b"null", b"7", b'"x"', b"{}", b'{"answers": NaN}', b'{"answers": {"x": Infinity}}',
    b'{"answers": {"x": 1e999}}', b'{"answers": {"x": "\\u0000"}}', b'{"answers": {"\\u0000": 1}}',
    b'{"answers": {"x": "\\ud800"}}', b"\xff\xfe", b'\x00{"answers": {}}', b"[" * 50_000, b'{"a":' * 5_000,
    json.dumps({"answers": {"x": "y" * 200_000}}).encode(), '{"answers": {"人口": "１２"}}'.encode("gb18030"),
]  # fmt: skip
FORMS = [
    b"\xff\xfe\xfd", b"a=%ff%fe", b"--x\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\nx", b"=&=&=",
]  # fmt: skip
FORM_KINDS = [
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/html; charset=utf-16",
    "x",
]


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """On PostgreSQL, which is stricter about what a text is; on SQLite where there is none."""
    folder = tmp_path_factory.mktemp("bad_input")
    url = postgres.new_database(migrate) if postgres.is_available() else sqlite_copy(folder)
    with portal_on(driver_url(url), folder) as app:
        make_lot(2)
        retire(hold(5))
        yield app  # a fault of ours fails the test with its traceback
    if postgres.is_available():
        postgres.drop_database(url)


@pytest.fixture
def client(portal: Flask) -> FlaskClient:
    return portal.test_client()


@pytest.mark.parametrize("path", PATHS)
def test_strange_paths(client: FlaskClient, path: str):
    for strange in STRANGE:
        answer = client.get(path.format(strange))
        assert answer.status_code < 500, strange
        assert "X-Injected" not in answer.headers
        assert b"<script>alert" not in answer.data


def test_strange_queries(client: FlaskClient):
    """Every open address that needs nothing, with every name it might read."""
    rules = {rule.replace("<lang:lang>", "en") for rule in open_pages(client.application)}
    for path in sorted(rules - {"/metrics", "/readyz"}):
        for strange in STRANGE:
            query = "&".join([*(f"{name}={strange}" for name in NAMES), f"{strange}=x", f"k={strange}"])
            answer = client.get(f"{path}?{query}")
            assert answer.status_code < 500, (path, strange)
            assert answer.status_code == 400 or "%00" not in strange
            assert b"<script>alert" not in answer.data


@pytest.mark.parametrize("number", NUMBERS)
def test_strange_numbers_for_programs(client: FlaskClient, number: str):
    for path, names in (
        ("/api/v1/log/entries", ("from", "to")),
        ("/api/v1/log/proof/inclusion", ("idx", "size")),
        ("/api/v1/log/proof/consistency", ("from", "to")),
    ):
        for name in names:
            answer = client.get(path, query_string={name: number})
            assert answer.status_code in (404, 422), (path, name)
            assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("body", BODIES, ids=lambda body: ascii(body[:24]))
def test_strange_bodies_for_programs(client: FlaskClient, body: bytes):
    paths = [
        rule.rule.replace("<model_id>", "household-cn")
        for rule in client.application.url_map.iter_rules()
        if rule.rule.startswith("/api/") and "POST" in (rule.methods or ()) and rule.arguments <= {"model_id"}
    ]
    assert paths
    key = {"Idempotency-Key": "a key of this test"}
    for path in paths:
        for kind in ("application/json", "text/plain"):
            answer = client.post(path, data=body, content_type=kind, headers=key)
            assert 400 <= answer.status_code < 500, (path, kind)
            assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("kind", FORM_KINDS[:2])
def test_a_zero_byte_in_a_form_is_refused(client: FlaskClient, kind: str):
    for data in ({"name": "a\0b"}, {"a\0b": "x"}):
        answer = client.post("/en/account/sign-in", data=data, content_type=kind.split(";")[0])
        assert answer.status_code == 400
        assert "We could not read that request" in answer.text


def test_a_zero_byte_in_the_name_of_a_file_is_refused(client: FlaskClient):
    """Before the form is looked at, which without its token is refused in other words: the control."""
    for name, told in (("a\0b", "Please go back and check what was sent."), ("ab", "Your page was open too")):
        answer = client.post("/en/account/sign-in", data={"file": (BytesIO(b"x"), name)})
        assert answer.status_code == 400
        assert told in answer.text


@pytest.mark.parametrize("kind", FORM_KINDS)
def test_strange_forms(client: FlaskClient, kind: str):
    for body in FORMS:
        for path in ("/en/account/sign-in", "/en/offset", "/hooks/stripe"):
            assert 400 <= client.post(path, data=body, content_type=kind).status_code < 500

"""Whatever is sent to any open address is answered clearly: no answer of ours is a 500."""

import json
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.registry import hold, make_lot, retire
from tests.house.test_routes import open_pages

PATHS = [
    "/en/projects/{}", "/en/lots/{}", "/lots/{}/evidence", "/lots/{}/attributions.csv", "/en/log/{}",
    "/api/v1/projects/{}", "/api/v1/lots/{}", "/api/v1/schemas/{}.json", "/en/orders/{}", "/c/{}",
    "/certificates/{}.json", "/en/footprint/{}", "/{}/about", "/en/{}", "/static/{}",
]  # fmt: skip
STRANGE = [
    "%00", "x%00y", "%ff%fe", "%ed%a0%80", "%F4%90%80%80", "%c0%ae%c0%ae", "..%2f..%2fetc%2fpasswd", "%0d%0aX-Injected:%201",
    "9" * 40, "-1", "1e999", "%EF%BC%91%EF%BC%92", "NaN", "%27%20OR%201=1--", "{{7*7}}", "%25%28x%29s", "%e2%80%ae", "a" * 3_000,
    "%3Cscript%3Ealert(1)%3C/script%3E",
]  # fmt: skip


@pytest.fixture
def client(any_app: Flask) -> FlaskClient:
    make_lot(2)
    retire(hold(5))
    any_app.config["PROPAGATE_BUGS"] = True  # a fault of ours fails the test with its traceback
    return any_app.test_client()


def test_strange_paths(client: FlaskClient):
    for path in PATHS:
        for strange in STRANGE:
            answer = client.get(path.format(strange))
            assert answer.status_code < 500, (path, strange)
            assert "X-Injected" not in answer.headers
            assert b"<script>alert" not in answer.data


def queries(strange: str) -> Iterator[str]:
    for name in (
        "cursor",
        "serial",
        "type",
        "k",
        "footprint",
        "order",
        "lot",
        "kg",
        "from",
        "to",
        "idx",
        "size",
        "next",
        "q-x",
    ):
        yield f"{name}={strange}"
    yield f"{strange}=x"
    yield "&".join(f"k={strange}" for _ in range(3))


@pytest.mark.parametrize("strange", STRANGE, ids=lambda text: text[:12])
def test_strange_queries(client: FlaskClient, strange: str):
    """Every open address that needs nothing, with every name it might read."""
    app = client.application
    paths = sorted({rule.replace("<lang:lang>", "en") for rule in open_pages(app)} - {"/metrics"})
    query = "&".join(queries(strange))
    for path in paths:
        answer = client.get(f"{path}?{query}")
        assert answer.status_code < 500, (path, strange)
        assert (answer.status_code == 400) or "%00" not in strange
        assert b"<script>alert" not in answer.data


NUMBERS = ["NaN", "Infinity", "-1", "1e999", "１２", "1_000", "9" * 40, "0x10", "", " ", "1.5"]


@pytest.mark.parametrize("number", NUMBERS)
def test_strange_numbers_for_programs(client: FlaskClient, number: str):
    for path, names in (
        ("/api/v1/log/entries", ("from", "to")),
        ("/api/v1/log/proof/inclusion", ("idx", "size")),
        ("/api/v1/log/proof/consistency", ("from", "to")),
    ):
        for name in names:
            answer = client.get(path, query_string={name: number})
            assert answer.status_code in (404, 422), (path, name, number)
            assert answer.mimetype == "application/problem+json"


BODIES = [
    b"", b"{", b"null", b"[]", b"7", b'"x"', b"{}", b'{"answers": NaN}', b'{"answers": {"x": Infinity}}',
    b'{"answers": {"x": 1e999}}', b'{"answers": {"x": "\\u0000"}}', b'{"answers": {"\\u0000": 1}}',
    b'{"answers": {"x": "\\ud800"}}', b"\xff\xfe", b'\x00{"answers": {}}', b"[" * 50_000, b'{"a":' * 5_000,
    json.dumps({"answers": {"x": "y" * 200_000}}).encode(), '{"answers": {"人口": "１２"}}'.encode("gb18030"),
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=lambda body: ascii(body[:24]))
def test_strange_bodies_for_programs(client: FlaskClient, body: bytes):
    app = client.application
    paths = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        and "POST" in (rule.methods or ())
        and not rule.arguments - {"model_id"}
    ]
    assert paths
    for path in paths:
        for kind in ("application/json", "text/plain"):
            answer = client.post(path.replace("<model_id>", "household-cn"), data=body, content_type=kind,
                                 headers={"Idempotency-Key": "a key of this test"})  # fmt: skip
            assert 400 <= answer.status_code < 500, (path, kind)
            assert answer.mimetype == "application/problem+json"


def test_a_zero_byte_in_a_form_is_refused(client: FlaskClient):
    for data in ({"name": "a\0b"}, {"a\0b": "x"}):
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
            answer = client.post("/en/account/sign-in", data=data, content_type=kind)
            assert answer.status_code == 400
            assert "We could not read that request" in answer.text


@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/html; charset=utf-16",
        "x",
    ],
)
@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe\xfd", b"a=%ff%fe", b"--x\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\nx", b"=&=&="],
)
def test_strange_forms(client: FlaskClient, kind: str, body: bytes):
    for path in ("/en/account/sign-in", "/en/offset", "/hooks/stripe"):
        assert 400 <= client.post(path, data=body, content_type=kind).status_code < 500

"""What holds for every call: open to other sites for reads only, keys for writes, limits, problem details."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.config import LANGS
from portal.web import api
from portal.web.links import key_for
from tests.browser import Browser
from tests.factories import shop
from tests.factories.registry import make_lot

ORDER = {
    "lines": [{"kg": 100}],
    "beneficiary": {"name": "林"},
    "email": "lin@example.cn",
    "consent_retire_now": True,
}
ORIGIN = {"Origin": "https://elsewhere.example"}


def test_public_reads_are_open_to_any_site(client: FlaskClient):
    for path in ("lots", "footprint/models", "log/entries", "openapi.json", "lots/NONE"):
        answer = client.get(f"/api/v1/{path}", headers=ORIGIN)
        assert answer.headers["Access-Control-Allow-Origin"] == "*", path
        assert "Access-Control-Allow-Credentials" not in answer.headers
    answer = client.post(
        "/api/v1/footprint/models/household-cn/evaluate", json={"answers": {}}, headers=ORIGIN
    )
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_browser_may_ask_first(client: FlaskClient):
    answer = client.options("/api/v1/footprint/models/household-cn/evaluate", headers=ORIGIN)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Headers"] == "Content-Type"


def test_orders_are_closed_to_other_sites(client: FlaskClient):
    make_lot()
    order_id = shop.opened(100)
    bearer = {"Authorization": f"Bearer {key_for(order_id)}"} | ORIGIN
    for answer in (
        client.get(f"/api/v1/orders/{order_id}", headers=bearer),
        client.post("/api/v1/orders", json=ORDER, headers={"Idempotency-Key": "12345678"} | ORIGIN),
        client.options("/api/v1/orders", headers=ORIGIN),
    ):
        assert answer.status_code in (200, 201)
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("key", [None, "", "short", "x" * 201, "tab\there!"])
def test_a_write_without_a_proper_key_changes_nothing(client: FlaskClient, key: str | None):
    make_lot()
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = client.post("/api/v1/orders", json=ORDER, headers=headers)
    assert answer.status_code == 422
    assert answer.get_json()["type"] == "/problems/needs-idempotency-key"
    assert client.get("/api/v1/lots/LOT-A").get_json()["available_g"] == 10_000_000


def test_the_same_key_is_the_same_order(client: FlaskClient):
    make_lot()
    headers = {"Idempotency-Key": "one and the same"}
    first, second = (client.post("/api/v1/orders", json=ORDER, headers=headers) for _ in range(2))
    assert first.get_json()["id"] == second.get_json()["id"]
    assert client.get("/api/v1/lots/LOT-A").get_json()["available_g"] == 9_900_000


def test_only_json_is_read(client: FlaskClient):
    answer = client.post(
        "/api/v1/orders", data="{}", content_type="text/plain", headers={"Idempotency-Key": "12345678"}
    )
    assert (answer.status_code, answer.get_json()["type"]) == (422, "/problems/not-json")


@pytest.mark.parametrize(
    ("changes", "zh", "en"),
    [
        (
            {"lines": [{"kg": 10**9}]},
            "lines.0.kg：不能大于 1000000",
            "lines.0.kg: at most 1000000 is possible",
        ),
        ({"lines": [{"kg": -1}]}, "lines.0.kg：不能小于 1", "lines.0.kg: at least 1 is needed"),
        ({"lines": [{"kg": "NaN"}]}, "lines.0.kg：应为整数", "lines.0.kg: a whole number is needed"),
        ({"lines": [{"kg": "9" * 5_000}]}, "lines.0.kg：应为整数", "lines.0.kg: a whole number is needed"),
        ({"lines": [{"kg": float("inf")}]}, "lines.0.kg：应为整数", "lines.0.kg: a whole number is needed"),
        ({"beneficiary": "Wang"}, "beneficiary：应为对象", "beneficiary: an object is needed"),
        ({"lines": []}, "lines：至少 1 项", "lines: at least 1 entries are needed"),
        ({"beneficiary": {}}, "beneficiary.name：缺少此项", "beneficiary.name: it is missing"),
        ({"email": "x" * 300}, "email：最多 254 个字符", "email: at most 254 characters are possible"),
    ],
)
def test_what_is_wrong_with_a_body_is_said_in_the_readers_language(
    client: FlaskClient, changes: dict[str, object], zh: str, en: str
):
    for lang, told in (("zh-CN", zh), ("en", en)):
        headers = {"Idempotency-Key": "12345678", "Accept-Language": lang}
        answer = client.post("/api/v1/orders", json=ORDER | changes, headers=headers)
        assert (answer.status_code, answer.get_json()["title"]) == (422, told)


def test_a_fault_that_nobody_thought_of_is_told_in_the_readers_language_too(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(api, "_REASONS", {})
    for lang, told in (
        ("zh-CN", "与接口说明不符"),
        ("en", "it is not what the description of this API says"),
    ):
        headers = {"Idempotency-Key": "12345678", "Accept-Language": lang}
        answer = client.post("/api/v1/orders", json=ORDER | {"lines": []}, headers=headers)
        assert answer.get_json()["title"].endswith(told)


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/lots/a/b", "/api/v1/", "/api/v1/desk"])
def test_an_unknown_path_is_a_problem_not_a_page(client: FlaskClient, path: str):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["status"] == 404


def test_another_verb_is_refused_with_those_that_would_do(client: FlaskClient):
    answer = client.delete("/api/v1/lots")
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")
    assert "GET" in answer.headers["Allow"]


def test_six_hundred_reads_a_minute_then_a_pause(client: FlaskClient):
    for _ in range(600):
        assert client.get("/api/v1/lots").status_code == 200
    slowed = client.get("/api/v1/projects")
    assert (slowed.status_code, slowed.mimetype) == (429, "application/problem+json")
    assert int(slowed.headers["Retry-After"]) == 60
    assert slowed.headers["Access-Control-Allow-Origin"] == "*"
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get("/api/v1/lots", environ_overrides=elsewhere).status_code == 200


def test_one_household_has_one_limit_however_many_addresses(app: Flask):
    from portal.web.limits import network_of

    assert (
        network_of("2001:db8:1:2::7") == network_of("2001:db8:1:2:ffff::1") != network_of("2001:db8:1:3::7")
    )
    assert network_of("::ffff:203.0.113.9") == network_of("203.0.113.9")
    assert network_of(None) == network_of("nonsense") == "unknown"


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_reads_in_both_languages(browser: Browser, lang: str):
    page = browser.open(f"/api/v1/docs?lang={lang}")
    assert page.lang == {"zh": "zh-CN", "en": "en"}[lang]
    assert "/orders/{order_id}" in page.main
    assert {"zh": "下单", "en": "Place an order"}[lang] in page.main


def test_the_page_follows_the_browsers_language(client: FlaskClient):
    for asked, lang in (("zh-CN,en;q=0.5", "zh-CN"), ("en-GB", "en")):
        answer = client.get("/api/v1/docs", headers={"Accept-Language": asked})
        assert f'<html lang="{lang}">' in answer.text
        assert "Accept-Language" in answer.headers["Vary"]

"""What every answer carries, and what no answer gives away."""

import re
from http.cookies import SimpleCookie

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.config import Config
from portal.kernel.actor import Role
from portal.web.headers import content_policy
from tests.web.conftest import as_person

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SITE = "https://carbon.example.cn"

# One address for every kind of answer, and the status it gives to a guest.
ANSWERS = {
    "/": 302, "/en/about": 200, "/en/nowhere": 404, "/en/tried/raise/invalid": 422,
    "/en/tried/raise/bug": 500, "/en/tried/raise/refused": 409, "/en/tried/raise/no-database": 503,
    "/en/tried/person": 302,
    "/api/v1/projects": 200, "/api/v1/tried/raise/not-found": 404, "/api/v1/tried/raise/bug": 500,
    "/static/css/tokens.css": 200, "/static/nothing.css": 404, "/healthz": 200, "/readyz": 200,
    "/en/tried/slash": 308, "/log/checkpoint": 404, "/en/tried/abort/429": 429, "/en/about?x=%00": 400,
}  # fmt: skip


@pytest.mark.parametrize(("path", "status"), ANSWERS.items())
@pytest.mark.parametrize("who", ["guest", "person", "staff"])
def test_every_answer_carries_them(secure: Flask, path: str, status: int, who: str):
    if who != "guest":
        as_person(secure, *([Role.ADMIN] if who == "staff" else []))
        status = 200 if path == "/en/tried/person" else status
    answer = secure.test_client().get(path, base_url=SITE)
    assert answer.status_code == status
    for name, value in ALWAYS.items():
        assert answer.headers.getlist(name) == [value]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert answer.headers["Referrer-Policy"] in (
        "strict-origin-when-cross-origin",
        "same-origin",
        "no-referrer",
    )
    assert "geolocation=()" in answer.headers["Permissions-Policy"]
    assert re.fullmatch("[0-9a-f]{12}", answer.headers["X-Request-Id"])
    assert len(answer.headers.getlist("Cache-Control")) == 1


@pytest.mark.parametrize("verb", ["head", "options", "put", "delete", "patch"])
def test_every_verb_carries_them(room: Flask, verb: str):
    answer = getattr(room.test_client(), verb)("/en/about")
    assert answer.status_code in (200, 405)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_there_is_no_hsts_without_https(client: FlaskClient):
    assert "Strict-Transport-Security" not in client.get("/en/about").headers


def test_no_script_and_no_style_may_be_inline(app: Flask):
    policy = dict(part.split(" ", 1) for part in content_policy(app.config["PORTAL"]).split("; "))
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in str(policy)
    assert "*" not in str(policy)


def test_forms_may_lead_to_the_payment_page_only(tmp_path):
    config = Config.for_tests("sqlite://", tmp_path, stripe_api_base="http://127.0.0.1:4242/v1?x=1")
    (form_action,) = re.findall(r"form-action ([^;]+)", content_policy(config))
    assert form_action == "'self' https://checkout.stripe.com http://127.0.0.1:4242"


# --- what may be kept


def kept(answer: TestResponse) -> str:
    return answer.headers["Cache-Control"]


def test_a_public_page_is_asked_for_again_each_time(client: FlaskClient):
    first = client.get("/en/about")
    assert kept(first) == "private, no-cache"
    again = client.get("/en/about", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get("/zh/about", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_a_signed_in_persons_page_is_never_stored(room: Flask):
    as_person(room)
    answer = room.test_client().get("/en/about")
    assert kept(answer) == "no-store"
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("path", ["/en/about?k=x", "/en/tried/who/ord_1?k=x", "/en/about?k="])
def test_a_page_opened_by_a_key_is_never_stored_and_gives_no_address_away(room: Flask, path: str):
    answer = room.test_client().get(path)
    assert kept(answer) == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_an_answer_to_a_bearer_is_never_stored(client: FlaskClient):
    answer = client.get("/api/v1/projects", headers={"Authorization": "Bearer x"})
    assert kept(answer) == "no-store"


@pytest.mark.parametrize(
    "path", ["/en/tried/raise/invalid", "/en/nowhere", "/", "/en/tried/person", "/readyz"]
)
def test_only_answers_that_went_well_may_be_kept(room: Flask, path: str):
    answer = room.test_client().get(path)
    assert kept(answer) == ("private, no-cache" if answer.status_code == 200 else "no-store")


def test_an_answer_to_a_post_is_never_stored(room: Flask):
    assert kept(room.test_client().post("/en/tried/form")) == "no-store"


# --- cookies


def cookies_of(answer: TestResponse) -> SimpleCookie:
    jar = SimpleCookie()
    for header in answer.headers.getlist("Set-Cookie"):
        jar.load(header)
    return jar


def test_cookies_are_for_this_host_and_https_only(secure: Flask):
    jar = cookies_of(secure.test_client().get("/en/tried/session", base_url=SITE))
    assert set(jar) == {"__Host-portal", "lang"}
    for morsel in jar.values():
        assert morsel["secure"]
        assert morsel["httponly"]
        assert morsel["samesite"] == "Lax"
        assert morsel["path"] == "/"
        assert not morsel["domain"]


def test_a_page_that_needs_no_session_sets_none(client: FlaskClient):
    assert cookies_of(client.get("/zh/about")) == {}


@pytest.mark.parametrize(
    "cookie", ["portal=x", "portal=eyJfIjoxfQ.x.y", "portal=" + "A" * 4_000, "portal=\0"]
)
def test_a_forged_session_is_no_session(client: FlaskClient, cookie: str):
    """Whoever sends one is nobody: led to sign in like a guest, and shown a guest's page to the letter."""
    told = [client.get("/en/about", headers=headers).text for headers in ({}, {"Cookie": cookie})]
    assert told[0] == told[1]
    answer = client.get("/en/account", headers={"Cookie": cookie})
    assert answer.status_code == 302
    assert "/account/sign-in" in answer.headers["Location"]


# --- who lies about the host


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "carbon.example.cn@evil.example", "[::1]"]
)
@pytest.mark.parametrize(
    "path", ["/", "/en/tried/slash", "/en", "/en/tried/person", "/en/about", "/api/v1/projects"]
)
def test_a_false_host_gets_nowhere(secure: Flask, host: str, path: str):
    headers = {
        "Host": host,
        "X-Forwarded-Host": host,
        "X-Forwarded-Proto": "https",
        "Forwarded": f"host={host}",
    }
    answer = secure.test_client().get(path, headers=headers)
    assert answer.status_code < 500
    assert "evil.example" not in answer.headers.get("Location", "")
    assert "evil.example" not in answer.text


def test_a_redirect_to_another_site_stays_one(room: Flask):
    """The payment page: only addresses of ours are shortened."""
    client = room.test_client()
    for target in ("https://checkout.stripe.com/c/pay", "http://localhost.evil.example/x"):
        assert client.get("/en/tried/away", query_string={"to": target}).location == target
    assert client.get("/en/tried/away", query_string={"to": "http://localhost/zh/"}).location == "/zh/"


# --- posts from elsewhere


@pytest.mark.parametrize(
    "post",
    [
        {"data": {"line": "x"}},
        {"data": {"line": "x", "csrf_token": "forged"}},
        {"json": {"line": "x"}},
        {"data": '{"line": "x"}', "content_type": "text/plain"},
        {"data": {"line": "x"}, "headers": {"Origin": "https://evil.example"}},
        {"data": b"", "content_type": "multipart/form-data"},
    ],
    ids=["bare", "forged", "json", "text", "elsewhere", "broken"],
)  # fmt: skip
def test_a_post_that_does_not_come_from_our_page_is_refused(room: Flask, post: dict):
    answer = room.test_client().post("/en/tried/form", **post)
    assert answer.status_code == 400
    assert "nothing was changed" in answer.text


def test_a_token_of_another_visitor_is_refused(room: Flask):
    theirs = re.search('name="csrf_token"[^>]*value="([^"]+)"', room.test_client().get("/en/tried/form").text)
    assert theirs
    client = room.test_client()
    client.get("/en/tried/form")
    assert client.post("/en/tried/form", data={"csrf_token": theirs[1]}).status_code == 400


def test_over_https_the_page_it_comes_from_counts_too(secure: Flask):
    client = secure.test_client()
    page = client.get("/en/tried/form?k=x", base_url=SITE)
    # Were it no-referrer, no form of this page could ever be sent.
    assert page.headers["Referrer-Policy"] == "same-origin"
    token = re.search('name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token
    data = {"csrf_token": token[1], "must": "x", "choice": "a"}
    for referrer, status in (
        (f"{SITE}/en/tried/form?k=x", 200), ("https://evil.example/", 400), (None, 400),
        ("https://[", 400), (f"{SITE}:99999999/", 400), (f"{SITE}:x/", 400), ("https://a\u2044b/", 400),
    ):  # fmt: skip
        headers = {"Referer": referrer} if referrer else {}
        assert client.post("/en/tried/form", base_url=SITE, data=data, headers=headers).status_code == status

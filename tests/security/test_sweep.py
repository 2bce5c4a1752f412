"""Headers, cookies, verbs and posts over every address and every kind of answer."""

import re
from collections.abc import Iterator
from hashlib import sha256

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.exceptions import default_exceptions
from werkzeug.test import TestResponse

from portal.db import Base, db
from portal.kernel.actor import Actor, Role
from portal.web.guard import open_to_all
from tests.conftest import portal_on, sqlite_copy
from tests.security.conftest import Site
from tests.security.test_matrix import address

BASE = "https://carbon.example.cn"
ADMIN = Actor("usr_of_an_admin", frozenset({Role.CITIZEN, *Role}))
# Shown in frames of other sites, by design, and the same for everybody.
FRAMED = {"footprint.embed", "footprint.embedded", "pledge_files.badge"}
STATUSES = (
    400, 401, 403, 404, 405, 408, 409, 410, 411, 412, 413, 414, 415, 422, 428, 429, 431, 500, 501, 502,
    503, 504,
)  # fmt: skip
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin|same-origin|no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin|cross-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Request-Id": "[0-9a-f]{12}",
    "Cache-Control": ".+",
}
# What changes something without a form of ours: signed by the payment provider, or by a bearer or nobody.
POSTED_BY_PROGRAMS = {"shop_hooks"}


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """As behind HTTPS, with a route that answers every status."""
    folder = tmp_path_factory.mktemp("secure")
    with portal_on(sqlite_copy(folder), folder, base_url=BASE) as app:
        app.config["PROPAGATE_BUGS"] = False
        app.get("/tried/<int:status>", endpoint="tried")(open_to_all(_stop))
        app.get("/api/v1/tried/<int:status>", endpoint="tried_api")(open_to_all(_stop))
        yield Site(app, None, app.test_client(use_cookies=False))  # type: ignore[arg-type]


def _stop(status: int) -> str:
    raise default_exceptions[status]() if status in default_exceptions else RuntimeError("a bug")


def ask(site: Site, actor: Actor | None, path: str, verb: str = "GET", **more: object) -> TestResponse:
    return site.as_(actor).open(path, method=verb, base_url=BASE, buffered=True, **more)


def faults(answer: TestResponse, *, framed: bool = False, private: bool = False) -> Iterator[str]:
    """What this answer lacks of what every answer carries."""
    for name, wanted in ALWAYS.items():
        given = answer.headers.getlist(name)
        if len(given) != 1 or not re.fullmatch(wanted, given[0]):
            yield f"has {name}: {given}"
    yield from policy_faults(answer.headers.get("Content-Security-Policy", ""), framed)
    yield from cookie_faults(answer.headers.getlist("Set-Cookie"))
    if private and "no-store" not in answer.headers.get("Cache-Control", ""):
        yield f"is private and may be kept: {answer.headers.get('Cache-Control')}"
    if {"Server", "X-Powered-By"} & set(answer.headers.keys()):
        yield "says what it is made with"
    kind = answer.headers.get("Content-Type", "")
    if (answer.data and not kind) or (kind.startswith("text/") and "charset=utf-8" not in kind):
        yield f"says not what it is, or in which characters: {kind}"


def policy_faults(policy: str, framed: bool) -> Iterator[str]:
    parts = dict(part.partition(" ")[::2] for part in policy.split("; "))
    if parts.get("default-src") != "'none'" or parts.get("base-uri") != "'none'":
        yield "has no content security policy"
    if "unsafe" in policy or parts.get("script-src", "'self'") not in ("'self'", "'none'"):
        yield "lets scripts or styles of others run"
    if parts.get("frame-ancestors") not in ("'none'", "*" if framed else "'none'"):
        yield "may be shown in frames"


def cookie_faults(cookies: list[str]) -> Iterator[str]:
    for cookie in cookies:
        name, _, rest = cookie.partition("=")
        wanted = ("Secure", "HttpOnly", "SameSite=Lax", "Path=/")
        if not name.startswith("__Host-") and name not in PLAIN_COOKIES:
            yield f"sets a cookie of another name: {name}"
        if missing := [word for word in wanted if word not in rest]:
            yield f"sets {name} without {missing}"
        if "Domain=" in rest or len(cookie) > 4096:
            yield f"sets {name} for others, or too long"


PLAIN_COOKIES = {"lang"}


def told(site: Site, path: str, found: Iterator[str]) -> list[str]:
    return [f"{path} {fault}" for fault in found]


@pytest.mark.parametrize("who", ["guest", "staff"])
def test_every_address_carries_what_all_must(secure: Site, who: str):
    wrong, seen = [], set()
    actor = None if who == "guest" else ADMIN
    for rule in secure.rules("GET"):
        if rule.endpoint in ("tried", "tried_api"):
            continue
        path = "/static/css/tokens.css" if rule.endpoint == "static" else address(rule, {})
        answer = ask(secure, actor, path)
        guard, _ = secure.guard_of(rule)
        seen.add(answer.status_code)
        is_private = guard in ("signed_in", "staff")
        framed = rule.endpoint in FRAMED
        wrong += told(secure, path, faults(answer, framed=framed, private=is_private))
    assert not wrong, "\n".join(wrong)
    assert {200, 302, 404} <= seen


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_carries_them(secure: Site, status: int):
    for path in (f"/tried/{status}", f"/api/v1/tried/{status}"):
        answer = ask(secure, None, path)
        assert answer.status_code == (status if status in default_exceptions else 500)
        assert told(secure, path, faults(answer, private=True)) == []
        assert "Traceback" not in answer.text
        assert "Error()" not in answer.text


def test_what_the_server_and_the_parser_answer_carries_them_too(secure: Site):
    """304, 405, 413 and a post without a token: none of them comes from a view."""
    first, form = ask(secure, None, "/en/about"), "/en/account/sign-in"
    found = {
        304: ask(secure, None, "/en/about", headers={"If-None-Match": first.headers["ETag"]}),
        405: ask(secure, None, "/en/about", "DELETE"),
        400: ask(secure, None, form, "POST", data={"email": "x"}),
        413: ask(secure, None, form, "POST", data={"email": "x" * (21 << 20)}),
    }
    assert [answer.status_code for answer in found.values()] == list(found)
    for status, answer in found.items():
        assert told(secure, str(status), faults(answer, private=status != 304)) == []


def test_a_missing_header_is_found(secure: Site):
    """The control: each fault is one that this sweep would tell."""
    answer = ask(secure, None, "/en/about")
    for name in (
        "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy",
        "Cross-Origin-Resource-Policy", "Strict-Transport-Security", "X-Request-Id", "Cache-Control",
        "Content-Type",
    ):  # fmt: skip
        kept = answer.headers.pop(name)
        assert list(faults(answer)), name
        answer.headers[name] = kept
    assert not list(faults(answer))
    assert list(cookie_faults(["sid=1; Path=/"]))
    assert list(cookie_faults(["__Host-portal=1; Secure; HttpOnly; SameSite=Lax; Path=/; Domain=x.cn"]))


# --- Posts from elsewhere, and verbs that must change nothing -----------------------------------------


def test_no_post_is_taken_from_another_site(secure: Site):
    """Cross-site, as plain text, as JSON, with the token of nobody: refused before any view is asked."""
    taken, tried = [], 0
    for rule in secure.rules("POST", "PUT", "PATCH", "DELETE"):
        if rule.endpoint.partition(".")[0] in POSTED_BY_PROGRAMS or rule.rule.startswith("/api/"):
            continue
        path = address(rule, {})
        for more in (
            {"data": {"csrf_token": "forged"}, "headers": {"Origin": "https://evil.example"}},
            {"data": '{"amount": 1}', "content_type": "text/plain"},
            {"json": {"amount": 1}},
        ):
            tried += 1
            answer = ask(secure, ADMIN, path, "POST", **more)
            if answer.status_code != 400:
                taken.append(f"{path} ({rule.endpoint}): {answer.status_code} for {sorted(more)}")
    assert not taken, "\n".join(taken)
    assert tried > 300


def test_only_programs_are_spared_the_token_and_they_never_act_by_a_cookie(secure: Site):
    csrf = secure.app.extensions["portal.csrf"]
    free = {blueprint.name for blueprint in csrf._exempt_blueprints} | csrf._exempt_views
    assert {name for name in free if not name.endswith("_api")} == POSTED_BY_PROGRAMS
    rules = [rule for rule in secure.rules("POST", "GET") if rule.endpoint.partition(".")[0] in free]
    assert len(rules) > 20
    for rule in rules:
        assert rule.rule.startswith(("/api/v1/", "/hooks/")), rule.endpoint


def test_looking_changes_nothing(site: Site):
    """Every address that can be read is read, by all who may, and the database is the same afterwards.

    Left out by name: what notes that somebody was here, and what a page counts for the next one.
    """
    before = contents(site.app)
    for rule in site.rules("GET"):
        if rule.endpoint == "static":
            continue
        for actor in (None, site.estate.owner, ADMIN):
            site.as_(actor).get(address(rule, {}), buffered=True)
    after = contents(site.app)
    assert {table: rows for table, rows in after.items() if rows != before[table]} == {}


def contents(app: Flask) -> dict[str, str]:
    """A digest of every table's rows but those that notice visits."""
    db.session.rollback()
    with db.engine.connect() as connection:
        rows = {
            table: sorted(map(repr, connection.execute(text(f'SELECT * FROM "{table}"'))))
            for table in sorted(Base.metadata.tables.keys() - {"throttle", "look"})
        }
    return {table: sha256(repr(found).encode()).hexdigest() for table, found in rows.items()}

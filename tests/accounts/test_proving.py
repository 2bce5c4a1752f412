"""Asked again who they are, people lose nothing of what they were about to send."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Blueprint, Flask, request

from portal.accounts.commands import proving
from portal.accounts.rules import WrongCode, WrongPassword
from portal.kernel.actor import Role
from portal.kernel.errors import NotAllowed
from portal.web.guard import fresh, signed_in
from tests.accounts.test_views import cookie, send, sign_in
from tests.browser import Browser
from tests.factories import accounts as make
from tests.factories.accounts import HOME, PASSWORD

At = Callable[[str], datetime]
FORM = (
    '<!doctype html><html lang="en"><title>t</title><main><h1>Deed</h1><form method="post">{}</form></main>'
)


@pytest.fixture
def deeds(app: Flask) -> list[dict[str, str]]:
    """A sensitive page at /en/deed; what reached it."""
    done: list[dict[str, str]] = []
    blueprint = Blueprint("deeds", __name__, url_prefix="/<lang:lang>")

    @blueprint.route("/deed", methods=["GET", "POST"])
    @signed_in
    @fresh
    def deed() -> str:
        if request.method == "POST":
            done.append(dict(request.form))
        return FORM.format("")

    app.register_blueprint(blueprint)
    return done


def token_on(browser: Browser) -> str:
    page = browser.open("/en/account/profile")
    return next(e.get("value", "") for e in page.root.iter("input") if e.get("name") == "csrf_token")


def test_a_fresh_sign_in_is_not_asked_again(browser: Browser, deeds: list[dict[str, str]], at: At) -> None:
    at("2026-11-22T08:00:00Z")
    sign_in(browser, make.person())
    at("2026-11-22T08:14:59Z")
    assert browser.open("/en/deed").h1 == "Deed"
    at("2026-11-22T08:15:00Z")
    assert browser.open("/en/deed").url.startswith("/en/account/prove?next=")


def test_what_was_posted_is_sent_on_after_the_proof(
    browser: Browser, deeds: list[dict[str, str]], at: At
) -> None:
    at("2026-11-22T08:00:00Z")
    who = make.person(second_factor=True)
    sign_in(browser, who)
    send(browser.open("/en/account/second-factor/check"), {"code": make.code(at("2026-11-22T08:00:30Z"))})
    token, before = token_on(browser), cookie(browser)
    now = at("2026-11-22T09:00:00Z")
    page = browser._go("POST", "/en/deed", {"reason": "<b>“x”", "csrf_token": token}, 403)
    assert "is kept" in page.main
    assert not deeds
    page = send(page, {"proof_password": PASSWORD, "proof_code": "000000"}, expect=422)
    page = send(page, {"proof_password": PASSWORD, "proof_code": make.code(now)})
    assert page.h1 == "Deed"
    assert deeds[0]["reason"] == "<b>“x”"
    thief = browser.client.application.test_client()
    thief.set_cookie("portal", before)
    assert thief.get("/en/account").status_code == 302  # the session goes on under a new secret


@pytest.mark.parametrize(
    ("before", "onward"),
    [
        ("http://localhost/en/about", "/en/about"),
        ("http://[", "/en/account"),
        ("http://a:99999/", "/en/account"),
    ],
)
def test_where_a_post_came_from_may_be_no_address(
    app: Flask, browser: Browser, at: At, before: str, onward: str
) -> None:
    blueprint = Blueprint("posted", __name__, url_prefix="/<lang:lang>")
    blueprint.post("/posted", endpoint="here")(signed_in(fresh(lambda: "")))
    app.register_blueprint(blueprint)
    at("2026-11-22T08:00:00Z")
    sign_in(browser, make.person())
    token = token_on(browser)
    at("2026-11-22T09:00:00Z")
    browser.client.environ_base["HTTP_REFERER"] = before
    page = browser._go("POST", "/en/posted", {"code": "x", "csrf_token": token}, 403)
    del browser.client.environ_base["HTTP_REFERER"]
    assert send(page, {"proof_password": PASSWORD}).url == onward


@pytest.mark.parametrize("secret", ["password", "present", "code", "answer"])
def test_secrets_are_written_into_no_page(
    browser: Browser, deeds: list[dict[str, str]], at: At, secret: str
) -> None:
    at("2026-11-22T08:00:00Z")
    sign_in(browser, make.person())
    token = token_on(browser)
    at("2026-11-22T09:00:00Z")
    page = browser._go("POST", "/en/deed", {secret: "maple willow poplar", "csrf_token": token}, 403)
    assert "maple willow poplar" not in page.html
    assert "send the form again" in page.main
    assert send(page, {"proof_password": PASSWORD}).url == "/en/deed"
    assert not deeds


def test_a_proof_leads_to_no_other_site_and_no_deed_of_somebody_elses_choice(
    browser: Browser, deeds: list[dict[str, str]]
) -> None:
    """A link could otherwise have any form of ours sent by whoever answers the question."""
    sign_in(browser, make.person())
    foreign = make.keys().token("deed", "the session of somebody else", "/en/deed")
    for where in ("deed=https://evil.example/", "next=//evil.example", "deed=/en/deed", f"deed={foreign}"):
        page = send(browser.open(f"/en/account/prove?{where}"), {"proof_password": PASSWORD})
        assert page.url == "/en/account"
    assert not deeds


@pytest.mark.usefixtures("any_app")
def test_a_proof_needs_both_factors_and_the_same_person(at: At) -> None:
    now = at("2026-11-22T08:00:00Z")
    who, other = make.person(second_factor=True), make.person("other@example.cn")
    visit = make.visit(make.sign_in(other))
    assert visit
    with pytest.raises(NotAllowed):
        proving.prove(who.actor, visit, PASSWORD, "", HOME, make.keys(), now)
    with pytest.raises(WrongPassword):
        proving.prove(other.actor, visit, "not the password", "", HOME, make.keys(), now)
    assert proving.prove(other.actor, visit, PASSWORD, "", HOME, make.keys(), now)  # the control
    waiting = make.visit(make.sign_in(who))
    assert waiting
    with pytest.raises(NotAllowed):
        proving.prove(who.actor, waiting, PASSWORD, make.code(now), HOME, make.keys(), now)
    passed = make.passed(who, now)
    later = at("2026-11-22T08:30:00Z")
    with pytest.raises(WrongCode):
        proving.prove(who.actor, passed, PASSWORD, "123456", HOME, make.keys(), later)
    sid = proving.prove(who.actor, passed, PASSWORD, make.code(later), HOME, make.keys(), later)
    renewed = make.visit(sid)
    assert renewed
    assert renewed.is_fresh(later)
    assert make.visit_of(passed.session_id) is None


def test_a_sleeping_role_is_led_to_its_second_factor_and_back(browser: Browser) -> None:
    sign_in(browser, make.person("r@example.cn", Role.REGISTRY))
    page = browser.open("/en/desk")
    assert page.url.startswith("/en/account/second-factor/setup?next=")
    assert "desk" in page.url
    citizen = Browser(browser.client.application.test_client())
    sign_in(citizen, make.person("c@example.cn"))
    citizen.open("/en/desk", expect=403)  # the control: there is nothing to wake

"""Passkeys: made once, good for signing in, and what forgers, thieves and copies of a key are told."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.accounts import queries, rules
from portal.accounts.commands import passkeys, second_factor
from portal.accounts.rules import (
    NoPasskeysHere,
    NotFresh,
    Party,
    PasskeyIsKnown,
    TooManyPasskeys,
    TooManyTries,
    Visit,
    WrongPasskey,
    party_of,
)
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from tests.browser import Browser, Page
from tests.conftest import portal_on
from tests.factories import accounts as make
from tests.factories.passkeys import PRESENT, Device

HERE = Party("localhost", "Portal", "http://localhost:5000")
GUEST = Actor.guest()
ON_BOTH, HERE_ONLY = (pytest.mark.usefixtures(name) for name in ("any_app", "app"))


def at_home(who: make.Somebody) -> Visit:
    found = make.visit(make.sign_in(who))
    assert found
    return found


def add(who: make.Somebody, device: Device, visit: Visit | None = None) -> tuple[str, tuple[str, ...]]:
    visit, now = visit or at_home(who), clock.now()
    options = passkeys.propose_passkey(who.actor, visit, HERE, now)
    return passkeys.add_passkey(who.actor, visit, device.make(options), "My phone", HERE, now)


def invited() -> str:
    return passkeys.invite_passkey(GUEST, make.HOME, HERE, clock.now())


def enter(answer: str) -> Visit:
    sid = passkeys.sign_in_with_passkey(GUEST, answer, make.HOME, HERE, clock.now())
    found = make.visit(sid)
    assert found
    return found


@ON_BOTH
def test_a_passkey_is_both_factors_in_one(sent_letters: Callable[[], list[EmailMessage]]):
    who, device = make.person("r@example.cn", Role.REGISTRY), Device()
    sid, codes = add(who, device)
    assert len(codes) == rules.RECOVERY_CODES
    here = make.visit(sid)
    assert here
    assert here.actor.has(Role.REGISTRY)
    there = enter(device.use(invited()))
    assert (there.person_id, there.awaits_code) == (who.id, False)
    assert there.actor.has(Role.REGISTRY)
    (kept,) = queries.passkeys_of(who.id)
    assert (kept.name, kept.used_at is not None) == ("My phone", True)
    (letter,) = sent_letters()
    assert "My phone" in letter.get_content()


@HERE_ONLY
def test_with_a_passkey_the_password_alone_opens_nothing():
    who = make.person()
    add(who, Device())
    assert at_home(who).awaits_code


@HERE_ONLY
def test_a_recovery_code_helps_when_the_device_is_gone():
    who = make.person()
    _sid, codes = add(who, Device())
    waiting = at_home(who)
    sid = second_factor.check_second_factor(GUEST, waiting, codes[0], make.keys(), clock.now())
    found = make.visit(sid)
    assert found
    assert not found.awaits_code


FORGED = {
    "for another site": replace(Device(), origin="https://localhost.example"),
    "for another party": replace(Device(), party="example.cn"),
    "nobody unlocked it": replace(Device(), flags=PRESENT),
    "nobody was there": replace(Device(), flags=0),
    "made for another purpose": replace(Device(), kind="webauthn.other"),
}


@HERE_ONLY
@pytest.mark.parametrize("why", FORGED)
def test_a_forged_passkey_is_not_kept_and_does_not_sign_in(why: str):
    who, forged = make.person(), FORGED[why]
    with pytest.raises(WrongPasskey):
        add(who, forged)
    assert queries.passkeys_of(who.id) == []
    honest = replace(Device(), id=forged.id, key=forged.key)
    add(who, honest)
    with pytest.raises(WrongPasskey):
        enter(forged.use(invited()))
    honest.uses = forged.uses
    assert enter(honest.use(invited())).person_id == who.id  # the control: it was the forgery


@HERE_ONLY
@pytest.mark.parametrize(
    "answer",
    ["", "[]", "null", "7", '{"response": 7}', "x" * 30_000,
     '{"id": "x", "response": {"clientDataJSON": "e30"}}',
     '{"id": "x", "response": {"clientDataJSON": "eyJjaGFsbGVuZ2UiOiAieCJ9"}}',
     "[" * 19_000],
)  # fmt: skip
def test_nonsense_is_no_passkey(answer: str):
    with pytest.raises(WrongPasskey):
        enter(answer)


@ON_BOTH
@pytest.mark.parametrize("name", ["a\0b", "a\ud800b", "", "a b"])
def test_a_passkey_with_a_name_that_no_browser_writes_is_not_looked_for(name: str):
    answer = json.loads(Device().use(invited())) | {"id": name}
    with pytest.raises(WrongPasskey):
        enter(json.dumps(answer))


@ON_BOTH
def test_an_answer_is_good_once():
    who, device = make.person(), Device()
    add(who, device)
    answer = device.use(invited())
    enter(answer)
    with pytest.raises(WrongPasskey):
        enter(answer)


@HERE_ONLY
def test_an_answer_is_good_for_a_few_minutes(at: Callable[[str], object]):
    at("2026-11-22T08:00:00Z")
    who, device = make.person(), Device()
    add(who, device)
    answer = device.use(invited())
    at("2026-11-22T08:05:01Z")
    with pytest.raises(WrongPasskey):
        enter(answer)
    passkeys.forget_old_challenges(clock.now())


@HERE_ONLY
def test_a_challenge_of_somebody_else_makes_no_passkey():
    mine, other = make.person(), make.person("other@example.cn")
    theirs = at_home(other)
    options = passkeys.propose_passkey(mine.actor, at_home(mine), HERE, clock.now())
    with pytest.raises(WrongPasskey):
        passkeys.add_passkey(other.actor, theirs, Device().make(options), "Theirs", HERE, clock.now())


@HERE_ONLY
def test_a_signature_of_another_key_is_refused():
    who, device = make.person(), Device()
    add(who, device)
    thief = replace(Device(), id=device.id)
    with pytest.raises(WrongPasskey):
        enter(thief.use(invited()))


@HERE_ONLY
def test_a_copy_of_a_key_gives_itself_away():
    who, device = make.person(), Device()
    add(who, device)
    copied = replace(device)
    enter(device.use(invited()))
    enter(device.use(invited()))
    with pytest.raises(WrongPasskey):
        enter(copied.use(invited()))


@ON_BOTH
def test_one_device_is_added_once_and_ten_are_enough():
    who, device = make.person(), Device()
    sid, _codes = add(who, device)
    here = make.visit(sid)
    assert here
    with pytest.raises(PasskeyIsKnown):
        add(who, device, here)
    for _ in range(rules.PASSKEYS_MAX - 1):
        sid, codes = add(who, Device(), here)
        assert codes == ()  # the first ones still hold
        here = make.visit(sid)
        assert here
    with pytest.raises(TooManyPasskeys):
        add(who, Device(), here)


@HERE_ONLY
def test_an_old_sign_in_adds_and_removes_nothing():
    who = make.person()
    visit, later = at_home(who), clock.now() + timedelta(minutes=16)
    with pytest.raises(NotFresh):
        passkeys.propose_passkey(who.actor, visit, HERE, later)
    with pytest.raises(NotFresh):
        passkeys.remove_passkey(who.actor, visit, "x", later)
    with pytest.raises(NotAllowed):
        passkeys.remove_passkey(make.person("b@example.cn").actor, visit, "x", clock.now())


@ON_BOTH
def test_the_last_passkey_takes_the_recovery_codes_with_it():
    who, device = make.person(), Device()
    sid, _codes = add(who, device)
    here, (kept,) = make.visit(sid), queries.passkeys_of(who.id)
    assert here
    other = make.person("b@example.cn")
    passkeys.remove_passkey(other.actor, at_home(other), kept.id, clock.now())
    assert queries.passkeys_of(who.id) == [kept]  # not theirs to remove
    passkeys.remove_passkey(who.actor, here, kept.id, clock.now())
    assert queries.passkeys_of(who.id) == []
    assert queries.recovery_codes_left(who.id) == 0
    assert not at_home(who).awaits_code
    with pytest.raises(WrongPasskey):
        enter(device.use(invited()))


@HERE_ONLY
def test_an_operator_takes_lost_passkeys_away():
    who = make.person()
    add(who, Device())
    second_factor.reset_second_factor(make.OPERATOR, who.id, clock.now())
    assert queries.passkeys_of(who.id) == []


@HERE_ONLY
def test_challenges_are_throttled():
    for _ in range(rules.CHALLENGES_FROM_NETWORK.most):
        invited()
    with pytest.raises(TooManyTries):
        invited()


def test_an_address_that_is_a_number_has_no_passkeys():
    assert party_of("https://carbon.example.cn", "P") == Party(
        "carbon.example.cn", "P", "https://carbon.example.cn"
    )
    assert party_of("http://localhost:5000", "P").origin == "http://localhost:5000"
    for address in ("http://127.0.0.1:5000", "http://[::1]:5000"):
        with pytest.raises(NoPasskeysHere):
            party_of(address, "P")


def send(client: FlaskClient, path: str, page: Page, **values: str) -> TestResponse:
    return client.post(path, data={"csrf_token": token(page), **values})


def options(client: FlaskClient, path: str, page: Page) -> str:
    return client.post(path, headers={"X-CSRFToken": token(page)}).get_data(as_text=True)


def token(page: Page) -> str:
    return next(e.get("value") for e in page.root.iter("input") if e.get("name") == "csrf_token")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pages(app: Flask, lang: str):
    url, folder = app.config["SQLALCHEMY_DATABASE_URI"], app.config["PORTAL"].instance
    who, device, account = make.person(), Device(), f"/{lang}/account"
    with portal_on(url, folder, base_url="http://localhost:5000") as named:
        browser = Browser(named.test_client())
        page = browser.open(f"{account}/sign-in")
        send(browser.client, f"{account}/sign-in", page, email=who.email, password=who.password)
        page = browser.open(f"{account}/passkeys")
        answer = device.make(options(browser.client, f"{account}/passkeys/options", page))
        codes = send(browser.client, f"{account}/passkeys", page, name="手机", answer=answer)
        assert codes.get_data(as_text=True).count('<code translate="no">') == rules.RECOVERY_CODES

        other = Browser(named.test_client())
        page = other.open(f"{account}/sign-in")
        answer = device.use(options(other.client, f"{account}/sign-in/passkey/options", page))
        assert send(other.client, f"{account}/sign-in/passkey", page, answer="{}").status_code == 422
        assert send(other.client, f"{account}/sign-in/passkey", page, answer=answer).location == account
        (kept,) = queries.passkeys_of(who.id)
        assert "手机" in other.open(f"{account}/passkeys").main
        page = other.open(f"{account}/passkeys/{kept.id}/remove")
        assert "手机" in page.h1
        gone = send(other.client, f"{account}/passkeys/{kept.id}/remove", page)
        assert gone.location == f"{account}/passkeys"
        assert queries.passkeys_of(who.id) == []


def test_at_an_address_that_is_a_number_no_passkey_is_offered(app: Flask):
    browser = Browser(app.test_client())
    assert "data-passkey" not in browser.open("/en/account/sign-in").html

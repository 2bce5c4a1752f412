"""500 wrong passwords over 50 accounts, against the server that ships, while honest people sign in."""

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select

from portal.accounts import passwords, rules
from portal.accounts.commands import entering, resetting
from portal.accounts.rules import TooManyLetters, TooManyTries, WrongCredentials
from portal.db import db
from portal.jobs import Outbox
from portal.kernel import clock
from portal.kernel.actor import Actor
from tests.conftest import driver_url, portal_on
from tests.factories import accounts as make
from tests.patience import PATIENCE
from tests.server import LiveServer

ACCOUNTS, TRIES, NETWORKS = 50, 500, 5
GUEST = Actor.guest()


def address(number: int) -> str:
    return f"person{number}@example.cn"


class Door:
    """The sign-in page of a running portal, opened once: who sprays does not look at it again."""

    def __init__(self, url: str) -> None:
        self.address = f"{url}/en/account/sign-in"
        page = requests.get(self.address, timeout=PATIENCE)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        assert token
        self.token, self.cookies = token[1], page.cookies

    def status_of(self, email: str, password: str, network: str) -> int:
        """What one try is answered, from behind the proxy that is trusted."""
        answer = requests.post(
            self.address,
            data={"email": email, "password": password, "csrf_token": self.token},
            headers={"X-Forwarded-For": network},
            cookies=self.cookies,
            timeout=PATIENCE,
            allow_redirects=False,
        )
        return answer.status_code


@pytest.mark.slow
def test_spraying_is_stopped_and_honest_people_sign_in(
    postgres_url: str, tmp_path: Path, live_server: Callable[..., LiveServer], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(passwords, "hash_of", _one_hash(passwords.hash_of(make.PASSWORD)))
    with portal_on(driver_url(postgres_url), tmp_path / "made"):
        for number in range(ACCOUNTS):
            make.person(address(number))
    door = Door(live_server(postgres_url, TRUSTED_PROXIES="1").url)
    answers: Counter[int] = Counter()
    honest: list[int] = []

    def one(number: int) -> None:
        who, guess = address(number % ACCOUNTS), f"guess {number // ACCOUNTS} of many"
        answers[door.status_of(who, guess, f"198.51.100.{number % NETWORKS + 1}")] += 1
        if number % 100 == 50:
            honest.append(door.status_of(who, make.PASSWORD, f"203.0.113.{number // 100 + 1}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(TRIES)))
    assert honest == [302] * 5, "an honest person was locked out"
    # Each network has its share, and no account more than it may bear; the rest never reached a password.
    assert answers.keys() == {422, 429}
    assert answers[422] <= NETWORKS * rules.TRIES_FROM_NETWORK.most
    assert answers[429] >= TRIES - NETWORKS * rules.TRIES_FROM_NETWORK.most


def _one_hash(made: str) -> Callable[[str], str]:
    """All of them have the same password here: hashing it fifty times would show nothing."""
    return lambda _password: made


# --- What tells whether there is an account -----------------------------------------------------------


class Work:
    """Counts what a try costs: hashes and statements. Time would tell the same, less surely."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hashes = 0
        matches, hash_of = passwords.matches, passwords.hash_of
        monkeypatch.setattr(passwords, "matches", lambda *given: self._count(matches, *given))
        monkeypatch.setattr(passwords, "hash_of", lambda *given: self._count(hash_of, *given))

    def _count(self, function: Callable[..., object], *given: object) -> object:
        self.hashes += 1
        return function(*given)

    def of(self, deed: Callable[[], object]) -> int:
        before = self.hashes
        deed()
        return self.hashes - before


def test_every_way_in_does_the_same_work_for_an_account_and_for_none(
    any_app: Flask, monkeypatch: pytest.MonkeyPatch
):
    make.person("known@example.cn")
    work, now = Work(monkeypatch), clock.now()

    def tried(email: str) -> None:
        with pytest.raises(WrongCredentials):
            entering.sign_in(GUEST, email, "a wrong one", make.HOME, "en", now)

    def signed_up(email: str) -> None:
        entering.sign_up(GUEST, email, "maple willow poplar oak", "Mei", "en", make.HOME, now)

    def forgot(email: str) -> None:
        resetting.request_reset(GUEST, email, "en", make.HOME, now)

    for deed in (tried, signed_up, forgot):
        before = queued()
        of_known = work.of(lambda deed=deed: deed("known@example.cn"))
        between = queued()
        of_nobody = work.of(lambda deed=deed: deed("nobody@example.cn"))
        assert of_known == of_nobody, deed.__name__
        assert between - before == queued() - between, f"{deed.__name__} writes to one of them only"


def queued() -> int:
    return db.session.scalar(select(func.count()).select_from(Outbox)) or 0


def test_a_throttled_try_costs_no_hash(any_app: Flask, monkeypatch: pytest.MonkeyPatch):
    work, now = Work(monkeypatch), clock.now()
    most = rules.TRIES_AT_ACCOUNT_FROM_NETWORK.most

    def tried() -> None:
        with pytest.raises((WrongCredentials, TooManyTries)):
            entering.sign_in(GUEST, "known@example.cn", "a wrong one", make.HOME, "en", now)

    monkeypatch.setattr(passwords, "matches", lambda *_given: bool(work._count(lambda: False)))
    assert sum(work.of(tried) for _ in range(most + 20)) == most


def test_a_mailbox_is_not_bombed_whoever_asks_and_however_it_is_spelt(app: Flask):
    """Four letters an hour to one address, from as many networks as there are."""
    refused = 0
    for number in range(20):
        visitor = rules.Visitor(f"198.51.{number}.0/24", "Firefox · Linux")
        spelt = "Li@Example.cn" if number % 2 else "li@example.cn"
        try:
            resetting.request_reset(GUEST, spelt, "en", visitor, clock.now())
        except TooManyLetters:
            refused += 1
    assert refused == 20 - rules.LETTERS_TO_ADDRESS.most
    assert queued() == rules.LETTERS_TO_ADDRESS.most

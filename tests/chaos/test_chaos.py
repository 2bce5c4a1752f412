"""A minute of chaos: buyers buy while processes are killed and the payment provider misbehaves.

The server that ships, with several workers and the background worker, one of which is killed with SIGKILL
every 0.3–1.2 s; a provider that sends events twice, late, in another order or never, loses answers and
answers 500. Afterwards the books of both sides are compared. ``CHAOS_SECONDS`` shortens it on one's own
machine, ``CHAOS_SEED`` repeats the chances of an earlier run.
"""

import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from random import Random, SystemRandom
from threading import Event, Thread
from time import monotonic, sleep, time
from typing import TypeVar

import psutil
import pytest
import requests
from flask import Flask
from sqlalchemy import func, select

from portal import jobs
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import PortalError
from portal.registry.queries import log as transparency
from portal.shop.commands import refunds
from portal.shop.models.orders import Order
from portal.shop.rules.states import UNPAID, OrderState
from tests.conftest import driver_url, portal_on
from tests.factories.chaos import Bank, Thing, complaints, end_leases
from tests.factories.registry import make_lot
from tests.races.conftest import NursedServer
from tests.races.visitors import Answer, Visitor, press_buy, quote_page

SECONDS = float(os.environ.get("CHAOS_SECONDS", "60"))
FAULTS = "duplicate=0.25,drop=0.1,reorder=0.2,delay=0-2,lose=0.05,fail=0.05"
BUYERS, WORKERS = 6, 3
TRIES = 8  # of somebody whose connection is lost, before they give up
# Granian takes a worker that dies so soon after it was started for one that cannot start, and gives up.
CHILDHOOD = 5.5
PATIENCE = 240  # seconds until all is at rest
SERVED = (OrderState.PAID, OrderState.RETIRED, OrderState.FULFILLED)
FINANCE = Actor("usr_01M825M1YS7CEW2ABDHNHW73N4", frozenset({Role.FINANCE}), proposer="usr_first")
T = TypeVar("T")


class Chaos:
    """One run: buyers, staff and a killer beside each other, until the time is over."""

    def __init__(self, app: Flask, server: NursedServer, bank: Bank, seed: int) -> None:
        self.app, self.server, self.bank, self.seed = app, server, bank, seed
        self.counts: Counter[str] = Counter()
        self.bad: list[Answer] = []
        self.over = Event()

    def run(self, seconds: float) -> None:
        helpers = [Thread(target=self.kill), Thread(target=self.refund)]
        with ThreadPoolExecutor(BUYERS) as pool:
            buyers = [pool.submit(self.buy, number, monotonic() + seconds) for number in range(BUYERS)]
            for helper in helpers:
                helper.start()
            self.over.wait(seconds)
            self.over.set()
            for buyer in buyers:
                buyer.result(120)
        for helper in helpers:
            helper.join()

    # -- the killer --

    def kill(self) -> None:
        random = Random(f"{self.seed}/killer")
        while not self.over.wait(random.uniform(0.3, 1.2)):
            victim = random.choice([*self._grown_up(), self.server.pid_of("flask")])
            with suppress(ProcessLookupError, TypeError):
                os.kill(victim, signal.SIGKILL)
                self.counts["killed"] += 1

    def _grown_up(self) -> list[int]:
        pids = self.server.worker_pids()
        with suppress(psutil.NoSuchProcess, IndexError):
            if time() - psutil.Process(pids[-1]).create_time() < CHILDHOOD:
                return pids[:-1]
        return pids

    # -- staff --

    def refund(self) -> None:
        random = Random(f"{self.seed}/staff")
        served = select(Order.id).where(Order.state.in_(SERVED))
        while not self.over.wait(random.uniform(1, 3)):
            with self.app.app_context(), suppress(PortalError):
                if found := db.session.scalars(served).all():
                    refunds.request_refund(FINANCE, random.choice(found), "goodwill", clock.now())
                    self.counts["refunded by staff"] += 1

    # -- buyers --

    def buy(self, number: int, until: float) -> None:
        random = Random(f"{self.seed}/{number}")
        while monotonic() < until:
            visitor = Visitor(self.server.url, random.choice(["zh", "en"]))
            with suppress(requests.RequestException):
                self._visit(visitor, random, f"buyer{number}")
            for answer in visitor.answers:
                self._judge(visitor, answer)

    def _judge(self, visitor: Visitor, answer: Answer) -> None:
        """No bug's page, and an outage is explained in the reader's language."""
        if not answer.url.startswith(self.server.url):
            return
        self.counts[f"HTTP {answer.status}"] += 1
        is_explained = answer.status == 503 and answer.h1 and answer.lang.startswith(visitor.lang)
        if answer.status >= 500 and not is_explained:
            self.bad.append(answer)

    def _visit(self, visitor: Visitor, random: Random, who: str) -> None:
        lot, consent = random.choice(["LOT-A", "LOT-A", "LOT-B", "LOT-S"]), random.random() < 0.8
        page = self._again(lambda: quote_page(visitor, random.choice([50, 120, 250]), lot))
        answer = self._press(visitor, page, who, consent, twice=random.random() < 0.1)
        if "/pay/" not in answer.location:
            self.counts[f"not sold ({answer.status})"] += 1
            return
        pay = answer.location
        what = random.choices(["pay", "decline", "cancel", "leave", "both"], [65, 8, 10, 10, 7])[0]
        if what == "leave":
            self.counts["left without paying"] += 1
            return
        if what == "decline":
            self._at_bank(visitor, pay, "failed")
        shop = self._at_bank(visitor, pay, "cancelled")  # where the payment page leads back to
        if what == "both":
            with ThreadPoolExecutor(1) as other_tab:
                paying = other_tab.submit(self._at_bank, Visitor(self.server.url, visitor.lang), pay, "paid")
                self._act(visitor, shop, "/cancel")
                paying.result()
        elif what == "cancel":
            self._act(visitor, shop, "/cancel")
        else:
            back = self._at_bank(visitor, pay, "paid")
            self.counts["paid"] += 1
            if random.random() < 0.7:  # the others close the window: the event has to do it
                self._again(lambda: visitor.follow(visitor.open(back)))
            if not consent and random.random() < 0.5:
                self._act(visitor, shop, "/withdraw")

    def _press(self, visitor: Visitor, page: Answer, who: str, consent: bool, twice: bool) -> Answer:
        """As a person would: again when nothing came back, and again from the page that says "try again"."""
        if twice:
            with ThreadPoolExecutor(2) as pool, suppress(requests.RequestException):
                list(pool.map(lambda n: press_buy(visitor, page, who, consent=consent), range(2)))
        answer = page
        for _ in range(TRIES):
            answer = self._again(lambda page=page: press_buy(visitor, page, who, consent=consent))  # type: ignore[misc]
            if answer.status != 503:
                break
            page = answer
            sleep(0.2)
        return answer

    def _act(self, visitor: Visitor, shop: str, action: str) -> None:
        """Press a button of the order's page, if it is there."""
        page = self._again(lambda: visitor.follow(visitor.open(shop)))
        with suppress(LookupError):
            page.form(action)
            self._again(lambda: visitor.send(page, action))
            self.counts[f"pressed {action}"] += 1

    def _at_bank(self, visitor: Visitor, pay: str, outcome: str) -> str:
        """What a buyer does on the payment page, and where it leads."""
        got = visitor.http.post(pay, {"outcome": outcome}, allow_redirects=False, timeout=30)
        return got.headers.get("Location", pay)

    def _again(self, ask: Callable[[], T]) -> T:
        for _ in range(TRIES):
            try:
                return ask()
            except (requests.ConnectionError, requests.ReadTimeout):
                self.counts["connections lost"] += 1
                sleep(0.15)
        return ask()


def come_to_rest(server: NursedServer, bank: Bank) -> list[Thing]:
    """The chaos is over: let events arrive and jobs be done, and reconcile until nothing moves any more."""
    bank.pull("chaos", "PUT")
    bank.pull("drain", seconds=60)
    reports = [reconcile(server)]
    deadline = monotonic() + PATIENCE
    moving = select(func.count()).select_from(Order).where(
        Order.state.in_((OrderState.RETIRED, OrderState.REFUND_PENDING, OrderState.REFUND_AFTER_RETIREMENT))
    )  # fmt: skip
    while monotonic() < deadline:
        end_leases()
        if jobs.counts()[0] == transparency.waiting() == db.session.scalar(moving) == 0:
            break
        sleep(1)
    reports.append(reconcile(server))
    bank.pull("drain", seconds=60)
    return reports


def reconcile(server: NursedServer) -> Thing:
    told: Thing = json.loads(server.flask("shop", "reconcile", "--json").splitlines()[-1])
    return told


def logged(server: NursedServer) -> Counter[str]:
    """What the server's log says went wrong, by what it says."""
    said = ("bug", "quarantined", "periodic job failed", "job failed", "worker round failed", "not now")
    found: Counter[str] = Counter()
    for line in server.log.read_text(errors="replace").splitlines():
        with suppress(ValueError):
            told = json.loads(line)
            if isinstance(told, dict) and told.get("event") in said:
                found[str(told["event"])] += 1
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_after_a_minute_of_chaos_everybody_has_what_they_paid_for(
    any_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or SystemRandom().randrange(2**32))
    with capsys.disabled():
        print(f"\n  {any_url.split(':')[0]}: chaos for {SECONDS:g} s, CHAOS_SEED={seed}")
    with portal_on(driver_url(any_url), tmp_path) as app:
        make_lot(1000, code="LOT-A", project="0001")
        make_lot(1000, code="LOT-B", project="0002")
        make_lot(3, code="LOT-S", project="0003")
        server = NursedServer(any_url, tmp_path, workers=WORKERS)
        with Bank(f"{server.url}/hooks/stripe", FAULTS, seed) as bank:
            server.environment |= bank.environment
            with server:
                chaos = Chaos(app, server, bank, seed)
                chaos.run(SECONDS)
                reports = come_to_rest(server, bank)
                books = bank.books()
                report(capsys, chaos, server, books, reports)

                assert list(complaints(books, tmp_path / "mail")) == []
                assert "All five checks hold" in server.flask("ledger", "verify")
                assert [(answer.status, answer.url, answer.text[:300]) for answer in chaos.bad] == []
                assert logged(server)["bug"] == 0, "a page or the hook answered 500: see the server's log"
                assert chaos.counts["paid"] > 0
                assert chaos.counts["killed"] > SECONDS / 2

                # Half an hour later nobody can pay any more, and what was left is free again.
                bank.pull("forward", seconds=40 * 60)
                reconcile(server)
                assert list(complaints(bank.books(), tmp_path / "mail")) == []
                left = {state for state in by_state() if state in UNPAID}
                assert left <= {OrderState.RESERVED}, "whose session was lost waits for its own time"
                assert "All five checks hold" in server.flask("ledger", "verify")


def by_state() -> Counter[str]:
    db.session.rollback()
    return Counter(dict(db.session.execute(select(Order.state, func.count()).group_by(Order.state)).all()))  # type: ignore[arg-type]


def report(
    capsys: pytest.CaptureFixture[str], chaos: Chaos, server: NursedServer, books: Thing, reports: list[Thing]
) -> None:
    events = dict(Counter(letter["state"] for letter in books["letters"]))
    healed = [(report["looked_at"], len(report["moved"])) for report in reports]
    with capsys.disabled():
        print(f"  buyers and killer: {dict(sorted(chaos.counts.items()))}")
        print(
            f"  provider: {len(books['charges'])} charges, {len(books['refunds'])} refunds, events {events}"
        )
        print(f"  orders: {dict(sorted(by_state().items()))}")
        print(f"  reconciled (looked at, moved): {healed}, log: {dict(logged(server))}")

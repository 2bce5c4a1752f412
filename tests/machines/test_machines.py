"""A portal on several machines serves, sells, is restarted and loses its database, and nobody is told wrong.

Primary, streaming replica, Redis, nginx with deploy/nginx.conf, two web processes, a worker: all real, on
loopback. Nothing is said by the clock: each test waits for what must come. They come in any order, so each
begins with what the one before has left behind.
"""

import os
import re
import shlex
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
import redis
import requests
from flask import Flask
from sqlalchemy import select

from portal import jobs
from portal.db import db
from portal.ops import replica
from portal.shop.models.orders import Order
from tests.chaos.test_chaos import SERVED
from tests.conftest import driver_url, portal_on
from tests.factories.chaos import KEY, SECRET, complaints, end_leases
from tests.factories.registry import make_lot
from tests.machines.load import Load
from tests.machines.site import Site, wait_for
from tests.ops.test_runbook import BLOCKS
from tests.patience import PATIENCE
from tests.races.visitors import press_buy, quote_page

# Of an outage of the network; by hand: OUTAGE_SECONDS=30.
OUTAGE_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "1"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(autouse=True)
def complaints_are_shown(site: Site) -> Iterator[None]:
    """Beside a failure: whatever else than that all is well the portal's processes have said meanwhile."""
    said_before = {name: len(site.said(name)) for name in (*map(str, site.ports), "worker")}
    yield
    for name, before in said_before.items():
        lines = site.said(name)[before:].splitlines()
        told = [line for line in lines if '"level": "info"' not in line or '"status": 5' in line]
        print(f"-- {name}:", *(line[-3000:] for line in told[-20:]), sep="\n")


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, f"never: {what}"
        time.sleep(0.05)


@contextmanager
def portal_of(site: Site, **changes: object) -> Iterator[Flask]:
    """A process more, this one, of the same site."""
    bank = {"stripe_secret_key": KEY, "stripe_webhook_secrets": (SECRET,), "stripe_api_base": site.bank.url}
    settings = bank | changes
    with portal_on(driver_url(site.primary.url()), site.folder / "instance", **settings) as app:
        yield app


def come_to_rest(site: Site) -> None:
    """Events have arrived, jobs are done, every order has been asked for."""
    site.bank.pull("drain", seconds=60)
    site.flask("shop", "reconcile")
    until = time.monotonic() + 3 * PATIENCE  # every paper is printed by one worker
    while time.monotonic() < until:
        end_leases()
        moving = db.session.scalars(select(Order.id).where(Order.state == "retired").limit(1)).first()
        if not moving and not jobs.counts()[0]:
            return
        time.sleep(0.5)
    raise AssertionError(f"it does not come to rest: {jobs.counts()}")


def all_is_true(site: Site, load: Load) -> None:
    """Each receipt that was shown is there, the books of both sides agree, the ledger verifies."""
    with portal_of(site):
        come_to_rest(site)
        states = {row.id: row.state for row in db.session.execute(select(Order.id, Order.state))}
        assert {states.get(order) for order in load.receipts} <= {*SERVED}
        assert list(complaints(site.bank.books())) == []
    assert "All five checks hold" in site.flask("ledger", "verify")


def bugs(site: Site) -> list[str]:
    """What the web processes called a bug, with where it came from."""
    lines = [line for port in site.ports for line in site.said(str(port)).splitlines()]
    return [line[-3000:] for line in lines if '"bug"' in line]


def test_pages_checkout_hook_and_proof(site: Site):
    visitor = site.visitor("zh")
    assert visitor.open("/projects").h1 == "森林项目"
    answer = press_buy(visitor, quote_page(visitor, 100, "LOT-A"), "one")
    paid = requests.post(answer.location, {"outcome": "paid"}, allow_redirects=False, timeout=60)
    site.bank.pull("drain", seconds=60)
    assert [letter["answers"] for letter in site.bank.books()["letters"]][-1:] == [["200"]]
    until, found = time.monotonic() + PATIENCE, None
    while not found and time.monotonic() < until:
        page = visitor.follow(visitor.open(paid.headers["Location"]))
        found = re.search(r'href="(/c/[^"]+)"', page.html)
        time.sleep(0.2)
    assert found, page.text
    assert visitor.follow(visitor.open(site.url + found[1])).status == 200
    cookies = {cookie.name: cookie for cookie in visitor.http.cookies}
    assert cookies["__Host-written"].secure
    assert "All five checks hold" in site.flask("ledger", "verify")


def test_what_is_counted_is_counted_for_all_processes(site: Site):
    counted = redis.Redis(port=site.redis_port)

    def guess(port: int) -> int:
        """Tries a number of a certificate, which is counted when there is none."""
        return requests.get(f"http://127.0.0.1:{port}/c/CC-0000-0000", timeout=PATIENCE).status_code

    assert [guess(port) for port in site.ports] == [404, 404]
    # Under two keys when a new minute has begun between them.
    assert sum(int(counted.get(key) or 0) for key in counted.scan_iter("*certificates*")) == 2
    site.redis.kill()  # the supervisor starts another one, and whoever asks meanwhile is answered
    assert [guess(port) for port in site.ports] == [404, 404]


def test_a_public_page_is_read_from_the_replica_and_ones_own_writes_from_where_they_are(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    until_the_replica_has_heard(site)
    monkeypatch.setattr(replica, "LAG_SECONDS", 10 * PATIENCE)  # however long this takes
    site.replica.ask("SELECT pg_wal_replay_pause()")
    try:
        with portal_of(site, replica_url=driver_url(site.replica.url())) as app:
            make_lot(1, code="LOT-NEW", project="0777")
            (place,) = site.primary.ask("SELECT pg_current_wal_insert_lsn()")
            names = {}
            for said in ("", str(place), "no place", "0/0"):
                visitor = app.test_client()
                if said:
                    visitor.set_cookie("written", said)
                names[said] = "HLYC-0777" in visitor.get("/en/projects").text
                # Nothing on the way of an order is ever old, whoever asks.
                assert "LOT-NEW" in app.test_client().get("/en/offset/quote?kg=10&lot=LOT-NEW").text
            assert names == {"": False, str(place): True, "no place": True, "0/0": False}
            assert re.search(r"^portal_replica_lag_seconds \d", app.test_client().get("/metrics").text, re.M)
    finally:
        site.replica.ask("SELECT pg_wal_replay_resume()")


def test_a_replica_that_is_behind_promoted_or_away_is_not_read(site: Site, monkeypatch: pytest.MonkeyPatch):
    until_the_replica_has_heard(site)
    with portal_of(site, replica_url=driver_url(site.replica.url())) as app:
        visitor = app.test_client()

        def reads_replica() -> bool:
            replica._rests_until.clear()
            # A context of its own, as a request has: a page that found a server away does not ask it again.
            with app.app_context(), app.test_request_context("/en/projects"):
                replica.choose()
                return replica.read_from_primary()

        assert reads_replica()
        with monkeypatch.context() as patch:
            patch.setattr(replica, "LAG_SECONDS", 0)
            assert not reads_replica(), "too far behind"
            patch.setattr(db.engines[None].dialect, "do_execute", _fails)
            assert reads_replica(), "what is old is better than nothing"
        with monkeypatch.context() as patch:
            patch.setitem(db.engines, "replica", db.engines[None])
            assert not reads_replica(), "a server of its own, such as one that was promoted"
        # It goes away after it was chosen: the page is made again, from the primary.
        with monkeypatch.context() as patch:
            patch.setattr(db.engines["replica"].dialect, "do_execute", _fails_after_choice())
            replica._rests_until.clear()
            assert visitor.get("/en/projects").status_code == 200
        site.replica.kill()
        assert visitor.get("/en/projects").status_code == 200
        assert not reads_replica()
        with Load(site, buyers=0) as load:
            load.wait_for(lambda: load.statuses[200] > 20)
        assert (load.faults, load.away) == ([], 0)
        site.replica.start()
        load.wait_for(reads_replica)


def _fails(*_asked: object) -> None:
    raise psycopg.OperationalError("terminating connection due to administrator command")


def _fails_after_choice():  # type: ignore[no-untyped-def]
    def execute(cursor, statement, parameters, context=None):  # type: ignore[no-untyped-def]
        if "pg_is_in_recovery" in statement or cursor.connection.info.port is None:
            return cursor.execute(statement, parameters)
        raise psycopg.OperationalError("terminating connection due to administrator command")

    return execute


def test_a_stop_lets_what_is_under_way_be_answered(site: Site):
    port = site.ports[0]
    waits = f"SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = '{port}'"
    stops = site.said(str(port)).count("Shutting down granian")
    answers: list[int] = []
    with psycopg.connect(site.primary.url()) as holder:
        holder.execute("LOCK TABLE pool_lot IN ACCESS EXCLUSIVE MODE")
        asking = threading.Thread(
            target=lambda: answers.append(
                requests.get(f"http://127.0.0.1:{port}/zh/offset", timeout=PATIENCE).status_code
            )
        )
        asking.start()
        wait_until(lambda: bool(answers or site.primary.ask(waits)), "it waits for the lock")
        assert answers == [], "answered without waiting"
        site.web[port].process.terminate()
        wait_until(lambda: site.said(str(port)).count("Shutting down granian") > stops, "it hears the stop")
        holder.rollback()
    asking.join(PATIENCE)
    assert answers == [200]
    wait_for(f"http://127.0.0.1:{port}/healthz")


def test_a_rolling_restart_under_load_is_noticed_by_nobody(site: Site):
    before = [web.process.pid for web in site.web.values()]
    with Load(site) as load:
        load.wait_for_receipts()
        rolled = site.roll()
        load.wait_for_receipts()
    assert rolled.returncode == 0, rolled.stderr
    assert rolled.stdout.count("restarted") == 2
    assert not {*before} & {web.process.pid for web in site.web.values()}
    assert (load.faults, load.away, bugs(site)) == ([], 0, [])
    all_is_true(site, load)


def test_a_killed_database_comes_back_without_a_restart(site: Site):
    processes = [web.process.pid for web in site.web.values()]
    with Load(site) as load:
        load.wait_for_receipts()
        site.primary.kill()
        load.wait_for(lambda: load.away > 10)
        public = site.visitor("zh").open("/projects")
        assert public.status == 200, "a public page needs the replica only"
        site.primary.start()
        load.wait_for_receipts()
    assert (load.faults, bugs(site)) == ([], [])
    assert processes == [web.process.pid for web in site.web.values()]
    all_is_true(site, load)


def test_a_network_without_a_word_is_noticed_and_comes_back(site: Site):
    """Nobody waits for more than a minute (``tests.races.visitors``), and public pages for nothing at all."""
    with Load(site) as load:
        load.wait_for_receipts()
        for away in (site.primary.cable.dead, site.primary.cable.mute):
            told = load.away
            with away():
                load.wait_for(lambda told=told: load.away > told + 10)  # type: ignore[misc]
                public = site.visitor("zh").open("/projects")
                assert public.status == 200, "a public page needs the replica only"
                load.is_over.wait(OUTAGE_SECONDS)
            load.wait_for_receipts()
    assert (load.faults, bugs(site)) == ([], [])
    all_is_true(site, load)


def test_a_replica_that_does_not_answer_costs_nobody_a_page(site: Site):
    with site.replica.cable.mute(), Load(site, buyers=0) as load:
        load.wait_for(lambda: load.statuses[200] > 20)
    assert (load.faults, load.away, bugs(site)) == ([], 0, [])


# --- The first server is lost for good -----------------------------------------------------------------


def promote(site: Site) -> None:
    """Line by line what the runbook says, with the paths of this machine."""
    (block,) = (block for block in BLOCKS if "pg_promote" in block)
    for line in block.splitlines():
        words = shlex.split(line)
        match words[0]:
            case "systemctl":
                site.systemctl(*words[1:])
            case "runuser":
                assert words[1:-1] == ["-u", "postgres", "--", "psql", "-c"]
                site.replica.ask(words[-1], "postgres")
            case "sed":
                there = {"/etc/portal.env": str(site.variables), "postgresql://portal@REPLICA/portal":
                         site.replica.cable.url()}  # fmt: skip
                for theirs, ours in there.items():
                    assert theirs in line
                    line = line.replace(theirs, ours)
                subprocess.run(shlex.split(line), check=True)
            case "set":
                site.read_variables()
            case "flask":
                site.flask(*words[3:])
            case _:
                raise AssertionError(f"who does {line}?")
    for port in site.ports:
        wait_for(f"http://127.0.0.1:{port}/healthz")


def until_the_replica_has_heard(site: Site) -> None:
    """Of all that was written, and of something just now: one that never heard of anything looks old."""
    site.primary.ask("SELECT pg_current_xact_id()")
    (place,) = site.primary.ask("SELECT pg_current_wal_insert_lsn()")
    heard = f"SELECT pg_last_wal_replay_lsn() >= '{place}'::pg_lsn"
    wait_until(lambda: site.replica.ask(heard)[0], "the replica has heard")


def test_the_replica_takes_over_by_what_the_runbook_says(site: Site):
    with Load(site) as before:
        before.wait_for_receipts()
    # What the portal was told is done, the replica has heard: nothing more is told, and nothing published.
    with site.primary.cable.cut():
        until_the_replica_has_heard(site)
        site.primary.kill()
    promote(site)
    site.primary, site.replica = site.replica, site.primary
    with Load(site) as after:
        after.wait_for_receipts()
    assert (after.faults, bugs(site)) == ([], [])
    before.receipts |= after.receipts
    all_is_true(site, before)
    # And a new replica, where the lost server was.
    site.replica.copied(site.primary).start()
    with open(site.variables, "a") as variables:
        variables.write(f"DATABASE_REPLICA_URL={site.replica.cable.url()}\n")
    site.read_variables()
    units = ("portal-web@8000", "portal-web@8001", "portal-worker")
    site.systemctl("stop", *units)
    site.systemctl("start", *units)
    for port in site.ports:
        wait_for(f"http://127.0.0.1:{port}/healthz")


def test_a_replica_that_had_not_heard_what_was_published_reads_only(site: Site):
    until_the_replica_has_heard(site)
    site.replica.stop()
    with Load(site, readers=0) as load:
        load.wait_for_receipts(1)
    site.flask("ledger", "checkpoint")  # signed, and published
    site.primary.kill()
    site.replica.start()
    site.replica.do("pg_ctl promote -w -D data")
    try:
        with pytest.raises(subprocess.CalledProcessError) as refused:
            site.flask("shop", "reconcile", DATABASE_URL=site.replica.url())
        assert "Nothing is changed" in refused.value.stderr
    finally:
        site.replica.stop()
        site.primary.start()
        site.replica.copied(site.primary).start()
    site.flask("shop", "reconcile")  # the control: the first server may go on
    # Whoever comes first meets none of the connections to the server that was killed.
    site.bank.pull("drain", seconds=60)
    offset = [requests.get(f"http://127.0.0.1:{port}/zh/offset", timeout=PATIENCE) for port in site.ports]
    assert [answer.status_code for answer in offset] == [200, 200]

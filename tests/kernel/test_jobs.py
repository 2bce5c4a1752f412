"""Work is recorded with its cause, done at least once, by one worker at a time, and given up in the end."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask, g
from sqlalchemy import select, text, update

from portal import jobs
from portal.db import db, transaction
from portal.jobs import LAST_ATTEMPT, LEASE, Outbox
from portal.kernel import clock
from portal.kernel.errors import Unavailable
from portal.web.i18n import lang, speak
from tests.patience import PATIENCE

Heard = list[dict[str, Any]]


@pytest.fixture
def registered() -> Iterator[None]:
    """Handlers and periodic jobs that a test registers are gone after it."""
    handlers, periodic = dict(jobs._handlers), dict(jobs._periodic)
    yield
    for known, before in ((jobs._handlers, handlers), (jobs._periodic, periodic)):
        known.clear()
        known.update(before)


@pytest.fixture
def heard(registered: None) -> Heard:
    """What a handler of kind ``listen`` was told."""
    told: Heard = []
    jobs.handles("listen")(told.append)
    return told


def row(key: str) -> Outbox:
    db.session.rollback()
    return db.session.scalars(select(Outbox).where(Outbox.key == key)).one()


def due_now() -> None:
    """As if all pauses were over."""
    with transaction() as session:
        session.execute(update(Outbox).where(Outbox.state == "waiting").values(due_at=clock.now()))


# --- recording


def test_work_is_done_once(any_app: Flask, heard: Heard):
    for _ in range(3):
        jobs.enqueue("listen", {"n": 1}, key="k", now=clock.now())
    assert jobs.drain() == 1
    assert jobs.drain() == 0
    assert heard == [{"n": 1}]
    assert (row("k").state, row("k").attempts, jobs.counts()) == ("done", 1, (0, 0))


def test_the_same_key_again_does_nothing_even_after_it_was_done(app: Flask, heard: Heard):
    for _ in range(2):
        jobs.enqueue("listen", {}, key="k", now=clock.now())
        jobs.drain()
    assert len(heard) == 1


def test_work_goes_with_the_fact_that_causes_it(any_app: Flask, heard: Heard):
    def deed() -> None:
        with transaction():
            jobs.enqueue("listen", {}, key="k", now=clock.now())
            raise RuntimeError("the deed failed")

    with pytest.raises(RuntimeError, match="the deed"):
        deed()
    assert jobs.drain() == 0


def test_work_may_be_due_later(app: Flask, heard: Heard):
    now = clock.now()
    jobs.enqueue("listen", {}, key="later", now=now, due=now + timedelta(minutes=5))
    assert jobs.drain(now + timedelta(minutes=4)) == 0
    assert jobs.drain(now + timedelta(minutes=6)) == 1


def test_the_oldest_due_work_comes_first(app: Flask, heard: Heard):
    now = clock.now()
    for n, age in enumerate((1, 3, 2)):
        jobs.enqueue("listen", {"n": n}, key=str(n), now=now, due=now - timedelta(minutes=age))
    jobs.drain()
    assert [each["n"] for each in heard] == [1, 2, 0]


# --- failing


def failing(kind: str = "fails", times: int = 10**6) -> Callable[[dict[str, Any]], None]:
    left = [times]

    @jobs.handles(kind)
    def fail(_payload: dict[str, Any]) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise Unavailable(service="mail")

    return fail


@pytest.mark.usefixtures("registered")
def test_failed_work_is_tried_again_after_a_growing_pause(app: Flask):
    failing()
    jobs.enqueue("fails", {}, key="k", now=clock.now())
    pauses = []
    for attempt in range(1, 4):
        before = clock.now()
        due_now()
        assert jobs.drain() == 1
        assert jobs.drain() == 0, "tried again without a pause"
        assert (row("k").state, row("k").attempts) == ("waiting", attempt)
        pauses.append(round((row("k").due_at - before).total_seconds()))
    assert pauses == [2, 4, 8]
    assert row("k").last_error == "Unavailable: Unavailable(service='mail')"


@pytest.mark.usefixtures("registered")
def test_work_that_succeeds_at_last_is_done(app: Flask):
    failing(times=2)
    jobs.enqueue("fails", {}, key="k", now=clock.now())
    for _ in range(3):
        due_now()
        jobs.drain()
    assert (row("k").state, row("k").attempts, row("k").last_error) == ("done", 3, None)


def test_one_poisoned_piece_fails_while_others_run(any_app: Flask, heard: Heard):
    failing("poison")
    jobs.enqueue("poison", {}, key="poison", now=clock.now())
    for n in range(LAST_ATTEMPT):
        jobs.enqueue("listen", {"n": n}, key=f"well {n}", now=clock.now())
        due_now()
        assert jobs.drain() == 2
    assert [each["n"] for each in heard] == list(range(LAST_ATTEMPT))
    assert (row("poison").state, jobs.counts()) == ("failed", (0, 1))
    due_now()
    assert jobs.drain() == 0, "it is not tried for ever"


def test_work_nobody_handles_is_kept_and_told(app: Flask, heard: Heard):
    jobs.enqueue("unheard of", {}, key="k", now=clock.now())
    jobs.drain()
    assert "nobody handles unheard of" in (row("k").last_error or "")


@pytest.mark.usefixtures("registered")
def test_a_handler_that_breaks_its_transaction_leaves_nothing_behind(any_app: Flask):
    @jobs.handles("half")
    def half(_payload: dict[str, Any]) -> None:
        with transaction():
            jobs.enqueue("listen", {}, key="written half-way", now=clock.now())
            raise RuntimeError("\0 in a message is no text for PostgreSQL")

    jobs.enqueue("half", {}, key="k", now=clock.now())
    jobs.drain()
    assert "RuntimeError" in (row("k").last_error or "")
    assert db.session.scalars(select(Outbox.key)).all() == ["k"]


def test_given_up_work_can_be_put_back(app: Flask, heard: Heard):
    jobs.enqueue("listen", {}, key="k", now=clock.now())
    with transaction() as session:
        session.execute(update(Outbox).values(state="failed", attempts=LAST_ATTEMPT))
    (given_up,) = jobs.failed()
    assert jobs.retry(given_up.id, clock.now())
    assert not jobs.retry(given_up.id, clock.now())
    assert jobs.drain() == 1


# --- each piece alone


def test_each_piece_has_a_context_of_its_own(app: Flask, heard: Heard):
    """No piece speaks the language of the one before, or leaves its session open."""
    languages = []

    @jobs.handles("speaks")
    def say(payload: dict[str, Any]) -> None:
        languages.append(lang())
        speak(payload["lang"])
        g.left_behind = True

    for n, spoken in enumerate(("en", "zh")):
        jobs.enqueue("speaks", {"lang": spoken}, key=str(n), now=clock.now())
    jobs.drain()
    assert languages == ["zh", "zh"]
    assert "left_behind" not in g


# --- several workers


def test_a_killed_workers_piece_comes_back_when_its_lease_ends(any_app: Flask, heard: Heard):
    now = clock.now()
    jobs.enqueue("listen", {}, key="k", now=now)
    assert jobs._claim(now) is not None  # and the worker is killed
    assert jobs.drain(now + LEASE - timedelta(seconds=1)) == 0
    assert jobs.drain(now + LEASE) == 1
    assert row("k").attempts == 2


def test_a_slow_worker_does_not_undo_what_another_has_done(app: Flask, heard: Heard):
    now = clock.now()
    jobs.enqueue("listen", {}, key="k", now=now)
    slow = jobs._claim(now)
    assert slow is not None
    assert jobs.drain(now + LEASE) == 1
    jobs._settle(slow, state="waiting", last_error="the slow one failed")
    assert (row("k").state, row("k").last_error) == ("done", None)


@pytest.mark.usefixtures("registered")
def test_two_workers_never_do_one_piece_at_the_same_time(pg_app: Flask):
    done: list[str] = []
    busy: set[str] = set()
    twice: list[str] = []

    @jobs.handles("careful")
    def work(payload: dict[str, Any]) -> None:
        key = payload["key"]
        if key in busy:
            twice.append(key)
        busy.add(key)
        meet.wait(PATIENCE)  # so that workers really are at work at the same time
        busy.discard(key)
        done.append(key)

    workers, pieces = 4, 40
    meet = threading.Barrier(workers)
    keys = [f"k{n}" for n in range(pieces)]
    for key in keys:
        jobs.enqueue("careful", {"key": key}, key=key, now=clock.now())

    def drain() -> None:
        with pg_app.app_context():
            jobs.drain(limit=pieces // workers)

    threads = [threading.Thread(target=drain) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert (sorted(done), twice) == (sorted(keys), [])


# --- periodic work


def test_a_turn_is_taken_once(any_app: Flask):
    now = clock.now()
    pause = timedelta(seconds=30)
    assert jobs._claim_turn("sweep", pause, now)
    assert not jobs._claim_turn("sweep", pause, now)
    assert not jobs._claim_turn("sweep", pause, now + timedelta(seconds=29))
    assert jobs._claim_turn("sweep", pause, now + pause)


def test_of_several_workers_one_takes_the_turn(pg_app: Flask):
    now = clock.now()
    for later in (now, now + timedelta(seconds=30)):
        assert sum(claims(pg_app, 6, later)) == 1


def claims(app: Flask, workers: int, now: datetime) -> list[bool]:
    won: list[bool] = []
    start = threading.Barrier(workers)

    def claim() -> None:
        with app.app_context():
            start.wait(PATIENCE)
            won.append(jobs._claim_turn("sweep", timedelta(seconds=30), now))

    threads = [threading.Thread(target=claim) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return won


@pytest.mark.usefixtures("registered")
def test_a_failing_periodic_job_does_not_stop_the_others(app: Flask):
    ran = []
    jobs._periodic.clear()

    @jobs.every(seconds=30)
    def breaks() -> None:
        raise RuntimeError("broken")

    @jobs.every(seconds=30)
    def runs() -> None:
        ran.append(True)

    jobs.run_periodic()
    jobs.run_periodic()
    assert ran == [True]


def test_what_cannot_be_done_for_one_is_done_for_the_others(any_app: Flask):
    done = []

    def do(number: int) -> None:
        with transaction() as session:
            if number == 2:
                session.execute(text("SELECT 1 FROM no_such_table"))
            done.append(number)

    jobs.each([1, 2, 3], do)
    assert done == [1, 3]


@pytest.mark.usefixtures("registered")
def test_a_worker_goes_on_when_a_round_fails(app: Flask, monkeypatch: pytest.MonkeyPatch):
    rounds = []
    stop = threading.Event()

    def drain(**_: object) -> int:
        rounds.append(True)
        if len(rounds) == 2:
            stop.set()
            return 0
        raise ConnectionError("the database is away")

    monkeypatch.setattr(jobs, "drain", drain)
    monkeypatch.setattr(jobs, "run_periodic", lambda: None)
    jobs.work(app, stop, idle_seconds=0)
    assert len(rounds) == 2


def test_being_behind_is_noticed(app: Flask, heard: Heard):
    now = clock.now()
    assert jobs.is_in_step(now, 60)
    jobs.enqueue("listen", {}, key="k", now=now)
    assert jobs.is_in_step(now + timedelta(seconds=59), 60)
    assert not jobs.is_in_step(now + timedelta(seconds=61), 60)
    jobs.drain(now + timedelta(seconds=61))
    assert jobs.is_in_step(now + timedelta(seconds=61), 60)


def test_a_piece_that_ends_its_worker_each_time_is_given_up(app: Flask, heard: Heard):
    """Such as one that needs more memory than there is: nothing of it ever says that it failed."""
    now = clock.now()
    jobs.enqueue("listen", {}, key="k", now=now)
    for n in range(LAST_ATTEMPT):
        assert jobs._claim(now + n * LEASE) is not None  # and the worker is killed
    assert jobs.drain(now + LAST_ATTEMPT * LEASE) == 1
    assert (row("k").state, heard) == ("failed", [])
    assert "14 times" in str(row("k").last_error)
    assert jobs.retry(row("k").id, now)
    assert (jobs.drain(now), heard) == (1, [{}])

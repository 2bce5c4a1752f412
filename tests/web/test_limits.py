"""Limits are counted in what all processes share, and go on when that is away."""

from flask import Flask
from limits import parse

from portal.web import limits
from portal.web.limits import SharedLimiter
from tests.server import free_port

TWO = parse("2/hour")


def test_two_processes_share_what_they_count_and_two_memories_do_not():
    here, there = SharedLimiter("memory://"), SharedLimiter("memory://")
    assert [here.hit(TWO, "a"), here.hit(TWO, "a"), here.hit(TWO, "a")] == [True, True, False]
    assert there.hit(TWO, "a"), "the control: Redis is what makes them one (tests/machines)"


def test_a_storage_that_is_away_stops_nobody_and_still_counts(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: clock[0])
    limiter = SharedLimiter(f"redis://127.0.0.1:{free_port()}/0")
    assert [limiter.hit(TWO, "a"), limiter.hit(TWO, "a"), limiter.hit(TWO, "a")] == [True, True, False]
    assert not limiter.test(TWO, "a")
    asked = []
    monkeypatch.setattr(limiter.storage, "incr", lambda *_a, **_k: asked.append(1) or 1)
    assert not limiter.hit(TWO, "a"), "it rests"
    clock[0] += limits.AWAY_SECONDS
    assert limiter.hit(TWO, "a"), "it is asked again"
    assert asked == [1]


def test_a_page_that_is_limited_answers_without_its_storage(app: Flask):
    app.extensions["portal.limits"] = SharedLimiter(f"redis://127.0.0.1:{free_port()}/0")
    assert app.test_client().get("/api/v1/projects").status_code == 200

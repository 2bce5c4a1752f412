"""The same land drawn by several at one moment: it is entered once. PostgreSQL, with a control."""

from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from portal.db import db
from portal.kernel.ids import new_id
from portal.registry.commands import projects
from portal.registry.queries import projects as read
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.parcels import ParcelTaken
from tests.factories import projects as make
from tests.patience import PATIENCE
from tests.races.threads import at_once

DRAWN = 4


def drawn_at_once(app: Flask) -> list[Any]:
    """Overlapping squares in as many projects: no two have one outline, so no key is in the way."""
    codes = [make.propose(ProjectType.ARR, f"示范林 {new_id('prj')}") for _ in range(DRAWN)]
    db.session.rollback()
    return at_once(app, DRAWN, lambda n: make.enter_land(codes[n], make.square(west=128.9 + n / 10_000)))


def entered(results: list[Any]) -> int:
    return sum(isinstance(each, list) for each in results)


def test_land_that_several_draw_at_once_is_entered_once(pg_app: Flask):
    results = drawn_at_once(pg_app)
    assert entered(results) == 1
    assert sum(isinstance(each, ParcelTaken) for each in results) == DRAWN - 1, results


def test_without_standing_alone_it_is_entered_twice(pg_app: Flask, monkeypatch: pytest.MonkeyPatch):
    """The control: nobody waits, and all have looked at the map before one has drawn on it."""
    gate, look = Barrier(DRAWN), read.neighbours

    def slowly(box: Any) -> Any:
        seen = look(box)
        gate.wait(PATIENCE)
        return seen

    monkeypatch.setattr(read, "neighbours", slowly)
    monkeypatch.setattr(projects, "alone", lambda session, task: None)
    results = drawn_at_once(pg_app)
    assert entered(results) > 1, results

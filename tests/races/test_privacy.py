"""Asking to be forgotten, and for a copy, pressed several times at one moment, on PostgreSQL.

Each race has a control without the lock: there somebody is told of a fault, or packs a second copy.
"""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from portal.db import db
from portal.kernel import clock
from portal.privacy.commands import copies, erasing
from portal.privacy.queries.copies import copies_of
from portal.privacy.queries.erasures import waiting_of
from portal.privacy.rules.copies import CopyIsOnItsWay
from tests.factories import accounts
from tests.factories.accounts import Somebody
from tests.races.threads import at_once

THREADS = 4


def asked_at_once(app: Flask) -> tuple[Somebody, list[Any], list[Any]]:
    """What each was answered: for an erasure, and for a copy."""
    who = accounts.person("who@example.cn")
    db.session.remove()
    erasures = at_once(app, THREADS, lambda _: erasing.ask(who.actor, who.id, "", "zh", clock.now()))
    packed = at_once(app, THREADS, lambda _: copies.ask(who.actor, who.id, "", "zh", clock.now()))
    return who, erasures, packed


def test_pressed_several_times_it_is_asked_once(pg_app: Flask) -> None:
    who, erasures, packed = asked_at_once(pg_app)
    waiting = waiting_of(who.id)
    assert waiting
    assert set(erasures) == {waiting.id}
    assert [type(each) for each in packed].count(CopyIsOnItsWay) == THREADS - 1
    assert len(copies_of(who.id)) == 1


def test_without_the_lock_it_is_not(pg_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    for commands in (erasing, copies):
        monkeypatch.setattr(commands, "alone", lambda _session, _task: None)
    who, erasures, packed = asked_at_once(pg_app)
    assert any(isinstance(each, IntegrityError) for each in erasures) or len(copies_of(who.id)) > 1, packed

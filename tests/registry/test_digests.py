"""The state digest: when it is made, what it holds, and that new rows do not disturb old seals."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask

from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.ops import audit
from portal.ops.sealing import ledger_tables
from portal.registry.commands import digests
from portal.registry.jobs import sequence_and_sign
from portal.registry.queries import digests as read
from portal.registry.queries import log
from portal.registry.rules import seals
from portal.registry.rules.seals import Balance
from tests.factories.registry import STAFF, hold, make_lot, retire


def take() -> list[str]:
    made = digests.take(STAFF, ledger_tables(), clock.now())
    sequence_and_sign()
    return made


def test_a_digest_is_made_when_there_is_something_new_and_once_a_day_anyway(
    any_app: Flask, at: Callable[[str], datetime]
):
    at("2026-11-22T08:00:00+08:00")
    make_lot(10)
    sequence_and_sign()
    (first,) = take()
    assert take() == []  # its own record and checkpoint are no news
    at("2026-11-22T09:00:00+08:00")
    retire(hold(250))
    (second,) = take()
    at("2026-11-23T08:00:00+08:00")
    (third,) = take()
    assert [each.id for each in read.digests(5)] == [third, second, first]
    assert list(audit.faults()) == []
    entries = [entry for entry in log.entries(0, log.size()) if entry.kind == "digest"]
    assert [entry.subject_id for entry in entries] == [first, second, third]
    assert read.balances_of(first) != read.balances_of(second) == read.balances_of(third)


def test_balances_are_grams_by_account_and_state(app: Flask):
    make_lot(10)
    retire(hold(250))
    (digest_id,) = take()
    grams = {each.state: each.grams for each in read.balances()}
    assert grams == {"held": 9_750_000, "retired": 250_000}
    assert read.balances_of(digest_id) == seals.balances_text(read.balances())


def test_balances_have_one_text_whatever_the_order():
    some = [Balance("acc_b", "held", 1), Balance("acc_a", "retired", 2), Balance("acc_a", "held", 3)]
    text = '{"account":"acc_a","grams":3,"state":"held"}\n{"account":"acc_a","grams":2,"state":"retired"}\n'
    text += '{"account":"acc_b","grams":1,"state":"held"}'
    assert seals.balances_text(some) == seals.balances_text(some[::-1]) == text


def test_a_guest_makes_no_digest(app: Flask):
    with pytest.raises(NotAllowed):
        digests.take(Actor.guest(), ledger_tables(), clock.now())


def test_a_seal_is_the_same_from_both_databases():
    """What PostgreSQL reads as a value and SQLite as it is stored."""
    at = datetime.fromisoformat("2026-11-22T16:30:00+08:00")
    values = {"at": at, "ok": True, "n": None, "hash": b"\x01", "facts": {"b": 1, "a": "炭"}}
    text = "2026-11-22T08:30:00.000000Z"
    stored = {"facts": {"a": "炭", "b": 1}, "hash": b"\x01", "ok": 1, "n": None, "at": text}
    assert seals.seal("t", 7, values) == seals.seal("t", "7", stored)
    assert seals.seal("t", 7, values | {"ok": False}) != seals.seal("t", 7, values)

"""Units between accounts at one moment: two acceptances, a freeze in between, a lot and a cancellation.

PostgreSQL, where two can write at a time. Each race has a control: the same race with the lock or the guard
taken out, in which the thing that must not happen does.
"""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, func, select, text
from sqlalchemy.exc import DBAPIError

from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.mass import Mass
from portal.registry.commands import cancelling, freezing, issuing, lots, reversals, transfers
from portal.registry.models import Block, Issuance, LedgerEntry, Transfer
from portal.registry.queries import verify, verify_accounts
from portal.registry.rules.accounts import (
    CancelReason,
    Cause,
    FreezeKind,
    InDebt,
    IsFrozen,
    OfferEnded,
    TransferState,
)
from portal.registry.rules.errors import NotEnoughAtSource
from portal.registry.rules.ledger import BlockState, MoreThanVerified, NotEnoughCredits
from tests.factories.guards import without_guards
from tests.factories.registry import STAFF, lot_draft
from tests.factories.units import (
    BIRCH,
    CHECKER,
    HASH,
    MAKER,
    PINE,
    TWO,
    account_id,
    approved,
    given,
    holder,
    issued,
    offered,
    project,
)
from tests.patience import PATIENCE
from tests.races.threads import at_once

SERIAL = "HLYC-0001-ARR-2024-1-1-80"
THREADS = 6


def no_faults() -> None:
    db.session.rollback()
    assert [str(fault) for fault in (*verify.tables(), *verify_accounts.accounts(), *verify.source())] == []


def tonnes(*conditions: Any) -> int:
    db.session.rollback()
    grams = select(func.coalesce(func.sum(Block.end_g - Block.start_g), 0)).where(*conditions)
    return int(db.session.scalar(grams) or 0) // 1_000_000


def wins(results: list[Any]) -> list[Any]:
    return [each for each in results if not isinstance(each, Exception)]


def unguarded(*tables: str) -> None:
    """Drop the guards of these tables, and with them the foreign keys' triggers for nobody."""
    with transaction() as session:
        without_guards(session, *tables)
    db.session.remove()


def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Statements lock no rows any more: what is read may be changed by others before it is written."""
    monkeypatch.setattr(Select, "with_for_update", lambda self, **_: self)


# -- two acceptances ---------------------------------------------------------------------------


def accept_at_once(app: Flask) -> list[Any]:
    issued(80)
    transfer = offered(80, holder())
    return at_once(app, THREADS, lambda _: transfers.accept(PINE, transfer, clock.now()))


def test_an_offer_is_accepted_once(pg_app: Flask):
    results = accept_at_once(pg_app)
    assert len(wins(results)) == 1
    assert all(isinstance(each, OfferEnded) for each in results if each is not None), results
    assert tonnes(Block.account_id == account_id("holding")) == 80
    no_faults()


def test_without_the_lock_an_offer_is_accepted_by_more_than_one(
    pg_app: Flask, monkeypatch: pytest.MonkeyPatch
):
    """The control; the journal's key is out of the way too, for it is the belt behind the lock."""
    unlocked(monkeypatch)
    unguarded("transfer", "block")
    gate = Barrier(THREADS)
    real = transfers._in_escrow

    def slowly(*asked: Any) -> Any:
        found = real(*asked)
        gate.wait(PATIENCE)  # all have read that the offer is open, and what is in escrow
        return found

    monkeypatch.setattr(transfers, "_in_escrow", slowly)
    with transaction() as session:
        session.execute(text("ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_key_is_unique"))
        session.execute(text("ALTER TABLE record DROP CONSTRAINT a_fact_is_recorded_once"))
    results = accept_at_once(pg_app)
    assert len(wins(results)) > 1
    entered = select(func.count()).select_from(LedgerEntry).where(LedgerEntry.key.like("accepted:%"))
    assert db.session.scalar(entered) > 1


def test_an_offer_ends_in_one_way_whatever_is_tried(pg_app: Flask):
    issued(80)
    transfer = offered(80, holder())
    later = clock.now() + timedelta(days=8)

    def end(number: int) -> object:
        ways: list[Callable[[], object]] = [
            lambda: transfers.accept(PINE, transfer, clock.now()),
            lambda: transfers.decline(PINE, transfer, clock.now()),
            lambda: transfers.withdraw(MAKER, transfer, clock.now()),
            lambda: transfers.expire_offers(STAFF, later) or OfferEnded(),
        ]
        return ways[number % len(ways)]()

    results = at_once(pg_app, 8, end)
    assert len(wins(results)) == 1, results
    state = db.session.scalar(select(Transfer.state))
    owner = account_id("holding") if state == TransferState.ACCEPTED else account_id("developer")
    assert tonnes(Block.account_id == owner, Block.state == BlockState.HELD) == 80
    no_faults()


def test_the_same_units_are_offered_once(pg_app: Flask):
    issued(80)
    pine, code = given(30), holder(BIRCH)
    soon = clock.now() + timedelta(days=1)
    results = at_once(
        pg_app, THREADS, lambda _: transfers.offer(PINE, pine, code, Mass.t(20), soon, "", clock.now())
    )
    assert len(wins(results)) == 1, results
    assert all(isinstance(each, NotEnoughCredits) for each in results if not isinstance(each, str)), results
    assert tonnes(Block.state == BlockState.ESCROW) == 20
    no_faults()


# -- a transfer and a freeze -------------------------------------------------------------------


def freeze_between(app: Flask, kind: FreezeKind, monkeypatch: pytest.MonkeyPatch, seconds: float) -> bool:
    """Whether the freeze was confirmed before an acceptance that went on to move the units.

    The acceptance has looked and stands before its first write; then the freeze begins, and gets so long.
    """
    issued(80)
    transfer = offered(80, holder())
    target = {
        FreezeKind.ACCOUNT: lambda: account_id("developer"),
        FreezeKind.PROJECT: lambda: str(db.session.scalar(text("SELECT id FROM project"))),
        FreezeKind.BLOCK: lambda: str(db.session.scalar(select(Block.id).where(Block.state == "escrow"))),
    }[kind]()
    db.session.rollback()
    has_looked, is_frozen = Event(), Event()
    real, was_frozen_first = transfers._in_escrow, []

    def look_and_wait(*asked: Any) -> Any:
        found = real(*asked)
        has_looked.set()
        was_frozen_first.append(is_frozen.wait(seconds))
        return found

    monkeypatch.setattr(transfers, "_in_escrow", look_and_wait)

    def accept(number: int) -> None:
        if number:
            has_looked.wait(PATIENCE)
            freezing.freeze(MAKER, kind, target, "under dispute", clock.now())
            is_frozen.set()
            return
        transfers.accept(PINE, transfer, clock.now())

    at_once(app, 2, accept)
    return was_frozen_first == [True]


@pytest.mark.parametrize("kind", FreezeKind)
def test_nothing_moves_once_a_freeze_is_confirmed(
    pg_app: Flask, kind: FreezeKind, monkeypatch: pytest.MonkeyPatch
):
    """The freeze waits for the acceptance that was under way, and is confirmed after it."""
    assert freeze_between(pg_app, kind, monkeypatch, 2) is False
    assert tonnes(Block.account_id == account_id("holding")) == 80
    no_faults()


@pytest.mark.parametrize("kind", FreezeKind)
def test_without_locks_and_guards_units_move_after_the_freeze(
    pg_app: Flask, kind: FreezeKind, monkeypatch: pytest.MonkeyPatch
):
    unlocked(monkeypatch)
    unguarded("block")
    assert freeze_between(pg_app, kind, monkeypatch, 30) is True
    assert tonnes(Block.account_id == account_id("holding")) == 80


def test_after_a_freeze_the_waiting_acceptance_is_refused(pg_app: Flask):
    issued(80)
    transfer = offered(80, holder())
    freezing.freeze(MAKER, FreezeKind.ACCOUNT, account_id("developer"), "under dispute", clock.now())
    results = at_once(pg_app, THREADS, lambda _: transfers.accept(PINE, transfer, clock.now()))
    assert all(isinstance(each, IsFrozen) for each in results), results


# -- a lot and a cancellation ------------------------------------------------------------------


def open_and_cancel(app: Flask) -> list[Any]:
    issued(80)
    developer = account_id("developer")

    def take(number: int) -> str:
        if number % 2:
            why = CancelReason.ERROR
            return cancelling.cancel(TWO, developer, Mass.t(80), why, "issued in error", clock.now())
        return lots.open_lot(STAFF, lot_draft(f"LOT-{number}", "HLYC-0001", SERIAL, 80), clock.now())

    return at_once(app, 4, take)


def test_units_go_into_a_lot_or_are_cancelled_and_never_both(pg_app: Flask):
    results = open_and_cancel(pg_app)
    assert len(wins(results)) == 1, results
    refused = [each for each in results if isinstance(each, Exception)]
    assert all(isinstance(each, NotEnoughAtSource | NotEnoughCredits) for each in refused), refused
    no_faults()


def test_without_locks_and_guards_cancelled_units_are_in_a_lot(
    pg_app: Flask, monkeypatch: pytest.MonkeyPatch
):
    unlocked(monkeypatch)
    unguarded("block", "cancellation_range")
    gate = Barrier(2)
    taken, taken_out = lots._take_held, cancelling.take_out

    def together(real: Callable[..., Any]) -> Callable[..., Any]:
        def look(*asked: Any, **more: Any) -> Any:
            found = real(*asked, **more)
            gate.wait(PATIENCE)  # both have seen the units free
            return found

        return look

    monkeypatch.setattr(lots, "_take_held", together(taken))
    monkeypatch.setattr(cancelling, "take_out", together(taken_out))
    issued(80)
    developer = account_id("developer")

    def take(number: int) -> str:
        if number:
            why = CancelReason.ERROR
            return cancelling.cancel(TWO, developer, Mass.t(80), why, "issued in error", clock.now())
        return lots.open_lot(STAFF, lot_draft("LOT-A", "HLYC-0001", SERIAL, 80), clock.now())

    results = at_once(pg_app, 2, take)
    assert len(wins(results)) == 2, results
    assert tonnes(Block.lot_id.is_not(None), Block.state == BlockState.CANCELLED) == 80


# -- issuing -----------------------------------------------------------------------------------


def issue_at_once(app: Flask, record: str, count: int = 4) -> list[Any]:
    return at_once(app, count, lambda _: issuing.issue(CHECKER, record, 2024, Mass.t(50), clock.now()))


def issued_tonnes() -> int:
    db.session.rollback()
    grams = select(func.sum(Issuance.end_g - Issuance.start_g)).where(~Issuance.for_buffer)
    return int(db.session.scalar(grams) or 0) // 1_000_000


def test_a_verification_is_issued_once_by_however_many(pg_app: Flask):
    results = issue_at_once(pg_app, approved(project()))
    assert len(wins(results)) == 1, results
    assert all(isinstance(each, MoreThanVerified) for each in results if not isinstance(each, str)), results
    assert issued_tonnes() == 50
    no_faults()


LOCKED = " AND (SELECT TRUE FROM verification WHERE id = NEW.verification_id FOR UPDATE)"


def insert_two_at_once(app: Flask) -> list[Any]:
    """Two issuances by hand that do not fit together, side by side, past all commands."""
    record = approved(project())
    issued(30, record=record)
    first, second = Event(), Event()
    copied = [
        "id", "project_id", "verification_id", "source_registry", "source_serial", "serial_group",
        "first_unit", "last_unit", "unit_class", "vintage_start", "vintage_end", "issued_on", "start_g",
        "end_g", "source_facts", "is_demo", "for_buffer",
    ]  # fmt: skip

    def insert(number: int) -> None:
        base = 1_000_000_000_000 * (number + 1)
        own = {
            "id": f"'iss_{number}'", "source_serial": f"'FORGED-{number}'",
            "serial_group": f"'HLYC-FORGED-{number}'", "start_g": str(base), "end_g": str(base + 40_000_000),
        }  # fmt: skip
        values = ", ".join(own.get(name, name) for name in copied)
        with transaction() as session:
            if number:
                first.wait(PATIENCE)
            session.execute(
                text(
                    f"INSERT INTO issuance ({', '.join(copied)}) "
                    f"SELECT {values} FROM issuance WHERE verification_id = :record AND NOT for_buffer"
                ),
                {"record": record},
            )
            (second if number else first).set()
            if not number:
                second.wait(2)  # the other one has inserted by now, or waits for us

    return at_once(app, 2, insert)


def test_the_database_itself_adds_up_what_two_issue_side_by_side(pg_app: Flask):
    results = insert_two_at_once(pg_app)
    (fault,) = [each for each in results if each is not None]
    assert "no more is issued than verified minus buffer" in str(fault)
    assert issued_tonnes() == 70


LIMIT = "(SELECT verified_g - buffer_g FROM verification WHERE id = NEW.verification_id)"


@pytest.mark.parametrize("locks_beside_the_sum", [False, True])
def test_a_guard_that_adds_up_without_waiting_is_passed_by_two(pg_app: Flask, locks_beside_the_sum: bool):
    """The control: the same guard without its lock, and with it in the statement that adds up.

    There the sum was begun before the wait and does not see what the other one added.
    """
    with transaction() as session:
        for name in ("registry_guard_issuance_insert", "registry_accounts_guard_issuance_insert"):
            body = str(session.scalar(text("SELECT pg_get_functiondef(to_regproc(:name))"), {"name": name}))
            body = body.replace(LOCKED, "")
            if locks_beside_the_sum:
                body = body.replace(LIMIT, LIMIT[:-1] + " FOR UPDATE)")
            session.connection().exec_driver_sql(body)
    assert [each for each in insert_two_at_once(pg_app) if each is not None] == []
    assert issued_tonnes() == 110


# -- a reversal and an issuance ----------------------------------------------------------------


def test_whoever_issues_sees_the_reversal_or_was_done_before_it(pg_app: Flask):
    record = approved(project())

    def act(number: int) -> str:
        if number == 0:
            at = clock.now()
            return reversals.report_reversal(
                MAKER, "HLYC-0001", Cause.FIRE, clock.today(), "a fire", HASH, at
            )
        return issuing.issue(CHECKER, record, 2024, Mass.t(10), clock.now())

    results = at_once(pg_app, 6, act)
    refused = [each for each in results if isinstance(each, Exception)]
    assert all(isinstance(each, InDebt) for each in refused), refused
    with pytest.raises(InDebt):
        issuing.issue(CHECKER, record, 2024, Mass.t(1), clock.now())
    no_faults()


def test_the_buffer_pays_for_two_reversals_and_no_gram_twice(pg_app: Flask):
    issued(80)
    cases = [
        reversals.report_reversal(MAKER, "HLYC-0001", Cause.FIRE, clock.today(), "a fire", HASH, clock.now())
        for _ in range(2)
    ]
    results = at_once(
        pg_app, 2, lambda n: reversals.size_reversal(CHECKER, cases[n], Mass.t(15), "a survey", clock.now())
    )
    assert sorted(results) == [Mass(0), Mass.t(10)], results
    assert tonnes(Block.state == BlockState.CANCELLED) == 20
    no_faults()


def test_nobody_waits_in_a_ring(pg_app: Flask):
    """Everything at once, crosswise: some are refused by a rule, none by a deadlock."""
    record = approved(project(), verified=1_000, buffer=20)
    issued(100, record=record)
    pine, birch = given(40), given(40, BIRCH)
    codes = dict(db.session.execute(text("SELECT id, code FROM account WHERE kind = 'holding'")).all())
    db.session.rollback()
    soon = clock.now() + timedelta(days=1)

    def act(number: int) -> object:
        at = clock.now()
        match number % 5:
            case 0:
                offer = transfers.offer(PINE, pine, codes[birch], Mass.t(2), soon, "", at)
                return transfers.accept(BIRCH, offer, at)
            case 1:
                offer = transfers.offer(BIRCH, birch, codes[pine], Mass.t(2), soon, "", at)
                return transfers.accept(PINE, offer, at)
            case 2:
                return cancelling.cancel(PINE, pine, Mass.t(1), CancelReason.VOLUNTARY, "a gift", at)
            case 3:
                return issuing.issue(CHECKER, record, 2024, Mass.t(1), at)
            case _:
                freeze = freezing.freeze(MAKER, FreezeKind.ACCOUNT, birch, "a question", at)
                freezing.ask_to_thaw(MAKER, freeze, "answered", at)
                return freezing.thaw(CHECKER, freeze, at)

    results = at_once(pg_app, 15, act)
    assert not [each for each in results if isinstance(each, DBAPIError)], results
    no_faults()

"""Can more of an event be shared out than it emitted? Six organisers at once, on PostgreSQL."""

import pytest

from portal.db import db, transaction
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.statements import queries
from portal.statements.commands import keeping, sharing
from portal.statements.queries import statement
from portal.statements.rules.shares import SharesExceedTotal
from tests.factories.events import ORGANISER
from tests.factories.guards import without_guards
from tests.factories.statements import AFTER, a_declared_statement
from tests.races.threads import at_once

MANY = 6


def rush(app, statement_id: str) -> list[object]:
    """Each wants a third of the whole, at the same moment."""
    third = Mass(queries.statement(statement_id).declared.gross.grams // 3)
    return at_once(
        app,
        MANY,
        lambda _n: sharing.share_out(ORGANISER, statement_id, new_id("shb"), 1, third, "", AFTER),
    )


def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "alone_with", lambda _session, statement_id: statement(statement_id))


def test_the_whole_is_shared_out_once(pg_app):
    statement_id = a_declared_statement()
    results = rush(pg_app, statement_id)
    assert sum(isinstance(each, Mass) for each in results) == 3, results
    assert sum(isinstance(each, SharesExceedTotal) for each in results) == MANY - 3, results
    gross = queries.statement(statement_id).declared.gross
    assert sum(batch.mass.grams for batch in queries.batches(statement_id)) <= gross.grams


def test_without_the_commands_lock_the_database_still_holds(pg_app, monkeypatch: pytest.MonkeyPatch):
    """The second belt: the guard makes two batches wait for each other."""
    unlocked(monkeypatch)
    statement_id = a_declared_statement()
    rush(pg_app, statement_id)
    gross = queries.statement(statement_id).declared.gross
    assert sum(batch.mass.grams for batch in queries.batches(statement_id)) <= gross.grams


def test_without_lock_and_guard_it_shares_out_too_much(pg_app, monkeypatch: pytest.MonkeyPatch):
    """The control: six that look before any of them has written take twice what there is."""
    unlocked(monkeypatch)
    statement_id = a_declared_statement()
    gross = queries.statement(statement_id).declared.gross
    with transaction() as session:
        without_guards(session, "event_share_batch")
    db.session.remove()
    shared = 0
    for _ in range(5):
        rush(pg_app, statement_id)
        shared = sum(batch.mass.grams for batch in queries.batches(statement_id))
        if shared > gross.grams:
            break
    assert shared > gross.grams, "the control never shared out too much"

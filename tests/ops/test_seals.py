"""Tables that the story of test_tampering leaves out: each row is sealed, and a changed byte of it is named.

The rows are made up, one a table: what the database checks in a row holds, what it means does not matter.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import CheckConstraint, Column, Table, insert

from portal.db import Base, Bool, Bytes, Day, Int, Json, MassCol, Utc, db, transaction
from portal.kernel import clock
from portal.kernel.mass import Mass
from portal.ops.sealing import ledger_tables
from portal.registry.commands import digests
from portal.registry.jobs import sequence_and_sign
from portal.registry.queries import digests as sealed
from portal.registry.queries.digests import columns_of
from tests.factories.guards import without_guards
from tests.factories.registry import STAFF
from tests.ops.tampering import World, a_row, change_a_byte
from tests.ops.test_tampering import PROVED
from tests.ops.test_tampering import TABLES as TOLD

TABLES = sorted({*columns_of(ledger_tables())} - {*TOLD} - {*PROVED})
# The state in which a row needs nothing beside it; of other lists of words the first will do.
STATES = {
    "fapiao": "requested", "giving_invoice": "owed", "import_run": "waiting", "named_retirement": "chosen",
    "notice_comment": "waiting", "substitute_offer": "open",
}  # fmt: skip
CHOSEN: Mapping[tuple[str, str], Any] = {
    **{(table, "state"): state for table, state in STATES.items()},
    ("paper", "kind"): "invoice",
    ("likeness", "other_id"): "another",
    ("setting_verdict", "number"): 1,
    ("cash_part", "origin"): "project:one",
    ("payout_account", "origin"): "project:one",
    ("owner_split", "origin"): "project:one",
    ("payout_account", "last_digits"): "0000",
    ("payout_proof", "origin"): "",
    ("payout_proof", "sha256"): "0" * 64,
    ("setting_verdict", "takes_effect_at"): datetime.fromisoformat("2026-05-01T08:00:00+00:00"),
}
OF_A_KIND: Mapping[type, Any] = {
    Int: 1, Bool: False, Bytes: b"\x01", Json: ["one"], MassCol: Mass.kg("1"), Day: date(2026, 5, 1),
    Utc: datetime.fromisoformat("2026-05-01T08:00:00+00:00"),
}  # fmt: skip


def made_up(table: Table) -> dict[str, Any]:
    """One row that passes the table's own checks; what may be empty and was not chosen is."""
    checks = " ".join(str(each.sqltext) for each in table.constraints if isinstance(each, CheckConstraint))
    wanted = [each for each in table.columns if not each.nullable or (table.name, each.name) in CHOSEN]
    return {each.name: _value(table.name, each, checks) for each in wanted}


def _value(table: str, column: Column[Any], checks: str) -> Any:
    if (table, column.name) in CHOSEN:
        return CHOSEN[table, column.name]
    if word := re.search(rf"\b{column.name} IN \('(\w+)'", checks):
        return word[1]
    return OF_A_KIND.get(type(column.type), f"{column.name}_1")


@pytest.fixture(scope="module")
def world(shared_app: Flask, shared_url: str) -> World:
    with transaction() as session:
        without_guards(session)
    _fill()
    digests.take(STAFF, ledger_tables(), clock.now())
    sequence_and_sign()
    return World(shared_app, shared_url)


def _fill() -> None:
    """A row in each table, entered as somebody would who does not ask where it belongs."""
    off = {"sqlite": "PRAGMA foreign_keys = OFF", "postgresql": "SET session_replication_role = replica"}
    with db.engine.connect() as connection:
        # By the driver, before the transaction begins: inside of one SQLite does not listen.
        connection.connection.cursor().execute(off[db.engine.dialect.name])
        with connection.begin():
            for name in TABLES:
                table = Base.metadata.tables[name]
                connection.execute(insert(table).values(made_up(table)))
        connection.invalidate()  # no other use of it shall find its keys switched off


@pytest.mark.parametrize("table", TABLES)
def test_a_changed_byte_breaks_its_seal(world: World, table: str):
    named = []
    for column in columns_of(ledger_tables())[table]:
        key = a_row(world, table, column)
        undo = change_a_byte(world, table, column, key) if key else None
        if undo is None or key is None:
            continue
        db.session.remove()
        found = list(sealed.faults())
        undo()
        assert any(fault.row.startswith(f"{table} ") for fault in found), f"{table}.{column}: {found[:3]}"
        named.append(column)
    assert named, "nothing was tried"
    db.session.remove()
    assert list(sealed.faults()) == []

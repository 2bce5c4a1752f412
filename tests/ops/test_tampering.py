"""One byte changed by SQL, in any column of any table of the ledger or the log, is named by the audit.

The guards are dropped first, as somebody with the database's password would; what a check or a type of the
database still refuses is not stored and so needs no audit.
"""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from portal.certificates import commands as certificates
from portal.db import transaction
from portal.kernel import clock
from portal.kernel.mass import Mass
from portal.ops import audit
from portal.ops.sealing import ledger_tables
from portal.registry.commands import (
    cancelling,
    digests,
    freezing,
    imports,
    reversals,
    stock,
    transfers,
)
from portal.registry.jobs import sequence_and_sign
from portal.registry.queries import register
from portal.registry.queries.digests import columns_of
from portal.registry.rules.accounts import CancelReason, Cause, FreezeKind
from portal.registry.rules.facts import RetireLine
from portal.registry.rules.records import holder_commitment
from tests.factories import monitoring, projects, units
from tests.factories.certificates import ACTOR
from tests.factories.certificates import facts as certificate_facts
from tests.factories.guards import without_guards
from tests.factories.registry import GUEST, STAFF, hold, make_lot, retire
from tests.ops.tampering import World, a_row, change_a_byte

EXPORT = Path(__file__).parents[1] / "data" / "verra-transactions.csv"

# What the log proves by itself, beside the tables whose rows are sealed.
PROVED = {
    "entry": ("idx", "record_id", "leaf_hash"),
    "node": ("level", "idx", "hash"),
    "block": ("id", "issuance_id", "unit_class", "parent_id", "start_g", "end_g", "state", "account_id"),
    "row_seal": ("table_name", "row_key", "digest_id", "sha256"),
    "state_digest": ("id", "day", "balances", "balances_root", "seals", "seals_root"),
}
TABLES = [
    "account", "assessment", "assessment_finding", "audit_entry", "block", "cancellation",
    "cancellation_range", "certificate", "checkpoint", "entry", "freezing", "hold", "inventory", "issuance",
    "ledger_audit", "ledger_entry", "monitoring_report", "node", "parcel", "pool_lot", "project",
    "project_document", "project_event", "project_step", "public_notice", "record", "registry_import",
    "retirement", "retirement_range", "retirement_void", "reversal_case", "row_seal", "state_digest",
    "transfer", "verification", "verification_check", "verified_report",
]  # fmt: skip


@pytest.fixture(scope="module")
def world(shared_app: Flask, shared_url: str) -> World:
    _set_the_scene()
    return World(shared_app, shared_url)


def _set_the_scene() -> None:
    now = clock.now()
    make_lot(10)
    few = b"".join(EXPORT.read_bytes().splitlines(keepends=True)[:4])
    imports.apply(STAFF, "verra", few, EXPORT.name, now, is_demo=True)
    taken_back, order = retire(hold(100)), hold(250)
    stock.allocate(GUEST, order, now)
    line = RetireLine(f"{order}/1", holder_commitment(bytes(32), "李明"), "", True)
    (kept,) = stock.retire(GUEST, order, [line], now)
    stock.void_retirement(STAFF, taken_back.retirement_id, "refunded", now)
    hold(50)
    projects.registered("二号")
    monitoring.make_project()
    monitoring.make_two_inventories_and_a_report()
    monitoring.confirm_the_report()
    _move_units(now)
    sold = certificate_facts(*kept.ranges, retirement_id=kept.retirement_id, holder_salt=bytes(32), test=True)
    certificates.issue(ACTOR, sold, now)
    sequence_and_sign()
    audit.verify_and_keep(STAFF)
    digests.take(STAFF, ledger_tables(), now)
    sequence_and_sign()
    with transaction() as session:
        without_guards(session)


def _move_units(now: datetime) -> None:
    """An offer, a cancellation, a fire and a freeze of another project's units."""
    project_id = register.project(units.project("0003")).id
    units.issued(record=units.approved("HLYC-0003"))
    week, developer = now + timedelta(days=7), units.account_id("developer", project_id)
    given = transfers.offer(units.MAKER, developer, units.holder(), Mass.t(30), week, "", now)
    transfers.accept(units.PINE, given, now)
    pine, birch = units.account_id("holding", "org_pine"), units.holder(units.BIRCH)
    transfers.offer(units.PINE, pine, birch, Mass.t(2), week, "", now)
    cancelling.cancel(units.PINE, pine, Mass.t(1), CancelReason.VOLUNTARY, "a gift", now)
    reversals.report_reversal(units.MAKER, "HLYC-0003", Cause.FIRE, clock.today(), "a fire", units.HASH, now)
    freezing.freeze(units.MAKER, FreezeKind.PROJECT, project_id, "a question", now)


def columns(table: str) -> tuple[str, ...]:
    return PROVED.get(table) or tuple(columns_of(ledger_tables())[table])


@pytest.mark.parametrize("table", TABLES)
def test_a_changed_byte_is_named(world: World, table: str):
    named = []
    for column in columns(table):
        key = a_row(world, table, column)
        undo = change_a_byte(world, table, column, key) if key else None
        if undo is None or key is None:
            continue
        found = world.faults()
        undo()
        assert found, f"{table}.{column} was changed unnoticed"
        name = "digest dig_" if table == "row_seal" else str(list(key.values())[-1])
        assert any(name in fault.row for fault in found), f"{table}.{column} {name}: {found[:3]}"
        named.append(column)
    assert named, "nothing was tried"
    assert world.faults() == []

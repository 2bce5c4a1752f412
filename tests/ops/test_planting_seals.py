"""Counts of seedlings, and what was promised, are sealed with the ledger: a changed one is named."""

from flask import Flask
from sqlalchemy import text

from portal.db import transaction
from portal.kernel import clock
from portal.ops import audit
from portal.ops.sealing import ledger_tables
from portal.registry.commands import digests
from portal.registry.jobs import sequence_and_sign
from portal.shop.commands import planting
from portal.shop.rules.seedlings import ReportKind
from tests.factories import shop
from tests.factories.guards import without_guards
from tests.factories.planting import counted, make_planting, seedlings_quote
from tests.factories.registry import STAFF, make_lot

CHANGES = {
    "planting_report": "UPDATE planting_report SET seedlings = 81",
    "seedling_line": "UPDATE seedling_line SET seedlings = 11, amount_minor = 13200",
    "planting_campaign": "UPDATE planting_campaign SET minor_each = 1",
}


def test_a_count_that_was_changed_is_named(app: Flask) -> None:
    make_lot()
    campaign = make_planting()
    shop.paid(quote=seedlings_quote(10))
    planting.report(STAFF, campaign.id, counted(ReportKind.PLANTED, 80), clock.now())
    sequence_and_sign()
    audit.verify_and_keep(STAFF)
    digests.take(STAFF, ledger_tables(), clock.now())
    sequence_and_sign()
    assert list(audit.faults()) == []
    with transaction() as session:
        without_guards(session)
        for change in CHANGES.values():
            session.execute(text(change))
    named = {fault.row.split()[0] for fault in audit.faults()}
    assert set(CHANGES) <= named

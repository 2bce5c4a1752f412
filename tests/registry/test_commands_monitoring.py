"""What was measured is kept whole or not at all; a report is what was looked at, and is never rewritten."""

import json
import statistics
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from portal.audit import AuditEntry
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed, PortalError
from portal.registry.commands import monitoring
from portal.registry.models import Inventory, MonitoringReport, Record
from portal.registry.queries import monitoring as read
from portal.registry.rules.errors import UnknownProject
from portal.registry.rules.estimation import errors, stored
from portal.registry.rules.ledger import ProjectType
from tests.factories.monitoring import (
    AFTER,
    BEFORE,
    inventory_draft,
    make_inventory,
    make_project,
    make_report,
    make_two_inventories_and_a_report,
    report_draft,
    sheet,
)
from tests.factories.registry import STAFF

pytestmark = pytest.mark.usefixtures("any_app")
LARCH = 0.49 * 1.416 * 1.212 * 0.521 * 44 / 12
CODE = "HLYC-0007"


def count(table: type) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_looking_writes_nothing():
    make_project()
    preview = monitoring.look_at_inventory(STAFF, inventory_draft(), BEFORE)
    assert preview.is_applicable
    assert preview.stock is not None
    assert preview.stock.volume.mean == 50
    assert (preview.reading.plots, preview.is_known, count(Inventory)) == (5, False, 0)


def test_an_inventory_is_kept_as_it_was_measured():
    make_project()
    kept = read.inventory(make_inventory())
    assert kept.strata == monitoring.look_at_inventory(STAFF, inventory_draft(), BEFORE).reading.strata
    assert stored.digest(kept.body) == kept.sha256
    assert (kept.plots, kept.lines, kept.project_code) == (5, 5, CODE)
    assert monitoring.look_at_inventory(STAFF, inventory_draft(), BEFORE).is_known


def test_the_same_sheet_again_changes_nothing():
    make_project()
    assert make_inventory() == make_inventory()
    assert count(Inventory) == 1


def test_one_refused_row_keeps_the_whole_sheet_out():
    make_project()
    with pytest.raises(errors.InventoryRefused) as fault:
        make_inventory(BEFORE + "\n1,100,9,600,杉木,4".encode())
    assert fault.value.params == {"refused": 1, "rows": 6}
    assert count(Inventory) == 0


def test_a_stratum_of_one_plot_is_refused_before_it_is_kept():
    make_project()
    with pytest.raises(errors.TooFewPlots):
        make_inventory(sheet(40))
    assert count(Inventory) == 0


def test_an_unknown_project_is_refused():
    with pytest.raises(UnknownProject):
        make_inventory()


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.REGISTRY, Role.ADMIN)])
def test_only_registry_staff_measure_and_report(role: Role):
    make_project()
    somebody = Actor("usr_x", frozenset({role}))
    first, second = make_inventory(), make_inventory(AFTER, day="2025-09-01")
    with pytest.raises(NotAllowed):
        monitoring.look_at_inventory(somebody, inventory_draft(), BEFORE)
    with pytest.raises(NotAllowed):
        monitoring.keep_inventory(somebody, inventory_draft(), BEFORE, clock.now())
    with pytest.raises(NotAllowed):
        monitoring.look_at_report(somebody, report_draft(first, second))
    with pytest.raises(NotAllowed):
        monitoring.make_report(somebody, report_draft(first, second), "", clock.now())


def test_a_report_from_plots_to_grams_by_an_independent_computation():
    """Growth of 31, 30, 32, 30, 31 m³/ha of larch on 100 ha; U is 1.3 %, so nothing but the buffer goes."""
    make_two_inventories_and_a_report()
    kept = read.report(CODE, 1)
    growth = [31, 30, 32, 30, 31]
    exact = statistics.fmean(growth) * 100 * LARCH * 1_000_000
    assert kept.net.grams == pytest.approx(exact, abs=2)
    assert kept.buffer.grams == -(-kept.net.grams // 10)
    assert kept.issuable.grams == kept.net.grams - kept.buffer.grams
    assert (kept.period_start, kept.period_end) == (date(2020, 9, 1), date(2025, 9, 1))
    body = json.loads(kept.body)
    assert body["change"]["comparison"] == "paired"
    u = 2.131846786 * statistics.stdev(growth) / 5**0.5 / statistics.fmean(growth) * 100
    assert float(body["change"]["relative_pct"]) == pytest.approx(u, rel=1e-8)
    assert body["account"]["issuable_g"] == kept.issuable.grams


def test_a_report_works_out_the_same_again_and_a_changed_one_does_not():
    make_two_inventories_and_a_report()
    again = read.full_report(CODE, 1)
    assert again.is_the_same
    forged = replace(again.report, body=again.report.body.replace('"number":1', '"number":2'))
    assert not replace(again, report=forged).is_the_same


def test_a_report_is_in_the_log_and_in_the_audit():
    make_two_inventories_and_a_report()
    kept = read.report(CODE, 1)
    body = json.loads(db.session.scalars(select(Record.body).where(Record.kind == "monitoring.report")).one())
    assert (body["report_sha256"], body["issuable_g"]) == (kept.sha256, kept.issuable.grams)
    verbs = db.session.scalars(select(AuditEntry.verb).where(AuditEntry.subject_id == kept.id)).all()
    assert list(verbs) == ["monitoring.reported"]


def test_only_what_was_looked_at_is_kept():
    make_project()
    first, second = make_inventory(), make_inventory(AFTER, day="2025-09-01")
    with pytest.raises(errors.PreviewIsOld):
        monitoring.make_report(STAFF, report_draft(first, second), "0" * 64, clock.now())
    assert count(MonitoringReport) == 0


def test_a_mistake_is_mended_by_a_further_report():
    make_two_inventories_and_a_report()
    first, second = (each.id for each in reversed(read.inventories(CODE)))
    assert make_report(report_draft(first, second, corrects=1)) == 2
    newest, oldest = read.reports(CODE)
    assert (newest.corrects, oldest.corrected_by) == (1, 2)
    assert read.full_report(CODE, 2).is_the_same


def test_no_time_is_reported_twice_but_to_correct_it():
    make_two_inventories_and_a_report()
    first, second = (each.id for each in reversed(read.inventories(CODE)))
    third = make_inventory(sheet(100, 119, 112, 115, 105), day="2027-09-01")
    drafts = (report_draft(first, second), report_draft(first, third),
              report_draft(None, second, start="2025-08-31"))  # fmt: skip
    for draft in drafts:
        with pytest.raises(errors.PeriodReported) as fault:
            monitoring.look_at_report(STAFF, draft)
        assert fault.value.params == {"number": 1}
    make_report(report_draft(second, third))  # where one ends the next begins
    make_report(report_draft(first, second, corrects=1))
    with pytest.raises(errors.AlreadyCorrected):
        monitoring.look_at_report(STAFF, report_draft(first, second, corrects=1))
    with pytest.raises(errors.PeriodReported):
        monitoring.look_at_report(STAFF, report_draft(first, second))
    assert make_report(report_draft(first, second, corrects=3)) == 4


def test_new_forest_begins_at_nothing():
    make_project()
    second = make_inventory(AFTER, day="2025-09-01")
    make_report(report_draft(None, second, start="2020-04-01"))
    kept = read.report(CODE, 1)
    assert kept.period_start == date(2020, 4, 1)
    assert read.full_report(CODE, 1).is_the_same


def test_what_cannot_be_a_report_is_refused_by_name():
    make_project()
    make_project("HLYC-0008")
    make_project("HLYC-0009", ProjectType.IFM)
    first, second = make_inventory(), make_inventory(AFTER, day="2025-09-01")
    other = make_inventory(project="HLYC-0008")
    managed = make_inventory(project="HLYC-0009"), make_inventory(AFTER, "HLYC-0009", "2025-09-01")
    cases: list[tuple[monitoring.ReportDraft, type[PortalError]]] = [
        (report_draft(second, first), errors.InventoriesInOrder),
        (report_draft(first, first), errors.InventoriesInOrder),
        (report_draft(other, second), errors.InventoryOfAnotherProject),
        (report_draft("inv_nothing", second), errors.UnknownInventory),
        (report_draft(None, second), errors.StartNotBefore),
        (report_draft(None, second, start="2026-01-01"), errors.StartNotBefore),
        (report_draft(first, second, corrects=9), errors.UnknownReport),
        (report_draft(*managed, "HLYC-0009"), errors.MethodOfAnotherType),
        (
            replace(report_draft(None, managed[1], "HLYC-0009"), method="AR-CM-003-V01"),
            errors.OnlyForNewForest,
        ),
        (replace(report_draft(first, second), method="none"), errors.MethodUnknown),
    ]
    for draft, fault in cases:
        with pytest.raises(fault):
            monitoring.look_at_report(STAFF, draft)


def test_too_uncertain_a_change_makes_no_report():
    make_project()
    first = make_inventory(sheet(10, 90, 40, 60))
    second = make_inventory(sheet(90, 20, 70, 50), day="2025-09-01")
    with pytest.raises(errors.TooUncertain):
        monitoring.look_at_report(STAFF, report_draft(first, second))

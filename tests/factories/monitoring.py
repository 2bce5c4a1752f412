"""Inventories and reports for tests of any room, made by the registry's own commands."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from portal.kernel import clock
from portal.kernel.bilingual import Bilingual
from portal.registry.commands import issuing, lots, monitoring
from portal.registry.commands.lots import ProjectDraft, VerificationDraft
from portal.registry.commands.monitoring import InventoryDraft, ReportDraft
from portal.registry.queries import monitoring as read
from portal.registry.rules.accounts import VerificationKind
from portal.registry.rules.estimation.account import Deductions, Stated
from portal.registry.rules.estimation.columns import InventoryKind
from portal.registry.rules.ledger import ProjectType
from tests.factories.registry import STAFF

HEAD = "碳层,碳层面积(公顷),样地号,样地面积(平方米),树种,蓄积(立方米/公顷)"


def sheet(*volumes: int, area: str = "100", species: str = "落叶松", stratum: str = "1") -> bytes:
    """A growing-stock sheet of one stratum and species, a plot for each volume in m³/ha."""
    rows = [f"{stratum},{area},{n},600,{species},{volume}" for n, volume in enumerate(volumes, start=1)]
    return "\n".join([HEAD, *rows]).encode()


BEFORE = sheet(40, 60, 50, 55, 45)
AFTER = sheet(71, 90, 82, 85, 76)


def make_project(
    code: str = "HLYC-0007", kind: ProjectType = ProjectType.ARR, methodology: str = "CCER-14-001-V01"
) -> str:
    draft = ProjectDraft(
        code=code, registry="HLYC", source_id=code[-4:], about=Bilingual("", ""),
        name=Bilingual("示范林", "Demonstration forest"), type=kind, methodology=methodology,
        country="China", is_demo=True,
    )  # fmt: skip
    lots.add_project(STAFF, draft, "project design document", clock.now())
    return code


def inventory_draft(project: str = "HLYC-0007", day: str = "2020-09-01", **changes: str) -> InventoryDraft:
    return InventoryDraft(
        project,
        InventoryKind(changes.get("kind", "growing_stock")),
        date.fromisoformat(day),
        changes.get("equations", ""),
        changes.get("file_name", "sheet.csv"),
    )


def make_inventory(data: bytes = BEFORE, project: str = "HLYC-0007", day: str = "2020-09-01") -> str:
    return monitoring.keep_inventory(STAFF, inventory_draft(project, day), data, clock.now(), is_demo=True)


def deductions(
    baseline: str = "0", leakage: str = "0", emissions: str = "0", buffer_pct: str = "10"
) -> Deductions:
    stated = [Stated(Decimal(each), "project document, p. 12") for each in (baseline, leakage, emissions)]
    return Deductions(*stated, Decimal(buffer_pct))


def report_draft(
    first: str | None,
    second: str,
    project: str = "HLYC-0007",
    *,
    start: str = "",
    corrects: int | None = None,
) -> ReportDraft:
    day = date.fromisoformat(start) if start else None
    return ReportDraft(project, first, day, second, "CCER-14-001-V01", deductions(), corrects)


def make_report(draft: ReportDraft) -> int:
    seen = monitoring.look_at_report(STAFF, draft).sha256
    return monitoring.make_report(STAFF, draft, seen, clock.now(), is_demo=True)


def make_two_inventories_and_a_report(project: str = "HLYC-0007") -> int:
    """A project of its own with everything a report needs; the report's number."""
    make_project(project)
    first, second = make_inventory(project=project), make_inventory(AFTER, project, "2025-09-01")
    return make_report(report_draft(first, second, project))


def confirm_the_report(project: str = "HLYC-0007", number: int = 1, **changes: Any) -> str:
    """A verification that confirms all that the report found, over its whole time; its record's id."""
    report = read.report(project, number)
    draft = VerificationDraft(
        report.period_start, report.period_end, "a verifier", report.net, report.buffer, "positive",
        sha256(b"a report").hexdigest(), True, number,
    )  # fmt: skip
    kind = changes.pop("kind", VerificationKind.VERIFICATION)
    return issuing.record_verification(STAFF, project, kind, replace(draft, **changes), clock.now())

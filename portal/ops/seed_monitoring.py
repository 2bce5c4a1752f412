"""A demonstration of monitoring: two inventories of the local forest and the report made of them.

Everything made here is marked as demonstration data, and making it again changes nothing.
"""

from datetime import date, datetime
from decimal import Decimal
from importlib.resources import files

from portal.db import transaction
from portal.kernel.actor import Actor
from portal.registry.commands import monitoring
from portal.registry.commands.monitoring import InventoryDraft, ReportDraft
from portal.registry.queries import monitoring as read
from portal.registry.rules.estimation.account import Deductions, Stated
from portal.registry.rules.estimation.columns import InventoryKind

SURVEYS = ((date(2020, 9, 15), "inventory-2020.csv"), (date(2024, 9, 20), "inventory-2024.csv"))
_DEDUCTIONS = Deductions(
    baseline=Stated(Decimal(0), "demonstration: design document, p. 12 / 演示：设计文件第 12 页"),
    leakage=Stated(Decimal(0), "demonstration: design document, p. 15 / 演示：设计文件第 15 页"),
    emissions=Stated(Decimal("18.5"), "demonstration: fuel records / 演示：燃油台账"),
    buffer_pct=Decimal(15),
)


def seed(project_code: str, now: datetime) -> None:
    """The project's inventories and its first monitoring report, once."""
    actor = Actor.system("demo")
    with transaction():
        if read.reports(project_code):
            return
        first, second = (_inventory(actor, project_code, day, file, now) for day, file in SURVEYS)
        draft = ReportDraft(project_code, first, None, second, "CCER-14-001-V01", _DEDUCTIONS)
        seen = monitoring.look_at_report(actor, draft).sha256
        monitoring.make_report(actor, draft, seen, now, is_demo=True)


def _inventory(actor: Actor, project_code: str, day: date, file: str, now: datetime) -> str:
    draft = InventoryDraft(project_code, InventoryKind.GROWING_STOCK, day, "", file)
    data = files("portal.ops.demo").joinpath(file).read_bytes()
    return monitoring.keep_inventory(actor, draft, data, now, is_demo=True)

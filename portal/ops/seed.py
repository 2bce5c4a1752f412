"""A demonstration: people for every role, a real registry export, lots made from it, one local project.

Everything made here is marked as demonstration data, and making it again changes nothing.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.ops import seed_monitoring
from portal.registry.commands import imports, issuing, lots, reversals
from portal.registry.commands.lots import LotDraft, ProjectDraft, VerificationDraft
from portal.registry.queries import register
from portal.registry.rules.accounts import Cause, Decision, VerificationKind
from portal.registry.rules.ledger import ProjectType

EXPORT = "verra-transactions.csv"
LOCAL = "HLYC-0001"
LOCAL_LOT = "HLYC-0001-2024-A"
LOCAL_SERIAL = "HLYC-0001-ARR-2024-1-1-1200"  # the first batch of the project, numbered by the portal


@dataclass(frozen=True, slots=True)
class _Offer:
    """A lot made from active rows of the export: which rows, how many tonnes, at what demonstration price."""

    methodology: str
    year: int
    tonnes: int
    price: str
    name_zh: str


# The three types of forestry project that the city's article names, each from real active rows.
OFFERS = (
    _Offer("AR-AMS0007", 2018, 600, "96.00", "乌干达小农户农林复合与再造林项目"),
    _Offer("VM0003", 2024, 2_000, "88.00", "美国家庭林场碳汇项目"),
    _Offer("VM0007", 2017, 1_500, "52.00", "巴西亚马孙 Cikel 避免计划性毁林项目"),
)


def seed(documents: Path, now: datetime) -> None:
    """Projects, credits and lots to try the portal with: all of them, once, or none."""
    actor = Actor.system("demo")
    with transaction():
        if any(lot.code == LOCAL_LOT for lot in register.lots(of_project=LOCAL)):
            return
        export = files("portal.ops.demo").joinpath(EXPORT).read_bytes()
        imports.apply(actor, "verra", export, EXPORT, now, is_demo=True)
        _local_project(actor, documents, now)
        for rank, offer in enumerate(OFFERS, start=2):
            _lot_from_export(actor, offer, rank, documents, now)


def _local_project(actor: Actor, documents: Path, now: datetime) -> None:
    lots.add_project(actor, _LOCAL_PROJECT, "demonstration: project design document", now)
    verification = VerificationDraft(
        period_start=seed_monitoring.SURVEYS[0][0],
        period_end=seed_monitoring.SURVEYS[1][0],
        verifier="演示核查机构 · demonstration verifier",
        verified=Mass.t(1_500),
        buffer=Mass.t(225),
        opinion="positive (demonstration)",
        report_sha256=_document(documents, _VERIFICATION_REPORT),
        is_demo=True,
        monitoring_report=1,
    )
    seed_monitoring.seed(LOCAL, now)
    second = Actor.system("demo-second-hand")
    record = issuing.record_verification(actor, LOCAL, VerificationKind.VERIFICATION, verification, now)
    issuing.check_verification(second, record, Decision.APPROVED, "demonstration", now)
    issuing.issue(second, record, 2024, Mass.t(1_200), now)
    _snow_break(actor, second, documents, now)
    draft = LotDraft(
        code=LOCAL_LOT, project_code=LOCAL, serials=(LOCAL_SERIAL,), tonnes=1_000,
        retirement_reference="DEMO-HLYC-2025-0001", retired_on=date(2025, 6, 18), evidence_sha256="",
        evidence_url="", price_per_t=Money.cny("80.00"), rank=1, is_demo=True,
    )  # fmt: skip
    lots.open_lot(actor, _with_evidence(draft, documents), now)


def _snow_break(first: Actor, second: Actor, documents: Path, now: datetime) -> None:
    """A small reversal that the buffer has paid."""
    case = reversals.report_reversal(
        first, LOCAL, Cause.STORM, date(2026, 1, 20),
        "演示：雪折损失部分幼树。 Demonstration: snow broke some of the young trees.",
        _document(documents, _SNOW_REPORT), now,
    )  # fmt: skip
    reversals.size_reversal(second, case, Mass.t(3), "demonstration", now)


def _lot_from_export(actor: Actor, offer: _Offer, rank: int, documents: Path, now: datetime) -> None:
    rows = [
        row
        for project in register.projects(limit=500)
        if project.methodology == offer.methodology
        for row in register.serials_of(project.code, limit=500)
        if not row.retired_at_source and row.vintage_start.year == offer.year
    ]
    project = rows[0].project
    lots.name_project(actor, project.code, Bilingual(offer.name_zh, project.name.en), now)
    draft = LotDraft(
        code=f"{project.code}-{offer.year}-A", project_code=project.code,
        serials=tuple(row.serial for row in rows if row.project.code == project.code), tonnes=offer.tonnes,
        retirement_reference=f"DEMO-{project.code}-{offer.year}", retired_on=date(2026, 4, 20),
        evidence_sha256="", evidence_url="", price_per_t=Money.cny(offer.price), rank=rank, is_demo=True,
    )  # fmt: skip
    lots.open_lot(actor, _with_evidence(draft, documents), now)


def _with_evidence(draft: LotDraft, documents: Path) -> LotDraft:
    """The retirement record that stands behind a demonstration lot, as a document anybody can open."""
    text = (
        "DEMONSTRATION RETIREMENT RECORD / 注销记录（演示）\n\n"
        f"Reference / 编号: {draft.retirement_reference}\n"
        f"Lot / 批次: {draft.code}\n"
        f"Serials / 序列号: {', '.join(draft.serials)}\n"
        f"Retired / 注销: {draft.tonnes} t CO2e, {draft.retired_on.isoformat()}\n\n"
        "This record was made for a demonstration. No credit was retired at any registry.\n"
        "本记录仅用于演示，未在任何登记机构实际注销。\n"
    ).encode()
    digest = _document(documents, text)
    return replace(draft, evidence_sha256=digest, evidence_file=f"{digest}.txt")


def _document(documents: Path, text: bytes) -> str:
    """Keep a demonstration document that anybody can open; its SHA-256."""
    digest = sha256(text).hexdigest()
    folder = documents / "evidence"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{digest}.txt").write_bytes(text)
    return digest


_VERIFICATION_REPORT = """DEMONSTRATION VERIFICATION REPORT / 核查报告（演示）

Project / 项目: HLYC-0001
Period / 监测期: 2020-01-01 – 2024-12-31
Verified / 核查量: 1500 t CO2e; buffer / 缓冲: 225 t CO2e

This report was made for a demonstration. No body has verified anything.
本报告仅用于演示，没有任何机构进行过核查。
""".encode()
_SNOW_REPORT = """DEMONSTRATION REPORT OF A SNOW BREAK / 雪折报告（演示）

This report was made for a demonstration. No tree was lost.
本报告仅用于演示，没有树木受损。
""".encode()
_LOCAL_PROJECT = ProjectDraft(
    code=LOCAL,
    registry="HLYC",
    source_id="0001",
    name=Bilingual(
        "小兴安岭示范造林项目（演示）", "Lesser Khingan demonstration afforestation (demonstration)"
    ),
    about=Bilingual(
        "以红松、落叶松和水曲柳混交营造的示范林，用来演示一克碳汇如何从林地走到证书。数据均为演示数据。",
        "A demonstration stand of Korean pine, larch and Manchurian ash, here to show how a gram of forest "
        "carbon travels from a parcel to a certificate. All of its data is demonstration data.",
    ),
    type=ProjectType.ARR,
    methodology="CCER-14-001-V01",
    country="China",
    is_demo=True,
    county_code="230700",
    crediting=(date(2020, 1, 1), date(2039, 12, 31)),
)

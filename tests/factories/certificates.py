"""Retirements to be certified, and certificates in any state, for tests of any room above."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from portal import jobs
from portal.certificates import commands, queries
from portal.certificates.queries import CertificateView
from portal.certificates.rules.facts import (
    Balanced,
    CourseFacts,
    EventFacts,
    ExpectedFacts,
    Facts,
    Level,
    PlantingFacts,
    PledgeFacts,
    RetirementFacts,
    SerialRange,
)
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass, total
from portal.registry.jobs import sequence_and_sign
from portal.registry.rules.facts import RangeFacts
from portal.registry.rules.ledger import ProjectType

ACTOR = Actor.system("tests")
NOW = datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in Beijing

PLANTING = RangeFacts(
    serial="HLYC-0001-ARR-2024-1-1-1200",
    first_g=1,
    last_g=250_000,
    lot_code="LOT-2026-001",
    project_code="HLYC-0001",
    project_name=Bilingual("翠峦红松造林项目", "Cuiluan Korean pine afforestation"),
    project_type=ProjectType.ARR,
    vintage_start=date(2024, 1, 1),
    vintage_end=date(2024, 12, 31),
    registry="HLYC",
    country="CN",
    methodology="AR-ACM0003",
    retirement_reference="HLYC-RET-2026-0001",
    is_demo=True,
)
AVOIDING = replace(
    PLANTING,
    serial="19298-935996536-935996539-VCS-VCU-1491-VER-BR-1-513-01012018-31122018-0",
    lot_code="LOT-2026-002",
    project_code="VCS-513",
    project_name=Bilingual("", "Avoided deforestation on the upper river"),
    project_type=ProjectType.REDD,
    vintage_start=date(2018, 1, 1),
    vintage_end=date(2018, 12, 31),
    registry="Verra",
    country="BR",
    methodology="VM0007",
    retirement_reference="https://registry.example/retirement/513",
)


def facts(*ranges: RangeFacts, **changes: Any) -> RetirementFacts:
    """A retirement of these ranges (by default 250 kg of one planting lot) for 李明."""
    parts = ranges or (PLANTING,)
    settings: dict[str, Any] = {
        "retirement_id": new_id("ret"),
        "mass": total([part.mass for part in parts]),
        "ranges": parts,
        "holder_name": "李明",
        "holder_salt": bytes(range(32)),
        "organisation_id": "",
        "is_public": False,
        "purpose": "",
        "purpose_title": None,
        "order_id": new_id("ord"),
        "test": False,
        "lang": "zh",
        "retired_at": NOW,
    }
    return RetirementFacts(**(settings | changes))


_HELD: dict[str, Any] = {
    "holder_name": "李明",
    "holder_salt": bytes(range(32)),
    "organisation_id": "",
    "is_public": False,
    "lang": "zh",
    "test": False,
}


def pledge(**changes: Any) -> PledgeFacts:
    settings = {
        "pledge_id": new_id("plg"), "title": Bilingual("全家减排", "Our family"), "target": 30, "year": 2030,
        "level": Level.SELF_DECLARED, "made_on": date(2026, 3, 1),
    }  # fmt: skip
    return PledgeFacts(**(_HELD | settings | changes))


def planting(**changes: Any) -> PlantingFacts:
    settings = {
        "contribution_id": new_id("ctr"), "order_id": new_id("ord"), "seedlings": 1_200,
        "species": Bilingual("红松", "Korean pine"), "parcel_code": "P-0001",
        "parcel_name": Bilingual("翠峦一号地块", "Cuiluan parcel one"),
        "season": Bilingual("2026 年春季", "spring 2026"), "paid_on": date(2026, 3, 1),
    }  # fmt: skip
    return PlantingFacts(**(_HELD | settings | changes))


def expected(**changes: Any) -> ExpectedFacts:
    settings = {
        "reservation_id": new_id("res"), "order_id": new_id("ord"), "expected": Mass.kg("250"),
        "from_year": 2026, "by_year": 2060, "project_code": "HLYC-0001",
        "project_name": PLANTING.project_name, "project_type": ProjectType.ARR,
        "ranges": (SerialRange("HLYC-0001-ARR-2060-1-1-1200", 1, 250_000),), "reserved_on": date(2026, 3, 1),
    }  # fmt: skip
    return ExpectedFacts(**(_HELD | settings | changes))


def event(**changes: Any) -> EventFacts:
    settings = {
        "statement_id": new_id("evt"), "event": Bilingual("森林音乐节", "Forest music festival"),
        "held_from": date(2026, 8, 1), "held_to": date(2026, 8, 2), "place": Bilingual("伊春", "Yichun"),
        "boundary": Bilingual("场地用能、参加者交通与餐饮", "energy on site, travel and meals of guests"),
        "exclusions": Bilingual("纪念品", "souvenirs"), "gross": Mass(449_001), "inventory_digest": "ab" * 32,
        "model": "event", "model_version": "2026.1",
        "reductions": (Bilingual("接驳大巴", "Coaches instead of cars"),),
        "retirements": (Balanced("7K3MQ0RT5XWZ", (PLANTING, replace(AVOIDING, last_g=200_000))),),
        "evaluator": None, "declared_on": date(2026, 9, 1),
    }  # fmt: skip
    return EventFacts(**(_HELD | {"holder_name": "森林音乐节组委会"} | settings | changes))


def course(**changes: Any) -> CourseFacts:
    settings = {
        "result_id": new_id("crs"), "course": Bilingual("森林碳汇计量", "Measuring forest carbon"),
        "course_version": "3", "hours": 16, "cohort": Bilingual("2026 年第一期", "First cohort of 2026"),
        "trainer": "王芳", "objectives": (Bilingual("会做样地调查", "Can survey a sample plot"),),
        "issuer": Bilingual("伊春森林碳汇平台", "Yichun Forest Carbon"), "completed_on": date(2026, 5, 8),
    }  # fmt: skip
    return CourseFacts(**(_HELD | settings | changes))


def of_every_kind() -> dict[str, Facts]:
    """Facts of each type, by its code."""
    return {
        "C0": pledge(), "C1": planting(), "C2": expected(), "C3": facts(), "C4": event(), "C5": course(),
    }  # fmt: skip


def certified(told: Facts) -> CertificateView:
    """Any certificate, issued now; not yet in a signed checkpoint."""
    return queries.by_number(commands.issue(ACTOR, told, NOW))


def many_ranges(count: int) -> tuple[RangeFacts, ...]:
    """Ranges of as many serial blocks, as fragments of released stock leave them."""
    return tuple(
        replace(
            PLANTING, serial=f"HLYC-0001-ARR-2024-1-{n * 10 + 1}-{n * 10 + 10}", first_g=1_001, last_g=18_500
        )
        for n in range(count)
    )


def issued(*ranges: RangeFacts, **changes: Any) -> CertificateView:
    """A certificate, issued now; not yet in a signed checkpoint."""
    return queries.by_number(commands.issue(ACTOR, facts(*ranges, **changes), NOW))


def logged(*ranges: RangeFacts, **changes: Any) -> CertificateView:
    """A certificate that stands in a signed checkpoint; not yet printed."""
    certificate = issued(*ranges, **changes)
    sequence_and_sign()
    return certificate


def printed(*ranges: RangeFacts, **changes: Any) -> CertificateView:
    """A certificate with all its documents, the one without the name too."""
    certificate = logged(*ranges, **changes)
    if not certificate.is_public:
        commands.want(ACTOR, certificate.id, "withheld", clock.now())
    jobs.drain(clock.now())
    return queries.by_number(certificate.number)

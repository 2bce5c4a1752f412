"""Retirements to be certified, and certificates in any state, for tests of any room above."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from portal import jobs
from portal.certificates import commands, queries
from portal.certificates.queries import CertificateView
from portal.certificates.rules.paper import RetirementFacts
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.ids import new_id
from portal.kernel.mass import total
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
    """A certificate with all its documents."""
    certificate = logged(*ranges, **changes)
    jobs.drain(clock.now())
    return queries.by_number(certificate.number)

"""The life of demonstration projects: land and papers, one open to comments, one for information only.

The steps are taken by two demonstration people, as in earnest. Making it again changes nothing.
"""

import json
from datetime import date, datetime

from portal.accounts.queries import person_at
from portal.db import transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.ops.seed import LOCAL
from portal.registry import papers
from portal.registry.commands import projects
from portal.registry.commands.projects import Ground, Paper, Proposal
from portal.registry.desk.projects import SHELF
from portal.registry.queries import projects as read
from portal.registry.rules import parcels
from portal.registry.rules.eligibility import Answer
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.lifecycle import OWN, Decision, DocumentKind, ProjectState, step_between
from portal.registry.rules.parcels import Tenure

_DOCUMENTS = {
    DocumentKind.DESIGN: Bilingual("项目设计文件（演示）", "Project design document (demonstration)"),
    DocumentKind.TENURE: Bilingual("权属证明（演示）", "Proof of tenure (demonstration)"),
    DocumentKind.VALIDATION: Bilingual("审定报告（演示）", "Validation report (demonstration)"),
    DocumentKind.MONITORING: Bilingual("监测报告（演示）", "Monitoring report (demonstration)"),
    DocumentKind.VERIFICATION: Bilingual("核查报告（演示）", "Verification report (demonstration)"),
}
_NOTICED = Bilingual("汤旺河源头造林项目（演示）", "Tangwang headwaters afforestation (demonstration)")
_RECORDED = Bilingual(
    "天然红松林保护项目（演示）", "Protection of natural Korean pine forest (demonstration)"
)
Ring = list[list[float]]
_WEST: Ring = [
    [128.8712, 47.7231], [128.8836, 47.7228], [128.8871, 47.7290], [128.8790, 47.7334], [128.8705, 47.7296],
]  # fmt: skip
_EAST: Ring = [[128.8921, 47.7252], [128.9013, 47.7243], [128.9040, 47.7301], [128.8958, 47.7325]]
_HEADWATERS: Ring = [
    [129.3310, 48.4510], [129.3468, 48.4502], [129.3490, 48.4588], [129.3402, 48.4641], [129.3298, 48.4590],
]  # fmt: skip
_PINES: Ring = [
    [128.7210, 48.1010], [128.7412, 48.1002], [128.7438, 48.1121], [128.7302, 48.1168], [128.7198, 48.1094],
]  # fmt: skip
_PERIOD = date(2025, 1, 1), date(2044, 12, 31)


def seed(now: datetime) -> None:
    """Raises nothing that a demonstration with its people would not have; once, all or nothing."""
    maker, checker = _person(Role.REGISTRY), _person(Role.ADMIN)
    with transaction():
        if read.parcels_of(read.life(LOCAL).id):
            return
        _give_land_and_papers(maker, now)
        _open_to_comments(maker, checker, now)
        _for_information(maker, checker, now)


def _person(role: Role) -> Actor:
    return Actor(person_at(f"{role}@demo.example").id, frozenset({role}))


def _give_land_and_papers(maker: Actor, now: datetime) -> None:
    for kind in _DOCUMENTS:
        _file(maker, LOCAL, kind, now)
    tenure = next(each for each in read.documents_of(read.life(LOCAL).id) if each.kind is DocumentKind.TENURE)
    stands = [_EAST, _WEST]
    _enter(maker, LOCAL, stands, (date(2020, 1, 1), date(2039, 12, 31)), now, tenure.id)


def _open_to_comments(maker: Actor, checker: Actor, now: datetime) -> None:
    code = _propose(maker, ProjectType.ARR, _NOTICED, "CCER-14-001-V01", now)
    _enter(maker, code, [_HEADWATERS], _PERIOD, now)
    answers = {
        "arr.not_forest": Answer("6", "演示：土地调查 / demonstration: land survey"),
        "arr.wetland": Answer("no", "演示：土地利用图 / demonstration: land-use map"),
        "arr.economic_or_greening": Answer("no", "演示：造林作业设计 / demonstration: planting design"),
        "arr.shrubs_removed": Answer("8", "演示：现场记录 / demonstration: site protocol"),
    }
    projects.assess(maker, code, answers, now)
    _take(maker, checker, code, ProjectState.DESIGN_NOTICE, now)


def _for_information(maker: Actor, checker: Actor, now: datetime) -> None:
    code = _propose(maker, ProjectType.REDD, _RECORDED, "VM0048", now)
    _enter(maker, code, [_PINES], _PERIOD, now)
    answers = {
        "redd.logging_ban": Answer("yes", "演示：天然林禁伐 / demonstration: logging ban on natural forest"),
        "redd.external_standard": Answer("no", "演示：无 / demonstration: none"),
    }
    projects.assess(maker, code, answers, now)
    _take(maker, checker, code, ProjectState.RECORDED, now)


def _propose(maker: Actor, kind: ProjectType, name: Bilingual, methodology: str, now: datetime) -> str:
    begins, ends = _PERIOD
    return projects.propose_project(
        maker,
        Proposal(
            registry=OWN, source_id="", name=name, about=Bilingual("", ""), type=kind,
            methodology=methodology, country="China", county_code="230700",
            crediting_start=begins, crediting_end=ends, is_demo=True,
        ),
        now,
    )  # fmt: skip


def _enter(
    maker: Actor,
    code: str,
    stands: list[Ring],
    period: tuple[date, date],
    now: datetime,
    proof: str | None = None,
) -> None:
    features = [
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[*stand, stand[0]]]}}
        for stand in stands
    ]
    drawn = parcels.read(json.dumps({"type": "FeatureCollection", "features": features}).encode())
    ground = Ground("230700", "", Tenure.STATE, *period, proof)
    projects.enter_parcels(maker, code, ground, drawn, now)


def _take(maker: Actor, checker: Actor, code: str, target: ProjectState, now: datetime) -> None:
    found = read.life(code)
    step = step_between(found.type, found.state, target)
    document = _file(maker, code, step.document, now)
    step_id = projects.propose_step(maker, code, target, document, "", now)
    projects.decide_step(checker, step_id, Decision.APPROVED, "", now)


def _file(maker: Actor, code: str, kind: DocumentKind, now: datetime) -> str:
    title = _DOCUMENTS[kind]
    text = (
        f"{title.zh} / {title.en}\n\n{code}\n\n"
        "This document was made for a demonstration and describes no real project.\n"
        "本文件仅用于演示，不对应任何真实项目。\n"
    ).encode()
    kept = papers.keep_bytes(text, SHELF)
    paper = Paper(kind, title, f"{code}-{kind}.txt", kept.sha256, kept.media_type, kept.bytes, True)
    return projects.file_document(maker, code, paper, now)

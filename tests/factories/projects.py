"""Projects in any state of their life, made by the registry's own commands and two people."""

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256

from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.registry.commands import projects
from portal.registry.commands.projects import Ground, Paper, Proposal
from portal.registry.queries import projects as read
from portal.registry.rules import parcels
from portal.registry.rules.eligibility import Answer, Verdict
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.lifecycle import Decision, DocumentKind, ProjectState, step_between
from portal.registry.rules.parcels import Tenure

MAKER = Actor("usr_maker", frozenset({Role.REGISTRY}))
CHECKER = Actor("usr_checker", frozenset({Role.ADMIN}))

ELIGIBLE = {
    ProjectType.ARR: {
        "arr.not_forest": Answer("5", "survey of 2018"),
        "arr.wetland": Answer("no", "land-use map"),
        "arr.economic_or_greening": Answer("no", "planting design"),
        "arr.shrubs_removed": Answer("12.5", "site protocol"),
    },
    ProjectType.IFM: {
        "ifm.planted": Answer("yes", "stand register"),
        "ifm.wetland": Answer("no", "land-use map"),
    },
    ProjectType.REDD: {},
    ProjectType.OTHER: {},
}


def propose(
    kind: ProjectType = ProjectType.ARR,
    name: str = "示范林",
    *,
    registry: str = "HLYC",
    number: str = "",
    begun: date = date(2024, 1, 1),
    english: str = "",
    country: str = "China",
) -> str:
    """A proposed project that is no demonstration; its code."""
    return projects.propose_project(
        MAKER,
        Proposal(
            registry=registry, source_id=number, name=Bilingual(name, english), about=Bilingual("", ""),
            type=kind, methodology="CCER-14-001-V01", country=country, county_code="230700",
            crediting_start=begun, crediting_end=begun.replace(year=begun.year + 20),
        ),
        clock.now(),
    )  # fmt: skip


def file(code: str, kind: DocumentKind, *, public: bool = True, text: str = "") -> str:
    """A document of that kind; its id."""
    content = (text or f"{kind} of {code}").encode()
    return projects.file_document(
        MAKER, code,
        Paper(kind, Bilingual("文件", "A document"), f"{kind}.txt", sha256(content).hexdigest(), "text/plain",
              len(content), public),
        clock.now(),
    )  # fmt: skip


def square(west: float = 128.9, south: float = 47.7, side: float = 0.001) -> dict[str, object]:
    """GeoJSON of a square with sides of so many degrees: 0.001 is about 8,300 m² in Yichun."""
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def drawn(*geometries: dict[str, object]) -> list[parcels.Drawn]:
    features = [{"type": "Feature", "properties": {}, "geometry": each} for each in geometries]
    return parcels.read(json.dumps({"type": "FeatureCollection", "features": features}).encode())


def enter_land(
    code: str,
    *geometries: dict[str, object],
    tenure: Tenure = Tenure.STATE,
    years: tuple[int, int] = (2024, 2043),
) -> list[str]:
    ground = Ground("230700", "", tenure, date(years[0], 1, 1), date(years[1], 12, 31))
    return projects.enter_parcels(MAKER, code, ground, drawn(*(geometries or (square(),))), clock.now())


def assess(code: str, **changes: Answer) -> Verdict:
    """Assessed with answers that make a project eligible, but for those that are changed (dots as __)."""
    project = read.life(code)
    answers = dict(ELIGIBLE[project.type])
    if project.type in (ProjectType.IFM, ProjectType.REDD):
        standard = file(code, DocumentKind.EXTERNAL_STANDARD)
        answers["ifm.external_registration"] = Answer("yes", "registration", standard)
        answers["redd.external_standard"] = Answer("yes", "validation", standard)
        answers["redd.logging_ban"] = Answer("yes", "the standard accepted it", standard)
    answers |= {name.replace("__", "."): answer for name, answer in changes.items()}
    return projects.assess(MAKER, code, answers, clock.now())


def propose_step(code: str, target: ProjectState, now: datetime | None = None) -> str:
    """A step proposed on the document it requires; its id."""
    project = read.life(code)
    step = step_between(project.type, project.state, target)
    return projects.propose_step(MAKER, code, target, file(code, step.document), "", now or clock.now())


def take_step(code: str, target: ProjectState, now: datetime | None = None) -> None:
    """A step proposed by one person and taken by another."""
    at = now or clock.now()
    projects.decide_step(CHECKER, propose_step(code, target, at), Decision.APPROVED, "", at)


def registered(name: str = "示范林", at: datetime | None = None) -> tuple[str, datetime]:
    """An afforestation project that went all the way to registration; its code and when that was."""
    at = at or clock.now() - timedelta(days=80)
    code = propose(name=name)
    enter_land(code)
    assess(code)
    take_step(code, ProjectState.DESIGN_NOTICE, at)
    at += timedelta(days=60)
    take_step(code, ProjectState.VALIDATION, at)
    at += timedelta(minutes=1)
    take_step(code, ProjectState.REGISTERED, at)
    return code, at


def states(code: str) -> Sequence[ProjectState]:
    """Where a project has been, oldest first."""
    steps = [each for each in read.steps_of(read.life(code).id) if each.decision is Decision.APPROVED]
    return [each.target for each in reversed(steps)]

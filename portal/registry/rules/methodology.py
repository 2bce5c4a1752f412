"""Which kind of forest project a methodology is for, and whether its credits are removals.

The table is the design's (ledger.md, "Serial grammars to read"). A methodology that is not in it is
``other``: registered, not sold here; soil, grassland and peat (VM0042, VM0026 …) among them.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.registry.rules.ledger import ProjectType

# All CDM methodologies for afforestation and reforestation, large and small, begin with AR-.
_AR: Final = re.compile(r"AR-(?:AC?M|AMS)[0-9]{4}")
_CODE: Final = re.compile(r"[A-Z][A-Z0-9.-]*[0-9A-Z]")
_TABLE: Final[Mapping[str, ProjectType]] = {
    "VM0047": ProjectType.ARR,
    **dict.fromkeys(["VM0003", "VM0005", "VM0010", "VM0012", "VM0035", "VM0045"], ProjectType.IFM),
    **dict.fromkeys(["VM0006", "VM0007", "VM0009", "VM0015", "VM0037", "VM0048"], ProjectType.REDD),
}
# China's own: the methodology in force (CCER-14-001) and those of the register before it.
_CCER: Final[Mapping[str, ProjectType]] = {
    "CCER-14-001": ProjectType.ARR,
    "AR-CM-001": ProjectType.ARR,  # afforestation
    "AR-CM-002": ProjectType.ARR,  # bamboo afforestation
    "AR-CM-003": ProjectType.IFM,  # forest management
    "AR-CM-005": ProjectType.IFM,  # bamboo forest management
}
_VERSION: Final = re.compile(r"-V[0-9]{2}\Z")
# Registries in the Americas name their protocols in words.
_NAMES: Final[tuple[tuple[str, ProjectType], ...]] = (
    ("improved forest management", ProjectType.IFM),
    ("afforestation and reforestation", ProjectType.ARR),
    ("afforestation/reforestation", ProjectType.ARR),
    ("the redd+ environmental excellence standard (trees)", ProjectType.REDD),
)
_ACTIVITIES: Final[Mapping[str, ProjectType]] = {
    "ARR": ProjectType.ARR,
    "IFM": ProjectType.IFM,
    "REDD": ProjectType.REDD,
}
_REMOVAL_LABEL: Final = "carbon dioxide removals"
_REDUCTION_LABEL: Final = "ghg emissions reductions"


class Effect(StrEnum):
    """What a credit stands for. The two are never summed in one headline."""

    REMOVAL = "removal"
    REDUCTION = "reduction"


def codes_of(field: str) -> tuple[str, ...]:
    """The methodologies in a registry's field: ``AR-AM0005; AR-ACM0003`` or ``VM0042 v2.0``."""
    parts = (_CODE.match(part.strip().upper()) for part in re.split(r"[;,]", field))
    return tuple(part[0] for part in parts if part)


def type_of(methodology: str, activities: str = "") -> ProjectType:
    """The project type: by the methodologies when they agree, else by the activities, else ``other``."""
    if kind := _type_of_name(methodology):
        return kind
    types = {_type_of_code(code) for code in codes_of(methodology)}
    if len(types) == 1:
        return types.pop()
    named = {_ACTIVITIES.get(part.strip().upper(), ProjectType.OTHER) for part in activities.split(";")}
    return named.pop() if types and len(named) == 1 else ProjectType.OTHER


def effect_of(project_type: ProjectType, labels: str = "") -> Effect:
    """Removal or reduction. Forest management is both: a removal only when its source labels it so alone."""
    said = labels.lower()
    if _REDUCTION_LABEL in said:
        return Effect.REDUCTION
    if project_type is ProjectType.ARR or (project_type is ProjectType.IFM and _REMOVAL_LABEL in said):
        return Effect.REMOVAL
    return Effect.REDUCTION


def _type_of_code(code: str) -> ProjectType:
    if _AR.fullmatch(code):
        return ProjectType.ARR
    return _TABLE.get(code) or _CCER.get(_VERSION.sub("", code), ProjectType.OTHER)


def _type_of_name(methodology: str) -> ProjectType | None:
    """By a protocol's name in words; none when it has none of these words, or words of two types."""
    said = methodology.lower()
    types = {kind for words, kind in _NAMES if words in said}
    return types.pop() if len(types) == 1 else None

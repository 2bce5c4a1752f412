"""Is this project here already, under another name or another registry's number?

Two registries that sell the same forest sell it twice. No register can know that by itself, so what looks
alike is laid before a person, and until somebody has said why they are two, the newer one goes no further.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused

# Words every project's name may have; without them "X Forest Carbon Project" and "X" are one name.
_GENERIC: Final = re.compile(r"project|programme|program|forest|carbon|the|项目|工程|林业|森林|碳汇|演示")
_SHORTEST_NUMBER: Final = 3  # a shorter number is too often another project's by chance
_SHORTEST_NAME: Final = 2
_MOST_ALIKE: Final = 20  # of one key; more alike than that is a name that says nothing


class LikenessKind(StrEnum):
    """Why two projects may be one."""

    NUMBER = "number"
    NAME = "name"
    PARCEL = "parcel"  # the same land at another time


class AlreadyRegistered(Refused):
    message = N_("That number of that registry is already here, as project %(code)s.")


class BadNumber(InvalidInput):
    message = N_("“%(number)s” is no number of a project: use letters, digits, dots and hyphens.")


class UnknownLikeness(NotFound):
    message = N_("There is no such likeness.")


class LikenessCleared(Refused):
    message = N_("This is already cleared.")


@dataclass(frozen=True, slots=True)
class Known:
    """What screening looks at of a project, oldest first."""

    id: str
    registry: str
    source_id: str
    names: tuple[str, ...]
    country: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """``newer`` may be ``older``."""

    newer: str
    older: str
    kind: LikenessKind


def name_key(name: str) -> str:
    """What is left of a name without case, width, accents, punctuation and generic words; "" says nothing.

    >>> name_key("Cikel Brazilian Amazon REDD APD Project") == name_key("CIKEL Brazilian Amazon: REDD APD")
    True
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name)).casefold()
    letters = "".join(c for c in plain if c.isalnum() or c.isspace())
    key = "".join(_GENERIC.sub(" ", letters).split())
    return key if len(key) >= _SHORTEST_NAME else ""


def alike(projects: Iterable[Known]) -> list[Likeness]:
    """Every pair that shares a name, or a number at different registries of one country."""
    groups: dict[tuple[LikenessKind, str, str], list[Known]] = defaultdict(list)
    for project in projects:
        for key in _keys(project):
            groups[key].append(project)
    found = {
        Likeness(newer.id, older.id, kind)
        for (kind, *_), group in groups.items()
        if len(group) <= _MOST_ALIKE
        for older, newer in combinations(group, 2)
        if kind is not LikenessKind.NUMBER or older.registry != newer.registry
    }
    return sorted(found, key=lambda each: (each.newer, each.older, each.kind))


def _keys(project: Known) -> Iterator[tuple[LikenessKind, str, str]]:
    for key in {name_key(name) for name in project.names} - {""}:
        yield (LikenessKind.NAME, key, "")
    digits = re.sub(r"\D", "", project.source_id).lstrip("0")
    if len(digits) >= _SHORTEST_NUMBER:
        yield (LikenessKind.NUMBER, digits, project.country.casefold())

"""Where in the register a record of the log belongs: read from its facts, whatever its kind.

Kinds come and go; what they say of grams is always said in the same words: ``ranges`` of a lot's
serials, ``serials`` with whole ``tonnes``, one ``serial``, a ``lot``, a ``project``, a ``retirement``
whose grams it speaks of again. So a new kind is indexed without a line here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from portal.registry.rules.ledger import GRAMS_PER_TONNE


@dataclass(frozen=True, slots=True)
class Place:
    """One place that a record speaks of. Grams are 1-based and inclusive, counted inside the serial."""

    project: str | None = None
    lot: str | None = None
    serial: str | None = None
    first_g: int | None = None
    last_g: int | None = None
    grams: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What the register's index keeps of a record. Holders are public codes: a commitment or an account."""

    places: tuple[Place, ...]
    holder: str | None
    sender: str | None
    retirement: str | None
    is_test: bool

    @property
    def is_again(self) -> bool:
        """Whether it takes back grams that an earlier record named: they are that retirement's."""
        return self.retirement is not None and all(place == Place() for place in self.places)


def told(body: Mapping[str, Any]) -> Told:
    """What the record's JSON object says; one empty place when it names none."""
    if str(body.get("kind")).startswith("certificate."):
        return Told((Place(),), None, None, None, body.get("test") is True)  # a paper moves nothing
    return Told(
        places=tuple(_places(body)) or (Place(),),
        holder=body.get("holder") or body.get("receiver") or body.get("account"),
        sender=body.get("sender"),
        retirement=body.get("retirement"),
        is_test=body.get("test") is True,
    )


def _places(body: Mapping[str, Any]) -> Iterator[Place]:
    project, lot = body.get("project"), body.get("lot")
    if ranges := body.get("ranges"):
        for part in ranges:
            grams = part["last_g"] - part["first_g"] + 1
            yield Place(project, part.get("lot", lot), part["serial"], part["first_g"], part["last_g"], grams)
    elif serials := body.get("serials"):
        for part in serials:
            yield Place(project, lot, part["serial"], grams=_grams(part))
    elif project or lot or "serial" in body:
        yield Place(
            project, lot, body.get("serial"), body.get("first_g"), body.get("last_g"), grams=_grams(body)
        )


def _grams(facts: Mapping[str, Any]) -> int | None:
    if "tonnes" in facts:
        return int(facts["tonnes"]) * GRAMS_PER_TONNE
    return facts.get("grams")

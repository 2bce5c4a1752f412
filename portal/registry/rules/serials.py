"""Serials: how source registries number their units, and how we write our part of a serial block.

A serial names a block of whole tonnes, ``first`` … ``last``, both included. Its text is kept
verbatim; the fields beside it are for finding and comparing. Numbers are compared inside their
``group``: the stretch of text within which the registry gives each number once. Ours is written
``<source serial>/g<first>-<last>``: grams, 1-based and inclusive, counted inside that block.
Shapes: ledger.md, "Serial grammars to read".
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.kernel.errors import N_, InvalidInput
from portal.registry.rules.ledger import GRAMS_PER_TONNE, ProjectType

OWN_REGISTRY: Final = "HLYC"
MAX_QUERY: Final = 300

_TYPE_CODES: Final = {"ARR": ProjectType.ARR, "IFM": ProjectType.IFM, "RED": ProjectType.REDD}
_CODE_OF_TYPE: Final = {known: code for code, known in _TYPE_CODES.items()}
# Hyphens, dashes, minus signs and their full-width forms, which spreadsheets put in by themselves.
_DASHES: Final = re.compile("[\u2010-\u2015\u2212\u00ad\ufe58\ufe63\uff0d\u30fc\u2500]")
_INVISIBLE: Final = re.compile("[\u200b-\u200f\u2060\ufeff]")


class NotASerial(InvalidInput):
    message = N_("“%(text)s” is not a serial number as %(registry)s writes them.")


class UnreadableSerial(InvalidInput):
    message = N_("“%(text)s” is not a serial number we can read.")


class OddCharacters(InvalidInput):
    message = N_("“%(text)s” has full-width digits, special dashes or the like. Is %(meant)s meant?")


class SwappedEnds(InvalidInput):
    message = N_("The serial %(text)s ends before it begins.")


class ImpossibleVintage(InvalidInput):
    message = N_("The serial %(text)s has an impossible vintage.")


class OutsideSerial(InvalidInput):
    message = N_("The part %(part)s is not inside the serial %(serial)s.")


@dataclass(frozen=True, slots=True)
class Serial:
    """A serial block; ``type`` is known where the serial says it."""

    registry: str
    text: str
    group: str
    first: int
    last: int
    project: str
    vintage_start: date
    vintage_end: date
    country: str
    type: ProjectType | None = None

    @property
    def count(self) -> int:
        """Whole tonnes in the block."""
        return self.last - self.first + 1

    @property
    def grams(self) -> int:
        return self.count * GRAMS_PER_TONNE


@dataclass(frozen=True, slots=True)
class Part:
    """Grams ``first_g`` … ``last_g`` of a serial block, 1-based and inclusive. Raises OutsideSerial."""

    serial: Serial
    first_g: int
    last_g: int

    def __post_init__(self) -> None:
        if not 1 <= self.first_g <= self.last_g <= self.serial.grams:
            raise OutsideSerial(part=f"g{self.first_g}-{self.last_g}", serial=self.serial.text)

    @property
    def text(self) -> str:
        return f"{self.serial.text}/g{self.first_g}-{self.last_g}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for: units ``first`` … ``last``, or grams of them. None: any."""

    first: int
    last: int
    registry: str | None = None
    group: str | None = None
    project: str | None = None
    first_g: int | None = None
    last_g: int | None = None

    def inside(self, serial: Serial) -> tuple[int, int] | None:
        """Where it lies in that block: first and last gram, 1-based; None when it does not."""
        same = (
            self.registry in (None, serial.registry)
            and self.group in (None, serial.group)
            and self.project in (None, serial.project)
        )
        if not same or not serial.first <= self.first <= self.last <= serial.last:
            return None
        before = (self.first - serial.first) * GRAMS_PER_TONNE
        whole = (self.last - self.first + 1) * GRAMS_PER_TONNE
        return before + (self.first_g or 1), before + (self.last_g or whole)


# ── grammars ───────────────────────────────────────────────────────────────────────────────────

_VERRA: Final = re.compile(
    r"(?P<batch>[0-9]{1,9})-(?P<first>[0-9]{1,15})-(?P<last>[0-9]{1,15})-VCS-VCU-(?P<account>[0-9]{1,6})"
    r"-VER-(?P<country>[A-Z]{2})-(?P<scope>[0-9]{1,3})-(?P<project>[0-9]{1,9})"
    r"-(?P<start>[0-9]{8})-(?P<end>[0-9]{8})-(?P<flag>[0-9])"
)
_OWN: Final = re.compile(
    r"(?P<group>HLYC-(?P<project>[0-9A-Z]{4,12})-(?P<type>ARR|IFM|RED)-(?P<vintage>[0-9]{4})-(?P<batch>[1-9][0-9]{0,5}))"
    r"-(?P<first>[1-9][0-9]{0,11})-(?P<last>[1-9][0-9]{0,11})"
)
_OWN_UNIT: Final = re.compile(
    r"(HLYC-[0-9A-Z]{4,12}-(?:ARR|IFM|RED)-[0-9]{4}-[1-9][0-9]{0,5})-([1-9][0-9]{0,11})"
)
_GOLD_STANDARD: Final = re.compile(
    r"(?P<group>GS[0-9]{1,2}-[0-9]{1,3}-(?P<country>[A-Z]{2})-GS(?P<project>[0-9]{1,9})-[0-9]{1,4}"
    r"-(?P<vintage>[0-9]{4})-[0-9]{1,9})-(?P<first>[0-9]{1,12})-(?P<last>[0-9]{1,12})"
)
_ACR: Final = re.compile(
    r"(?P<group>ACR-(?P<country>[A-Z]{2})-(?P<project>[0-9]{1,9})-(?P<vintage>[0-9]{4})-[0-9]{1,9})"
    r"-(?P<first>[0-9]{1,12}) to (?P<last>[0-9]{1,12})"
)
# The unit is 1 for reserve tonnes and ROC for registry offset credits of a compliance project.
_CAR: Final = re.compile(
    r"(?P<group>CAR-[0-9A-Z]{1,6}-(?P<country>[A-Z]{2})-(?P<project>[0-9]{1,9})-[0-9]{1,6}-[0-9]{1,9}"
    r"-[A-Z]{2,3}-(?P<vintage>[0-9]{4})-[0-9]{1,9})-(?P<first>[0-9]{1,12}) to (?P<last>[0-9]{1,12})"
)
# ART's registry also keeps the units of the Forest Carbon Partnership Facility.
_ART: Final = re.compile(
    r"(?P<group>(?:ART|FCPF)-(?P<country>[A-Z]{2})-(?P<project>[0-9]{1,9})-(?P<vintage>[0-9]{4})-[0-9]{1,9})"
    r"-(?P<first>[0-9]{1,12}) to (?P<last>[0-9]{1,12})"
)
_CER_END: Final = (
    r"(?P<{0}party>[A-Z]{{2}})-(?P<{0}unit>[0-9])-(?P<{0}number>[0-9]{{1,15}})"
    r"-(?P<{0}rest>(?P<{0}original>[12])-[12]-[0-9]-(?P<{0}project>[0-9]{{1,9}}))"
)
_CER: Final = re.compile(f"{_CER_END.format('a_')} - {_CER_END.format('b_')}")
_COMMITMENT_PERIODS: Final = {
    "1": (date(2008, 1, 1), date(2012, 12, 31)),
    "2": (date(2013, 1, 1), date(2020, 12, 31)),
}
MAX_DIGITS: Final = 18  # of a unit's number: a signed 64-bit column
_RUNS: Final = re.compile(r"([0-9]+)")
_NUMBERED: Final = re.compile(r"(?P<group>\S.*) (?P<first>[0-9]{1,18})-(?P<last>[0-9]{1,18})")
_UNIT: Final = re.compile(r"[0-9]{1,15}")
_PART: Final = re.compile(r"(?P<serial>.+)/g(?P<first>[1-9][0-9]{0,18})-(?P<last>[1-9][0-9]{0,18})")


def _verra(text: str) -> Serial | None:
    """Verra's numbers run through the whole programme, so all its serials share one group."""
    if not (found := _VERRA.fullmatch(text)):
        return None
    return Serial(
        "verra", text, "VCS", int(found["first"]), int(found["last"]), found["project"],
        _ddmmyyyy(found["start"], text), _ddmmyyyy(found["end"], text), found["country"],
    )  # fmt: skip


def _own(text: str) -> Serial | None:
    if not (found := _OWN.fullmatch(text)):
        return None
    year = int(found["vintage"])
    return Serial(
        OWN_REGISTRY, text, found["group"], int(found["first"]), int(found["last"]), found["project"],
        _day(text, year, 1, 1), _day(text, year, 12, 31), "CN", _TYPE_CODES[found["type"]],
    )  # fmt: skip


def _of_a_year(registry: str, shape: re.Pattern[str]) -> Callable[[str], Serial | None]:
    """A grammar whose serials name one year and count inside the issuance that stands before the numbers."""

    def read(text: str) -> Serial | None:
        if not (found := shape.fullmatch(text)):
            return None
        year = int(found["vintage"])
        return Serial(
            registry, text, found["group"], int(found["first"]), int(found["last"]), found["project"],
            _day(text, year, 1, 1), _day(text, year, 12, 31), found["country"],
        )  # fmt: skip

    return read


def _cer(text: str) -> Serial | None:
    """A range as two ids that differ in their number only; all that is known of its age is the period."""
    if not (found := _CER.fullmatch(text)):
        return None
    if any(found[f"a_{part}"] != found[f"b_{part}"] for part in ("party", "unit", "rest")):
        return None
    start, end = _COMMITMENT_PERIODS[found["a_original"]]
    return Serial(
        "cer", text, f"{found['a_party']}-{found['a_unit']}-{found['a_rest']}", int(found["a_number"]),
        int(found["b_number"]), found["a_project"], start, end, found["a_party"],
    )  # fmt: skip


def _ddmmyyyy(digits: str, text: str) -> date:
    return _day(text, int(digits[4:]), int(digits[2:4]), int(digits[:2]))


def _day(text: str, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ImpossibleVintage(text=text) from None


GRAMMARS: Final[Mapping[str, Callable[[str], Serial | None]]] = {
    "verra": _verra,
    "gold-standard": _of_a_year("gold-standard", _GOLD_STANDARD),
    "acr": _of_a_year("acr", _ACR),
    "car": _of_a_year("car", _CAR),
    "art": _of_a_year("art", _ART),
    "cer": _cer,
    OWN_REGISTRY: _own,
}


def parse(registry: str, text: str) -> Serial:
    """The serial ``text`` of that registry, exactly as it must be written.

    Raises OddCharacters when only its characters are wrong, SwappedEnds, ImpossibleVintage,
    NotASerial; KeyError for a registry without a grammar.
    """
    if serial := GRAMMARS[registry](text):
        return _in_order(serial)
    meant = plain(text)
    if meant != text and GRAMMARS[registry](meant):
        raise OddCharacters(text=text[:100], meant=meant)
    raise NotASerial(text=text[:100], registry=registry)


def _in_order(serial: Serial) -> Serial:
    if serial.last < serial.first:
        raise SwappedEnds(text=serial.text)
    if serial.vintage_end < serial.vintage_start:
        raise ImpossibleVintage(text=serial.text)
    return serial


def parse_any(text: str) -> Serial:
    """The serial ``text`` of whichever registry writes so. Raises UnreadableSerial and as ``parse``."""
    for grammar in GRAMMARS.values():
        if serial := grammar(text):
            return _in_order(serial)
    raise UnreadableSerial(text=text[:100])


def registry_of(text: str) -> str | None:
    """The registry whose serials are written so, if one is."""
    for registry, grammar in GRAMMARS.items():
        try:
            if grammar(text):
                return registry
        except ImpossibleVintage:
            return registry
    return None


def own_serial(project: str, type: ProjectType, vintage: int, batch: int, first: int, last: int) -> Serial:
    """A serial of this portal's own register, such as ``HLYC-0001-ARR-2024-1-1-1200``.

    Raises NotASerial when the parts do not make one: of another type, with a number below 1.
    """
    code = _CODE_OF_TYPE.get(type, type)
    return parse(OWN_REGISTRY, f"{OWN_REGISTRY}-{project}-{code}-{vintage:04}-{batch}-{first}-{last}")


def read_part(text: str) -> Part:
    """The inverse of ``Part.text``. Raises UnreadableSerial, OutsideSerial and as ``parse``."""
    if not (found := _PART.fullmatch(text)):
        raise UnreadableSerial(text=text[:100])
    return Part(parse_any(found["serial"]), int(found["first"]), int(found["last"]))


def look_up(query: str) -> Wanted:
    """What a visitor typed into the register's search: a serial, our part of one, or a unit's number.

    Forgives spaces, dashes, full-width digits and thousands separators. A narrower serial finds
    the block it lies in. Raises UnreadableSerial.
    """
    given = plain(query[:MAX_QUERY])
    text = given.upper().replace("/G", "/g").replace(" TO ", " to ")
    text = re.sub(r"(?<=[0-9]),(?=[0-9]{3})", "", text)
    if _UNIT.fullmatch(text):
        return Wanted(int(text), int(text))
    if found := _OWN_UNIT.fullmatch(text):
        return Wanted(int(found[2]), int(found[2]), OWN_REGISTRY, found[1])
    if registry_of(text.partition("/g")[0]) is None and (wanted := _in_columns(given)):
        return wanted
    part = read_part(text) if "/g" in text else None
    serial = part.serial if part else parse_any(text)
    return Wanted(
        serial.first, serial.last, serial.registry, serial.group, serial.project,
        part.first_g if part else None, part.last_g if part else None,
    )  # fmt: skip


def ends_of(first: str, last: str) -> tuple[str, int, int] | None:
    """Two ids that differ in one number, as ``A-0001`` and ``A-0100``: what they share, and the range."""
    a, b = _RUNS.split(first), _RUNS.split(last)
    numbers = [at for at in range(1, len(a), 2) if a[at : at + 1] != b[at : at + 1]] or [len(a) - 2]
    at = numbers[0]
    if len(a) != len(b) or len(numbers) > 1 or at < 1 or a[:at] + a[at + 1 :] != b[:at] + b[at + 1 :]:
        return None
    if len(a[at]) > MAX_DIGITS or len(b[at]) > MAX_DIGITS:
        return None
    return "".join([*a[:at], "#", *a[at + 1 :]]), int(a[at]), int(b[at])


def _in_columns(text: str) -> Wanted | None:
    """What a serial that came in columns names: ``<batch> <first>-<last>`` or two ids."""
    if found := _NUMBERED.fullmatch(text):
        return Wanted(int(found["first"]), int(found["last"]), None, found["group"])
    first, between, last = text.partition(" - ")
    if between and (ends := ends_of(first, last)):
        return Wanted(ends[1], ends[2], None, ends[0])
    return None


def plain(text: str) -> str:
    """``text`` as it was probably meant: ASCII digits and hyphens, no formula sign, no spaces around."""
    text = _INVISIBLE.sub("", _DASHES.sub("-", unicodedata.normalize("NFKC", _DASHES.sub("-", text))))
    return text.strip().removeprefix("=").strip("\"' ")

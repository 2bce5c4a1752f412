"""Which column of a field sheet is which, and in what unit: headings as people write them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Final

from portal.registry.rules.estimation.errors import ColumnMissing, ColumnTwice, UnitMissing, UnitUnknown
from portal.registry.rules.estimation.student import DIGITS

with localcontext(prec=DIGITS):
    _MU_IN_HA: Final = Decimal(1) / 15
    _MU_IN_M2: Final = Decimal(2000) / 3


class InventoryKind(StrEnum):
    GROWING_STOCK = "growing_stock"  # volume by plot and species
    TREES = "trees"  # one row a tree


@dataclass(frozen=True, slots=True)
class Column:
    """``units`` maps a unit, as written in a heading, to the factor that makes the unit we count in."""

    key: str
    title: str  # as the template file has it
    aliases: tuple[str, ...]
    units: Mapping[str, Decimal]
    needs_unit: bool = False
    is_required: bool = True


_HA: Final = {"ha": Decimal(1), "hm2": Decimal(1), "公顷": Decimal(1), "mu": _MU_IN_HA, "亩": _MU_IN_HA,
              "m2": Decimal("0.0001"), "平方米": Decimal("0.0001")}  # fmt: skip
_M2: Final = {"m2": Decimal(1), "平方米": Decimal(1), "ha": Decimal(10_000), "hm2": Decimal(10_000),
              "公顷": Decimal(10_000), "mu": _MU_IN_M2, "亩": _MU_IN_M2}  # fmt: skip
# m³ of a plot has no factor to m³/ha of its own: the plot's area makes it (PER_PLOT).
PER_PLOT: Final = Decimal(0)
_PER_HA: Final = {
    **dict.fromkeys(("m3/ha", "m3/hm2", "m3/公顷", "立方米/公顷", "m3ha-1", "m3·hm-2"), Decimal(1)),
    **dict.fromkeys(("m3/mu", "m3/亩", "立方米/亩"), Decimal(15)),
    **dict.fromkeys(("m3", "立方米"), PER_PLOT),
}
_CM: Final = {"cm": Decimal(1), "厘米": Decimal(1), "mm": Decimal("0.1"), "毫米": Decimal("0.1")}
_M: Final = {"m": Decimal(1), "米": Decimal(1), "dm": Decimal("0.1")}
_M3: Final = {"m3": Decimal(1), "立方米": Decimal(1)}

_PLACE: Final = (
    Column(
        "stratum", "碳层",
        ("碳层", "分层", "层", "层号", "小班", "小班号", "stratum", "strata", "layer"), {},
    ),
    Column(
        "stratum_area", "碳层面积(公顷)",
        ("碳层面积", "层面积", "小班面积", "面积", "stratum area", "area of stratum", "area"),
        _HA, needs_unit=True,
    ),
    Column(
        "plot", "样地号",
        ("样地号", "样地", "样地编号", "样方", "样方号", "plot", "plot id", "plot no", "plot number"), {},
    ),
    Column(
        "plot_area", "样地面积(平方米)",
        ("样地面积", "样方面积", "plot area", "plot size"), _M2, needs_unit=True,
    ),
    Column(
        "species", "树种",
        ("树种", "优势树种", "树种组", "树种名称", "species", "species group", "tree species"), {},
    ),
)  # fmt: skip
COLUMNS: Final[Mapping[InventoryKind, tuple[Column, ...]]] = {
    InventoryKind.GROWING_STOCK: (
        *_PLACE,
        Column(
            "volume", "蓄积(立方米/公顷)",
            ("蓄积", "蓄积量", "公顷蓄积", "每公顷蓄积", "每公顷蓄积量", "单位面积蓄积",
             "volume", "growing stock", "stock"),
            _PER_HA, needs_unit=True,
        ),
    ),
    InventoryKind.TREES: (
        *_PLACE,
        Column(
            "tree", "树号",
            ("树号", "样木号", "编号", "tree", "tree no", "tree id", "tree number"), {}, is_required=False,
        ),
        Column("dbh", "胸径(厘米)", ("胸径", "dbh", "d", "diameter"), _CM),
        Column("height", "树高(米)", ("树高", "height", "h", "tree height"), _M, is_required=False),
        Column(
            "volume", "单株材积(立方米)",
            ("单株材积", "材积", "立木材积", "tree volume", "volume", "v"), _M3, is_required=False,
        ),
    ),
}  # fmt: skip
_BRACKETED: Final = re.compile(r"(.+?)[(\[（【](.+)[)\]）】]\Z")
_SEPARATORS: Final = re.compile(r"[\s_\-.,:;()\[\]（）【】]+")


@dataclass(frozen=True, slots=True)
class Found:
    """Where a column stands, how its heading was written, and the factor to our unit."""

    at: int
    heading: str
    factor: Decimal


def find(kind: InventoryKind, header: Sequence[str]) -> dict[str, Found]:
    """The columns of this header by key.

    Raises ColumnMissing, ColumnTwice, UnitMissing, UnitUnknown.
    """
    found: dict[str, Found] = {}
    for at, heading in enumerate(header):
        match = _column_of(kind, heading)
        if match is None:
            continue
        column, factor = match
        if column.key in found:
            raise ColumnTwice(first=found[column.key].heading, second=heading[:60])
        found[column.key] = Found(at, heading[:60], factor)
    for column in COLUMNS[kind]:
        if column.is_required and column.key not in found:
            raise ColumnMissing(
                column=column.title, found="、".join(text[:30] for text in header if text.strip())[:300]
            )
    return found


def matches(kind: InventoryKind, header: Sequence[str]) -> int:
    """How many cells of this row could be headings: tells a heading from a title above it."""
    return sum(_name_of(kind, heading) is not None for heading in header)


def _name_of(kind: InventoryKind, heading: str) -> tuple[Column, str] | None:
    """The column that a heading names and what follows the name, which should be a unit."""
    whole = _compact(heading)
    bracketed = _BRACKETED.match(unicodedata.normalize("NFKC", heading).strip())
    name = _compact(bracketed[1]) if bracketed else whole
    for column in COLUMNS[kind]:
        for alias in sorted(map(_compact, column.aliases), key=len, reverse=True):
            if name == alias:
                return column, _compact(bracketed[2]) if bracketed else ""
            if column.units and whole.startswith(alias) and whole[len(alias) :].lstrip("/") in _units(column):
                return column, whole[len(alias) :].lstrip("/")
    return None


def _column_of(kind: InventoryKind, heading: str) -> tuple[Column, Decimal] | None:
    named = _name_of(kind, heading)
    if named is None:
        return None
    column, unit = named
    if not column.units:
        return column, Decimal(1)
    if not unit:
        if column.needs_unit:
            raise UnitMissing(column=heading[:60], example=column.title)
        return column, Decimal(1)
    if unit not in _units(column):
        raise UnitUnknown(column=heading[:60], unit=unit[:20], units=", ".join(column.units))
    return column, _units(column)[unit]


def _units(column: Column) -> dict[str, Decimal]:
    return {_compact(unit): factor for unit, factor in column.units.items()}


def _compact(text: str) -> str:
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).casefold())

"""A row of an export, understood: whose units, how many, of which project, and where they stand."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Final

from portal.kernel.errors import PortalError
from portal.registry.rules import serials
from portal.registry.rules.imports.columns import units_of
from portal.registry.rules.imports.errors import (
    DoubleColumn,
    FormulaCell,
    HalfRetired,
    MissingValue,
    MoreThanVintage,
    NoStatusColumn,
    NotADay,
    NotAQuantity,
    NotAVintage,
    ProjectDiffers,
    QuantityDiffers,
    RetiredBeforeIssued,
    SerialOfAnotherRegistry,
    StatusContradicts,
    UnknownStatus,
    VintageDiffers,
    WrongHeader,
)
from portal.registry.rules.imports.layouts import COLUMNS, Days, Layout, Role, SourceState, fold
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.methodology import Effect, codes_of, effect_of, type_of
from portal.registry.rules.serials import Serial

_QUANTITY: Final = re.compile(r"[0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,3}")
# A time after the day is let pass: 2026-04-13T12:35:58.842275, 6/30/2025 7:43:26 PM.
_TIME: Final = r"(?:[T ][0-9:.]+(?: ?[AP]M)?Z?)?"
_ISO: Final = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})" + _TIME)
_HAN: Final = re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日")
_DDMMYYYY: Final = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})")
_SLASHED: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})" + _TIME)
_YEAR: Final = re.compile(r"([0-9]{4})年?")
_YEARS: Final = re.compile(r"([0-9]{4})年?\s*(?:[-~～至/]|to)\s*([0-9]{4})年?")
_PERIOD: Final = re.compile(r"(.{8,30}?)\s*(?:[~～至]| / | - | to )\s*(.{8,30})")
_DIGIT: Final = re.compile("[0-9]")
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
# Free text may begin with anything; what is a value may not be a formula.
_VALUES: Final = frozenset(Role) - {
    Role.LABELS, Role.BENEFICIARY, Role.REASON, Role.DETAILS, Role.ACTIVITIES,
}  # fmt: skip
_RETIREMENT_TEXTS: Final = (Role.BENEFICIARY, Role.REASON, Role.DETAILS)


@dataclass(frozen=True, slots=True)
class SourceRetirement:
    """For whom the source registry retired or cancelled the units. The texts are its data, verbatim."""

    day: date | None
    beneficiary: str
    reason: str
    details: str
    state: SourceState = SourceState.RETIRED


class Verbatim(Mapping[str, str]):
    """A row as it came: cells by heading. It holds one list, for rows are many."""

    __slots__ = ("_cells", "_header")

    def __init__(self, header: tuple[str, ...], cells: Sequence[str]) -> None:
        self._header, self._cells = header, cells

    def __getitem__(self, column: str) -> str:
        try:
            return self._cells[self._header.index(column)]
        except ValueError:
            raise KeyError(column) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._header)

    def __len__(self) -> int:
        return len(self._header)

    def items(self) -> list[tuple[str, str]]:  # type: ignore[override]  # without a look-up for each
        return list(zip(self._header, self._cells, strict=True))


@dataclass(frozen=True, slots=True)
class Issued:
    """One row of an export, understood: a serial block and what its registry says of it."""

    serial: Serial
    issued_on: date | None
    project_code: str
    project_name: str
    country: str
    methodology: str
    type: ProjectType
    effect: Effect
    retirement: SourceRetirement | None
    source: Mapping[str, str]  # the whole row, verbatim

    @property
    def tonnes(self) -> int:
        return self.serial.count

    @property
    def state(self) -> SourceState:
        return self.retirement.state if self.retirement else SourceState.ACTIVE

    @property
    def may_feed_a_lot(self) -> bool:
        return self.retirement is None and self.type.is_sold_here


def header_fits(layout: Layout, header: Sequence[str]) -> bool:
    return _missing(layout, {fold(heading) for heading in header}) is None


def _missing(layout: Layout, spelled: set[str]) -> str | None:
    for role in Role:
        if role in layout.required and not spelled & {fold(name) for name in layout.columns[role]}:
            return layout.columns[role][0]
    return None


class RowReader:
    """Understands the rows under one header.

    Raises WrongHeader, DoubleColumn, NoStatusColumn: faults of the header.
    """

    def __init__(self, layout: Layout, header: Sequence[str]) -> None:
        self.layout, self.header = layout, tuple(header)
        places = {fold(heading): place for place, heading in reversed(list(enumerate(header)))}
        if (lost := _missing(layout, set(places))) is not None:
            raise WrongHeader(registry=layout.name, column=lost)
        for heading in self.header:
            if self.header.count(heading) > 1:
                raise DoubleColumn(column=heading[:100])
        self.place = {
            role: place
            for role, names in layout.columns.items()
            if (place := next((places[fold(name)] for name in names if fold(name) in places), None))
            is not None
        }
        states = (Role.STATUS, Role.RETIRED_ON, Role.STATUS_DAY)
        if not self.place.keys() & set(states):
            names = [name for role in states for name in layout.columns.get(role, ())[:1]]
            raise NoStatusColumn(columns=", ".join(f"“{name}”" for name in names))
        self._values = [
            (self.place[role], role in layout.filled)
            for role in Role
            if role in self.place and role in _VALUES
        ]
        self._codes: dict[str, str] = {}

    def read(self, cells: list[str]) -> tuple[Issued, tuple[PortalError, ...]]:
        """What the row says, and what is odd about it. Raises the faults of a row."""
        self._check_values(cells)
        quantity = self._quantity(cells, Role.QUANTITY)
        serial = (
            self._columns_serial(cells, quantity) if self.layout.grammar == COLUMNS else self._serial(cells)
        )
        if quantity != serial.count:
            raise QuantityDiffers(quantity=quantity, count=serial.count)
        activities, labels = self._text(cells, Role.ACTIVITIES), self._text(cells, Role.LABELS)
        methodology, kind = _sort_of(self._text(cells, Role.METHODOLOGY), activities)
        kind = serial.type or kind
        issued = Issued(
            serial=serial,
            issued_on=self._day(cells, Role.ISSUED_ON),
            project_code=self._code(serial.project),
            project_name=self._text(cells, Role.PROJECT_NAME),
            country=self._text(cells, Role.COUNTRY),
            methodology=methodology,
            type=kind,
            effect=effect_of(kind, labels),
            retirement=self._retirement(cells),
            source=Verbatim(self.header, cells),
        )
        return issued, tuple(self._oddities(cells, issued, quantity))

    def _check_values(self, cells: list[str]) -> None:
        for place, is_filled in self._values:
            cell = cells[place]
            if not cell or cell[0] in "=＝" or cell[0].isspace():  # most are passed over with this one look
                cell = cell.strip()
                if not cell and is_filled:
                    raise MissingValue(column=self.header[place])
                if cell.startswith(("=", "＝")):
                    raise FormulaCell(column=self.header[place])

    # ── units ──────────────────────────────────────────────────────────────────────────────────

    def _serial(self, cells: list[str]) -> Serial:
        """The serial, compared with what the row says of its project and vintage."""
        serial = serials.parse(self.layout.grammar, cells[self.place[Role.SERIAL]])
        named = self._text(cells, Role.PROJECT)
        if self._number(named) != serial.project.lstrip("0"):
            raise ProjectDiffers(row=named[:60], serial=serial.project)
        period = self._vintage(cells)
        if period is None:
            return serial
        if self.layout.grammar == "verra" and period != (serial.vintage_start, serial.vintage_end):
            raise VintageDiffers()
        if not serial.vintage_start <= period[0] <= period[1] <= serial.vintage_end:
            raise VintageDiffers()
        if period == (serial.vintage_start, serial.vintage_end):
            return serial
        return replace(serial, vintage_start=period[0], vintage_end=period[1])

    def _number(self, project: str) -> str:
        """ACR212, CAR-1850 and 0116 as the serial has them, without the registry's name and zeros."""
        return project.removeprefix(self.layout.code).lstrip("-").lstrip("0")

    def _columns_serial(self, cells: list[str], quantity: int) -> Serial:
        named = self._text(cells, Role.SERIAL)
        project = self._text(cells, Role.PROJECT)
        for text in (named, f"{self._text(cells, Role.FIRST)} - {self._text(cells, Role.LAST)}"):
            if (other := serials.registry_of(text)) is not None:
                raise SerialOfAnotherRegistry(text=text[:100], registry=other)
        prefix = self.layout.prefix
        first, last = self._text(cells, Role.FIRST), self._text(cells, Role.LAST)
        units = units_of(prefix + (named or (project if first.isdecimal() else "")), first, last, quantity)
        period = self._vintage(cells)
        if period is None:
            raise NotAVintage(text="", column=self._column(Role.VINTAGE))
        return Serial(
            self.layout.registry, units.text, units.group, units.first, units.last, project, *period,
            country=self._text(cells, Role.COUNTRY),
        )  # fmt: skip

    def _code(self, project: str) -> str:
        """The code of a project here: what the registry calls it behind our short name for the registry."""
        if project not in self._codes:
            self._codes[project] = code_of(self.layout.code, project)
        return self._codes[project]

    # ── state ──────────────────────────────────────────────────────────────────────────────────

    def _retirement(self, cells: list[str]) -> SourceRetirement | None:
        """None for active units. Whatever is not surely active is somebody's."""
        day_role = Role.RETIRED_ON if Role.RETIRED_ON in self.place else Role.STATUS_DAY
        word = self._text(cells, day_role)
        if Role.STATUS not in self.place:
            return self._retirement_by_day(cells, day_role, word)
        status = self._text(cells, Role.STATUS)
        state = self.layout.state_of(status)
        if state is None:
            raise UnknownStatus(text=status[:40], column=self._column(Role.STATUS))
        if state is not SourceState.ACTIVE:
            if day_role in self.place and not word:
                raise MissingValue(column=self._column(day_role))
            return self._gone(cells, self._day(cells, day_role), state)
        if day_role is Role.RETIRED_ON and word:
            raise StatusContradicts(column=self._column(day_role))
        return None

    def _retirement_by_day(self, cells: list[str], role: Role, word: str) -> SourceRetirement | None:
        if word:
            return self._gone(cells, self._day(cells, role), SourceState.RETIRED)
        if not self.layout.blank_day_is_active:
            raise MissingValue(column=self._column(role))
        # Somebody is named without a day: it might be theirs, so it is nobody's.
        for text in _RETIREMENT_TEXTS:
            if self._text(cells, text):
                raise HalfRetired(column=self._column(text))
        return None

    def _gone(self, cells: list[str], day: date | None, state: SourceState) -> SourceRetirement:
        beneficiary, reason, details = (
            cells[self.place[role]] if role in self.place else "" for role in _RETIREMENT_TEXTS
        )
        return SourceRetirement(day, beneficiary, reason, details, state)

    def _oddities(self, cells: list[str], issued: Issued, quantity: int) -> Iterator[PortalError]:
        if Role.VINTAGE_TOTAL in self.place and quantity > self._quantity(cells, Role.VINTAGE_TOTAL):
            yield MoreThanVintage()
        gone = issued.retirement
        if gone and gone.day and issued.issued_on and gone.day < issued.issued_on:
            yield RetiredBeforeIssued()

    # ── cells ──────────────────────────────────────────────────────────────────────────────────

    def _text(self, cells: list[str], role: Role) -> str:
        place = self.place.get(role)
        return self.layout.fixed.get(role, "") if place is None else cells[place].strip()

    def _column(self, role: Role) -> str:
        place = self.place.get(role)
        return role.value if place is None else self.header[place]

    def _quantity(self, cells: list[str], role: Role) -> int:
        """Whole tonnes, with or without thousands separators. Raises NotAQuantity."""
        text = self._text(cells, role)
        if not _QUANTITY.fullmatch(text) or not (quantity := int(text.replace(",", ""))):
            raise NotAQuantity(text=text[:40], column=self._column(role))
        return quantity

    def _day(self, cells: list[str], role: Role) -> date | None:
        text = self._text(cells, role)
        if not text:
            return None
        if (day := day_of(text, self.layout.days)) is None:
            raise NotADay(text=text[:40], column=self._column(role))
        return day

    def _vintage(self, cells: list[str]) -> tuple[date, date] | None:
        start, end = self._day(cells, Role.VINTAGE_START), self._day(cells, Role.VINTAGE_END)
        if start and (end or Role.VINTAGE_END not in self.place):
            period = (start, end or start)
        elif text := self._text(cells, Role.VINTAGE):
            if (found := period_of(text, self.layout.days)) is None:
                raise NotAVintage(text=text[:40], column=self._column(Role.VINTAGE))
            period = found
        else:
            return None
        if period[1] < period[0]:
            raise VintageDiffers()
        return period


@lru_cache(4_096)  # few among many rows
def _sort_of(methodology: str, activities: str) -> tuple[str, ProjectType]:
    """``AR-AM0005; AR-ACM0003``, or the name where it has one in words; and the type of project."""
    codes = codes_of(methodology)
    is_list = bool(codes) and all(map(_DIGIT.search, codes))
    return "; ".join(codes) if is_list else methodology, type_of(methodology, activities)


def code_of(short: str, project: str) -> str:
    """``VCS-1340``; a project whose own number is no plain word gets one from its letters' digest."""
    plain = project.removeprefix(short).lstrip("-")
    if _CODE.fullmatch(plain):
        return f"{short}-{plain}"
    return f"{short}-X{sha256(project.encode()).hexdigest()[:10].upper()}"


@lru_cache(16_384)
def day_of(text: str, days: Days) -> date | None:
    """A day as exports write it; None when it is none, or when two readings are possible."""
    if found := _ISO.fullmatch(text) or _HAN.fullmatch(text):
        year, month, day = found.groups()
    elif found := _DDMMYYYY.fullmatch(text):
        day, month, year = found.groups()
    elif days is not Days.ISO and (found := _SLASHED.fullmatch(text)):
        month, day, year = found.groups()
        if days is Days.DAY_FIRST:
            day, month = month, day
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def period_of(text: str, days: Days) -> tuple[date, date] | None:
    """A year, two years or two days as the days they span."""
    if found := _YEAR.fullmatch(text):
        years = found[1], found[1]
    elif found := _YEARS.fullmatch(text):
        years = found[1], found[2]
    elif found := _PERIOD.fullmatch(text):
        start, end = day_of(found[1], days), day_of(found[2], days)
        return (start, end) if start and end else None
    else:
        return None
    first, last = int(years[0]), int(years[1])
    return (date(first, 1, 1), date(last, 12, 31)) if first and last else None

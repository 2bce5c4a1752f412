"""Reading a source registry's export: every row is looked at, and each says what became of it.

Nothing is written here. A report tells per row whether it is accepted, unchanged (already
registered) or refused and why; only a report without a refused row may be applied, whole.
Unknown columns are kept verbatim. A row retired for somebody else is that somebody's: it is
registered as retired and never feeds a lot.
"""

import csv
import re
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import sha256
from io import StringIO
from typing import Final

from portal.kernel.errors import N_, InvalidInput, PortalError
from portal.registry.rules import serials
from portal.registry.rules.ledger import ProjectType
from portal.registry.rules.methodology import Effect, codes_of, effect_of, type_of
from portal.registry.rules.serials import Serial

MAX_BYTES: Final = 100_000_000
MAX_ROWS: Final = 200_000
MAX_CELL: Final = 4_000

VERRA_COLUMNS: Final = (
    "Issuance Date",
    "Vintage Start",
    "Vintage End",
    "ID",
    "Name",
    "Country/Area",
    "Methodology",
    "Total Vintage Quantity",
    "Quantity Issued",
    "Serial Number",
    "Additional Certifications",
    "Retirement/Cancellation Date",
    "Retirement Beneficiary",
    "Retirement Reason",
    "Retirement Details",
)
_ACTIVITIES_COLUMN: Final = "AFOLU Activities"  # only in the projects export; used when it is there
_QUANTITY: Final = re.compile(r"[0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,3}")
_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DDMMYYYY: Final = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})")


# ── what can be wrong with a file ──────────────────────────────────────────────────────────────


class UnreadableFile(InvalidInput):
    message = N_("This file is neither UTF-8 nor GB18030 text. Save it as CSV in UTF-8.")


class FileTooLarge(InvalidInput):
    message = N_("This file is too large. Split it into files of at most %(rows)s rows.")


class WrongHeader(InvalidInput):
    message = N_("This is not an export of %(registry)s: the column “%(column)s” is missing.")


class DoubleColumn(InvalidInput):
    message = N_("The column “%(column)s” occurs twice.")


class NoRows(InvalidInput):
    message = N_("There are no rows in this file.")


# ── what can be wrong with a row ───────────────────────────────────────────────────────────────


class BrokenRow(InvalidInput):
    message = N_("This row cannot be read: a quotation mark is open or misplaced, or a cell is far too long.")


class NulCharacter(InvalidInput):
    message = N_("This row has an invisible NUL character.")


class CellTooLong(InvalidInput):
    message = N_("The text in “%(column)s” is too long.")


class WrongCellCount(InvalidInput):
    message = N_("This row has %(cells)s cells, the header has %(columns)s.")


class MissingValue(InvalidInput):
    message = N_("“%(column)s” is empty.")


class FormulaCell(InvalidInput):
    message = N_("“%(column)s” begins with “=”: it is a formula, not a value.")


class NotAQuantity(InvalidInput):
    message = N_("“%(text)s” in “%(column)s” is not a whole number of tonnes.")


class NotADay(InvalidInput):
    message = N_("“%(text)s” in “%(column)s” is not a date.")


class QuantityDiffers(InvalidInput):
    message = N_("The quantity is %(quantity)s, but the serial has %(count)s units.")


class ProjectDiffers(InvalidInput):
    message = N_("The row names project %(row)s, the serial project %(serial)s.")


class VintageDiffers(InvalidInput):
    message = N_("The vintage of the row is not the vintage in the serial.")


class HalfRetired(InvalidInput):
    message = N_("“%(column)s” is filled, but there is no date of retirement.")


class RepeatedSerial(InvalidInput):
    message = N_("This serial is already in row %(row)s.")


class OverlapsRow(InvalidInput):
    message = N_("This serial shares units with row %(row)s.")


class OverlapsRegistered(InvalidInput):
    message = N_("This serial shares units with %(serial)s, which is registered here.")


class MoreThanVintage(PortalError):
    message = N_("The quantity is more than the whole vintage has.")


class RetiredBeforeIssued(PortalError):
    message = N_("It was retired before it was issued.")


class RetiredSince(PortalError):
    message = N_("It is registered here as not retired, and the source says it is retired now.")


class NotRetiredAnyMore(PortalError):
    message = N_("It is registered here as retired, and the source says it is not.")


# ── the report ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SourceRetirement:
    """For whom the source registry retired the units. The texts are its data, verbatim."""

    day: date
    beneficiary: str
    reason: str
    details: str


@dataclass(frozen=True, slots=True)
class Issued:
    """One row of an export, understood: a serial block and what its registry says of it."""

    serial: Serial
    issued_on: date
    project_name: str
    country: str
    methodologies: tuple[str, ...]
    type: ProjectType
    effect: Effect
    retirement: SourceRetirement | None
    source: Mapping[str, str]  # the whole row, verbatim

    @property
    def tonnes(self) -> int:
        return self.serial.count

    @property
    def may_feed_a_lot(self) -> bool:
        return self.retirement is None and self.type.is_sold_here


@dataclass(frozen=True, slots=True)
class Registered:
    """A serial block that is here already, as far as a new row must be compared with it."""

    serial: Serial
    retired: bool


Known = Callable[[Serial], Sequence[Registered]]


def nothing_known(serial: Serial) -> Sequence[Registered]:
    return ()


Cells = Iterator[tuple[int, list[str] | PortalError]]


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RowReport:
    """``row`` as a spreadsheet counts: the header is 1. A refused row has a problem, others may warn."""

    row: int
    verdict: Verdict
    issued: Issued | None = None
    problem: PortalError | None = None
    warnings: tuple[PortalError, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """All rows of a file; ``encoding`` is ``utf-8`` or, to be confirmed by a person, ``gb18030``."""

    registry: str
    file_sha256: str
    encoding: str
    rows: tuple[RowReport, ...]

    @property
    def needs_confirmation(self) -> bool:
        return self.encoding != "utf-8"

    @property
    def accepted(self) -> int:
        return self._count(Verdict.ACCEPTED)

    @property
    def unchanged(self) -> int:
        return self._count(Verdict.UNCHANGED)

    @property
    def refused(self) -> int:
        return self._count(Verdict.REFUSED)

    @property
    def warnings(self) -> int:
        """How many rows carry a warning; they are counted as accepted or unchanged as well."""
        return sum(bool(row.warnings) for row in self.rows)

    @property
    def is_applicable(self) -> bool:
        """All or nothing: one refused row keeps the whole file out."""
        return self.refused == 0

    def new(self) -> Iterator[Issued]:
        """What applying the report would register."""
        return (row.issued for row in self.rows if row.issued and row.verdict is Verdict.ACCEPTED)

    def _count(self, verdict: Verdict) -> int:
        return sum(row.verdict is verdict for row in self.rows)


# ── reading ────────────────────────────────────────────────────────────────────────────────────


def read_verra(data: bytes, known: Known = nothing_known) -> ImportReport:
    """The report on a Verra transactions export (CSV). ``known`` gives registered blocks that share units.

    Raises UnreadableFile, FileTooLarge, WrongHeader, DoubleColumn, NoRows: faults of the file as a
    whole. Everything else is the matter of a row.
    """
    text, encoding = decode(data)
    seen = _Seen()
    rows = tuple(_judge(number, cells, seen, known) for number, cells in _rows(text, "verra", VERRA_COLUMNS))
    if not rows:
        raise NoRows()
    return ImportReport("verra", sha256(data).hexdigest(), encoding, rows)


READERS: Final[Mapping[str, Callable[[bytes, Known], ImportReport]]] = {"verra": read_verra}


def decode(data: bytes) -> tuple[str, str]:
    """Text and encoding: UTF-8 (a BOM is let pass), else GB18030. Raises UnreadableFile, FileTooLarge."""
    if len(data) > MAX_BYTES:
        raise FileTooLarge(rows=MAX_ROWS)
    for encoding in ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        # UTF-16 passes for GB18030 now and then, but half of its characters are NUL.
        if text.count("\0") * 4 > len(text):
            break
        return text.removeprefix("\ufeff"), encoding
    raise UnreadableFile()


def csv_rows(text: str) -> Cells:
    """Row number, as a spreadsheet counts, and cells of a CSV text, or what is wrong with the row."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error:
            # What follows an open quotation mark cannot be told apart any more.
            yield number, BrokenRow()
            return
        if cells is None:
            return
        yield number, cells


def _rows(
    text: str, registry: str, columns: Sequence[str]
) -> Iterator[tuple[int, dict[str, str] | PortalError]]:
    """Row number and cells by column, or what is wrong with the row; blank rows are passed over."""
    rows = csv_rows(text)
    _, first = next(rows, (1, list[str]()))
    if isinstance(first, PortalError):
        raise WrongHeader(registry=registry, column=columns[0])
    header = [name.strip() for name in first]
    _check_header(header, registry, columns)
    for number, cells in rows:
        if number > MAX_ROWS + 1:
            raise FileTooLarge(rows=MAX_ROWS)
        if isinstance(cells, PortalError):
            yield number, cells
        elif any(cell.strip() for cell in cells):
            yield number, _cells(header, cells)


def _check_header(header: list[str], registry: str, columns: Sequence[str]) -> None:
    for column in columns:
        if column not in header:
            raise WrongHeader(registry=registry, column=column)
    for column in header:
        if header.count(column) > 1:
            raise DoubleColumn(column=column[:100])


def _cells(header: list[str], cells: list[str]) -> dict[str, str] | PortalError:
    if len(cells) != len(header):
        return WrongCellCount(cells=len(cells), columns=len(header))
    for column, cell in zip(header, cells, strict=True):
        if "\0" in cell:
            return NulCharacter()
        if len(cell) > MAX_CELL:
            return CellTooLong(column=column[:100])
    return dict(zip(header, cells, strict=True))


def _judge(number: int, cells: dict[str, str] | PortalError, seen: "_Seen", known: Known) -> RowReport:
    if isinstance(cells, PortalError):
        return RowReport(number, Verdict.REFUSED, problem=cells)
    try:
        issued, warnings = _verra_row(cells)
        seen.add(number, issued.serial)
        before = _registered(issued.serial, known)
    except PortalError as problem:
        return RowReport(number, Verdict.REFUSED, problem=problem)
    if before is None:
        return RowReport(number, Verdict.ACCEPTED, issued, warnings=tuple(warnings))
    if issued.retirement and not before.retired:
        warnings.append(RetiredSince())
    if before.retired and not issued.retirement:
        warnings.append(NotRetiredAnyMore())
    return RowReport(number, Verdict.UNCHANGED, issued, warnings=tuple(warnings))


def _registered(serial: Serial, known: Known) -> Registered | None:
    """The very same block, when it is here. Raises OverlapsRegistered for one that shares only some units."""
    for other in known(serial):
        if other.serial.text == serial.text:
            return other
        if other.serial.overlaps(serial):
            raise OverlapsRegistered(serial=other.serial.text)
    return None


@dataclass(slots=True)
class _Seen:
    """The serials of the file so far, disjoint, in order within their groups."""

    _starts: dict[str, list[tuple[int, int, int, str]]] = field(default_factory=dict)

    def add(self, number: int, serial: Serial) -> None:
        """Raises RepeatedSerial or OverlapsRow. Disjoint and sorted, so only two neighbours matter."""
        blocks = self._starts.setdefault(serial.group, [])
        at = bisect_left(blocks, (serial.first,))
        for first, last, row, text in blocks[max(at - 1, 0) : at + 1]:
            if text == serial.text:
                raise RepeatedSerial(row=row)
            if first <= serial.last and serial.first <= last:
                raise OverlapsRow(row=row)
        insort(blocks, (serial.first, serial.last, number, serial.text))


def _verra_row(cells: dict[str, str]) -> tuple[Issued, list[PortalError]]:
    for column in VERRA_COLUMNS[:10]:
        if not cells[column].strip():
            raise MissingValue(column=column)
        if cells[column].lstrip().startswith(("=", "＝")):
            raise FormulaCell(column=column)
    serial = serials.parse("verra", cells["Serial Number"])
    quantity = _quantity(cells, "Quantity Issued")
    if quantity != serial.count:
        raise QuantityDiffers(quantity=quantity, count=serial.count)
    if cells["ID"].strip() != serial.project:
        raise ProjectDiffers(row=cells["ID"].strip(), serial=serial.project)
    if (_day(cells, "Vintage Start"), _day(cells, "Vintage End")) != (
        serial.vintage_start,
        serial.vintage_end,
    ):
        raise VintageDiffers()
    project_type = type_of(cells["Methodology"], cells.get(_ACTIVITIES_COLUMN, ""))
    issued = Issued(
        serial=serial,
        issued_on=_day(cells, "Issuance Date"),
        project_name=cells["Name"].strip(),
        country=cells["Country/Area"].strip(),
        methodologies=codes_of(cells["Methodology"]),
        type=project_type,
        effect=effect_of(project_type, cells["Additional Certifications"]),
        retirement=_retirement(cells),
        source=cells,
    )
    warnings: list[PortalError] = []
    if quantity > _quantity(cells, "Total Vintage Quantity"):
        warnings.append(MoreThanVintage())
    if issued.retirement and issued.retirement.day < issued.issued_on:
        warnings.append(RetiredBeforeIssued())
    return issued, warnings


def _retirement(cells: dict[str, str]) -> SourceRetirement | None:
    """Raises HalfRetired when somebody is named without a date: it might be theirs, so it is nobody's."""
    beneficiary, reason, details = (
        cells[column] for column in ("Retirement Beneficiary", "Retirement Reason", "Retirement Details")
    )
    if cells["Retirement/Cancellation Date"].strip():
        return SourceRetirement(_day(cells, "Retirement/Cancellation Date"), beneficiary, reason, details)
    for column in ("Retirement Beneficiary", "Retirement Reason", "Retirement Details"):
        if cells[column].strip():
            raise HalfRetired(column=column)
    return None


def _quantity(cells: dict[str, str], column: str) -> int:
    """Whole tonnes, with or without thousands separators. Raises NotAQuantity."""
    text = cells[column].strip()
    if not _QUANTITY.fullmatch(text) or not (quantity := int(text.replace(",", ""))):
        raise NotAQuantity(text=text[:40], column=column)
    return quantity


def _day(cells: dict[str, str], column: str) -> date:
    """A day written 2026-04-03 or, as in serials, 03042026. Raises NotADay."""
    text = cells[column].strip()
    iso, packed = _ISO.fullmatch(text), _DDMMYYYY.fullmatch(text)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if packed:
            return date(int(packed[3]), int(packed[2]), int(packed[1]))
    except ValueError:
        pass
    raise NotADay(text=text[:40], column=column)

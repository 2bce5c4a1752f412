"""The report on a file: every row is looked at, and each says what became of it.

First the file is read by itself (``read``), then it is held against the register (``judge``); nothing
is written in either. Only a report without a refused row may be applied, whole.
"""

import sys
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from itertools import groupby, islice
from typing import Final

from portal.kernel.errors import PortalError
from portal.registry.rules.imports.errors import (
    FileTooLarge,
    NoRows,
    NotIssuedHere,
    NotRetiredAnyMore,
    OverlapsRegistered,
    OverlapsRow,
    RegisteredElsewhere,
    RepeatedSerial,
    RetiredSince,
    WrongHeader,
)
from portal.registry.rules.imports.layouts import Layout
from portal.registry.rules.imports.rows import Issued, RowReader, header_fits
from portal.registry.rules.imports.sheets import MAX_ROWS, Cells, of_width, rows_of
from portal.registry.rules.serials import OWN_REGISTRY, Serial

HEADER_WITHIN: Final = 10  # titles and notes may stand above the header
PROGRESS_EVERY: Final = 2_000
_MEMO: Final = 50_000

Progress = Callable[[int], None]


def quiet(rows: int) -> None:
    """Tell nobody how far it is."""


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RowReport:
    """``row`` as a spreadsheet counts: the first is 1. A refused row has a problem, others may warn."""

    row: int
    verdict: Verdict
    issued: Issued | None = None
    problem: PortalError | None = None
    warnings: tuple[PortalError, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """All rows of a file. ``encoding``: ``utf-8``, ``xlsx`` or, to be confirmed by a person, ``gb18030``."""

    layout: Layout
    file_sha256: str
    encoding: str
    rows: tuple[RowReport, ...]

    @property
    def registry(self) -> str:
        return self.layout.registry

    @property
    def needs_confirmation(self) -> bool:
        return self.encoding == "gb18030"

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


# ── the file by itself ─────────────────────────────────────────────────────────────────────────


def read(layout: Layout, data: bytes, progress: Progress = quiet) -> ImportReport:
    """The rows of an export, and what is wrong with each in itself or beside the others of the file.

    Raises UnreadableFile, FileTooLarge, OldExcelFile, BrokenExcelFile, WrongHeader, DoubleColumn,
    NoStatusColumn, NoRows: faults of the file as a whole. Everything else is the matter of a row.
    """
    encoding, sheet = rows_of(data)
    header_row, header = _header(layout, sheet)
    reader, seen, rows = RowReader(layout, header), _Seen(), list[RowReport]()
    for number, cells in _body(sheet, header_row, header, is_padded=encoding == "xlsx"):
        rows.append(_row(number, cells, reader, seen))
        if len(rows) % PROGRESS_EVERY == 0:
            progress(len(rows))
    if not rows:
        raise NoRows()
    progress(len(rows))
    return ImportReport(layout, sha256(data).hexdigest(), encoding, tuple(rows))


def sample(layout: Layout, data: bytes, rows: int = 20) -> list[RowReport]:
    """How the first rows of a file read under a layout. Raises as ``read``, but not NoRows."""
    encoding, sheet = rows_of(data)
    header_row, header = _header(layout, sheet)
    reader, seen = RowReader(layout, header), _Seen()
    body = _body(sheet, header_row, header, is_padded=encoding == "xlsx")
    return [_row(number, cells, reader, seen) for number, cells in islice(body, rows)]


def preview(data: bytes, rows: int = 5) -> tuple[list[str], list[list[str]]]:
    """The header of a file whose columns are not known yet, and its first rows.

    The header is the first row in which at least two cells are filled and no later one of the first
    has more. Raises the faults of a file as a whole.
    """
    _, sheet = rows_of(data)
    first = [cells for _, cells in islice(sheet, HEADER_WITHIN + rows) if not isinstance(cells, PortalError)]
    filled = [sum(bool(cell.strip()) for cell in cells) for cells in first]
    widest = max(filled[:HEADER_WITHIN], default=0)
    if widest < 2:
        raise NoRows()
    at = filled.index(widest)
    header = _trimmed(first[at])
    return header, [[*cells, *[""] * len(header)][: len(header)] for cells in first[at + 1 : at + 1 + rows]]


def _header(layout: Layout, sheet: Cells) -> tuple[int, list[str]]:
    """Where the header stands, and its headings. Raises WrongHeader."""
    first: list[str] | None = None
    for number, cells in islice(sheet, HEADER_WITHIN):
        if isinstance(cells, PortalError):
            break
        header = _trimmed(cells)
        if header_fits(layout, header):
            return number, header
        if first is None or len(header) > len(first):
            first = header
    # The widest of the first rows was probably meant as the header: it names the column that is missing.
    RowReader(layout, first or [])
    raise WrongHeader(registry=layout.name, column="")


def _trimmed(cells: Sequence[str]) -> list[str]:
    header = [name.replace("\0", "").strip() for name in cells]
    while header and not header[-1]:
        header.pop()
    return header


def _body(
    sheet: Cells, header_row: int, header: list[str], *, is_padded: bool
) -> Iterator[tuple[int, list[str] | PortalError]]:
    """Row number and cells, one a column; rows without a filled cell are passed over."""
    memo: dict[str, str] = {}
    width = len(header)
    for number, cells in sheet:
        if number > header_row + MAX_ROWS:
            raise FileTooLarge(rows=MAX_ROWS)
        if isinstance(cells, PortalError):
            yield number, cells
        elif any(map(str.strip, cells)):
            if len(cells) > width and not any(map(str.strip, cells[width:])):
                del cells[width:]
            elif is_padded and len(cells) < width:
                cells += [""] * (width - len(cells))
            # Names, countries and methodologies repeat: each is kept once.
            if len(memo) < _MEMO:
                cells = [memo.setdefault(cell, cell) for cell in cells]
            else:
                cells = [memo.get(cell, cell) for cell in cells]
            yield number, of_width(header, cells)


def _row(number: int, cells: list[str] | PortalError, reader: RowReader, seen: "_Seen") -> RowReport:
    if isinstance(cells, PortalError):
        return RowReport(number, Verdict.REFUSED, problem=cells)
    try:
        issued, warnings = reader.read(cells)
        seen.add(number, issued.serial)
    except PortalError as problem:
        return RowReport(number, Verdict.REFUSED, problem=_plain(problem))
    return RowReport(number, Verdict.ACCEPTED, issued, warnings=warnings)


def _plain(problem: PortalError) -> PortalError:
    """Without its traceback, which would keep the row's every local alive."""
    problem.__traceback__ = None
    problem.__context__ = None
    return problem


@dataclass(slots=True)
class _Seen:
    """The serials of the file so far, disjoint, in order within their groups."""

    _starts: dict[str, list[tuple[int, int, int, str]]] = field(default_factory=dict)

    def add(self, number: int, serial: Serial) -> None:
        """Raises RepeatedSerial or OverlapsRow. Disjoint and sorted, so only two neighbours matter."""
        blocks = self._starts.setdefault(sys.intern(serial.group), [])
        at = bisect_left(blocks, (serial.first,))
        for first, last, row, text in blocks[max(at - 1, 0) : at + 1]:
            if text == serial.text:
                raise RepeatedSerial(row=row)
            if first <= serial.last and serial.first <= last:
                raise OverlapsRow(row=row)
        insort(blocks, (serial.first, serial.last, number, serial.text))


# ── the file beside the register ───────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Registered:
    """A serial block that is here already, as far as a new row must be compared with it."""

    registry: str
    group: str
    first: int
    last: int
    text: str
    retired: bool


Key = tuple[str, int]  # group and first unit: in one file they name one row


@dataclass(frozen=True, slots=True)
class Known:
    """What the register has of a file's units: ``here`` by the row's key, ``elsewhere`` by serial text."""

    here: Mapping[Key, Registered] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)  # the registry under which it is here


NOTHING_KNOWN: Final = Known()


def key_of(serial: Serial) -> Key:
    return serial.group, serial.first


def shared(new: Iterable[Serial], registered: Iterable[Registered]) -> dict[Key, Registered]:
    """For each new block the registered one that is the very same, else one that shares units with it.

    The registered ones come group by group, each group in the order of its units; neither they nor
    the new ones overlap among themselves. They are read once and not kept.
    """
    wanted: dict[str, list[Serial]] = {}
    for serial in new:
        wanted.setdefault(serial.group, []).append(serial)
    found: dict[Key, Registered] = {}
    for group, blocks in groupby(registered, key=lambda block: block.group):
        ordered = sorted(wanted.get(group, ()), key=lambda serial: serial.first)
        at = 0
        for block in blocks:
            while at < len(ordered) and ordered[at].last < block.first:
                at += 1
            # The last of the rows may share units with the next block too, so the place stays before it.
            reach = at
            while reach < len(ordered) and ordered[reach].first <= block.last:
                key = key_of(ordered[reach])
                if key not in found or block.text == ordered[reach].text:
                    found[key] = block
                reach += 1
            at = max(at, reach - 1)
    return found


def judge(report: ImportReport, known: Known) -> ImportReport:
    """The report with what the register already has taken into account."""
    return replace(report, rows=tuple(_judged(row, report.registry, known) for row in report.rows))


def _judged(row: RowReport, registry: str, known: Known) -> RowReport:
    if row.issued is None or row.verdict is Verdict.REFUSED:
        return row
    serial, gone = row.issued.serial, row.issued.retirement
    if other := known.elsewhere.get(serial.text):
        return RowReport(row.row, Verdict.REFUSED, row.issued, RegisteredElsewhere(registry=other))
    before = known.here.get(key_of(serial))
    if before is None:
        if registry == OWN_REGISTRY:
            return RowReport(row.row, Verdict.REFUSED, row.issued, NotIssuedHere())
        return row
    if before.text != serial.text:
        return RowReport(row.row, Verdict.REFUSED, row.issued, OverlapsRegistered(serial=before.text))
    warnings = row.warnings
    if gone and not before.retired:
        warnings = (*warnings, RetiredSince())
    if before.retired and not gone:
        warnings = (*warnings, NotRetiredAnyMore())
    return RowReport(row.row, Verdict.UNCHANGED, row.issued, warnings=warnings)

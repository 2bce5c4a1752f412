"""Files into rows of texts: CSV in UTF-8 or GB18030, and XLSX, read as a stream and with limits.

What a file says of itself is not relied on: neither an encoding nor an ending. A workbook is refused
by the size it unpacks to before it is unpacked, and by how far its cells reach before it is read.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO, TextIOWrapper
from numbers import Real
from typing import IO, Final
from xml.etree import ElementTree
from zipfile import ZipFile

from python_calamine import CalamineWorkbook

from portal.kernel.errors import PortalError
from portal.registry.rules.imports.errors import (
    BrokenExcelFile,
    BrokenRow,
    CellTooLong,
    FileTooLarge,
    NotText,
    NulCharacter,
    OldExcelFile,
    UnreadableFile,
    WrongCellCount,
)

MAX_BYTES: Final = 100_000_000
MAX_ROWS: Final = 200_000
MAX_CELL: Final = 4_000
MAX_UNPACKED: Final = 300_000_000
MAX_GRID: Final = 6_000_000  # cells from the first to the farthest one, empty ones too

Cells = Iterator[tuple[int, list[str] | PortalError]]

_PIECE: Final = 1 << 20
_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_LONGEST_ROW: Final = 8_000_000
_OTHER_KINDS: Final = {"content.xml", "xl/workbook.bin"}  # the reader takes these for workbooks too
# In a sheet's XML: the place of a row or a cell, as wide as the reader takes one; rows; rows and cells that
# say no place and follow those before them; the tag of a cell with a formula in it. No pattern looks beyond
# the next "<" or twice at one tag, so that a file is read once, whatever it holds.
_PLACE: Final = re.compile(rb"""[\s"']r\s*=\s*["']([A-Za-z]*)([0-9]+)["']""")
_ROW: Final = re.compile(rb"<(?:[^\s<>/:]+:)?row(?=[\s/>])")
_BARE: Final = rb"""(?=[\s/>])(?![^<>]*?[\s"']r\s*=)"""
_BARE_ROW: Final = re.compile(rb"<(?:[^\s<>/:]+:)?row" + _BARE)
_BARE_CELL: Final = re.compile(rb"<(?:[^\s<>/:]+:)?c" + _BARE)
_FORMULA: Final = re.compile(rb"<(?:[^\s<>/:]+:)?c(\s[^<>]*)>\s*<(?:[^\s<>/:]+:)?f[\s/>]")
_WIDEST: Final = 7  # letters of a column that is beyond any grid


def decode(data: bytes) -> tuple[str, str]:
    """Text and encoding: UTF-8 (a BOM is let pass), else GB18030. Raises UnreadableFile, FileTooLarge."""
    encoding = encoding_of(data)
    return data.decode(encoding).removeprefix("\ufeff"), encoding


def encoding_of(data: bytes) -> str:
    """``utf-8``, else ``gb18030``. Raises UnreadableFile, FileTooLarge."""
    if len(data) > MAX_BYTES:
        raise FileTooLarge(rows=MAX_ROWS)
    # Tried on a few pieces at a time, so that a large file is not in memory once more as text.
    for encoding in ("utf-8", "gb18030"):
        try:
            length, nul = 0, 0
            with TextIOWrapper(BytesIO(data), encoding) as text:
                while piece := text.read(_PIECE):
                    length, nul = length + len(piece), nul + piece.count("\0")
        except UnicodeDecodeError:
            continue
        # UTF-16 passes for GB18030 now and then, but half of its characters are NUL.
        if nul * 4 > length:
            break
        return encoding
    raise UnreadableFile()


def rows_of(data: bytes) -> tuple[str, Cells]:
    """How the file is written (``utf-8``, ``gb18030``, ``xlsx``), and its rows: number and cells.

    Raises UnreadableFile, FileTooLarge, OldExcelFile, BrokenExcelFile; the last two also later.
    """
    if len(data) > MAX_BYTES:
        raise FileTooLarge(rows=MAX_ROWS)
    if data.startswith(_OLD_EXCEL):
        raise OldExcelFile()
    if data.startswith(_ZIP):
        return "xlsx", _xlsx_rows(data)
    encoding = encoding_of(data)
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    return encoding, _csv_rows(TextIOWrapper(BytesIO(data), codec, newline=""))


def csv_rows(text: str) -> Cells:
    """Row number, as a spreadsheet counts, and cells of a CSV text, or what is wrong with the row."""
    return _csv_rows(StringIO(text, newline=""))


def _csv_rows(lines: Iterable[str]) -> Cells:
    reader = csv.reader(lines, strict=True)
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


def _xlsx_rows(data: bytes) -> Cells:
    try:
        with ZipFile(BytesIO(data)) as packed:
            formulas = _looked_over(packed)
        sheet = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0)
        # Empty rows above the first filled one are given, empty columns before it are not.
        before = sheet.start[1] if sheet.start else 0
        for number, row in enumerate(sheet.iter_rows(), start=1):
            yield number, _texts(row, [column - before for column in formulas.get(number, ())])
    except PortalError:
        raise
    except Exception:  # a broken file fails anywhere inside the reader, in its own many ways
        raise BrokenExcelFile() from None


def _looked_over(packed: ZipFile) -> dict[int, list[int]]:
    """The columns of each row that hold a formula, not a value. Raises FileTooLarge, BrokenExcelFile.

    The reader holds a sheet as one grid, so a single cell far away would end the process for want of memory:
    how far the cells reach is looked at before, on the bytes, in each part that might be the sheet.
    """
    parts = packed.infolist()
    if sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise FileTooLarge(rows=MAX_ROWS)
    if any(part.filename.lower() in _OTHER_KINDS for part in parts):
        raise BrokenExcelFile()
    for part in parts:
        with packed.open(part) as opened:
            if _grid(_pieces(opened, b">")) > MAX_GRID:
                raise FileTooLarge(rows=MAX_ROWS)
    formulas: dict[int, list[int]] = {}
    with packed.open(_first_sheet(packed)) as sheet:
        for piece in _pieces(sheet, b"row>"):  # also with a prefix
            _gather(piece, formulas)
    return formulas


def _pieces(part: IO[bytes], end: bytes) -> Iterator[bytes]:
    """A part of a workbook, cut behind this end alone, so that no tag or no row lies across two pieces."""
    rest = b""
    while read := part.read(_PIECE):
        piece, _, rest = (rest + read).rpartition(end)
        yield piece
        if len(rest) > _LONGEST_ROW:
            raise FileTooLarge(rows=MAX_ROWS)
    yield rest


def _grid(pieces: Iterable[bytes]) -> int:
    """How many cells the reader would make of this part, at most."""
    rows = columns = bare_rows = bare_cells = here = 0
    for piece in pieces:
        places = set(_PLACE.findall(piece))
        rows = max([rows, *(int(row) for _, row in places)])
        columns = max([columns, *(_column(letters) for letters in {letters for letters, _ in places})])
        bare_rows += len(_BARE_ROW.findall(piece))
        if _BARE_CELL.search(piece):
            for at, row in enumerate(_ROW.split(piece)):
                here = len(_BARE_CELL.findall(row)) + (0 if at else here)
                bare_cells = max(bare_cells, here)
    return (rows + bare_rows) * (columns + bare_cells)


def _gather(piece: bytes, formulas: dict[int, list[int]]) -> None:
    for tag in _FORMULA.findall(piece):
        if place := _PLACE.search(tag):
            formulas.setdefault(int(place[2]), []).append(_column(place[1]) - 1)


def _column(letters: bytes) -> int:
    """A is 1, Z is 26, AA is 27; small letters as the large ones. More than seven are too far anyway."""
    number = 0
    for letter in letters[:_WIDEST].upper():
        number = number * 26 + letter - 64
    return number


def _first_sheet(packed: ZipFile) -> str:
    """Where the first sheet of a workbook lies. Raises KeyError and the like for what is no workbook."""
    book = ElementTree.fromstring(packed.read("xl/workbook.xml"))  # noqa: S314  expat stops what explodes
    sheet = next(tag for tag in book.iter() if tag.tag.endswith("}sheet"))
    wanted = next(value for name, value in sheet.items() if name.endswith("}id"))
    links = ElementTree.fromstring(packed.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    target = next(link.attrib["Target"] for link in links if link.attrib["Id"] == wanted)
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _texts(row: Sequence[object], formulas: Sequence[int]) -> list[str] | PortalError:
    try:
        cells = [value if type(value) is str else _text(value) for value in row]
    except NotText as fault:
        return fault
    for at in formulas:
        if 0 <= at < len(cells):
            cells[at] = f"={cells[at]}"  # what it came to when it was last opened is no value
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _text(value: object) -> str:
    """A cell as it would stand in a CSV file; numbers in full. Raises NotText."""
    match value:
        case bool():
            raise NotText(text=str(value).upper())
        case datetime():
            is_day = not (value.hour or value.minute or value.second)
            return value.date().isoformat() if is_day else value.isoformat(" ")
        case date():
            return value.isoformat()
        case int():
            return str(value)
        case Real():
            plain = f"{Decimal(repr(value)):f}"
            return plain.rstrip("0").rstrip(".") if "." in plain else plain
        case _:
            raise NotText(text=str(value)[:40])


def of_width(header: Sequence[str], cells: list[str]) -> list[str] | PortalError:
    """The row's cells, one for each column; else what is wrong with them."""
    if "\0" in "".join(cells):
        return NulCharacter()
    if max(map(len, cells)) > MAX_CELL:
        at = next(at for at, cell in enumerate(cells) if len(cell) > MAX_CELL)
        return CellTooLong(column=header[at][:100] if at < len(header) else "")
    if len(cells) != len(header):
        return WrongCellCount(cells=len(cells), columns=len(header))
    return cells

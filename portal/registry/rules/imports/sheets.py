"""Files into rows of texts: CSV in UTF-8 or GB18030, and XLSX, read as a stream and with limits.

What a file says of itself is not relied on: neither the size that a workbook claims, nor an
encoding, nor an ending. A packed workbook is refused by the size it unpacks to before it is
unpacked (``zipfile`` stops at the size that was declared).
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO, TextIOWrapper
from typing import Final
from zipfile import ZipFile

from openpyxl import load_workbook

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
MAX_COLUMNS: Final = 200
MAX_UNPACKED: Final = 500_000_000  # a sheet is read as a stream …
MAX_SHARED: Final = 80_000_000  # … but the texts that its cells share are held in memory

Cells = Iterator[tuple[int, list[str] | PortalError]]

_PIECE: Final = 1 << 20
_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_SHARED: Final = re.compile(r"sharedstrings\.xml$", re.IGNORECASE)


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
            parts = packed.infolist()
        if sum(part.file_size for part in parts) > MAX_UNPACKED or any(
            part.file_size > MAX_SHARED for part in parts if _SHARED.search(part.filename)
        ):
            raise FileTooLarge(rows=MAX_ROWS)
        book = load_workbook(BytesIO(data), read_only=True, data_only=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its own size is not to be relied on
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield number, _texts(row)
    except PortalError:
        raise
    except Exception:  # a broken file fails anywhere inside the reader, in its own many ways
        raise BrokenExcelFile() from None


def _texts(row: Sequence[object]) -> list[str] | PortalError:
    try:
        cells = [value if type(value) is str else _text(value) for value in row]
    except NotText as fault:
        return fault
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _text(value: object) -> str:
    """A cell as it would stand in a CSV file; numbers in full. Raises NotText."""
    match value:
        case None:
            return ""
        case bool():
            raise NotText(text=str(value).upper())
        case int():
            return str(value)
        case float():
            plain = f"{Decimal(repr(value)):f}"
            return plain.rstrip("0").rstrip(".") if "." in plain else plain
        case datetime():
            is_day = not (value.hour or value.minute or value.second)
            return value.date().isoformat() if is_day else value.isoformat(" ")
        case date():
            return value.isoformat()
        case str():
            return value
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

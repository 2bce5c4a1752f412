"""Spreadsheets in and out: the one module that knows openpyxl. CSV is read and written beside it.

What goes out is neutral: no cell of text can be taken for a formula, and numbers stay numbers.
"""

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from io import BytesIO, StringIO
from typing import Final
from zipfile import ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font

from portal.footprint.rules.activity import MAX_CELL, MAX_ROWS, Table
from portal.kernel.cells import neutral
from portal.kernel.errors import N_, InvalidInput, PortalError
from portal.registry.rules.imports import Cells, CellTooLong, FileTooLarge, csv_rows, decode

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_UNPACKED: Final = 50_000_000
MAX_COLUMNS: Final = 50
Cell = str | int | Decimal
Row = Sequence[Cell]
_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_NOT_IN_A_TITLE: Final = str.maketrans("", "", "[]:*?/\\'")


class OldExcel(InvalidInput):
    message = N_("This is an old Excel file (.xls). Save it as .xlsx or CSV.")


class BrokenWorkbook(InvalidInput):
    message = N_("This Excel file cannot be opened. Save it again as .xlsx, without a password, or as CSV.")


class NotAValue(InvalidInput):
    message = N_("A cell holds %(text)s where a number or a text is wanted.")


# ---- in


def table_of(data: bytes) -> Table:
    """The rows of a CSV or XLSX file (its first sheet), as texts.

    Raises UnreadableFile, FileTooLarge, OldExcel, BrokenWorkbook.
    """
    digest = sha256(data).hexdigest()
    if data.startswith(_OLD_EXCEL):
        raise OldExcel()
    if data.startswith(_ZIP):
        return Table(digest, "xlsx", tuple(_most(_sheet_rows(data))))
    text, encoding = decode(data)
    return Table(digest, encoding, tuple(_most(csv_rows(text))))


def _most(rows: Cells) -> Cells:
    for number, cells in rows:
        if number > MAX_ROWS + 1 and (isinstance(cells, PortalError) or any(cells)):
            raise FileTooLarge(rows=MAX_ROWS)
        yield number, cells


def _sheet_rows(data: bytes) -> Cells:
    try:
        with ZipFile(BytesIO(data)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if unpacked > MAX_UNPACKED:
            raise FileTooLarge(rows=MAX_ROWS)
        sheet = load_workbook(BytesIO(data), read_only=True, data_only=False).worksheets[0]
        sheet.reset_dimensions()  # what the file says of its own size is not to be relied on
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield number, _texts(row)
    except PortalError:
        raise
    except Exception:  # a broken file fails anywhere inside the reader, in its own many ways
        raise BrokenWorkbook() from None


def _texts(row: Sequence[object]) -> list[str] | PortalError:
    """Cells as texts, empty ones at the end left out; numbers as they are written in full."""
    try:
        cells = [_text(value) for value in row]
    except PortalError as fault:
        return fault
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        return CellTooLong(column="")
    return cells


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            raise NotAValue(text=str(value).upper())
        case int():
            return str(value)
        case float():
            plain = f"{Decimal(repr(value)):f}"
            return plain.rstrip("0").rstrip(".") if "." in plain else plain
        case datetime():
            return value.date().isoformat() if not (value.hour or value.minute) else value.isoformat(" ")
        case date():
            return value.isoformat()
        case str():
            return value[: MAX_CELL + 1]  # one more than is allowed, so that it is refused and not cut
        case _:
            raise NotAValue(text=str(value)[:40])


# ---- out


def csv_file(rows: Iterable[Row]) -> bytes:
    """UTF-8 with the mark by which Excel knows it."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([neutral(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def xlsx_file(sheets: Iterable[tuple[str, Sequence[Row]]]) -> bytes:
    """A workbook of these sheets, each with its first row as a heading.

    Titles lose what a sheet may not be called, and what is longer than 31 characters.
    """
    book = Workbook()
    for blank in book.worksheets:
        book.remove(blank)
    for title, rows in sheets:
        sheet = book.create_sheet(title.translate(_NOT_IN_A_TITLE)[:31] or "1")
        for row in rows:
            sheet.append([_plain(neutral(cell)) for cell in row])
            for cell in sheet[sheet.max_row]:
                if isinstance(cell.value, str):
                    cell.data_type = "s"  # never a formula, whatever it begins with
        for heading in sheet[1]:
            heading.font = Font(bold=True)
            heading.alignment = Alignment(wrap_text=True, vertical="top")
        for column, width in zip("ABCDEFGHIJKLMNOP", _widths(rows), strict=False):
            sheet.column_dimensions[column].width = width
        sheet.freeze_panes = "A2"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _plain(cell: Cell) -> str | int | float:
    return float(cell) if isinstance(cell, Decimal) else cell


def _widths(rows: Sequence[Row]) -> list[int]:
    """Room for the longest text of each column, within reason; a Chinese character takes two places."""
    count = max((len(row) for row in rows), default=0)
    return [
        max(10, min(60, max((_places(str(row[at])) for row in rows if at < len(row)), default=0) + 2))
        for at in range(count)
    ]


def _places(text: str) -> int:
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)

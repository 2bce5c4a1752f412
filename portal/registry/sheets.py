"""Spreadsheets that people fill in and take away, CSV and XLSX: here and in the rooms above.

What comes in is read as texts, row by row; what goes out is neutral: no cell of text can be taken for a
formula, and numbers stay numbers. Registries' exports, which are larger, are read by rules/imports.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, Final
from zipfile import ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from portal.kernel.cells import neutral
from portal.kernel.errors import N_, InvalidInput, PortalError
from portal.registry.rules.imports import Cells, csv_rows, decode

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_BYTES: Final = 10_000_000
MAX_UNPACKED: Final = 60_000_000
MAX_COLUMNS: Final = 60
Cell = str | int | Decimal
Row = Sequence[Cell]
_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_NOT_IN_A_TITLE: Final = str.maketrans("", "", "[]:*?/\\'")


@dataclass(frozen=True, slots=True)
class Limits:
    """What is read of a file: rows under its heading, lines down to there, characters of a cell.

    ``has_days``: whether a cell may be a day, which is then read as ISO 8601.
    """

    rows: int
    cell: int
    heading_within: int = 1
    has_days: bool = False


class SheetTooLarge(InvalidInput):
    message = N_("This file is too large: at most 10 MB and %(rows)s rows are read.")


class OldWorkbook(InvalidInput):
    message = N_("This is an old Excel file (.xls). Save it as .xlsx or CSV.")


class WorkbookNotRead(InvalidInput):
    message = N_("This Excel file cannot be opened. Save it again as .xlsx, without a password, or as CSV.")


class RowTooWide(InvalidInput):
    message = N_("This row has more than %(columns)s columns.")


class CellNotAValue(InvalidInput):
    message = N_("A cell holds %(text)s where a number or a text is wanted.")


def rows_of(data: bytes, limits: Limits) -> tuple[str, list[tuple[int, list[str] | PortalError]]]:
    """How the file is written (``xlsx``, ``utf-8``, ``gb18030``) and its rows, by number as people count.

    Of a workbook the first sheet is read. Raises UnreadableFile, SheetTooLarge, OldWorkbook, WorkbookNotRead.
    """
    if len(data) > MAX_BYTES:
        raise SheetTooLarge(rows=limits.rows)
    if data.startswith(_OLD_EXCEL):
        raise OldWorkbook()
    if data.startswith(_ZIP):
        return "xlsx", list(_counted(_sheet_rows(data, limits), limits))
    text, encoding = decode(data)
    rows = (
        (number, row if isinstance(row, PortalError) else _texts(row, limits))
        for number, row in csv_rows(text)
    )
    return encoding, list(_counted(rows, limits))


def _counted(rows: Cells, limits: Limits) -> Cells:
    for number, cells in rows:
        if number > limits.rows + limits.heading_within and (isinstance(cells, PortalError) or any(cells)):
            raise SheetTooLarge(rows=limits.rows)
        yield number, cells


def _sheet_rows(data: bytes, limits: Limits) -> Cells:
    try:
        with ZipFile(BytesIO(data)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
        if unpacked > MAX_UNPACKED:
            raise SheetTooLarge(rows=limits.rows)
        sheet = load_workbook(BytesIO(data), read_only=True, data_only=False).worksheets[0]
        sheet.reset_dimensions()  # what the file says of its own size is not to be relied on
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield number, _texts(row, limits)
    except PortalError:
        raise
    except Exception:  # a broken file fails anywhere inside the reader, in its own many ways
        raise WorkbookNotRead() from None


def _texts(row: Sequence[object], limits: Limits) -> list[str] | PortalError:
    """Cells as texts, empty ones at the end left out; numbers as they are written in full."""
    try:
        cells = [_text(value, limits) for value in row]
    except PortalError as fault:
        return fault
    while cells and not cells[-1]:
        cells.pop()
    return cells if len(cells) <= MAX_COLUMNS else RowTooWide(columns=MAX_COLUMNS)


def _text(value: object, limits: Limits) -> str:
    match value:
        case None:
            return ""
        case bool():
            raise CellNotAValue(text=str(value).upper())
        case int():
            return str(value)
        case float():
            plain = f"{Decimal(repr(value)):f}"
            return plain.rstrip("0").rstrip(".") if "." in plain else plain
        case date() if not limits.has_days:
            raise CellNotAValue(text=value.isoformat()[:10])
        case datetime():
            return value.date().isoformat() if not (value.hour or value.minute) else value.isoformat(" ")
        case date():
            return value.isoformat()
        case str():
            return value[: limits.cell + 1]  # one more than is allowed, so that it is refused and not cut
        case _:
            raise CellNotAValue(text=str(value)[:40])


def csv_file(rows: Iterable[Row]) -> bytes:
    """UTF-8 with the mark by which Excel knows it."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([neutral(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def xlsx_file(sheets: Iterable[tuple[str, Iterable[Row]]]) -> bytes:
    """A workbook of these sheets, each with its first row as a heading.

    Titles lose what a sheet may not be called, and what is longer than 31 characters.
    """
    book = Workbook(write_only=True)
    for title, given in sheets:
        rows = list(given)
        sheet = book.create_sheet(title.translate(_NOT_IN_A_TITLE)[:31] or "1")
        sheet.freeze_panes = "A2"
        for place, width in enumerate(_widths(rows), start=1):
            sheet.column_dimensions[get_column_letter(place)].width = width
        for number, row in enumerate(rows):
            sheet.append([_cell(sheet, neutral(cell), is_heading=number == 0) for cell in row])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: Any, value: Cell, *, is_heading: bool) -> Any:
    cell = WriteOnlyCell(sheet, value=float(value) if isinstance(value, Decimal) else value)
    if isinstance(value, str):
        cell.data_type = "s"  # never a formula, whatever it begins with
    if is_heading:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _widths(rows: Sequence[Row]) -> list[int]:
    """Room for the longest text of each column, within reason; a Chinese character takes two places."""
    widths: dict[int, int] = {}
    for row in rows:
        for at, cell in enumerate(row):
            widths[at] = max(widths.get(at, 0), _places(str(cell)) + 2)
    return [max(10, min(60, width)) for width in widths.values()]


def _places(text: str) -> int:
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)

"""Spreadsheets of technicians, in and out: CSV and XLSX.

What comes in is read as texts, row by row; what goes out is neutral: no cell of text can be taken for a
formula, and numbers stay numbers.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, Final
from zipfile import BadZipFile, ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from portal.kernel.cells import neutral
from portal.kernel.errors import N_, InvalidInput, PortalError
from portal.registry.rules.estimation.reading import MAX_CELL, MAX_ROWS
from portal.registry.rules.imports import csv_rows, decode

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_BYTES: Final = 10_000_000
MAX_UNPACKED: Final = 60_000_000
MAX_COLUMNS: Final = 60
ROOM_FOR_TITLES: Final = 20
Cell = str | int | Decimal
Row = Sequence[Cell]
_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_NOT_IN_A_TITLE: Final = str.maketrans("", "", "[]:*?/\\'")


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


def rows_of(data: bytes) -> tuple[str, list[tuple[int, Sequence[str] | PortalError]]]:
    """How the file is written (``xlsx``, ``utf-8``, ``gb18030``) and its rows, by number as people count.

    Of a workbook the first sheet is read. Raises UnreadableFile, SheetTooLarge, OldWorkbook, WorkbookNotRead.
    """
    if len(data) > MAX_BYTES:
        raise SheetTooLarge(rows=MAX_ROWS)
    if data.startswith(_OLD_EXCEL):
        raise OldWorkbook()
    if data.startswith(_ZIP):
        return "xlsx", list(_counted(_sheet_rows(data)))
    text, encoding = decode(data)
    return encoding, list(_counted(csv_rows(text)))


def _counted(
    rows: Iterable[tuple[int, Sequence[str] | PortalError]],
) -> Iterator[tuple[int, Sequence[str] | PortalError]]:
    for number, cells in rows:
        if number > MAX_ROWS + ROOM_FOR_TITLES and (isinstance(cells, PortalError) or any(cells)):
            raise SheetTooLarge(rows=MAX_ROWS)
        yield number, cells


def _sheet_rows(data: bytes) -> Iterator[tuple[int, Sequence[str] | PortalError]]:
    try:
        with ZipFile(BytesIO(data)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
    except BadZipFile:
        raise WorkbookNotRead() from None
    if unpacked > MAX_UNPACKED:
        raise SheetTooLarge(rows=MAX_ROWS)
    try:
        sheet = load_workbook(BytesIO(data), read_only=True, data_only=False).worksheets[0]
        sheet.reset_dimensions()  # what the file says of its own size is not to be relied on
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield number, _texts(row)
    except PortalError:
        raise
    except Exception:  # a broken file fails anywhere inside the reader, in its own many ways
        raise WorkbookNotRead() from None


def _texts(row: Sequence[object]) -> Sequence[str] | PortalError:
    """Cells as texts, empty ones at the end left out."""
    try:
        cells = [_text(value) for value in row]
    except PortalError as fault:
        return fault
    while cells and not cells[-1]:
        cells.pop()
    return cells if len(cells) <= MAX_COLUMNS else RowTooWide(columns=MAX_COLUMNS)


def _text(value: object) -> str:
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
        case datetime() | date():
            raise CellNotAValue(text=value.isoformat()[:10])
        case str():
            return value[: MAX_CELL + 1]  # one more than is allowed, so that it is refused and not cut
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
    """A workbook of these sheets, each with its first row as a heading."""
    book = Workbook(write_only=True)
    for title, rows in sheets:
        sheet = book.create_sheet(title.translate(_NOT_IN_A_TITLE)[:31] or "1")
        sheet.freeze_panes = "A2"
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
    return cell

"""Tables as files for a spreadsheet: CSV and XLSX, in which no cell is ever taken for a formula."""

import csv
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from io import BytesIO, StringIO
from typing import Any

Cell = str | int
# What a spreadsheet takes for the beginning of a formula, also after white space that it trims.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def neutral(cell: Cell) -> Cell:
    """Text that begins like a formula gets an apostrophe before it; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip().startswith(_FORMULA) else cell


def csv_file(rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with a mark at its beginning, by which spreadsheets know it."""
    text = StringIO()
    csv.writer(text).writerows([neutral(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def can_write_xlsx() -> bool:
    return find_spec("openpyxl") is not None


def xlsx_file(rows: Iterable[Sequence[Cell]], title: str) -> bytes:
    """One sheet. ``title`` is shortened to what a sheet may be called."""
    from openpyxl import Workbook  # only where it is wanted: it takes a while to load

    book: Any = Workbook(write_only=True)
    sheet = book.create_sheet("".join(c for c in title if c not in "[]:*?/\\'")[:31] or "1")
    for row in rows:
        sheet.append([neutral(cell) for cell in row])
    file = BytesIO()
    book.save(file)
    return file.getvalue()

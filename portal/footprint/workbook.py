"""Activity data as people hand it in: a CSV or XLSX file, as the table that the rules read."""

from hashlib import sha256
from typing import Final

from portal.footprint.rules.activity import MAX_CELL, MAX_ROWS, Table
from portal.registry.sheets import Limits, rows_of

LIMITS: Final = Limits(rows=MAX_ROWS, cell=MAX_CELL, has_days=True)


def table_of(data: bytes) -> Table:
    """The rows of a CSV or XLSX file (its first sheet), as texts.

    Raises UnreadableFile, SheetTooLarge, OldWorkbook, WorkbookNotRead.
    """
    kind, rows = rows_of(data, LIMITS)
    return Table(sha256(data).hexdigest(), kind, tuple(rows))

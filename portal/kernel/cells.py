"""Cells of a spreadsheet: text that a program would take for a formula is made to stand as text."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from portal.kernel.clock import text_of
from portal.kernel.mass import Mass

Cell = TypeVar("Cell")
# How a formula may begin, with the full-width forms that some programs fold.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def neutral(cell: Cell) -> Cell | str:
    """Text that begins like a formula, also after white space, gets an apostrophe; numbers stay numbers."""
    if isinstance(cell, str) and (cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA)):
        return f"'{cell}"
    return cell


def plain(value: Any) -> str | int | None:
    """A stored value as tables show it: integers in their unit, instants in UTC, bytes in hex, else JSON."""
    match value:
        case None | str():
            return value
        case bool() | int():
            return int(value)
        case Mass():
            return value.grams
        case datetime():
            return text_of(value)
        case bytes():
            return value.hex()
        case date():
            return value.isoformat()
        case Decimal():
            return int(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

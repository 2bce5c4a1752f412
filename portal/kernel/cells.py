"""Cells of a spreadsheet: text that a program would take for a formula is made to stand as text."""

from typing import TypeVar

Cell = TypeVar("Cell")
# How a formula may begin, with the full-width forms that some programs fold.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def neutral(cell: Cell) -> Cell | str:
    """Text that begins like a formula, also after white space, gets an apostrophe; numbers stay numbers."""
    if isinstance(cell, str) and (cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA)):
        return f"'{cell}"
    return cell

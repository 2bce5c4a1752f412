"""Cursor pages: a list that stays stable while rows are added."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items and the cursor of the next page, or None at the end."""

    items: Sequence[Item]
    next: str | None


def cut(rows: Sequence[Item], size: int, cursor_of: Callable[[Item], object]) -> Page[Item]:
    """A page of at most ``size`` from ``size + 1`` rows that were asked for."""
    more = len(rows) > size
    items = rows[:size]
    return Page(items, str(cursor_of(items[-1])) if more else None)

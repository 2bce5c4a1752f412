"""Cursor pages: a list that stays stable while rows are added."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from flask import Flask, request

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


def query_with(**changes: object) -> str:
    """The query of this page with some of it changed, from its ``?`` on; what is None is left out.

    Not by ``url_for``, which has names of its own (``endpoint``, ``_scheme``) that anybody could send.
    """
    kept = [(name, value) for name, value in request.args.items(multi=True) if name not in changes]
    said = urlencode(kept + [(name, value) for name, value in changes.items() if value is not None])
    return f"?{said}" if said else ""


def install(app: Flask) -> None:
    app.jinja_env.globals["query_with"] = query_with

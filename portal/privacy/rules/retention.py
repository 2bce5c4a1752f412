"""How long what is kept, as data: ``data/retention.toml``. The nightly job and the notice both read it.

A period is a number of days counted from one column of the row, or of the row it hangs on. When it is over
the row is deleted, or the named columns are emptied; a row that something still stands on is left alone.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from portal.kernel.bilingual import Bilingual


class Deed(StrEnum):
    DELETE = "delete"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Through:
    """The age is that of another row: ``column`` of ours names it by ``key`` in ``table``."""

    column: str
    table: str
    key: str


@dataclass(frozen=True, slots=True)
class Period:
    """One period. ``when`` maps columns of the aged row to the values they must have, one of each list.

    ``emptied`` maps columns to what they become; ``stands`` names ``table.column`` of rows that need it.
    """

    id: str
    table: str
    age: str
    days: int
    deed: Deed
    title: Bilingual
    because: Bilingual
    through: Through | None
    when: Mapping[str, tuple[Any, ...]]
    unset: tuple[str, ...]
    emptied: Mapping[str, Any]
    stands: tuple[str, ...]

    def over_before(self, now: datetime) -> datetime:
        """Rows older than this have had their time."""
        return now - timedelta(days=self.days)


@cache
def periods() -> tuple[Period, ...]:
    """All periods, in the order in which they are applied."""
    text = (files("portal.privacy") / "data" / "retention.toml").read_text("utf-8")
    return tuple(_period(each) for each in tomllib.loads(text)["period"])


def _period(data: Mapping[str, Any]) -> Period:
    found = Period(
        id=data["id"], table=data["table"], age=data["age"], days=data["days"], deed=Deed(data["deed"]),
        title=_both(data["title"]), because=_both(data["because"]),
        through=Through(**data["through"]) if "through" in data else None,
        when={column: tuple(values) for column, values in data.get("when", {}).items()},
        unset=tuple(data.get("unset", ())),
        emptied=data.get("emptied", {}), stands=tuple(data.get("stands", ())),
    )  # fmt: skip
    if (found.deed is Deed.EMPTY) != bool(found.emptied):
        raise ValueError(f"{found.id}: what is emptied names its columns, what is deleted names none")
    return found


def _both(data: Mapping[str, str]) -> Bilingual:
    both = Bilingual(data["zh"], data["en"])
    if not both.is_complete:
        raise ValueError(f"a text is missing in one language: {both}")
    return both

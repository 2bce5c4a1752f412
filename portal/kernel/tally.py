"""What was counted, as a value: how many of what, in which unit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, order=True)
class Of:
    """What was counted: ``measure`` (paid), ``key`` (of what: card), ``unit`` (CNY, g; "" for things)."""

    measure: str
    key: str
    unit: str


Counts = Mapping[Of, int]


def month_after(day: date) -> date:
    """The first day of the next month."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)

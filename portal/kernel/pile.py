"""A pile of work: how many things wait, and since when the oldest does."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Pile:
    """``oldest`` is None for an empty pile, and where nobody wrote down since when."""

    count: int = 0
    oldest: datetime | None = None

    def __bool__(self) -> bool:
        return self.count > 0

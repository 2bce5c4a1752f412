"""What somebody was shown of somebody else's: a thing, and the work it was shown for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """``kind`` and ``why`` are words of whoever keeps such records. ``daily``: one line a day is enough."""

    kind: str
    thing_id: str
    why: str
    daily: bool = False

"""What a search finds: a thing of some kind, by its id, with a line that tells it from others."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hit:
    """``key`` is what its page is opened by (an id, a code, a number); ``title`` and ``about`` are data."""

    kind: str
    key: str
    title: str
    about: str = ""

"""Many certificates at once: how many, and how far along they are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.kernel.errors import N_, InvalidInput, Refused

LARGEST: Final = 5_000


class BatchTooLarge(InvalidInput):
    message = N_("One batch holds 1 to %(most)s certificates.")


class BatchIsFull(Refused):
    message = N_("This batch was opened for %(total)s certificates and has them.")


@dataclass(frozen=True, slots=True)
class Progress:
    """Of ``total`` certificates so many are issued, and so many of those printed."""

    total: int
    issued: int
    printed: int
    packed_at: datetime | None

    @property
    def is_printed(self) -> bool:
        return self.printed == self.total

    @property
    def is_done(self) -> bool:
        return self.packed_at is not None

"""Many at once: each row by the command that also does one, tried first without keeping anything."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from portal.db import rehearsal, transaction
from portal.desk import policy
from portal.kernel.actor import Actor
from portal.kernel.errors import N_, InvalidInput, NotAllowed, PortalError
from portal.shop.commands import many

MOST: Final = 200
NOTE_MAX: Final = 200


class NothingPicked(InvalidInput):
    message = N_("Tick at least one order, and at most %(most)s.")


class BulkNoteMissing(InvalidInput):
    message = N_("Say why, in at most %(max)s characters: it is kept with every order.")


class Deed(StrEnum):
    WRITE_AGAIN = "write_again"
    END = "end"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Line:
    """What became, or would become, of one row; ``fault`` is why not."""

    id: str
    fault: PortalError | None


_DEEDS: dict[Deed, Callable[[Actor, str, str, datetime], None]] = {
    Deed.WRITE_AGAIN: many.write_again,
    Deed.END: many.end,
    Deed.MARK: many.mark,
}


def run(
    actor: Actor, deed: Deed, ids: Iterable[str], note: str, now: datetime, *, for_real: bool
) -> list[Line]:
    """A line per row, in the order given. Without ``for_real`` nothing is kept.

    None of these deeds moves money, so that one row's refusal keeps no other back.
    Raises NothingPicked, BulkNoteMissing.
    """
    if not policy.may_tend(actor):
        raise NotAllowed()
    picked = list(dict.fromkeys(ids))
    if not 0 < len(picked) <= MOST:
        raise NothingPicked(most=MOST)
    if not 0 < len(note.strip()) <= NOTE_MAX:
        raise BulkNoteMissing(max=NOTE_MAX)
    return [_line(actor, deed, each, note.strip(), now, for_real=for_real) for each in picked]


def _line(actor: Actor, deed: Deed, row_id: str, note: str, now: datetime, *, for_real: bool) -> Line:
    try:
        with transaction() if for_real else rehearsal():
            _DEEDS[deed](actor, row_id, note, now)
    except NotAllowed:
        raise
    except PortalError as fault:
        return Line(row_id, fault)
    return Line(row_id, None)

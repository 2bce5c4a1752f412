"""Many at once: each row by the command that also does one, tried first without keeping anything."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from portal.certificates import commands as certificates
from portal.certificates import policy as certificates_policy
from portal.certificates.queries import by_number
from portal.certificates.rules.states import NoLongerHolds
from portal.db import rehearsal, transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import N_, InvalidInput, NotAllowed, PortalError, Refused
from portal.kernel.ids import is_id
from portal.pledges import policy as pledges_policy
from portal.pledges.commands import letters
from portal.shop import policy as shop_policy
from portal.shop.commands import many

MOST: Final = 200
NOTE_MAX: Final = 200


class NothingPicked(InvalidInput):
    message = N_("Tick at least one row, and at most %(most)s.")


class BulkNoteMissing(InvalidInput):
    message = N_("Say why, in at most %(max)s characters: it is kept with every row.")


class NoLetterOfAnOrder(Refused):
    message = N_("It belongs to no order, so there is no letter to send again.")


class Deed(StrEnum):
    WRITE_AGAIN = "write_again"
    END = "end"
    MARK = "mark"
    LETTER_AGAIN = "letter_again"
    PRINT_ANEW = "print_anew"
    TAKE_ALONG = "take_along"
    REMIND = "remind"


@dataclass(frozen=True, slots=True)
class Line:
    """What became, or would become, of one row; ``fault`` is why not."""

    id: str
    fault: PortalError | None


def run(
    actor: Actor, deed: Deed, ids: Iterable[str], note: str, now: datetime, *, for_real: bool
) -> list[Line]:
    """A line per row, in the order given. Without ``for_real`` nothing is kept.

    None of these deeds moves money, so that one row's refusal keeps no other back.
    Raises NothingPicked, BulkNoteMissing.
    """
    if not may(actor, deed):
        raise NotAllowed()
    picked = list(dict.fromkeys(ids))
    if not 0 < len(picked) <= MOST:
        raise NothingPicked(most=MOST)
    if not 0 < len(note.strip()) <= NOTE_MAX:
        raise BulkNoteMissing(max=NOTE_MAX)
    return [_line(actor, deed, each, note.strip(), now, for_real=for_real) for each in picked]


def may(actor: Actor, deed: Deed) -> bool:
    return _DEEDS[deed][0](actor)


def _line(actor: Actor, deed: Deed, row_id: str, note: str, now: datetime, *, for_real: bool) -> Line:
    try:
        with transaction() if for_real else rehearsal():
            _DEEDS[deed][1](actor, row_id, note, now)
    except NotAllowed:
        raise
    except PortalError as fault:
        return Line(row_id, fault)
    return Line(row_id, None)


def _letter_again(actor: Actor, number: str, note: str, now: datetime) -> None:
    """Raises NoSuchCertificate, NoLongerHolds, NoLetterOfAnOrder, and what ``write_again`` raises."""
    paper = by_number(number)
    if not paper.state.is_live:
        raise NoLongerHolds()
    if not is_id(paper.order_id, "ord"):
        raise NoLetterOfAnOrder()
    many.write_again(actor, paper.order_id, note, now)


# Who may, and the command that does one.
_DEEDS: dict[Deed, tuple[Callable[[Actor], bool], Callable[[Actor, str, str, datetime], None]]] = {
    Deed.WRITE_AGAIN: (shop_policy.may_run_till, many.write_again),
    Deed.END: (shop_policy.may_run_till, many.end),
    Deed.MARK: (shop_policy.may_run_till, many.mark),
    Deed.LETTER_AGAIN: (shop_policy.may_run_till, _letter_again),
    Deed.PRINT_ANEW: (certificates_policy.may_withdraw, certificates.print_anew),
    Deed.TAKE_ALONG: (certificates_policy.may_take_along, certificates.hand_out),
    Deed.REMIND: (pledges_policy.may_decide, letters.remind),
}

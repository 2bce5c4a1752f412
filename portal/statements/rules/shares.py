"""Shares of an event's certificate: what one attendee's part comes to. A share makes no claim of its own."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.kernel.mass import ZERO, Mass

MOST_AT_ONCE: Final = 5_000
LABEL_MAX: Final = 60
CODE_LENGTH: Final = 12
# Nothing that is mistaken for something else on a badge.
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class UnknownShare(NotFound):
    message = N_("We could not find this share. Check the code on your card.")


class TooManyShares(InvalidInput):
    message = N_("Make from 1 to %(most)s shares at once.")


class ShareTooSmall(InvalidInput):
    message = N_("A share is at least one gram.")


class SharesExceedTotal(Refused):
    message = N_("Only %(left)s of the certificate are not shared out yet.")


@dataclass(frozen=True, slots=True)
class Batch:
    """Shares of one size, made together. ``label`` is the organiser's own, such as “speakers”."""

    id: str
    count: int
    each: Mass
    label: str
    at: datetime

    @property
    def mass(self) -> Mass:
        return Mass(self.each.grams * self.count)


def left(total: Mass, batches: list[Batch] | tuple[Batch, ...]) -> Mass:
    """What is not shared out yet."""
    return max(total - Mass(sum(batch.mass.grams for batch in batches)), ZERO)


def part_of(remaining: Mass, count: int, each: Mass | None) -> Mass:
    """The size of one share: as asked, or what is left in equal parts, rounded down to the gram.

    Raises TooManyShares, ShareTooSmall, SharesExceedTotal.
    """
    if not 1 <= count <= MOST_AT_ONCE:
        raise TooManyShares(most=MOST_AT_ONCE)
    size = each if each is not None else Mass(remaining.grams // count)
    if size <= ZERO:
        raise SharesExceedTotal(left=remaining) if not remaining else ShareTooSmall()
    if size.grams * count > remaining.grams:
        raise SharesExceedTotal(left=remaining)
    return size


def new_code() -> str:
    """58 bits that nobody guesses, short enough to be typed from a badge."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))


def read_code(typed: str) -> str:
    """A code as it was typed: blanks and hyphens apart, in capitals."""
    return "".join(c for c in typed.upper() if c in _ALPHABET)[: CODE_LENGTH + 1]


def printed(code: str) -> str:
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))

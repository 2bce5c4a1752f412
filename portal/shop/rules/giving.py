"""Giving every month by a link in a letter: no means of payment is kept, nothing is taken unasked.

Alipay and WeChat Pay pay once only, so this is how they give every month. Each month is an order of its
own, at the price of that day, with its own certificate.
"""

from datetime import date
from enum import StrEnum
from typing import Final

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused

FIRST_DAY: Final = 1
LAST_DAY: Final = 28  # a day that every month has


class NoSuchGiving(NotFound):
    message = N_("We could not find what you asked for.")


class NoSuchDay(InvalidInput):
    message = N_("Choose a day from 1 to 28, which every month has.")


class UnlawfulGivingStep(Refused):
    message = N_("This monthly support has ended. You can start a new one at any time.")


class TurnPaidAlready(Refused):
    message = N_("This month's support is paid already. Thank you.")


class GivingState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


GIVING_MOVES: Final = frozenset(
    {
        (GivingState.ACTIVE, GivingState.PAUSED),
        (GivingState.PAUSED, GivingState.ACTIVE),
        (GivingState.ACTIVE, GivingState.ENDED),
        (GivingState.PAUSED, GivingState.ENDED),
    }
)


def check_day(day: int) -> int:
    """Itself, when every month has it. Raises NoSuchDay."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise NoSuchDay()
    return day


def check_move(old: GivingState, new: GivingState) -> GivingState:
    """The new state. Raises UnlawfulGivingStep."""
    if (old, new) not in GIVING_MOVES:
        raise UnlawfulGivingStep()
    return new


def next_turn(day: int, after: date) -> date:
    """The first such day of a month after this date."""
    if after.day < day:
        return after.replace(day=day)
    year, month = (after.year + 1, 1) if after.month == 12 else (after.year, after.month + 1)
    return date(year, month, day)


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"

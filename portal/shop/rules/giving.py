"""Giving every month: by a link in a letter, or by a card that the provider charges by itself.

Alipay and WeChat Pay pay once only, so the letter is how they give every month. Each month is an order of
its own, at the price of that day, with its own certificate. By letter the kilograms stay the same, by card
the sum does: it buys whole kilograms, and what is over goes to the forest owner.
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


class NotByCard(NotFound):
    message = N_("This portal cannot charge a card by itself. Choose the link by letter.")


class GivingState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class GivingWay(StrEnum):
    """How a month is paid: by a link in a letter, or charged to a card by the provider itself."""

    LETTER = "letter"
    CARD = "card"


class InvoiceState(StrEnum):
    """A month that was charged to a card. ``owed``: nothing could be bought, the money goes back."""

    FAILED = "failed"
    ORDERED = "ordered"
    OWED = "owed"
    GIVEN_BACK = "given_back"


INVOICE_MOVES: Final = frozenset(
    {
        (InvoiceState.FAILED, InvoiceState.ORDERED),
        (InvoiceState.FAILED, InvoiceState.OWED),
        (InvoiceState.OWED, InvoiceState.GIVEN_BACK),
    }
)
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

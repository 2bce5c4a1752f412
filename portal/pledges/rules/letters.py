"""Follow-up letters: after six and twelve months, then yearly, and never at night."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from typing import Final

from portal.kernel.clock import CITY
from portal.kernel.errors import N_, NotFound, Refused

QUIET_FROM: Final = time(21)
QUIET_UNTIL: Final = time(8)
AGAIN_AFTER: Final = timedelta(days=30)  # between two reminders by hand
WRITTEN_AT: Final = time(9)  # in the city, on the day a letter is due


class UnknownSubscription(NotFound):
    message = N_("We could not find these letters. Open them with the whole link from an e-mail of ours.")


class NoAddress(Refused):
    message = N_("We do not know an e-mail address to write to.")


class NoLettersWanted(Refused):
    message = N_("Whoever made this pledge wants no letters, or has not confirmed the address.")


class RemindedLately(Refused):
    message = N_("They were reminded within the last %(days)s days.")


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of a shorter month."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def stage_day(made_on: date, target_year: int, stage: int) -> date | None:
    """The day of letter ``stage`` (0, 1, 2 …); None when there is none any more.

    The last one comes in the year in which the target year is to be reported.
    """
    day = months_after(made_on, 6 if stage == 0 else 12 * stage)
    return day if day <= date(target_year + 1, 12, 31) else None


def instant_of(day: date) -> datetime:
    """When a letter of that day is written."""
    return datetime.combine(day, WRITTEN_AT, CITY)


def is_quiet(at: datetime) -> bool:
    """Whether people are asleep in the city, or want to be left alone."""
    here = at.astimezone(CITY).time()
    return here >= QUIET_FROM or here < QUIET_UNTIL


def next_morning(at: datetime) -> datetime:
    """The end of the quiet hours that ``at`` lies in."""
    here = at.astimezone(CITY)
    day = here.date() + timedelta(days=here.time() >= QUIET_FROM)
    return datetime.combine(day, QUIET_UNTIL, CITY)

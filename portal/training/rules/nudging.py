"""Words to learners: when a letter may go out, and which reminders are due."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from portal.kernel.clock import CITY
from portal.kernel.errors import N_, InvalidInput, Refused

TEXT_MAX: Final = 500
QUIET_FROM: Final = time(21)
QUIET_TO: Final = time(8)
PAUSE: Final = timedelta(hours=20)


class NothingSaid(InvalidInput):
    message = N_("Write what the learners should read, in at most %(max)s characters.")


class NobodyChosen(InvalidInput):
    message = N_("Choose at least one learner.")


class NudgedToday(Refused):
    message = N_("All of these have had a word from you within the last day. Give them time.")


def is_quiet(at: datetime, zone: ZoneInfo = CITY) -> bool:
    """Whether it is night in the city, or where a class is: from 21:00 to 08:00."""
    hour = at.astimezone(zone).time()
    return hour >= QUIET_FROM or hour < QUIET_TO


def due_at(now: datetime, zone: ZoneInfo = CITY) -> datetime:
    """Now, or when the quiet hours end there."""
    if not is_quiet(now, zone):
        return now
    here = now.astimezone(zone)
    day = here.date() + timedelta(days=1) if here.time() >= QUIET_FROM else here.date()
    return datetime.combine(day, QUIET_TO, zone)

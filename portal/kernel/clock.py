"""What time it is: aware UTC instants, and civil days in the city's time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

CITY = ZoneInfo("Asia/Shanghai")
_offset = timedelta(0)


def now() -> datetime:
    """The current instant, aware, UTC. Given to commands by their caller, never read inside rules."""
    return datetime.now(UTC) + _offset


def today() -> date:
    """The civil day in the city."""
    return day_of(now())


def day_of(at: datetime, zone: ZoneInfo = CITY) -> date:
    """The civil day in the city, or in another zone, at that instant."""
    return at.astimezone(zone).date()


def is_of_our_time(day: date) -> bool:
    """Whether a day that somebody typed can be counted on from: years 1 and 9999 have no day beside them."""
    return 1900 <= day.year < 3000


def set_to(at: datetime | None) -> None:
    """Make the clock start from ``at`` (PORTAL_NOW in demo) or follow real time again (None)."""
    global _offset
    _offset = timedelta(0) if at is None else at - datetime.now(UTC)


def text_of(at: datetime) -> str:
    """An instant as the log and the API write it: ``2026-11-22T08:30:00Z``."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def midnight(day: date) -> datetime:
    """The instant at which a civil day begins in the city. Raises OverflowError for the calendar's first day,
    which began in UTC before there were days."""
    return datetime.combine(day, time(), CITY).astimezone(UTC)

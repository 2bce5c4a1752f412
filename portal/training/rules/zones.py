"""The time zone of a class: by which clock its sessions are said, and what such a clock cannot say."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from portal.kernel.clock import CITY
from portal.kernel.errors import N_, InvalidInput

OFTEN: Final = (
    "Asia/Shanghai", "Asia/Hong_Kong", "Asia/Singapore", "Asia/Tokyo", "Asia/Ulaanbaatar",
    "Asia/Vladivostok", "Europe/Moscow", "Europe/Berlin", "Europe/London", "America/New_York",
    "America/Los_Angeles", "Australia/Sydney",
)  # fmt: skip
# Older names of the city's own clock; offered beside it they would look like another one.
_THE_CITYS: Final = frozenset({"Asia/Harbin", "Asia/Chongqing", "Asia/Chungking"})
_PARTS: Final = frozenset(
    ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
)


class UnknownZone(InvalidInput):
    message = N_("Choose a time zone from the list.")


class NoSuchTime(InvalidInput):
    message = N_("There is no %(time)s on that day: the clocks of this zone are put forward over it.")


class TimeTwice(InvalidInput):
    message = N_(
        "%(time)s comes twice on that day: the clocks of this zone are put back. Choose another time."
    )


@cache
def known_zones() -> Sequence[str]:
    """Names that the IANA database gives to places, in their order."""
    names = (name for name in available_timezones() if name.partition("/")[0] in _PARTS)
    return tuple(sorted(set(names) - _THE_CITYS))


def zone_of(name: str) -> ZoneInfo:
    """Raises UnknownZone."""
    if name == CITY.key:
        return CITY
    if name not in known_zones():
        raise UnknownZone()
    return ZoneInfo(name)


def moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """When the clocks of the zone show this on that day, in UTC. Raises NoSuchTime, TimeTwice."""
    here = datetime.combine(day, clock, zone)
    first, second = (here.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    # Of a time that comes twice the earlier reading comes back as itself; one that is skipped never does.
    is_shown = first.astimezone(zone).replace(tzinfo=None) == datetime.combine(day, clock)
    raise (TimeTwice if is_shown else NoSuchTime)(time=f"{clock:%H:%M}")

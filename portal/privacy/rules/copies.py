"""The copy of one's data: how long it waits to be fetched, and what can go wrong."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from portal.kernel.errors import N_, NotFound, Refused

LASTS: Final = timedelta(days=7)
PAUSE: Final = timedelta(hours=1)  # between two copies of one person


class CopyState(StrEnum):
    ASKED = "asked"
    READY = "ready"
    GONE = "gone"


class NoSuchCopy(NotFound):
    message = N_("There is no such copy, or its seven days are over. Ask for a new one.")


class CopyIsOnItsWay(Refused):
    message = N_("A copy was asked for less than an hour ago. You find it below.")

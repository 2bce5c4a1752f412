"""Signing in to a session: a code on the wall that changes, so that a picture of it is soon worth nothing.

A code is an HMAC of the number of the twenty-second window that the server is in; nobody's phone is asked
what time it is. A code holds for its own window and the next one, which is as long as a slow phone takes to
open the page. Who has opened the page in time has a ticket and may then take the time to type.
"""

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from portal.kernel.clock import CITY
from portal.kernel.errors import N_, InvalidInput, NotFound, Refused

WINDOW: Final = timedelta(seconds=20)
OPENS_BEFORE: Final = timedelta(minutes=30)
STAYS_OPEN: Final = timedelta(minutes=15)
TICKET: Final = timedelta(minutes=10)
MOST_HEADS: Final = 5_000
TITLE_MAX: Final = 80
LONGEST: Final = timedelta(hours=16)


class UnknownSession(NotFound):
    message = N_("We could not find this session.")


class CodeIsOver(Refused):
    message = N_("This code is over: it changes every 20 seconds. Scan the one that is on the wall now.")


class NotOpenYet(Refused):
    message = N_("You are early: signing in opens %(at)s.")


class SignInIsOver(Refused):
    message = N_("Signing in is over for this session. If you are here, tell your trainer.")


class SessionIsCancelled(Refused):
    message = N_("This session is cancelled.")


class NotInThisClass(Refused):
    message = N_("You are not in this class yet. Join it first, then scan again.")


class EndsBeforeStart(InvalidInput):
    message = N_("The session ends before it begins.")


class TooLong(InvalidInput):
    message = N_("A session lasts at most %(hours)s hours.")


class TooManySessions(Refused):
    message = N_("A class has at most %(most)s sessions.")


class Door(StrEnum):
    """Whether people can sign in."""

    EARLY = "early"
    OPEN = "open"
    OVER = "over"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class SessionDraft:
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime

    def checked(self) -> "SessionDraft":
        """Itself. Raises EndsBeforeStart, TooLong."""
        if self.ends_at <= self.starts_at:
            raise EndsBeforeStart()
        if self.ends_at - self.starts_at > LONGEST:
            raise TooLong(hours=LONGEST // timedelta(hours=1))
        return self


@dataclass(frozen=True, slots=True)
class SessionView:
    """A meeting of a class. ``headcount`` is what the trainer counted in the room, None until then; ``zone``
    is that of the class, by whose clock its times are said."""

    id: str
    cohort_id: str
    number: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    headcount: int | None
    cancelled_at: datetime | None
    present: int
    zone: ZoneInfo = CITY

    @property
    def opens_at(self) -> datetime:
        return self.starts_at - OPENS_BEFORE

    @property
    def is_held(self) -> bool:
        return self.cancelled_at is None


def door(session: SessionView, now: datetime) -> Door:
    """From half an hour before it begins to a quarter of an hour after it ends."""
    if session.cancelled_at:
        return Door.CANCELLED
    if now < session.opens_at:
        return Door.EARLY
    return Door.OPEN if now <= session.ends_at + STAYS_OPEN else Door.OVER


def check_door(session: SessionView, now: datetime) -> None:
    """Raises SessionIsCancelled, NotOpenYet, SignInIsOver."""
    match door(session, now):
        case Door.CANCELLED:
            raise SessionIsCancelled()
        case Door.EARLY:
            raise NotOpenYet(at=session.opens_at.astimezone(session.zone))
        case Door.OVER:
            raise SignInIsOver()


def code_at(secret: bytes, now: datetime) -> str:
    """The code of the window in which ``now`` lies: 13 characters."""
    return _code(secret, _window(now))


def is_current(secret: bytes, code: str, now: datetime) -> bool:
    """Whether this is the code of this window or of the one before."""
    given, here = code.encode("utf-8", "replace"), _window(now)
    return any(hmac.compare_digest(_code(secret, here - back).encode(), given) for back in (0, 1))


def left_of_window(now: datetime) -> int:
    """Whole seconds until the code changes, at least one."""
    length = WINDOW // timedelta(seconds=1)
    return length - int(now.timestamp()) % length


def ticket_holds(session: SessionView, scanned_at: datetime, now: datetime) -> bool:
    """Whether who scanned then may sign in now: ten minutes, for the early ones from when the door opens."""
    return scanned_at <= now <= max(scanned_at, session.opens_at) + TICKET


def next_of(sessions: Sequence[SessionView], now: datetime) -> SessionView | None:
    """The session that is on, else the next to come."""
    held = [each for each in sessions if each.is_held and each.ends_at > now]
    return min(held, key=lambda each: each.starts_at, default=None)


def _window(now: datetime) -> int:
    return int(now.timestamp()) // (WINDOW // timedelta(seconds=1))


def _code(secret: bytes, window: int) -> str:
    digest = hmac.new(secret, f"training sign-in v1:{window}".encode(), hashlib.sha256).digest()
    return b32encode(digest[:8]).decode().rstrip("=")


def device_at(secret: bytes, token: str) -> str:
    """By what a device is told from others at this session, and at no other."""
    return hmac.new(secret, b"device:" + token.encode(), hashlib.sha256).hexdigest()

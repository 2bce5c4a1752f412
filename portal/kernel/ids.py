"""Ids: a prefix that says what it is and 26 characters that sort by time (ULID)."""

import re
import secrets
from datetime import UTC, datetime, timedelta

from portal.kernel import clock

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SHAPE = re.compile(r"[a-z]{2,4}_[0-7][0-9A-HJKMNP-TV-Z]{25}")


def new_id(prefix: str) -> str:
    """A new id such as ``ord_01J…``: 48 bits of milliseconds, 10 of the microseconds within, 70 random ones,
    in Crockford's base 32.

    The microseconds (RFC 9562, 6.2, method 3) keep what a process makes in one millisecond in its order.
    """
    milliseconds, microseconds = divmod(_microseconds(clock.now()), 1000)
    return _written(prefix, milliseconds << 80 | microseconds << 70 | secrets.randbits(70))


def id_of(prefix: str, at: datetime) -> str:
    """A new id of something that was done at ``at``: of one instant, those made first come first.

    After the milliseconds of ``at`` stand the 48 lowest bits of the microseconds of now, and 32 random bits.
    """
    written = _microseconds(clock.now()) & (1 << 48) - 1
    return _written(prefix, _milliseconds(at) << 80 | written << 32 | secrets.randbits(32))


def first_id(prefix: str, at: datetime) -> str:
    """What all ids from then on are equal to or greater than."""
    return _written(prefix, _milliseconds(at) << 80)


def _milliseconds(at: datetime) -> int:
    return _microseconds(at) // 1000


def _microseconds(at: datetime) -> int:
    return max(0, (at - _EPOCH) // _MICROSECOND)


def _written(prefix: str, value: int) -> str:
    return f"{prefix}_" + "".join([_PAIRS[value >> shift & 1023] for shift in range(120, -1, -10)])


def is_id(text: object, prefix: str) -> bool:
    return isinstance(text, str) and text.startswith(f"{prefix}_") and _SHAPE.fullmatch(text) is not None

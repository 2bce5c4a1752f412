"""Ids: a prefix that says what it is and 26 characters that sort by time (ULID)."""

import re
import secrets
from datetime import datetime

from portal.kernel import clock

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_SHAPE = re.compile(r"[a-z]{2,4}_[0-7][0-9A-HJKMNP-TV-Z]{25}")


def new_id(prefix: str) -> str:
    """A new id such as ``ord_01J…``: 48 bits of milliseconds, 80 random bits, Crockford base 32."""
    return _written(prefix, _milliseconds(clock.now()) << 80 | secrets.randbits(80))


def id_of(prefix: str, at: datetime) -> str:
    """A new id of something that was done at ``at``: of one instant, those made first come first.

    After the milliseconds of ``at`` stand the 48 lowest bits of the microseconds of now, and 32 random bits.
    """
    written = int(clock.now().timestamp() * 1_000_000) & (1 << 48) - 1
    return _written(prefix, _milliseconds(at) << 80 | written << 32 | secrets.randbits(32))


def first_id(prefix: str, at: datetime) -> str:
    """What all ids from then on are equal to or greater than."""
    return _written(prefix, _milliseconds(at) << 80)


def _milliseconds(at: datetime) -> int:
    return max(0, int(at.timestamp() * 1000))


def _written(prefix: str, value: int) -> str:
    return f"{prefix}_" + "".join([_PAIRS[value >> shift & 1023] for shift in range(120, -1, -10)])


def is_id(text: object, prefix: str) -> bool:
    return isinstance(text, str) and text.startswith(f"{prefix}_") and _SHAPE.fullmatch(text) is not None

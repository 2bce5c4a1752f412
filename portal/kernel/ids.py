"""Ids: a prefix that says what it is and 26 characters that sort by time (ULID)."""

import re
import secrets

from portal.kernel import clock

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_SHAPE = re.compile(r"[a-z]{2,4}_[0-7][0-9A-HJKMNP-TV-Z]{25}")


def new_id(prefix: str) -> str:
    """A new id such as ``ord_01J…``: 48 bits of milliseconds, 80 random bits, Crockford base 32."""
    value = int(clock.now().timestamp() * 1000) << 80 | secrets.randbits(80)
    return f"{prefix}_" + "".join([_PAIRS[value >> shift & 1023] for shift in range(120, -1, -10)])


def is_id(text: object, prefix: str) -> bool:
    return isinstance(text, str) and text.startswith(f"{prefix}_") and _SHAPE.fullmatch(text) is not None

"""Certificate numbers: twelve characters a person can read aloud, and the long key behind the QR code.

Crockford's base 32: eleven random characters (55 bits) and a check character (see kernel.checked).
"""

import hmac
import re
import secrets
from typing import Final

from portal.kernel import checked
from portal.kernel.checked import ALPHABET, check_character, printed
from portal.kernel.errors import N_, NotFound

__all__ = [
    "ALPHABET", "KEY_LENGTH", "LENGTH", "MistypedNumber", "check_character", "is_valid", "new_key",
    "new_number", "opens", "parse", "pasted_key", "printed",
]  # fmt: skip

LENGTH: Final = 12
KEY_LENGTH: Final = 26  # 130 bits

# The number, and perhaps the key, in an address that somebody pasted.
_ADDRESS: Final = re.compile(
    r"/(?:c|certificates)/([^/?#.]+)(?:(?:\.\w+)?\?key=|/)?([^/?#&]+)?", re.IGNORECASE
)


class MistypedNumber(NotFound):
    """Not a number at all, or one whose check character does not fit: surely a slip, so it is said."""

    message = N_(
        "“%(text)s” is not a certificate number. A number has 12 letters and digits, and its last character "
        "proves the others: please compare it with the paper."
    )


def new_number() -> str:
    """A fresh random number, such as ``7K3MQ0RT5XWZ``. Uniqueness is the database's to hold."""
    return checked.new_code(LENGTH)


def new_key() -> str:
    """130 random bits: who holds them holds the paper."""
    return "".join(secrets.choice(ALPHABET) for _ in range(KEY_LENGTH))


def is_valid(number: str) -> bool:
    """Whether this is a number in its plain spelling with the right check character."""
    return checked.is_valid(number, LENGTH)


def parse(text: str) -> str:
    """The plain number in what somebody typed or pasted.

    Takes small and full-width letters, O for 0, I and L for 1, spaces, dashes, and a whole address.
    Raises MistypedNumber.
    """
    pasted = _ADDRESS.search(text)
    number = checked.plain(pasted[1] if pasted else text)
    if not is_valid(number):
        raise MistypedNumber(text=" ".join(text.split())[:40])
    return number


def pasted_key(text: str) -> str | None:
    """The key in a pasted address, ``…/c/<number>/<key>`` or ``…?key=<key>``; None when there is none."""
    pasted = _ADDRESS.search(text)
    key = checked.plain(pasted[2]) if pasted and pasted[2] else ""
    return key if len(key) == KEY_LENGTH else None


def opens(given: str | None, key: str) -> bool:
    """Whether the given key is this one, compared in constant time."""
    return given is not None and hmac.compare_digest(checked.plain(given).encode(), key.encode())

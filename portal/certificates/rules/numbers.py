"""Certificate numbers: twelve characters a person can read aloud, and the long key behind the QR code.

Crockford's base 32 (no I, L, O, U). Eleven random characters (55 bits) and a check character over
GF(32): the number, read as a polynomial, is zero at a primitive element, so every single wrong
character and every two exchanged ones are noticed before anything is looked up.
"""

import hmac
import re
import secrets
import unicodedata
from typing import Final

from portal.kernel.errors import N_, NotFound

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 12
KEY_LENGTH: Final = 26  # 130 bits

_VALUE: Final = {character: value for value, character in enumerate(ALPHABET)}
_LOOKALIKES: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_FILLER: Final = re.compile(r"[\s\-‐-―−_.·]+")
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
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + check_character(body)


def new_key() -> str:
    """130 random bits: who holds them holds the paper."""
    return "".join(secrets.choice(ALPHABET) for _ in range(KEY_LENGTH))


def check_character(body: str) -> str:
    """The character that makes ``body`` plus itself a valid number."""
    return ALPHABET[_times_x(_remainder(body))]


def is_valid(number: str) -> bool:
    """Whether this is a number in its plain spelling with the right check character."""
    if len(number) != LENGTH or any(character not in _VALUE for character in number):
        return False
    return check_character(number[:-1]) == number[-1]


def parse(text: str) -> str:
    """The plain number in what somebody typed or pasted.

    Takes small and full-width letters, O for 0, I and L for 1, spaces, dashes, and a whole address.
    Raises MistypedNumber.
    """
    pasted = _ADDRESS.search(text)
    number = _plain(pasted[1] if pasted else text)
    if not is_valid(number):
        raise MistypedNumber(text=" ".join(text.split())[:40])
    return number


def pasted_key(text: str) -> str | None:
    """The key in a pasted address, ``…/c/<number>/<key>`` or ``…?key=<key>``; None when there is none."""
    pasted = _ADDRESS.search(text)
    key = _plain(pasted[2]) if pasted and pasted[2] else ""
    return key if len(key) == KEY_LENGTH else None


def printed(number: str) -> str:
    """In groups of four, as on paper: ``7K3M-Q0RT-5XWZ``."""
    return "-".join(number[at : at + 4] for at in range(0, LENGTH, 4))


def opens(given: str | None, key: str) -> bool:
    """Whether the given key is this one, compared in constant time."""
    return given is not None and hmac.compare_digest(_plain(given).encode(), key.encode())


def _plain(text: str) -> str:
    wide = unicodedata.normalize("NFKC", text[:400])
    return _FILLER.sub("", wide).upper().translate(_LOOKALIKES)


def _times_x(value: int) -> int:
    """Multiply by the primitive element of GF(32), modulo x⁵ + x² + 1."""
    value <<= 1
    return value ^ 0b100101 if value & 32 else value


def _remainder(text: str) -> int:
    result = 0
    for character in text:
        result = _times_x(result) ^ _VALUE[character]
    return result

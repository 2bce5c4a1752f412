"""Codes that people read aloud and type: Crockford's base 32 with a character that proves the others.

No I, L, O, U. The check is over GF(32): the code, read as a polynomial, is zero at a primitive element,
so every single wrong character and every two exchanged ones are noticed before anything is looked up.
"""

import re
import secrets
import unicodedata
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

_VALUE: Final = {character: value for value, character in enumerate(ALPHABET)}
_LOOKALIKES: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
_FILLER: Final = re.compile(r"[\s\-‐-―−_.·]+")


def new_code(length: int) -> str:
    """``length`` characters: 5 random bits each but for the last, which is the check character."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(length - 1))
    return body + check_character(body)


def check_character(body: str) -> str:
    """The character that makes ``body`` plus itself a valid code."""
    return ALPHABET[_times_x(_remainder(body))]


def is_valid(code: str, length: int) -> bool:
    """Whether this is a code in its plain spelling with the right check character."""
    if len(code) != length or any(character not in _VALUE for character in code):
        return False
    return check_character(code[:-1]) == code[-1]


def plain(text: str) -> str:
    """The plain spelling of what was typed: takes small and wide letters, O for 0, I and L for 1, dashes."""
    wide = unicodedata.normalize("NFKC", text[:400])
    return _FILLER.sub("", wide).upper().translate(_LOOKALIKES)


def printed(code: str) -> str:
    """In groups of four, as on paper: ``7K3M-Q0RT-5XWZ``."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def _times_x(value: int) -> int:
    """Multiply by the primitive element of GF(32), modulo x⁵ + x² + 1."""
    value <<= 1
    return value ^ 0b100101 if value & 32 else value


def _remainder(text: str) -> int:
    result = 0
    for character in text:
        result = _times_x(result) ^ _VALUE[character]
    return result

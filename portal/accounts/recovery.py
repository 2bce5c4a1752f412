"""Recovery codes as they are stored: argon2id, as for passwords, with one salt for all codes of a person.

A code has 78 bits, and the standard (OWASP ASVS 5.0, 6.5.2) wants 112 for a plain digest. The salt is one for
the ten codes that are made together: a code that was typed is then looked for by one computation, not by ten.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from argon2 import extract_parameters
from argon2.low_level import Type, hash_secret

_PASSES, _MEMORY, _LANES, _LENGTH = 2, 19 * 1024, 1, 32  # those of passwords.py
_SALT: Final = 16


def stored(codes: Sequence[str]) -> tuple[str, ...]:
    """What is kept of these codes, in PHC's notation, under a new salt."""
    salt = secrets.token_bytes(_SALT)
    return tuple(
        hash_secret(_digest(code), salt, _PASSES, _MEMORY, _LANES, _LENGTH, Type.ID).decode()
        for code in codes
    )


def candidates(code: str, kept: Iterable[str]) -> list[str]:
    """What ``code`` would be stored as beside those that are kept: one text for each salt among them."""
    return [_beside(code, next(same)) for _, same in groupby(sorted(kept), key=_without_digest)]


def _beside(code: str, kept: str) -> str:
    made = extract_parameters(kept)
    salt = _without_digest(kept).rpartition("$")[2]
    return hash_secret(
        _digest(code), base64.b64decode(salt + "=" * (-len(salt) % 4)), made.time_cost, made.memory_cost,
        made.parallelism, made.hash_len, made.type,
    ).decode()  # fmt: skip


def _without_digest(kept: str) -> str:
    return kept.rpartition("$")[0]


def _digest(code: str) -> bytes:
    """However it is written. Codes from before argon2 lay under this, and are stored over it now."""
    return hashlib.sha256(re.sub(r"[\s-]", "", code).upper().encode("utf-8", "replace")).hexdigest().encode()

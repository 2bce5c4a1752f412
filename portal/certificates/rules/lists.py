"""Status lists of others that a visitor hands in: a bit for each credential, 1 where it is withdrawn.

Method: W3C Recommendation "Bitstring Status List v1.0" (2025), section 3.2. What a stranger packed is
unpacked no further than ``LARGEST_BITS``.
"""

import re
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from portal.certificates.rules.credential import LIST_BITS, Purpose
from portal.certificates.rules.integrity import NotACredential

LARGEST_FILE: Final = 1_000_000
MOST_FILES: Final = 4
LARGEST_BITS: Final = 128 * LIST_BITS
_PLACE: Final = re.compile(r"[0-9]{1,9}")
_GZIP: Final = 31  # zlib's window for a gzip frame


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a credential says that its status stands: the list's address, and its place there."""

    purpose: Purpose
    address: str
    place: int


def entry_of(told: Any) -> Entry | None:
    """A status entry of a credential; None where it is of another kind than is read here."""
    match told:
        case {
            "type": "BitstringStatusListEntry",
            "statusPurpose": str(purpose),
            "statusListCredential": str(address),
            "statusListIndex": str(index),
        } if purpose in set(Purpose) and _PLACE.fullmatch(index) and str(told.get("statusSize", 1)) == "1":
            return Entry(Purpose(purpose), address, int(index))
    return None


def is_set(document: Mapping[str, Any], entry: Entry) -> bool:
    """The bit of this entry in a list. Raises NotACredential where it is not the list for it."""
    subject = document.get("credentialSubject")
    if not isinstance(subject, Mapping) or subject.get("type") != "BitstringStatusList":
        raise NotACredential(why="no status list")
    purposes = subject.get("statusPurpose")
    if entry.purpose not in (purposes if isinstance(purposes, list) else [purposes]):
        raise NotACredential(why="a list for another purpose")
    bits = _unpacked(subject.get("encodedList"))
    if entry.place >= len(bits) * 8:
        raise NotACredential(why="a list without this place")
    return bool(bits[entry.place // 8] & 128 >> entry.place % 8)


def _unpacked(text: object) -> bytes:
    """The bits, packed with gzip and written in multibase base64url. Raises NotACredential."""
    if not isinstance(text, str) or not text.startswith("u"):
        raise NotACredential(why="a list that is not in base64url")
    try:
        packed = urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4))
        bits = zlib.decompressobj(_GZIP).decompress(packed, LARGEST_BITS // 8 + 1)
    except (ValueError, zlib.error):
        raise NotACredential(why="a list that cannot be unpacked") from None
    if not LIST_BITS <= len(bits) * 8 <= LARGEST_BITS:
        raise NotACredential(why="a list shorter or longer than is read here")
    return bits

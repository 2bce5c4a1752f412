"""What a visitor looks for, and by which pairs of characters a text is found.

Chinese has no spaces, and its words are mostly two characters long, so texts are kept as all pairs of
neighbouring characters; no dictionary and no extension of the database is needed. A text is found when
it has every pair of what was typed, and then really contains it, word by word.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portal.kernel.ids import is_id
from portal.registry.rules import serials
from portal.registry.rules.serials import UnreadableSerial

MAX_WORDS: Final = 8
MAX_TEXT: Final = 300
# A commitment as the register prints it (its first 16 digits) or whole.
_COMMITMENT: Final = re.compile(r"[0-9a-f]{16,64}")
_WORD: Final = re.compile(r"\w+(?:[.\-]\w+)*")


class Asked(StrEnum):
    """What kind of thing was typed."""

    SERIAL = "serial"
    HOLDER = "holder"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Query:
    """What was typed, made plain, and what it is."""

    text: str
    asked: Asked


def read(typed: str) -> Query:
    """What kind of thing this is: a serial, a holder's public code, or words of a project."""
    text = serials.plain(typed[:MAX_TEXT])
    lower = text.lower()
    if is_id(text, "acc") or (_COMMITMENT.fullmatch(lower) and not lower.isdecimal()):
        return Query(text if is_id(text, "acc") else lower, Asked.HOLDER)
    try:
        serials.look_up(text)
    except UnreadableSerial:
        return Query(text, Asked.WORDS)
    return Query(text, Asked.SERIAL)


def folded(text: str) -> str:
    """``text`` as it is kept and looked for: compatible forms made one, lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def words(text: str) -> tuple[str, ...]:
    """The words that were typed, at most ``MAX_WORDS``; a run of Chinese counts as one."""
    return tuple(dict.fromkeys(_WORD.findall(folded(text)[:MAX_TEXT])))[:MAX_WORDS]


def pairs(text: str) -> frozenset[str]:
    """All pairs of neighbouring characters in the words of ``text``, and each character by itself."""
    found: set[str] = set()
    for word in _WORD.findall(folded(text)):
        found.update(word)
        found.update(word[at : at + 2] for at in range(len(word) - 1))
    return frozenset(found)


def wanted_pairs(text: str) -> frozenset[str]:
    """The pairs that a text must have to be found; a word of one character stands for itself."""
    found: set[str] = set()
    for word in words(text):
        found.update([word] if len(word) == 1 else (word[at : at + 2] for at in range(len(word) - 1)))
    return frozenset(found)

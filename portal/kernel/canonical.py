"""JSON that others write, read with care; and canonical JSON (RFC 8785), one spelling for each value, so that
anybody can make a digest of it again."""

import json
from typing import Any, Final

import rfc8785

_MOST: Final = 2**53 - 1  # what every reader of JSON can tell apart
_spell: Final = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False
).encode


def read_json(text: str | bytes, **how: Any) -> Any:
    """What a text of JSON says; ``how`` as ``json.loads`` takes it.

    Raises ValueError for what is none, for what is nested too deep, and for halves of characters: JSON can
    spell one of a surrogate pair, and then no page, file or database takes the text.
    """
    try:
        value = json.loads(text, **how)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deep") from None
    return value


def canonical_bytes(value: Any) -> bytes:
    """The bytes of RFC 8785. Raises rfc8785.CanonicalizationError for what has none.

    Python's own encoder writes the same bytes many times as fast, but for numbers with a point, for the
    order of names beyond ASCII and for text that is none: those are left to the library.
    """
    if _is_plain(value):
        try:
            return _spell(value).encode()
        except UnicodeEncodeError:
            pass
    return rfc8785.dumps(value)


def _is_plain(value: Any) -> bool:
    """Text, whole numbers, yes or no, nothing, and lists and objects of these with names in ASCII."""
    parts = [value]
    for part in parts:  # which grows as it is walked
        kind = type(part)
        if kind is dict:
            if not _has_plain_names(part):
                return False
            parts.extend(part.values())
        elif kind is list or kind is tuple:
            parts.extend(part)
        elif kind is int:
            if not -_MOST <= part <= _MOST:
                return False
        elif kind is not str and kind is not bool and part is not None:
            return False
    return True


def _has_plain_names(names: dict[Any, Any]) -> bool:
    try:
        return "".join(names).isascii()
    except TypeError:
        return False

"""What is handed in: read out of whatever carries it, and measured before anybody works on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from portal.certificates.rules import baking, lists, tokens
from portal.certificates.rules.integrity import NotACredential
from portal.certificates.rules.keys import KeyFile
from portal.certificates.rules.tokens import Token
from portal.kernel.canonical import read_json

MOST_MEMBERS: Final = 1_000
DEEPEST: Final = 12
_OLDER: Final = ("https://w3id.org/openbadges/v1", "https://w3id.org/openbadges/v2")


class Answer(StrEnum):
    YES = "yes"
    ON_TRUST = "on_trust"  # yes, if the file that was handed in is the issuer's
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer with its reason: a message and what stands in its places."""

    answer: Answer
    why: str
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Handed:
    """A credential as it was handed in; ``token`` where it came signed from outside."""

    document: Mapping[str, Any]
    token: Token | None

    @property
    def issuer_id(self) -> str:
        named = tokens.issuer_in(self.document)
        return named if isinstance(named, str) else ""


@dataclass(frozen=True, slots=True)
class Beside:
    """What was handed in beside it: the issuer's keys, and lists of what was withdrawn."""

    keys: KeyFile | None = None
    lists: Sequence[Handed] = ()


ALONE: Final = Beside()


def read(data: bytes, largest: int = baking.LARGEST) -> Handed:
    """A credential from JSON, a token, or a badge in PNG or SVG. Raises NotACredential."""
    text = _text_in(data).strip().removeprefix("\ufeff").strip()
    if len(text.encode()) > largest:
        raise NotACredential(why="too large")
    token = None if text.startswith("{") else tokens.read(text)
    document = token.credential if token else _json(text)
    if document.get("type") == "Assertion" or document.get("@context") in _OLDER:
        raise baking.OlderBadge(why="a badge of Open Badges 2.0 or older")
    _measure(document)
    return Handed(document, token)


def read_list(data: bytes) -> Handed:
    """A list of withdrawn credentials from JSON or a token. Raises NotACredential."""
    return read(data, lists.LARGEST_FILE)


def _text_in(data: bytes) -> str:
    if data.startswith(baking.PNG):
        return baking.out_of_png(data)
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        return baking.out_of_svg(data)
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise NotACredential(why="no text") from None


def _json(text: str) -> dict[str, Any]:
    try:
        document = read_json(text)
    except ValueError:
        raise NotACredential(why="no JSON") from None
    if not isinstance(document, dict):
        raise NotACredential(why="no object")
    return document


def _measure(document: Mapping[str, Any]) -> None:
    """Refuses what is too large or too deep, and members under another name than their own: a signature
    covers their meaning, while a reader sees the name."""
    left = MOST_MEMBERS
    level: list[object] = [document]
    for _ in range(DEEPEST):
        level = [child for value in level for child in _children(value, value is document)]
        left -= len(level)
        if left < 0:
            raise NotACredential(why="too many members")
        if not level:
            return
    raise NotACredential(why="nested too deep")


def _children(value: object, is_whole: bool) -> list[object]:
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return []
    for name in value:
        if ":" in name or (name.startswith("@") and not (is_whole and name == "@context")):
            raise NotACredential(why=f"a member under another name: {name[:80]}")
    return list(value.values())

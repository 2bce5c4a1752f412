"""A credential inside its badge: baked into PNG and SVG, and read out of any.

Method: Open Badges 3.0, section 5.3: in PNG an iTXt chunk with the keyword ``openbadgecredential``, in SVG an
element ``openbadges:credential``: with the JSON inside, or with a token in its attribute ``verify``.
"""

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.parsers import expat

from PIL.PngImagePlugin import PngInfo

from portal.certificates.rules import drawing
from portal.certificates.rules.integrity import NotACredential
from portal.kernel.errors import N_

KEYWORD: Final = "openbadgecredential"
NAMESPACE: Final = "https://purl.imsglobal.org/ob/v3p0"
PNG: Final = b"\x89PNG\r\n\x1a\n"
LARGEST: Final = 64 * 1024  # of a credential; one of ours has 4 kB
_MOST_CHUNKS: Final = 10_000
_OLDER: Final = b"openbadges"  # the keyword of Open Badges 1 and 2


class OlderBadge(NotACredential):
    """Open Badges 1 and 2 are no signed credentials: what they say stands on their issuer's pages."""

    message = N_(
        "This is a badge of Open Badges 2.0 or older. What it says stands on its issuer’s pages and is not "
        "fetched; Open Badges 3.0 is checked here."
    )


def into_png(audience: str, credential: Mapping[str, Any]) -> bytes:
    """Our badge of that audience with the credential in it."""
    texts = PngInfo()
    texts.add_itxt(KEYWORD, json.dumps(credential, ensure_ascii=False))
    return drawing.png(audience, texts)


def into_svg(audience: str, label: str, credential: Mapping[str, Any]) -> str:
    """Our badge of that audience with the credential in it; ``label`` is safe in XML."""
    text = json.dumps(credential, ensure_ascii=False).replace("]]>", "]]]]><![CDATA[>")
    return drawing.svg(audience, label, f"<openbadges:credential><![CDATA[{text}]]></openbadges:credential>")


def out_of_png(data: bytes) -> str:
    """What is baked into a PNG; its pixels are not looked at. Raises NotACredential."""
    for kind, body in _chunks(data):
        keyword, _, rest = body.partition(b"\0")
        if kind in (b"iTXt", b"tEXt") and keyword == _OLDER:
            raise OlderBadge(why="a badge of Open Badges 2.0 or older")
        if kind == b"iTXt" and keyword == KEYWORD.encode():
            return _text_of(rest)
    raise NotACredential(why="a picture without a credential")


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(PNG)
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(data):
            return
        length = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _text_of(rest: bytes) -> str:
    """The text of an iTXt chunk after its keyword: flag, method, language, keyword translated, text."""
    is_packed, (_, _, text) = rest[:1] == b"\1", [*rest[2:].split(b"\0", 2), b"", b""][:3]
    try:
        if is_packed:
            unpacking = zlib.decompressobj()
            text = unpacking.decompress(text, LARGEST + 1)
        if len(text) > LARGEST:
            raise NotACredential(why="too large")
        return text.decode()
    except (zlib.error, UnicodeDecodeError):
        raise NotACredential(why="a text that cannot be read") from None


def out_of_svg(data: bytes) -> str:
    """What is baked into an SVG: JSON or a token. Entities are refused. Raises NotACredential."""
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError):  # the last two: an encoding that is not read here
        raise NotACredential(why="no SVG") from None
    if reader.token is not None:
        return reader.token
    text = "".join(reader.parts).strip()
    if not text and b"<openbadges:assertion" in data:
        raise OlderBadge(why="a badge of Open Badges 2.0 or older")
    if not text:
        raise NotACredential(why="a picture without a credential")
    return text


class _Reader:
    """Finds the credential while the file is read, and keeps nothing else of it."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._refuse
        self.token: str | None = None
        self.parts: list[str] = []
        self._size = self._inside = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == f"{NAMESPACE} credential":
            self._inside += 1
            self.token = attributes.get("verify", self.token)

    def _end(self, name: str) -> None:
        if name == f"{NAMESPACE} credential":
            self._inside -= 1

    def _text(self, text: str) -> None:
        if self._inside:
            self._size += len(text)
            if self._size > LARGEST:
                raise NotACredential(why="too large")
            self.parts.append(text)

    def _refuse(self, *_: object) -> None:
        raise NotACredential(why="an SVG that declares entities")

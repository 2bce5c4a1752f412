"""Pictures and sounds that authors upload: told by their bytes, laid out anew so that nothing else stays."""

import io
import re
from pathlib import PurePosixPath
from typing import Final
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from PIL import Image, ImageOps

from portal.kernel.errors import N_, InvalidInput
from portal.training.rules.formats.nodes import Node, read_xml

MAX_UPLOAD: Final = 8 * 1024 * 1024
MAX_PIXELS: Final = 50_000_000  # a bomb unpacks to far more than a camera makes
SIDE: Final = 1_600  # the longer side of what is kept
_FORMATS: Final = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
_SVG: Final = "http://www.w3.org/2000/svg"
_REFUSED_TAGS: Final = {
    "script",
    "style",
    "foreignObject",
    "iframe",
    "image",
    "audio",
    "video",
    "handler",
    "set",
}
_REACHES_OUT: Final = re.compile(r"url\(\s*['\"]?(?!#)|javascript:|data:", re.I)


class MediaNotAccepted(InvalidInput):
    message = N_("Give a picture as SVG, PNG, JPEG or WebP, or a sound as MP3, of at most 8 MB.")


class NothingDrawn(InvalidInput):
    message = N_("Nothing is left of this drawing once what is not a drawing is taken out.")


def kept(data: bytes) -> tuple[bytes, str]:
    """What of an upload is kept, and the ending it gets: without metadata, scripts and outside addresses.

    Raises MediaNotAccepted, NothingDrawn, XmlBroken, XmlForbidden, XmlTooDeep.
    """
    if not data or len(data) > MAX_UPLOAD:
        raise MediaNotAccepted()
    if data.startswith((b"ID3", b"\xff\xfb")):
        return data, "mp3"
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _drawing(data), "svg"
    return _picture(data)


def name_for(wish: str, ending: str, taken: set[str]) -> str:
    """A name below ``media/`` that is free: of the upload's own name what a pack may hold of it."""
    stem = re.sub(r"[^a-z0-9]+", "-", PurePosixPath(wish.lower()).stem).strip("-")[:60] or "picture"
    names = (f"{stem}.{ending}", *(f"{stem}-{n}.{ending}" for n in range(2, 1_000)))
    return next(name for name in names if f"media/{name}" not in taken)


def _picture(data: bytes) -> tuple[bytes, str]:
    try:
        with Image.open(io.BytesIO(data), formats=tuple(_FORMATS)) as given:
            kind = str(given.format)
            if given.width * given.height > MAX_PIXELS:
                raise MediaNotAccepted()
            upright = ImageOps.exif_transpose(given)
            upright.thumbnail((SIDE, SIDE))
            return _laid_out(upright, kind), _FORMATS[kind]
    except Exception as fault:  # a broken picture fails anywhere inside the reader, in its own many ways
        raise MediaNotAccepted() from fault


def _laid_out(picture: Image.Image, kind: str) -> bytes:
    """The pixels alone: what stood beside them (place, time, camera) stays behind."""
    mode = (
        "RGB"
        if kind == "JPEG"
        else "RGBA"
        if "A" in picture.getbands() or "transparency" in picture.info
        else "RGB"
    )
    plain = Image.new(mode, picture.size)
    plain.paste(picture.convert(mode))
    out = io.BytesIO()
    plain.save(out, kind, **({"optimize": True} if kind == "PNG" else {"quality": 82}))
    return out.getvalue()


def _drawing(data: bytes) -> bytes:
    root = read_xml(data)
    if root.name != "svg":
        raise MediaNotAccepted()
    drawn = _clean(root, None)
    if not len(drawn):
        raise NothingDrawn()
    register_namespace("", _SVG)
    return tostring(drawn, encoding="unicode").encode() + b"\n"


def _clean(node: Node, parent: Element | None) -> Element:
    tag = f"{{{_SVG}}}{node.name}"
    attributes = {key: value for key, value in node.attributes.items() if _is_harmless(key, value)}
    made = Element(tag, attributes) if parent is None else SubElement(parent, tag, attributes)
    last: Element | None = None
    for part in node.content:
        if isinstance(part, Node):
            if part.name not in _REFUSED_TAGS:
                last = _clean(part, made)
        elif last is None:
            made.text = (made.text or "") + part
        else:
            last.tail = (last.tail or "") + part
    return made


def _is_harmless(key: str, value: str) -> bool:
    if key.lower().startswith("on") or key == "base":
        return False
    if key == "href":
        return value.startswith("#")
    return not _REACHES_OUT.search(value)

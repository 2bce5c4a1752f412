"""Photos that people upload: laid out anew as plain JPEG, so that nothing but the picture is kept.

Where and when a photo was taken, with which camera and by whom stands in its metadata (EXIF, XMP, IPTC, a
small copy of the picture). Drawing the pixels anew leaves all of it behind, also what we do not know of.
"""

import io
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from flask import current_app
from PIL import Image, ImageOps

from portal.kernel.errors import N_, InvalidInput

MOST_BYTES: Final = 8 * 1024 * 1024
MOST_PIXELS: Final = 50_000_000  # a bomb unpacks to far more than a camera makes
SIDE: Final = 1_600  # the longer side of what is kept
_FORMATS: Final = ("JPEG", "PNG", "WEBP")


class PhotoNotAccepted(InvalidInput):
    message = N_("Give the photo as JPEG, PNG or WebP of at most 8 MB and 50 million pixels.")


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    """A photo as it lies in its folder: the digest of the file there, its size in pixels."""

    sha256: str
    width: int
    height: int


def keep(data: bytes, folder: str) -> KeptPhoto:
    """Store the picture, upright and without metadata. Raises PhotoNotAccepted."""
    if len(data) > MOST_BYTES:
        raise PhotoNotAccepted()
    drawn, size = _drawn(data)
    digest = sha256(drawn).hexdigest()
    place = path_of(digest, folder)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(drawn)
    return KeptPhoto(digest, *size)


def path_of(digest: str, folder: str) -> Path:
    return Path(current_app.config["PORTAL"].documents) / folder / f"{digest}.jpg"


def _drawn(data: bytes) -> tuple[bytes, tuple[int, int]]:
    """The picture as JPEG and its size: turned as its camera says, on white, no larger than shown."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as given:
            if given.width * given.height > MOST_PIXELS:
                raise PhotoNotAccepted()
            given.draft("RGB", (SIDE, SIDE))
            upright = ImageOps.exif_transpose(given)
            upright.thumbnail((SIDE, SIDE))
            picture = upright.convert("RGBA")
    except Exception as fault:  # a broken picture fails anywhere inside the reader, in its own many ways
        raise PhotoNotAccepted() from fault
    plain = Image.new("RGB", picture.size, "white")
    plain.paste(picture, mask=picture.getchannel("A"))
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=82, optimize=True, progressive=True)
    return out.getvalue(), plain.size

"""Photos that stand on their side, and say of their maker what no reader expects."""

import io

from PIL import Image

_MAKER = b"\x01\x0f\x00\x02"  # the tag, and that it is a text


def turned(maker: bytes = _MAKER, kind: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif.update({0x0112: 6, 0x010F: "maker"})
    out = io.BytesIO()
    Image.new("RGB", (4, 3)).save(out, kind, exif=exif)
    assert _MAKER in out.getvalue()
    return out.getvalue().replace(_MAKER, maker)


# A tag that holds a number, and here a text.
BROKEN = tuple(turned(b"\x01\x08\x00\x02", kind) for kind in ("JPEG", "WEBP"))

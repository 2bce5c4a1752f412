"""Drawings with places: ``[[area]]`` in an SVG of a pack is filled with the number that a variant has drawn.

The address of a picture carries the numbers, so that it can be kept by browsers and shown again years later.
Only numbers get in: whatever else stands there is no address of a drawing.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from portal.kernel.errors import N_, NotFound
from portal.training.rules.formats.exchange import plain

PLACE: Final = re.compile(r"\[\[\s*([a-z_][a-z0-9_]*)\s*\]\]")
ASKED: Final = "drawn"  # the name in an address
_PICTURE: Final = re.compile(r"media/[a-z0-9]+(?:[.-][a-z0-9]+)*\.svg(?=[\s\")'>])")
_NUMBERS: Final = re.compile(r"[a-z_][a-z0-9_]{0,39}:-?\d{1,15}(?:\.\d{1,15})?")
_MOST: Final = 20
_VIEW: Final = re.compile(rb"viewBox=[\"']\s*[-\d.]+[\s,]+[-\d.]+[\s,]+(\d{1,5})")
WIDE: Final = 640  # of drawings: beyond it their words cannot be read where they are shrunk to a phone


class UnknownFigure(NotFound):
    message = N_("There is no such drawing.")


def is_wide(drawing: bytes) -> bool:
    """Whether the words of this SVG are too small where it is shrunk to a phone."""
    found = _VIEW.search(drawing[:1_000])
    return found is not None and int(found[1]) > WIDE


def places_of(text: str) -> set[str]:
    """The names that a text or a drawing has places for."""
    return set(PLACE.findall(text))


def grouped(number: Decimal) -> str:
    """As pages of both languages write it: 12,000."""
    return f"{Decimal(plain(number)):,f}"


def filled(text: str, numbers: Mapping[str, Decimal], write: Callable[[Decimal], str] = plain) -> str:
    """With the numbers in their places; a place without a number stays as it is."""
    return PLACE.sub(lambda found: write(numbers[found[1]]) if found[1] in numbers else found[0], text)


def addressed(text: str, numbers: Mapping[str, Decimal]) -> str:
    """A text of an item whose drawings are those with these numbers: ``media/plot.svg?drawn=area:300``."""
    said = ",".join(f"{name}:{plain(number)}" for name, number in numbers.items())
    return _PICTURE.sub(rf"\g<0>?{ASKED}={said}", text) if said else text


def numbers_of(asked: str) -> dict[str, Decimal]:
    """What an address says. Raises UnknownFigure for anything but a few numbers with their names."""
    parts = asked.split(",") if asked else []
    if len(parts) > _MOST or not all(_NUMBERS.fullmatch(part) for part in parts):
        raise UnknownFigure()
    pairs = (part.partition(":") for part in parts)
    return {name: Decimal(number) for name, _colon, number in pairs}


def drawn(data: bytes, asked: str) -> bytes:
    """The drawing with the numbers of an address in it. Raises UnknownFigure."""
    numbers = numbers_of(asked)
    return filled(data.decode("utf-8", "replace"), numbers).encode() if numbers else data

"""The badge of each audience, drawn for this portal: flat shapes, the same as SVG and as pixels.

Everyone: a tree. Managers: bars that fall below a line. Technicians: the rings of a trunk with a core taken.
Media: a page with a mark of quotation. Coordinates on a square of 400.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

SIDE: Final = 400
_FINE: Final = 4  # drawn so much larger and made smaller again, so that edges are smooth
_INK, _PAPER, _WOOD, _LEAF, _RING = "#123529", "#eef5f0", "#7a5230", "#2f7d57", "#c8923c"


@dataclass(frozen=True, slots=True)
class Disc:
    x: int
    y: int
    radius: int
    fill: str

    def svg(self) -> str:
        return f'<circle cx="{self.x}" cy="{self.y}" r="{self.radius}" fill="{self.fill}"/>'

    def paint(self, on: ImageDraw.ImageDraw) -> None:
        box = (self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius)
        on.ellipse([_FINE * edge for edge in box], fill=self.fill)


@dataclass(frozen=True, slots=True)
class Outline:
    """A filled polygon."""

    points: tuple[tuple[int, int], ...]
    fill: str

    def svg(self) -> str:
        points = " ".join(f"{x},{y}" for x, y in self.points)
        return f'<polygon points="{points}" fill="{self.fill}"/>'

    def paint(self, on: ImageDraw.ImageDraw) -> None:
        on.polygon([(_FINE * x, _FINE * y) for x, y in self.points], fill=self.fill)


Shape = Disc | Outline


def _bar(left: int, top: int, right: int, bottom: int, fill: str) -> Outline:
    return Outline(((left, top), (right, top), (right, bottom), (left, bottom)), fill)


def _seal(edge: str) -> tuple[Shape, ...]:
    return (Disc(200, 200, 196, edge), Disc(200, 200, 176, _PAPER), Disc(200, 200, 166, _INK),
            Disc(200, 200, 160, _PAPER))  # fmt: skip


BADGES: Final[Mapping[str, tuple[Shape, ...]]] = {
    "everyone": (
        *_seal(_LEAF),
        _bar(188, 250, 212, 312, _WOOD),
        Outline(((200, 88), (262, 178), (138, 178)), _LEAF),
        Outline(((200, 128), (282, 228), (118, 228)), _LEAF),
        Outline(((200, 172), (300, 278), (100, 278)), _LEAF),
        _bar(120, 308, 280, 316, _INK),
    ),
    "managers": (
        *_seal("#2b5c8a"),
        _bar(112, 120, 148, 288, "#2b5c8a"),
        _bar(164, 160, 200, 288, "#2b5c8a"),
        _bar(216, 204, 252, 288, "#2b5c8a"),
        _bar(268, 244, 304, 288, _LEAF),
        _bar(96, 288, 320, 298, _INK),
        Outline(((112, 92), (120, 84), (308, 216), (300, 224)), _RING),
    ),
    "technicians": (
        *_seal(_WOOD),
        *(
            Disc(200, 200, radius, fill)
            for radius, fill in (
                (128, _WOOD), (116, "#e8d5b7"), (96, _RING), (88, "#e8d5b7"), (64, _RING), (57, "#e8d5b7"),
                (34, _RING), (28, "#e8d5b7"), (8, _WOOD),
            )
        ),
        Outline(((196, 200), (204, 200), (330, 116), (322, 104)), _INK),
    ),
    "media": (
        *_seal("#8a2b3c"),
        _bar(120, 96, 280, 304, _INK),
        _bar(128, 104, 272, 296, "#ffffff"),
        Disc(164, 148, 16, "#8a2b3c"), Outline(((180, 148), (180, 160), (160, 184), (152, 180)), "#8a2b3c"),
        Disc(212, 148, 16, "#8a2b3c"), Outline(((228, 148), (228, 160), (208, 184), (200, 180)), "#8a2b3c"),
        _bar(148, 208, 252, 216, _LEAF), _bar(148, 232, 252, 240, _LEAF), _bar(148, 256, 220, 264, _LEAF),
    ),
}  # fmt: skip


def svg(audience: str, label: str, inside: str = "") -> str:
    """The drawing with its name for readers who do not see it; ``inside`` is put before all shapes.

    ``label`` is plain text that is already safe in XML. Raises KeyError for an unknown audience.
    """
    shapes = "".join(shape.svg() for shape in BADGES[audience])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0" '
        f'viewBox="0 0 {SIDE} {SIDE}" role="img" aria-label="{label}">{inside}{shapes}</svg>'
    )


def png(audience: str, texts: PngInfo | None = None) -> bytes:
    """The drawing as PNG of 400 × 400, with texts in it. Raises KeyError for an unknown audience."""
    made = BytesIO()
    _pixels(audience).save(made, "PNG", pnginfo=texts)
    return made.getvalue()


@lru_cache(maxsize=len(BADGES))
def _pixels(audience: str) -> Image.Image:
    large = Image.new("RGBA", (SIDE * _FINE, SIDE * _FINE))
    on = ImageDraw.Draw(large)
    for shape in BADGES[audience]:
        shape.paint(on)
    small = large.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return small.quantize(64, method=Image.Quantize.FASTOCTREE)  # fewer bytes, and looks the same

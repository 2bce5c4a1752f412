"""A map of parcels as paths: drawn from our own outlines, without a tile of anybody else's.

Plate carrée at the middle latitude: over a project's few kilometres its error is far below a line's width.
Coordinates of outlines are degrees (WGS 84), of the drawing whole units of its view box.
"""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

WIDTH: Final = 3_600
MARGIN: Final = 150
LOWEST, HIGHEST = 1_600, 3_600
METRES_PER_DEGREE: Final = 111_320  # of latitude, and of longitude at the equator
LABELLED: Final = 40  # more names than this would lie over one another


@dataclass(frozen=True, slots=True)
class Shape:
    """One parcel on the map; ``x`` and ``y`` are where its name stands."""

    code: str
    path: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Map:
    """``bar`` units of the drawing are ``bar_metres`` on the ground; edges are degrees with four decimals."""

    width: int
    height: int
    shapes: tuple[Shape, ...]
    bar: int
    bar_metres: int
    west: str
    south: str
    east: str
    north: str

    @property
    def is_labelled(self) -> bool:
        return len(self.shapes) <= LABELLED


Ring = Sequence[Sequence[Any]]


def draw(outlines: Iterable[tuple[str, str]]) -> Map | None:
    """The map of (code, GeoJSON text of a Polygon or MultiPolygon); None when there is no outline."""
    rings = [(code, list(_rings(json.loads(text)))) for code, text in outlines]
    points = [point for _, each in rings for ring in each for point in ring]
    if not points:
        return None
    west, east = min(p[0] for p in points), max(p[0] for p in points)
    south, north = min(p[1] for p in points), max(p[1] for p in points)
    shrink = math.cos(math.radians((south + north) / 2))
    across, along = max((east - west) * shrink, 10**-6), max(north - south, 10**-6)
    scale = min((WIDTH - 2 * MARGIN) / across, (HIGHEST - 2 * MARGIN) / along)  # units per degree of latitude
    height = max(LOWEST, round(along * scale) + 2 * MARGIN)
    left, top = (WIDTH - across * scale) / 2, (height - along * scale) / 2

    def place(point: Sequence[Any]) -> tuple[int, int]:
        return (
            round(left + (point[0] - west) * shrink * scale),
            round(top + (north - point[1]) * scale),
        )

    metres = _round_length(METRES_PER_DEGREE * WIDTH / scale / 4)
    shapes = tuple(_shape(code, [[place(p) for p in ring] for ring in each]) for code, each in rings)
    return Map(
        WIDTH, height, shapes,
        round(metres * scale / METRES_PER_DEGREE), metres,
        f"{west:.4f}", f"{south:.4f}", f"{east:.4f}", f"{north:.4f}",
    )  # fmt: skip


def _rings(geometry: Any) -> Iterator[Ring]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    for polygon in polygons:
        yield from polygon


def _shape(code: str, rings: list[list[tuple[int, int]]]) -> Shape:
    path = "".join(f"M{' '.join(f'{x},{y}' for x, y in _without_repeats(ring))}z" for ring in rings)
    widest = max(rings, key=lambda ring: max(x for x, _ in ring) - min(x for x, _ in ring))
    xs, ys = [x for x, _ in widest], [y for _, y in widest]
    return Shape(code, path, (min(xs) + max(xs)) // 2, (min(ys) + max(ys)) // 2)


def _without_repeats(ring: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Corners that fall on one another at this scale are drawn once."""
    last = None
    for corner in ring:
        if corner != last:
            yield corner
        last = corner


def _round_length(metres: Any) -> int:
    """The largest 1, 2 or 5 times a power of ten that is no longer."""
    longest = max(1, int(metres))
    power: int = 10 ** (len(str(longest)) - 1)
    return max(step * power for step in (1, 2, 5) if step * power <= longest)

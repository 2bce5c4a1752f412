"""Land: outlines that are checked, measured on the ellipsoid, and kept from being counted twice.

Coordinates are degrees of longitude and latitude in WGS 84, which CGCS2000 equals here to a few centimetres.
Areas are those of the geodesic polygon (C. F. F. Karney, "Algorithms for geodesics", 2013, by geographiclib);
validity, order of vertices and intersections are GEOS' (by shapely). Both work in floating point; what
leaves here is whole square metres and text.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final, NoReturn

import shapely
from geographiclib.geodesic import Geodesic
from shapely.geometry import Polygon, shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from portal.kernel.canonical import read_json
from portal.kernel.errors import N_, InvalidInput, NotFound, Refused

PER_DEGREE: Final = 10_000_000
GRID: Final = 1 / PER_DEGREE  # degrees that coordinates are kept to: about a centimetre
MOST_BYTES: Final = 5 * 1024 * 1024
MOST_PARCELS: Final = 2_000
MOST_POINTS: Final = 200_000
LARGEST_M2: Final = 100_000_000_000  # 100,000 km²: what is larger was drawn in another unit
# Two people who draw one border draw two lines. Up to this part of the smaller parcel is a border, not land.
BORDER_SHARE: Final = 1_000
MOST_CROSSINGS: Final = 100_000  # two drawings of one border have one for each corner at most

_SIDES: Final = 5  # that are looked at together: each may cross all of the other's
_KNOWN_CRS: Final = ("CRS84", "EPSG::4326", "EPSG:4326", "EPSG::4490", "EPSG:4490")


class Tenure(StrEnum):
    """By what right the land is used; what is not clear cannot be credited."""

    STATE = "state"
    COLLECTIVE = "collective"
    CONTRACTED = "contracted"
    LEASED = "leased"
    UNCLEAR = "unclear"


class NotGeoJson(InvalidInput):
    message = N_("This is not GeoJSON with polygons in it.")


class OtherCoordinates(InvalidInput):
    message = N_(
        "Parcel %(number)s has no degrees of longitude and latitude. "
        "Export it in WGS 84 or CGCS2000 degrees, longitude first."
    )


class BadOutline(InvalidInput):
    message = N_("The outline of parcel %(number)s crosses or touches itself near %(place)s.")


class TooManyParcels(InvalidInput):
    message = N_("A file may hold at most %(parcels)s parcels and %(points)s corner points.")


class AreaUnlikely(InvalidInput):
    message = N_("Parcel %(number)s is smaller than a square metre or larger than a country’s forest.")


class ParcelTaken(Refused):
    message = N_(
        "Parcel %(code)s overlaps parcel %(other)s of project %(project)s by %(area)s m² in the same years."
    )


class ParcelCodeTaken(Refused):
    message = N_("The project already has a parcel %(code)s.")


class BadParcelCode(InvalidInput):
    message = N_("“%(code)s” is no code of a parcel: use letters, digits, dots and hyphens.")


class PeriodBackwards(InvalidInput):
    message = N_("The last day comes before the first.")


class TooManyCrossings(InvalidInput):
    message = N_(
        "The outline crosses that of a parcel in the register at more than %(most)s places, too many to "
        "compare them. Simplify it, and enter it again."
    )


class UnknownParcel(NotFound):
    message = N_("There is no such parcel.")


@dataclass(frozen=True, slots=True)
class Box:
    """Smallest and largest coordinates in units of 1e-7 degrees."""

    west: int
    south: int
    east: int
    north: int


@dataclass(frozen=True, slots=True)
class Outline:
    """The shape of a parcel. ``geojson`` is one text for one shape, whichever corner its drawing began at."""

    geojson: str
    box: Box
    area_m2: int

    @property
    def sha256(self) -> str:
        return sha256(self.geojson.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Drawn:
    """One feature of a file: its outline and what its properties call it ("" when they do not)."""

    outline: Outline
    code: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A parcel that stands in the register, as far as a newcomer must keep off it."""

    project: str
    code: str
    geojson: str
    valid_from: date
    valid_to: date


def read(data: bytes) -> list[Drawn]:
    """The parcels in a GeoJSON file, in its order.

    Raises NotGeoJson, OtherCoordinates, BadOutline, TooManyParcels, AreaUnlikely.
    """
    if len(data) > MOST_BYTES:
        raise TooManyParcels(parcels=MOST_PARCELS, points=MOST_POINTS)
    features = list(_features(_parsed(data)))
    if not features:
        raise NotGeoJson()
    if len(features) > MOST_PARCELS or sum(_points(each.get("geometry")) for each in features) > MOST_POINTS:
        raise TooManyParcels(parcels=MOST_PARCELS, points=MOST_POINTS)
    return [
        Drawn(outline_of(feature.get("geometry"), number), _code_in(feature))
        for number, feature in enumerate(features, start=1)
    ]


def outline_of(geometry: object, number: int = 1) -> Outline:
    """A GeoJSON Polygon or MultiPolygon; ``number`` names it in refusals. Raises as ``read``."""
    try:
        drawn = shapely.force_2d(shape(_in_degrees(geometry, number)))
    except (ValueError, TypeError, IndexError, shapely.errors.ShapelyError):
        raise NotGeoJson() from None
    if not drawn.is_valid:
        raise BadOutline(number=number, place=explain_validity(drawn).partition("[")[2].rstrip("]") or "?")
    tidy = shapely.orient_polygons(shapely.normalize(shapely.set_precision(drawn, GRID)))
    parts = list(_polygons(tidy))
    areas = [_area(part) for part in parts]
    if not areas or min(areas) < 1 or sum(areas) > LARGEST_M2:
        raise AreaUnlikely(number=number)
    west, south, east, north = (round(edge * PER_DEGREE) for edge in tidy.bounds)
    return Outline(_text(parts), Box(west, south, east, north), int(sum(areas)))


def smallest_part_m2(outline: str) -> int:
    """Square metres of the smallest contiguous piece of an outline (text of ``Outline.geojson``)."""
    return int(min(_area(part) for part in _polygons(shape(json.loads(outline)))))


def overlap_m2(one: str, other: str) -> int:
    """Square metres that two outlines (texts of ``Outline.geojson``) share, rounded down.

    Raises TooManyCrossings.
    """
    first, second = shape(json.loads(one)), shape(json.loads(other))
    _count_crossings(first, second)
    return int(sum(_area(part) for part in _polygons(shapely.intersection(first, second))))


def _count_crossings(one: BaseGeometry, other: BaseGeometry) -> None:
    """Raises TooManyCrossings: two combs of 800 teeth lying across each other share 640,000 pieces, more than
    any memory holds."""
    sides, others, found = _sides(one), shapely.STRtree(_sides(other)), 0
    for at in range(0, len(sides), _SIDES):
        found += others.query(sides[at : at + _SIDES], predicate="crosses").shape[1]
        if found > MOST_CROSSINGS:
            raise TooManyCrossings(most=MOST_CROSSINGS)


def _sides(outline: BaseGeometry) -> Any:
    """An array of lines from each corner to the next."""
    rings = shapely.get_parts(shapely.boundary(outline))
    return shapely.linestrings([side for ring in rings for side in pairwise(ring.coords)])


def is_taken(shared_m2: int, one_m2: int, other_m2: int) -> bool:
    """Whether that much shared land is more than two drawings of one border."""
    return shared_m2 * BORDER_SHARE > min(one_m2, other_m2)


def share_days(first: tuple[date, date], second: tuple[date, date]) -> bool:
    """Whether two periods (both days inclusive) have a day in common."""
    return first[0] <= second[1] and second[0] <= first[1]


def as_geojson(parcels: Iterable[tuple[str, dict[str, Any]]]) -> str:
    """A FeatureCollection of (outline text, properties)."""
    features = [
        f'{{"type":"Feature","properties":{json.dumps(properties, ensure_ascii=False)},"geometry":{outline}}}'
        for outline, properties in parcels
    ]
    return '{"type":"FeatureCollection","features":[' + ",".join(features) + "]}"


def _parsed(data: bytes) -> Any:
    def refuse(_text: str) -> NoReturn:
        raise NotGeoJson()

    try:
        return read_json(data.decode("utf-8-sig"), parse_constant=refuse)
    except ValueError:
        raise NotGeoJson() from None


def _features(value: Any) -> Iterator[dict[str, Any]]:
    """Every feature of a document, a bare geometry as one. Raises NotGeoJson, OtherCoordinates."""
    if not isinstance(value, dict):
        raise NotGeoJson()
    if "crs" in value and not any(known in json.dumps(value["crs"]) for known in _KNOWN_CRS):
        raise OtherCoordinates(number=1)
    if value.get("type") == "FeatureCollection":
        features = value.get("features")
        if not isinstance(features, list) or not all(isinstance(each, dict) for each in features):
            raise NotGeoJson()
        yield from features
    elif value.get("type") == "Feature":
        yield value
    else:
        yield {"geometry": value}


def _code_in(feature: dict[str, Any]) -> str:
    properties = feature.get("properties")
    value = properties.get("code", "") if isinstance(properties, dict) else ""
    return str(value).strip()[:64] if isinstance(value, str | int) else ""


def _in_degrees(geometry: object, number: int) -> dict[str, Any]:
    """The same geometry. Raises NotGeoJson, OtherCoordinates."""
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise NotGeoJson()
    for position in _positions(geometry.get("coordinates")):
        if not all(type(each) in (int, float) for each in position) or not 2 <= len(position) <= 4:
            raise NotGeoJson()
        if not (-180 <= position[0] <= 180 and -90 <= position[1] <= 90):
            raise OtherCoordinates(number=number)
    return geometry


def _positions(value: Any, depth: int = 0) -> Iterator[list[Any]]:
    """All positions of nested coordinate lists, which are at most four deep."""
    if not isinstance(value, list) or not value or depth > 3:
        raise NotGeoJson()
    if not isinstance(value[0], list):
        yield value
        return
    for each in value:
        yield from _positions(each, depth + 1)


def _points(geometry: object) -> int:
    return sum(1 for _ in _positions(geometry.get("coordinates"))) if isinstance(geometry, dict) else 0


def _polygons(drawn: BaseGeometry) -> Iterator[Polygon]:
    """The faces of a geometry; borders and points that an intersection may leave are none."""
    if isinstance(drawn, Polygon):
        if not drawn.is_empty:
            yield drawn
    elif hasattr(drawn, "geoms"):
        for part in drawn.geoms:
            yield from _polygons(part)


def _area(part: Polygon) -> float:
    """Square metres of a polygon on the ellipsoid, its holes left out."""
    return _ring_area(part.exterior.coords) - sum(_ring_area(hole.coords) for hole in part.interiors)


def _ring_area(points: Iterable[tuple[float, ...]]) -> float:
    ring = Geodesic.WGS84.Polygon()
    for longitude, latitude, *_ in list(points)[:-1]:
        ring.AddPoint(latitude, longitude)
    area: float = abs(ring.Compute()[2])
    return area


def _text(parts: list[Polygon]) -> str:
    rings = [
        [[_place(point) for point in ring.coords] for ring in (part.exterior, *part.interiors)]
        for part in parts
    ]
    kind, coordinates = ("Polygon", rings[0]) if len(rings) == 1 else ("MultiPolygon", rings)
    return json.dumps({"type": kind, "coordinates": coordinates}, separators=(",", ":"))


def _place(point: tuple[float, ...]) -> list[float]:
    return [round(point[0], 7), round(point[1], 7)]

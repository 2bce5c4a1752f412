"""Maps of parcels: drawn to scale, north up, nothing left out and nothing outside."""

import json
import math
import re

from hypothesis import given
from hypothesis import strategies as st

from portal.registry.rules import maps
from portal.registry.rules.counties import COUNTIES, county_name
from tests.factories.land import SQUARE


def outline(*rings: list[list[float]]) -> str:
    return json.dumps({"type": "Polygon", "coordinates": list(rings)})


def corners(path: str) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in re.findall(r"(-?\d+),(-?\d+)", path)]


def test_a_square_on_the_ground_is_a_square_on_the_map():
    # One hundredth of a degree north, and as many metres east at this latitude.
    east = 0.01 / math.cos(math.radians(47.005))
    ring = [[128, 47], [128 + east, 47], [128 + east, 47.01], [128, 47.01], [128, 47]]
    drawn = maps.draw([("A", outline(ring))])
    assert drawn
    points = corners(drawn.shapes[0].path)
    across = max(x for x, _ in points) - min(x for x, _ in points)
    along = max(y for _, y in points) - min(y for _, y in points)
    assert abs(across - along) <= 2
    # North is up: the first corner is the south-west one.
    assert points[0] == (min(x for x, _ in points), max(y for _, y in points))


def test_the_bar_is_as_long_as_it_says():
    drawn = maps.draw([("A", outline(SQUARE))])
    assert drawn
    points = corners(drawn.shapes[0].path)
    metres_per_unit = 0.015 * maps.METRES_PER_DEGREE / (max(y for _, y in points) - min(y for _, y in points))
    assert abs(drawn.bar * metres_per_unit - drawn.bar_metres) < drawn.bar_metres / 100
    assert str(drawn.bar_metres)[0] in "125"


@given(
    st.lists(
        st.tuples(st.integers(120_0000, 135_0000), st.integers(40_0000, 53_0000)), min_size=3, max_size=30
    )
)
def test_nothing_is_drawn_outside_the_frame(points: list[tuple[int, int]]):
    ring = [[x / 10_000, y / 10_000] for x, y in [*points, points[0]]]
    drawn = maps.draw([("A", outline(ring))])
    assert drawn
    for x, y in corners(drawn.shapes[0].path):
        assert 0 <= x <= drawn.width
        assert 0 <= y <= drawn.height


def test_holes_and_islands_are_part_of_one_parcel():
    hole = [[128.905, 47.725], [128.91, 47.725], [128.91, 47.73], [128.905, 47.725]]
    island = [[[129.0, 47.72], [129.01, 47.72], [129.01, 47.73], [129.0, 47.72]]]
    text = json.dumps({"type": "MultiPolygon", "coordinates": [[SQUARE, hole], island]})
    drawn = maps.draw([("A", text)])
    assert drawn
    assert drawn.shapes[0].path.count("M") == 3


def test_no_parcels_make_no_map():
    assert maps.draw([]) is None


def test_counties_are_the_citys_ten():
    assert len(COUNTIES) == 10
    assert all(code.startswith("2307") and name.is_complete for code, name in COUNTIES.items())
    assert county_name("110101").zh == "110101"

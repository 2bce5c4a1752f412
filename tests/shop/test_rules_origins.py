"""Whose money it is, as a rule: shared out to the minor unit, moved, and named."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.money import Money
from portal.shop.rules.origins import Origin, OriginKind, Sold, UnknownOrigin, moved, share_out

FOREST = Origin(OriginKind.PROJECT, "HLYC-0001")
OTHER = Origin(OriginKind.PROJECT, "HLYC-0002")
CNY = Money.cny

ORIGINS = [Origin(OriginKind.PROJECT, letter) for letter in "ABC"]
SOLD = st.builds(
    Sold,
    st.integers(1, 10**9).map(lambda minor: Money(minor, "CNY")),
    st.integers(1, 10**6),
    st.dictionaries(st.sampled_from(ORIGINS), st.integers(1, 10**9), min_size=1),
)


@given(st.integers(1, 10**12), st.lists(SOLD, min_size=1, max_size=5))
def test_the_parts_add_up_and_none_is_off_by_a_minor_unit(minor: int, sold: list[Sold]) -> None:
    parts = share_out(Money(minor, "CNY"), sold)
    assert sum(part.minor for part in parts.values()) == minor
    weights = [each.weights() for each in sold]
    whole = sum(sum(each.values()) for each in weights)
    for origin in ORIGINS:
        exact = minor * sum((each.get(origin, Fraction(0)) for each in weights), Fraction(0)) / whole
        assert abs(parts.get(origin, CNY(0)).minor - exact) < 1


def test_of_equal_remainders_the_first_by_code_gets_it() -> None:
    halves = Sold(CNY("1"), 800_000, {ORIGINS[1]: 500, ORIGINS[0]: 500})
    assert share_out(Money(81, "CNY"), [halves]) == {
        ORIGINS[0]: Money(41, "CNY"),
        ORIGINS[1]: Money(40, "CNY"),
    }
    assert share_out(CNY("1"), []) == {}


def test_what_is_taken_away_is_booked_before_what_is_added() -> None:
    change = moved({FOREST: CNY("3"), OTHER: CNY("1")}, {OTHER: CNY("4")})
    assert list(change.items()) == [(FOREST, CNY("-3")), (OTHER, CNY("3"))]
    assert moved({FOREST: CNY("3")}, {FOREST: CNY("3")}) == {}


@pytest.mark.parametrize("typed", ["", "project", "project:", "forest:A", "HLYC-0001", "project:A/"])
def test_what_is_no_origin(typed: str) -> None:
    assert Origin.parse("project:HLYC-0001") == FOREST
    with pytest.raises(UnknownOrigin):
        Origin.parse(typed)


@pytest.mark.parametrize("text", ["project:HLYC-0001", "planting:LY-2027", "project:HLYC-0001/village"])
def test_an_origin_reads_back(text: str) -> None:
    assert str(Origin.parse(text)) == text
    assert str(Origin.parse(text).whole) == text.partition("/")[0]


def test_what_is_left_over_goes_to_the_largest_remainder() -> None:
    thirds = Sold(CNY("1"), 800_000, {ORIGINS[0]: 1, ORIGINS[1]: 2})
    assert share_out(Money(1, "CNY"), [thirds]) == {ORIGINS[1]: Money(1, "CNY")}
    assert share_out(Money(9, "CNY"), [thirds, thirds]) == {
        ORIGINS[0]: Money(3, "CNY"),
        ORIGINS[1]: Money(6, "CNY"),
    }

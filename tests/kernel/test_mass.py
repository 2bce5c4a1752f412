"""Grams are whole, sums are exact, and rounding is always said."""

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.mass import ZERO, Mass, NegativeMass, total
from portal.kernel.numbers import NotANumber, TooFine, TooLarge

GRAMS = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("mass", "grams"),
    [
        (Mass.kg("250"), 250_000),
        (Mass.kg(250), 250_000),
        (Mass.kg("0.001"), 1),
        (Mass.t("1.5"), 1_500_000),
        (Mass.t("28,571"), 28_571_000_000),
        (Mass.kg("1,000,000,000"), 10**12),
        (Mass.g(7), 7),
    ],
)
def test_kilograms_and_tonnes_become_grams(mass: Mass, grams: int):
    assert mass.grams == grams


@pytest.mark.parametrize(
    ("text", "error"), [("0.0001", TooFine), ("NaN", NotANumber), ("1e3", NotANumber), ("１２", NotANumber)]
)
def test_what_is_no_mass_is_refused_by_name(text: str, error: type[Exception]):
    with pytest.raises(error):
        Mass.kg(text)


@pytest.mark.parametrize("grams", [1.0, True, "1", None])
def test_grams_are_whole_numbers(grams: object):
    with pytest.raises(TypeError):
        Mass(grams)  # type: ignore[arg-type]


def test_a_mass_fits_its_column():
    for last in (2**63 - 1, -(2**63 - 1)):
        assert Mass(last).grams == last
    for beyond in (2**63, -(2**63)):
        with pytest.raises(OverflowError):
            Mass(beyond)
    with pytest.raises(TooLarge):
        Mass.t("999999999999999")


@pytest.mark.parametrize("grams", [0, -1])
def test_a_quantity_is_more_than_nothing(grams: int):
    with pytest.raises(NegativeMass):
        Mass(grams).quantity()
    assert Mass(1).quantity() == Mass(1)


def test_masses_have_an_order_and_do_not_change():
    assert Mass(-1) < ZERO < Mass(1) <= Mass(1) < Mass.kg(1)
    with pytest.raises(FrozenInstanceError):
        Mass(1).grams = 2  # type: ignore[misc]


@given(GRAMS)
def test_whole_kilograms_lie_on_both_sides(grams: int):
    mass = Mass(grams)
    assert mass.kg_down * 1_000 <= grams <= mass.kg_up * 1_000
    assert mass.kg_up - mass.kg_down == (grams % 1_000 != 0)


@given(GRAMS, GRAMS, GRAMS)
def test_sums_do_not_depend_on_the_order(a: int, b: int, c: int):
    masses = [Mass(a), Mass(b), Mass(c)]
    assert total(masses) == Mass(a) + (Mass(b) + Mass(c)) == total(list(reversed(masses)))
    assert Mass(a) - Mass(a) == ZERO
    assert not ZERO


@pytest.mark.parametrize("other", [1, 1.0, "1"])
def test_a_mass_meets_only_masses(other: object):
    with pytest.raises(TypeError):
        Mass(1) + other  # type: ignore[operator]
    with pytest.raises(TypeError):
        Mass(1) - other  # type: ignore[operator]
    with pytest.raises(TypeError):
        assert Mass(1) < other  # type: ignore[operator]

"""Money is counted in 分, and there is one place that rounds."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.mass import Mass
from portal.kernel.money import MixedCurrencies, Money, NothingToPay, UnknownCurrency, price
from portal.kernel.numbers import NotANumber, TooFine, TooLarge

PER_TONNE = st.integers(1, 10**7).map(lambda minor: Money(minor, "CNY"))
KILOGRAMS = st.integers(1, 10**7)


@pytest.mark.parametrize(
    ("text", "minor"), [("25.00", 2_500), ("25", 2_500), ("0.01", 1), ("1,234.5", 123_450), ("-3.20", -320)]
)
def test_yuan_become_fen(text: str, minor: int):
    assert Money.cny(text) == Money(minor, "CNY")


@pytest.mark.parametrize(
    ("text", "error"), [("0.005", TooFine), ("Infinity", NotANumber), ("1_000", NotANumber), ("9" * 15, None)]
)
def test_half_a_fen_and_no_number_are_refused(text: str, error: type[Exception] | None):
    if error is None:
        assert Money.cny(text).minor == int(text) * 100
        return
    with pytest.raises(error):
        Money.cny(text)


@pytest.mark.parametrize("minor", [1.0, True, "1"])
def test_minor_units_are_whole_numbers(minor: object):
    with pytest.raises(TypeError):
        Money(minor, "CNY")  # type: ignore[arg-type]


def test_an_unknown_currency_is_refused():
    with pytest.raises(UnknownCurrency):
        Money(1, "XXX")
    with pytest.raises(UnknownCurrency):
        Money.of("1", "cny")


@pytest.mark.parametrize("currency", ["CNY", "HKD", "USD", "EUR"])
def test_every_currency_of_the_portal_has_two_places(currency: str):
    assert Money.of("1.25", currency) == Money(125, currency)
    with pytest.raises(TooFine):
        Money.of("1.255", currency)


@pytest.mark.parametrize("minor", [0, -1])
def test_a_payment_is_more_than_nothing(minor: int):
    with pytest.raises(NothingToPay):
        Money(minor, "CNY").payable()
    assert Money(1, "CNY").payable() == Money(1, "CNY")


def test_sums_and_differences_are_exact():
    assert Money.cny("1.01") + Money.cny("0.99") == Money.cny("2")
    assert Money.cny("1") - Money.cny("3.01") == Money.cny("-2.01")
    assert [bool(Money(minor, "CNY")) for minor in (-1, 0, 1)] == [True, False, True]


@pytest.mark.parametrize(("one", "other"), [(1, 2), (2, 2), (2, 1), (-1, 0)])
def test_amounts_have_the_order_of_their_minor_units(one: int, other: int):
    a, b = Money(one, "CNY"), Money(other, "CNY")
    assert (a < b, a <= b, a > b, a >= b) == (one < other, one <= other, one > other, one >= other)


def test_an_amount_does_not_change():
    with pytest.raises(FrozenInstanceError):
        Money(1, "CNY").minor = 2  # type: ignore[misc]


def test_two_currencies_never_meet():
    yuan, dollar = Money.cny("1"), Money.of("1", "USD")
    for meet in (
        lambda: yuan + dollar,
        lambda: yuan - dollar,
        lambda: yuan < dollar,
        lambda: yuan >= dollar,
    ):
        with pytest.raises(MixedCurrencies):
            meet()
    assert yuan != dollar


@pytest.mark.parametrize("other", [1, 1.0, True, "1", None])
def test_money_meets_only_money(other: object):
    for meet in (
        lambda: Money.cny("1") + other,
        lambda: Money.cny("1") - other,
        lambda: Money.cny("1") < other,
    ):
        with pytest.raises(TypeError):
            meet()


@pytest.mark.parametrize("times", [1.5, True, "2"])
def test_money_is_multiplied_by_whole_numbers_only(times: object):
    assert Money.cny("1.01") * 3 == Money.cny("3.03")
    with pytest.raises(TypeError):
        Money.cny("1") * times  # type: ignore[operator]


# --- the one place that rounds

Pricer = Callable[[Mass, Money], Money]


def parts_never_cost_less(pricer: Pricer, one: int, other: int, per_tonne: Money) -> bool:
    whole = pricer(Mass.kg(one + other), per_tonne)
    return pricer(Mass.kg(one), per_tonne) + pricer(Mass.kg(other), per_tonne) >= whole


@pytest.mark.parametrize(
    ("kg", "per_tonne", "cost"),
    [("250", "80.00", "20.00"), ("1", "80.00", "0.08"), ("1", "0.01", "0.01"), ("333", "88.88", "29.60")],
)
def test_a_price_is_rounded_up(kg: str, per_tonne: str, cost: str):
    assert price(Mass.kg(kg), Money.cny(per_tonne)) == Money.cny(cost)


@given(KILOGRAMS, KILOGRAMS, PER_TONNE)
def test_parts_never_cost_less_than_the_whole(one: int, other: int, per_tonne: Money):
    assert parts_never_cost_less(price, one, other, per_tonne)


def test_rounding_down_or_to_the_nearest_would_be_found():
    def nearest(mass: Mass, per_tonne: Money) -> Money:
        return Money((mass.grams * per_tonne.minor + 500_000) // 1_000_000, per_tonne.currency)

    assert not parts_never_cost_less(nearest, 4, 4, Money(100, "CNY"))


@given(KILOGRAMS, PER_TONNE)
def test_a_price_is_within_one_fen_of_the_exact_one(kg: int, per_tonne: Money):
    exact = Mass.kg(kg).grams * per_tonne.minor
    assert 0 <= price(Mass.kg(kg), per_tonne).minor * 1_000_000 - exact < 1_000_000


def test_a_price_too_large_for_its_column_cannot_be_typed():
    with pytest.raises(TooLarge):
        Money.cny("999,999,999,999,999") and Mass.t("999,999,999,999,999")

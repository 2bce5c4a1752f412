"""Typed numbers become exact values, or are refused: never a guess."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.numbers import NotANumber, TooFine, TooLarge, parse_decimal, to_units, whole


@pytest.mark.parametrize("text", ["", "-1", "1.5", "٣", "１", "1\n", "9" * 10, "9" * 5_000])
def test_what_an_address_carries_is_a_small_whole_number_or_none(text: str):
    assert whole(text, -7) == -7
    assert whole("007", -7) == 7


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("250", "250"),
        ("1.5", "1.5"),
        ("0.000000001", "0.000000001"),
        ("-3", "-3"),
        ("-0", "0"),
        ("007", "7"),
        (" 42 ", "42"),
        ("42\n", "42"),
        ("1,234", "1234"),
        ("28,571.25", "28571.25"),
        ("999999999999999", "999999999999999"),
    ],
)
def test_a_plain_decimal_is_read_exactly(text: str, value: str):
    assert parse_decimal(text) == Decimal(value)


REFUSED = [
    "", " ", "-", ".", "5.", ".5", "+5", "NaN", "sNaN", "Infinity", "-inf", "1e3", "1E999999999",
    "0x10", "1_000",
    "１２", "一百", "²", "٣", "1 000", "1.234,5", "1,23", "12,34,567", ",123", "1,234,", "1.2.3", "5kg", "½",
    "1" * 16, "1.0000000001", "1" + ",000" * 5, "9" * 200_000, "1\x002",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: ascii(text[:20]))
def test_what_two_readers_would_read_differently_is_no_number(text: str):
    with pytest.raises(NotANumber) as refusal:
        parse_decimal(text)
    assert refusal.value.params["text"] == text.strip()[:40]


@given(st.text())
def test_any_text_is_a_number_or_is_refused_by_name(text: str):
    with contextlib.suppress(NotANumber):
        assert parse_decimal(text).is_finite()


@given(st.integers(-(10**9), 10**9), st.sampled_from([1, 100, 1_000, 200_000, 1_000_000, 3_000_000]))
def test_units_are_exact_and_reversible(whole: int, per_unit: int):
    assert to_units(whole, per_unit) == whole * per_unit
    assert to_units(f"{whole:,}", per_unit) == whole * per_unit


@given(st.decimals(-(10**9), 10**9, places=3))
def test_thousandths_of_a_unit_are_exact(value: Decimal):
    text = f"{value:f}"
    assert Decimal(to_units(text, 1_000)) == value * 1_000


def test_what_does_not_come_out_even_is_too_fine():
    with pytest.raises(TooFine):
        to_units("0.0005", 1_000)


@pytest.mark.parametrize("text", ["999999999999999", "-999999999999999"])
def test_what_no_column_holds_is_too_large(text: str):
    assert to_units(text, 1_000) == int(text) * 1_000
    with pytest.raises(TooLarge):
        to_units(text, 1_000_000)


@pytest.mark.parametrize(
    ("text", "units"), [("9223372036854.775807", 2**63 - 1), ("9223372036854.775808", None)]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_the_last_number_that_a_column_holds_is_taken(text: str, units: int | None, sign: int):
    typed = text if sign > 0 else f"-{text}"
    if units is not None:
        assert to_units(typed, 1_000_000) == sign * units
        return
    with pytest.raises(TooLarge):
        to_units(typed, 1_000_000)


@pytest.mark.parametrize("value", [1.0, True, None, Decimal(1), b"1"])
def test_only_text_and_whole_numbers_are_taken(value: object):
    with pytest.raises(TypeError):
        to_units(value, 1)  # type: ignore[arg-type]

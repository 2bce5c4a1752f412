"""Grading: the checked sample items, numbers with units, partial credit, and what the learner is told."""

from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import PortalError
from portal.training.rules.grading import NotAResponse, grade, rule_of
from portal.training.rules.items import (
    FULL,
    MISSING,
    Calculator,
    Item,
    Matching,
    Multiple,
    Option,
    Ordering,
    Pair,
    Scoring,
    ShortAnswer,
    Single,
    TrueFalse,
)
from portal.training.rules.packs.bank import read_bank
from portal.training.rules.packs.faults import Notes
from portal.training.rules.quantities import read_quantity
from portal.training.rules.scenarios import Calculation, outcome_of
from portal.training.rules.variants import draw
from tests.factories.packs import pack_files

ITEMS = {item.id: item for item, _ in read_bank(pack_files()["bank/checked.yml"], Notes(""))}


def both(text: str) -> Bilingual:
    return Bilingual(text, text)


def item(task: object) -> Item:
    return Item("x", both("?"), task)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "answer", "is_right"),
    [
        ("carbon-to-co2", "3.667", True),
        ("carbon-to-co2", "3.67 t CO₂", True),
        ("carbon-to-co2", "3.65", True),
        ("carbon-to-co2", "3.64", False),
        ("carbon-to-co2", "３．６６７吨二氧化碳", True),
        ("carbon-to-co2", "3667 kg", True),
        ("carbon-to-co2", "7334 斤", True),
        ("buffer", "10200", True),
        ("buffer", "1.02 万吨", True),
        ("buffer", "10,200 t", True),
        ("buffer", "10 200", False),
        ("stand", "124.6", True),
        ("stand", "124.6 t CO2/ha", True),
        ("stand", "每公顷124.6吨", True),
        ("stand", "8.3 t/mu", True),
        ("stand", "8.31 吨/亩", True),
        ("stand", "33.99", False),
        ("stand", "124.6 t C/ha", False),
        ("growth", "498.5 t CO₂ a year", True),
        ("growth", "498.5吨/年", True),
        ("plots", "35", True),
        ("plots", "35 块", True),
        ("plots", "34", False),
        ("plots", "34.57", False),
        ("mu", "300", True),
        ("mu", "300 公顷", True),
        ("mu", "４，５００ 亩", True),
        ("mu", "3 km²", True),
        ("understated", "366,667", True),
        ("understated", "36.6667万吨", True),
        ("understated", "100000", False),
    ],
)
def test_the_checked_sample_items(name: str, answer: str, is_right: bool):
    if answer == "10 200":
        with pytest.raises(PortalError):
            grade(ITEMS[name], answer)
        return
    assert grade(ITEMS[name], answer).is_right is is_right


@pytest.mark.parametrize("answer", ["33.99", "33.99 t C/ha", "33.99 吨碳/公顷", "34.0 吨/公顷"])
def test_carbon_instead_of_co2_has_its_own_feedback(answer: str):
    mark = grade(ITEMS["stand"], answer)
    assert mark.credit == 0
    assert mark.feedback[0].en.startswith("33.99 t is the amount of carbon")
    assert [type(remark).__name__ for remark in mark.remarks] == ["CarbonNotDioxide"]
    assert grade(ITEMS["stand"], "34.5").remarks == ()


def test_34_plots_are_told_why():
    assert grade(ITEMS["plots"], "34").feedback[0].zh.startswith("34.57")


def test_a_unit_of_another_kind_is_said_to_be_wrong():
    mark = grade(ITEMS["mu"], "300 t")
    assert [type(remark).__name__ for remark in mark.remarks] == ["WrongUnit"]


@pytest.mark.parametrize("text", ["", "亩", "three", "1.2.3 ha", "5 foo", "--5", "1e400"])
def test_what_is_no_quantity_is_refused_by_name(text: str):
    with pytest.raises(PortalError):
        grade(ITEMS["mu"], text)


def test_units_are_exact():
    mu, ha = read_quantity("4500 亩"), read_quantity("300 ha")
    assert mu.number * mu.unit.size == ha.number * ha.unit.size
    assert read_quantity("420万斤").number * Fraction(1, 2) == 2_100_000


OPTIONS = (Option(both("a"), FULL), Option(both("b"), FULL), Option(both("c")), Option(both("d")))


@pytest.mark.parametrize(
    ("scoring", "taken", "credit"),
    [
        (Scoring.ALL_OR_NOTHING, {0, 1}, 1),
        (Scoring.ALL_OR_NOTHING, {0}, 0),
        (Scoring.RIGHT_MINUS_WRONG, {0, 1}, 1),
        (Scoring.RIGHT_MINUS_WRONG, {0}, Fraction(1, 2)),
        (Scoring.RIGHT_MINUS_WRONG, {0, 1, 2}, Fraction(1, 2)),
        (Scoring.RIGHT_MINUS_WRONG, {2, 3}, 0),
        (Scoring.RIGHT_MINUS_WRONG, {0, 1, 2, 3}, 0),
    ],
)
def test_partial_credit_is_as_printed(scoring: Scoring, taken: set[int], credit: Fraction):
    task = Multiple(OPTIONS, scoring)
    assert grade(item(task), frozenset(taken)).credit == credit
    assert rule_of(task)


def test_three_thirds_are_the_whole():
    third = Decimal("33.33333")
    task = Multiple((*(Option(both(c), third) for c in "abc"), Option(both("d"), -FULL)), Scoring.BY_WEIGHT)
    assert grade(item(task), frozenset({0, 1, 2})).is_right
    assert grade(item(task), frozenset({0, 1, 2, 3})).credit == 0


def test_the_other_kinds():
    single = item(Single(OPTIONS[1:]))
    assert grade(single, frozenset({0})).is_right
    with pytest.raises(NotAResponse):
        grade(single, frozenset({0, 1}))
    with pytest.raises(NotAResponse):
        grade(single, frozenset({9}))
    with pytest.raises(NotAResponse):
        grade(single, "a")
    verdict = item(TrueFalse(False, both("no"), both("yes")))
    assert grade(verdict, False).feedback == (both("yes"),)
    assert grade(verdict, True).feedback == (both("no"),)
    pairs = Matching((Pair(both("1"), both("a")), Pair(both("2"), both("b")), Pair(MISSING, both("c"))))
    assert grade(item(pairs), (0, 2)).credit == Fraction(1, 2)
    assert grade(item(pairs), (0, None)).credit == Fraction(1, 2)
    order = item(Ordering(tuple(both(c) for c in "abcd")))
    assert grade(order, (0, 1, 2, 3)).is_right
    assert grade(order, (1, 2, 3, 0)).credit == Fraction(2, 3)
    assert grade(order, (3, 2, 1, 0)).credit == 0
    with pytest.raises(NotAResponse):
        grade(order, (0, 0, 1, 2))
    short = item(ShortAnswer((Option(Bilingual("碳汇", "carbon sink*"), FULL),)))
    assert grade(short, " Carbon  Sinks ").is_right
    assert grade(short, "碳汇").is_right
    assert not grade(short, "source").is_right


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text("ab*", max_size=6), st.text("ab", max_size=8))
def test_a_star_in_a_short_answer_stands_for_any_characters_or_none(wanted: str, given: str):
    short = item(ShortAnswer((Option(both(wanted or "a"), FULL),)))
    assert grade(short, given).is_right is fnmatchcase(given, wanted or "a")


def test_an_answer_of_hundreds_of_stars_is_read_once():
    """It comes to an end: tried with every length of every star, it would take longer than the world."""
    hostile = item(ShortAnswer((Option(both("*a" * 499 + "*b"), FULL),)))
    assert not grade(hostile, "a" * 1_000).is_right
    assert grade(hostile, "a" * 999 + "b").is_right
    assert not grade(hostile, "a" * 498 + "b").is_right  # control: one of its letters is missing


def test_a_register_scenario_says_why():
    mark = grade(ITEMS["register"], frozenset({0, 1}))
    assert mark.credit == 0
    assert mark.feedback[1].en == "Nothing is issued without a verification report."
    assert grade(ITEMS["register"], frozenset({0})).is_right


def test_a_calculator_scenario_is_marked_on_result_place_factors_and_what_was_forgotten():
    solved = (("heating", "district"), ("electricity", "150"))
    result = outcome_of(Calculator("household-cn/2.0.0", 0, Decimal(0)), "230700", dict(solved)).result
    task = Calculator(
        "household-cn/2.0.0", result, Decimal(1), ("heating=district",), ("heat_district",), "230700",
        answers=solved,
    )  # fmt: skip
    assert grade(item(task), Calculation("230700", solved)).is_right
    mark = grade(item(task), Calculation("110000", (("heating", "none"), ("electricity", "999"))))
    assert mark.credit == 0
    assert [type(remark).__name__ for remark in mark.remarks] == [
        "ResultTooHigh", "AnotherPlace", "FactorNotUsed", "LineForgotten", "LookAgain",
    ]  # fmt: skip
    assert all(isinstance(remark.params.get("question", MISSING), Bilingual) for remark in mark.remarks)


def test_a_seed_gives_the_same_item_and_its_right_answer():
    first, again, other = (draw(ITEMS["stem-wood"], seed) for seed in ("ann", "ann", "bob"))
    assert first == again
    assert first.numbers != other.numbers
    volume = first.numbers["volume"]
    assert f"{volume} m³" in first.item.stem.zh
    assert first.item.task.answers[0].value == volume * Decimal("1.83")
    assert grade(first.item, f"{volume * Decimal('1.83')} t CO2/ha").is_right
    assert not grade(first.item, f"{volume} t CO2/ha").is_right

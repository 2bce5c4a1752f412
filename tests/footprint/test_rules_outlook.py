"""What a result leads to: narrowing answers, joint effects, the path to a target. Tables and properties."""

import pytest

from portal.footprint.rules import library
from portal.footprint.rules.answers import from_texts
from portal.footprint.rules.outlook import (
    PER_PERSON,
    Basis,
    joint,
    measure_of,
    narrowings,
    offered,
    parts_of,
    target_path,
    two_figures,
)
from tests.factories.footprint import COUPLE, MODELS

YICHUN = "230700"


def basis(model_id: str = "household-cn", version: str | None = None, **answers: str) -> Basis:
    model = library.model(model_id, version)
    return Basis(model, YICHUN, from_texts(model, answers))


@pytest.mark.parametrize("model_id", MODELS)
def test_a_narrowing_answer_shrinks_the_range_by_what_was_said(model_id: str):
    nothing = basis(model_id)
    now = nothing.estimate()
    found = narrowings(nothing, now)
    assert found, "where nothing is known something narrows"
    assert [item.percent for item in found] == sorted((item.percent for item in found), reverse=True)
    for item in found:
        width, then = now.high_g - now.low_g, item.high.grams - item.low.grams
        assert then < width
        assert item.percent == 100 - 100 * then // width


def test_an_answer_that_was_given_narrows_no_more():
    nothing = basis()
    first = narrowings(nothing, nothing.estimate())[0]
    answered = nothing.but(
        dict.fromkeys(first.keys, "90") if first.key == "home_area" else {"heating": "district"}
    )
    assert (
        not {"heating", "home_area"}
        & answered.given.keys()
        & {key for item in narrowings(answered, answered.estimate()) for key in item.keys}
    )


def test_with_everything_known_nothing_narrows():
    known = basis(version="1.0.0", **COUPLE)
    assert narrowings(known, known.estimate()) == []


def test_shares_that_are_asked_together_narrow_together():
    nothing = basis("event-cn", "1.0.0")
    together = [item.keys for item in narrowings(nothing, nothing.estimate(), most=10)]
    shares = ("share_local", "share_car", "share_rail", "share_air")
    assert all(keys == shares for keys in together if set(keys) & set(shares))


def test_the_joint_effect_of_a_choice_is_computed_and_not_the_sum():
    couple = basis(version="1.0.0", **COUPLE)
    useful = offered(couple)
    two = joint(couple, useful, ["less_meat", "fewer_flights"])
    alone = {change.action: change.saves_g for change in useful}
    assert two.one_by_one_g == alone["less_meat"] + alone["fewer_flights"]
    assert two.saves_g + two.after_g == couple.estimate().total_g
    assert sum(two.lines.values()) == two.after_g


def test_overlapping_actions_say_how_much_adding_up_would_have_been_wrong():
    """Both move the same line: half the car travel, and a car without fuel of its own."""
    model = library.model("household-cn")
    for one in model.actions:
        for two in model.actions:
            both = joint(basis(), offered(basis()), [one, two])
            if len(both.chosen) == 2 and both.overlap_g > 1000:
                assert both.saves_g < both.one_by_one_g
                return
    pytest.fail("no two actions of the model overlap, which this test lives on")


def test_what_is_done_already_or_unknown_is_not_offered_and_not_counted():
    careful = basis(version="1.0.0", **COUPLE | {"flights": "0", "diet": "none"})
    useful = offered(careful)
    assert not {"fewer_flights", "less_meat"} & {change.action for change in useful}
    assert joint(careful, useful, ["fewer_flights", "less_meat", "no_such_thing"]).chosen == ()


def test_the_path_keeps_the_dated_steps_and_marks_what_is_ours():
    path = target_path(2026, 4_200_000, {2030: 2_500_000, 2040: 1_400_000, 2050: 700_000})
    assert [(step.year, step.is_interpolated) for step in path] == [
        (2026, False), (2030, False), (2035, True), (2040, False), (2045, True), (2050, False)
    ]  # fmt: skip
    assert [step.grams for step in path] == [4_200_000, 2_500_000, 1_950_000, 1_400_000, 1_050_000, 700_000]


def test_a_target_of_the_past_is_no_step():
    assert [step.year for step in target_path(2031, 1, {2030: 5, 2040: 1})] == [2031, 2035, 2040]


def test_per_person_of_another_total():
    couple = basis(version="1.0.0", **COUPLE)
    assert measure_of(couple, PER_PERSON, 9_000_000) == 4_500_000
    assert measure_of(couple, "per_tree", 9_000_000) is None


@pytest.mark.parametrize("model_id", MODELS)
def test_parts_hold_every_gram_and_come_by_size(model_id: str):
    seen = basis(model_id).estimate()
    parts = parts_of(seen.lines)
    assert sum(part.grams for part in parts) == seen.total_g
    assert [part.grams for part in parts] == sorted((part.grams for part in parts), reverse=True)
    assert all(line.grams for part in parts for line in part.lines)


@pytest.mark.parametrize(
    ("grams", "rounded"),
    [(0, 0), (7, 7), (99, 99), (994, 990), (995, 1000), (9_363_709, 9_400_000), (12_499_999, 12_000_000)],
)
def test_two_figures(grams: int, rounded: int):
    assert two_figures(grams) == rounded

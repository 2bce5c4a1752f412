"""Results: ranges, grades, what would make them surer, what one could change, and the digest."""

from decimal import Decimal

import pytest

from portal.footprint.rules import library
from portal.footprint.rules.results import (
    beside,
    changes,
    city_grams,
    digest,
    estimate,
    lowest,
    own_measures,
)
from portal.footprint.rules.uncertainty import factor_log, interval, pedigree_gsd2
from tests.factories.footprint import CONFERENCE, COUPLE

YICHUN = "230700"
HOUSEHOLD = library.model("household-cn", "1.0.0")
EVENT = library.model("event-cn", "1.0.0")


def line(result, key):
    return next(line for line in result.lines if line.rule == key)


def test_pedigree_runs_from_sure_to_2_516():
    assert pedigree_gsd2((1, 1, 1, 1, 1)) == 1
    assert pedigree_gsd2((5, 5, 5, 5, 5)) == pytest.approx(2.516, abs=0.001)
    assert factor_log((1, 1, 1, 1, 1), Decimal(0)) == 0


@pytest.mark.parametrize(
    ("grams", "spread", "ends"),
    [
        (4_174_157, 0, (4_174_157, 4_174_157)),
        (0, 5.0, (0, 0)),
        (1_000_000, 700_000, (490_000, 2_100_000)),
        (7, 1.0, (6, 9)),
    ],
)
def test_intervals_are_rounded_outwards_to_two_figures(grams: int, spread: float, ends: tuple[int, int]):
    assert interval(grams, spread) == ends


def test_the_total_is_the_sum_of_its_lines_and_lies_in_its_range():
    for model, given in ((HOUSEHOLD, COUPLE), (EVENT, CONFERENCE), (HOUSEHOLD, {}), (EVENT, {})):
        result = estimate(model, YICHUN, given)
        assert result.total_g == sum(line.grams for line in result.lines)
        assert result.low_g <= result.total_g <= result.high_g
        for item in result.lines:
            assert item.low_g <= item.grams <= item.high_g


def test_not_knowing_widens_the_range():
    known, unknown = estimate(HOUSEHOLD, YICHUN, COUPLE), estimate(HOUSEHOLD, YICHUN, {})
    assert unknown.high_g / unknown.low_g > known.high_g / known.low_g
    assert known.defaulted == known.narrowing == ()
    assert set(unknown.defaulted) == set(HOUSEHOLD.questions)


def test_the_answer_that_would_narrow_it_most_comes_first():
    """By trying: of all single answers, the first one narrows the range at least as much as any other."""
    result = estimate(HOUSEHOLD, YICHUN, {})
    defaults = {
        "heating": "district",
        "home_area": "80",
        "insulation": "average",
        "people": "2",
        "car_km": "57",
        "diet": "most",
    }
    width = {
        key: (lambda r: r.high_g / r.low_g)(estimate(HOUSEHOLD, YICHUN, {key: text}))
        for key, text in defaults.items()
    }
    assert width[result.narrowing[0]] == min(width.values())


def test_lines_that_share_a_factor_move_together():
    """The grid stands behind heat and power: they widen the total together, not as if independent."""
    given = COUPLE | {"heating": "electric"}
    result = estimate(HOUSEHOLD, YICHUN, given)
    heat, power = line(result, "heat_electric"), line(result, "electricity")
    assert heat.high_g / heat.grams > 1
    assert power.high_g / power.grams > 1
    widths = [(item.high_g - item.grams) for item in result.lines]
    assert result.high_g - result.total_g > max(widths) * 0.9


def test_grades_and_marks():
    result = estimate(HOUSEHOLD, YICHUN, COUPLE)
    grades = {item.rule: item.quality for item in result.lines}
    assert (grades["electricity"], grades["flights"], grades["waste"]) == ("B", "C", "D")
    assert line(result, "waste").provisional
    assert not line(result, "electricity").provisional
    assert line(result, "car").gases == "life cycle CO2e"
    without_area = estimate(HOUSEHOLD, YICHUN, {k: v for k, v in COUPLE.items() if k != "home_area"})
    assert line(without_area, "heat_district").quality == "D"
    assert line(without_area, "electricity").quality == "B"


def test_a_place_without_figures_of_its_own_says_so():
    assert estimate(HOUSEHOLD, YICHUN, COUPLE).fallen_back == ()
    assert estimate(HOUSEHOLD, "110000", COUPLE).fallen_back == ("hdd",)
    assert estimate(HOUSEHOLD, "540000", COUPLE).fallen_back == ("grid", "hdd")


def test_the_joint_effect_is_computed_not_summed():
    useful, joint = changes(HOUSEHOLD, YICHUN, COUPLE)
    assert useful == sorted(useful, key=lambda change: -change.saves_g)
    assert 0 < joint <= sum(change.saves_g for change in useful)
    event, both = changes(EVENT, YICHUN, CONFERENCE)
    assert {change.action for change in event} == {"rail", "share_rooms", "vegetarian"}
    assert both == sum(change.saves_g for change in event)  # these three do not overlap


def test_what_is_already_done_is_not_proposed():
    frugal = COUPLE | {"diet": "none", "car_km": "0", "flights": "0", "clothes": "0", "electricity": "0"}
    assert changes(HOUSEHOLD, YICHUN, frugal) == ([], 0)
    vegetarian = {c.action for c in changes(HOUSEHOLD, YICHUN, COUPLE | {"diet": "none"})[0]}
    assert "less_meat" not in vegetarian


def test_the_lowest_reachable_keeps_what_the_city_decides():
    least = lowest(HOUSEHOLD, YICHUN, COUPLE)
    result = estimate(HOUSEHOLD, YICHUN, COUPLE)
    assert city_grams(HOUSEHOLD, result.lines) < least < result.total_g
    assert (
        city_grams(HOUSEHOLD, result.lines)
        == line(result, "heat_district").grams + line(result, "waste").grams
    )


def test_per_person_stands_beside_figures_of_the_same_kind():
    total = estimate(HOUSEHOLD, YICHUN, COUPLE).total_g
    assert own_measures(HOUSEHOLD, YICHUN, COUPLE) == {"per_person": pytest.approx(total / 2, abs=1)}
    found = {item.reference.key: item.grams for item in beside(HOUSEHOLD)}
    assert found["china"] == 4_200_000
    assert found["heilongjiang"] is None
    assert found["world"] is None


def test_the_digest_rests_on_everything():
    facts = ("abc", YICHUN, {"people": "2"}, {"car": 5})
    assert digest(*facts) == digest("abc", YICHUN, {"people": "2"}, {"car": 5})
    others = [
        ("abd", *facts[1:]),
        ("abc", "230100", *facts[2:]),
        ("abc", YICHUN, {"people": "3"}, {"car": 5}),
        ("abc", YICHUN, {"people": "2"}, {"car": 6}),
    ]
    assert len({digest(*other) for other in [facts, *others]}) == 5

"""Journeys of those who answered become everybody's: exactly, in any order, and never silently."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from portal.footprint.rules import library, travel
from portal.footprint.rules.answers import from_texts
from portal.footprint.rules.attendees import (
    CABINS,
    CARS,
    FEWEST,
    BadOccupants,
    Merged,
    Mode,
    MoreReportsThanPeople,
    NoCabin,
    NoDistance,
    NoMode,
    Report,
    TooFar,
    TooFewReports,
    TwoDistances,
    merge,
    read_report,
)
from portal.kernel.numbers import NotANumber
from tests.factories.events import reports

# A slow machine is no fault of the rule.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
KM = st.decimals("0", "20000", places=1)


@st.composite
def journeys(draw: st.DrawFn) -> Report:
    mode = draw(st.sampled_from([*Mode]))
    width = draw(st.sampled_from([Decimal(0), Decimal(80), Decimal(300)]))
    cabin = draw(st.sampled_from(CABINS[mode])) if mode in CABINS else ""
    return Report(draw(KM), width, mode, cabin, draw(st.integers(1, 9)) if mode in CARS else 0)


SAMPLES = st.lists(journeys(), min_size=FEWEST, max_size=60)
MORE = st.integers(0, 5000)
DAYS = st.integers(1, 10)


def merged(sample: list[Report], silent: int = 0, days: int = 1) -> Merged:
    return merge(sample, len(sample) + silent, days)


@patient
@given(SAMPLES, MORE, DAYS)
def test_shares_sum_to_exactly_one(sample: list[Report], silent: int, days: int):
    assert sum(way.share for way in merged(sample, silent, days).ways) == 1


@patient
@given(SAMPLES, MORE, DAYS, st.randoms(use_true_random=False))
def test_the_order_of_answers_makes_no_difference(sample, silent, days, random):
    shuffled = random.sample(sample, len(sample))
    assert merged(shuffled, silent, days) == merged(sample, silent, days)


@patient
@given(SAMPLES, MORE)
def test_shares_are_those_of_the_answers(sample: list[Report], silent: int):
    for way in merged(sample, silent).ways:
        assert abs(Fraction(way.share) - Fraction(way.respondents, len(sample))) <= Fraction(1, 10**9)


@patient
@given(SAMPLES, MORE, journeys())
def test_one_more_answer_moves_only_as_it_should(sample: list[Report], silent: int, one: Report):
    """Their way gains people and share; every other way keeps its people and km and loses share."""
    before, after = merged(sample, silent), merged([*sample, one], silent)
    key = (one.is_local, one.mode, one.cabin)
    old = {(way.is_local, way.mode, way.cabin): way for way in before.ways}
    new = {(way.is_local, way.mode, way.cabin): way for way in after.ways}
    assert new.keys() == old.keys() | {key}
    assert new[key].respondents == (old[key].respondents if key in old else 0) + 1
    for name, way in old.items():
        if name != key:
            assert (new[name].respondents, new[name].km) == (way.respondents, way.km)
            assert new[name].share < way.share
    assert key not in old or new[key].share >= old[key].share


@patient
@given(SAMPLES, MORE, DAYS)
def test_everybody_answering_twice_changes_no_share_and_no_total(sample, silent, days):
    people = 2 * len(sample) + silent
    once, twice = merge(sample, people, days), merge(sample * 2, people, days)
    assert {way.title: (way.share, way.km) for way in once.ways}.keys() == {way.title for way in twice.ways}
    for one, two in zip(once.ways, twice.ways, strict=True):
        assert abs(one.share - two.share) <= Decimal("1e-9")
        assert abs(one.person_km - two.person_km) <= Decimal("0.001")
    assert twice.sampling_pct <= once.sampling_pct


@patient
@given(SAMPLES, MORE, DAYS)
def test_the_total_lies_between_its_bounds(sample: list[Report], silent: int, days: int):
    found = merged(sample, silent, days)
    rounding = Decimal("0.001") * len(found.ways)
    assert found.low_pkm - rounding <= found.person_km <= found.high_pkm + rounding


@patient
@given(st.lists(journeys().map(lambda one: replace(one, width=Decimal(0))), min_size=FEWEST, max_size=30))
def test_when_everybody_answered_to_the_kilometre_nothing_is_unsure(sample: list[Report]):
    found = merged(sample)
    assert (found.silent, found.rate_pct, found.sampling_pct) == (0, 100, 0)
    assert found.low_pkm == found.high_pkm


@patient
@given(SAMPLES, st.integers(10, 5000))
def test_the_silent_are_filled_in_and_flagged(sample: list[Report], silent: int):
    found = merged(sample, silent)
    assert found.silent == silent
    assert found.rate_pct == len(sample) * 100 // (len(sample) + silent)
    travelled = sum(report.travelled(1) for report in sample)
    assert abs(found.person_km * len(sample) / found.people - travelled) < 1


def test_the_uncertainty_of_a_worked_example():
    """Ten of a hundred answered: five came 100 km by train, five 300 km.

    There and back 400 km on average; variance 10 · 200² ÷ 9 = 44,444; of the mean, with the correction for a
    finite population, 44,444 ÷ 10 × 90 ÷ 99 = 4,040; its root 63.6 × 1.96 ÷ 400 = 31.1 %, rounded up.
    """
    sample = [Report(Decimal(km), Decimal(0), Mode.RAIL) for km in (100, 300) for _ in range(5)]
    found = merge(sample, 100)
    assert found.person_km == 40_000
    assert found.sampling_pct == 32
    assert (found.low_pkm, found.high_pkm) == (4_000 + 90 * 200, 4_000 + 90 * 600)


def test_local_people_come_on_each_day_and_others_once():
    sample = [Report(Decimal(10), Decimal(0), Mode.BUS)] * 5 + [
        Report(Decimal(500), Decimal(0), Mode.RAIL)
    ] * 5
    bus, rail = merge(sample, 10, days=3).ways
    assert (bus.person_km, rail.person_km) == (5 * 10 * 2 * 3, 5 * 500 * 2)


@pytest.mark.parametrize("count", range(FEWEST))
def test_fewer_than_five_answers_are_not_used(count: int):
    with pytest.raises(TooFewReports) as refused:
        merge(reports(count), 300)
    assert refused.value.params == {"reports": count, "least": FEWEST}


def test_five_answers_are_used():
    assert merge(reports(5), 300).respondents == 5


def test_more_answers_than_people_are_refused_and_not_scaled_down():
    with pytest.raises(MoreReportsThanPeople):
        merge(reports(20), 19)
    assert merge(reports(20), 20).silent == 0


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (("", "", "rail", "", ""), NoDistance),
        (("b99", "", "rail", "", ""), NoDistance),
        (("b20", "12", "rail", "", ""), TwoDistances),
        (("", "-1", "rail", "", ""), TooFar),
        (("", "20101", "rail", "", ""), TooFar),
        (("", "NaN", "rail", "", ""), NotANumber),
        (("", "１２", "rail", "", ""), NotANumber),
        (("b20", "", "", "", ""), NoMode),
        (("b20", "", "rocket", "", ""), NoMode),
        (("b2000", "", "air", "", ""), NoCabin),
        (("b2000", "", "air", "second", ""), NoCabin),
        (("b20", "", "car", "", ""), BadOccupants),
        (("b20", "", "car", "", "0"), BadOccupants),
        (("b20", "", "car", "", "10"), BadOccupants),
        (("b20", "", "car", "", "2.5"), BadOccupants),
    ],
)
def test_a_wrong_answer_is_refused_by_name(said: tuple[str, ...], fault: type[Exception]):
    with pytest.raises(fault):
        read_report(*said)


def test_what_does_not_belong_to_the_mode_is_not_kept():
    assert read_report("b20", "", "bus", "business", "4") == Report(Decimal(10), Decimal(20), Mode.BUS)


@patient
@given(SAMPLES, MORE, DAYS)
def test_the_model_takes_whatever_comes_of_it(sample: list[Report], silent: int, days: int):
    """Shares sum to 1 as the model wants them, and no answer is outside its range or unknown."""
    model = library.model("event-cn")
    found = merged(sample, silent, days)
    answers = travel.travel_answers(model, found)
    assert from_texts(model, answers | {"people": str(found.people)}).items() >= answers.items()


@patient
@given(SAMPLES)
def test_more_flyers_more_share_by_air(sample: list[Report]):
    model = library.model("event-cn")
    assume(all(report.mode is not Mode.AIR for report in sample))
    flyer = Report(Decimal(1000), Decimal(0), Mode.AIR, "economy")
    ground = travel.travel_answers(model, merged(sample, 100))
    flown = travel.travel_answers(model, merged([*sample, flyer], 100))
    assert ground["share_air"] == "0"
    assert Decimal(flown["share_air"]) > 0

"""What may be promised, and how far a promise is covered."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.mass import Mass
from portal.pledges.rules import drafts
from portal.pledges.rules import promise as rules
from portal.pledges.rules.promise import (
    NothingToReduce,
    PercentOutOfRange,
    Progress,
    ReductionOutOfRange,
    TextTooLong,
    YearOutOfRange,
)
from tests.factories.pledges import DRAFT

BASELINE = Mass.kg("4213")
TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("aim", "grams"),
    [(1, 42_130), (20, 842_600), (100, 4_213_000), (Mass.kg("1"), 1_000), (BASELINE, 4_213_000)],
)
def test_the_cut_follows_from_the_aim(aim, grams):
    assert rules.reduction(BASELINE, aim) == Mass(grams)


def test_a_percentage_is_rounded_in_favour_of_the_promise():
    assert rules.reduction(Mass(101), 50) == Mass(51)


def test_what_is_left_to_cover_is_rounded_up_to_the_kilogram():
    assert rules.remaining(Mass(9_363_400), Mass(1_872_680)) == Mass.kg("7491")
    assert rules.remaining(BASELINE, BASELINE) == Mass(0)


@pytest.mark.parametrize("percent", [-1, 0, 101, 10**9])
def test_a_percentage_out_of_range_is_refused(percent):
    with pytest.raises(PercentOutOfRange):
        rules.reduction(BASELINE, percent)


@pytest.mark.parametrize("cut", [Mass(0), Mass(-1), BASELINE + Mass(1)])
def test_a_cut_beyond_the_footprint_is_refused_with_the_footprint(cut):
    with pytest.raises(ReductionOutOfRange) as refused:
        rules.reduction(BASELINE, cut)
    assert refused.value.params == {"baseline": BASELINE}


def test_nothing_can_be_cut_from_nothing():
    with pytest.raises(NothingToReduce):
        rules.reduction(Mass(0), 20)


@pytest.mark.parametrize("year", [2026, 2060])
def test_this_year_and_the_last_one_can_be_promised(year):
    drafts.check(replace(DRAFT, year=year), TODAY)


@pytest.mark.parametrize("year", [2025, 2061, 0, -1])
def test_another_year_is_refused_as_a_year_not_as_a_quantity(year):
    with pytest.raises(YearOutOfRange) as refused:
        drafts.check(replace(DRAFT, year=year), TODAY)
    assert refused.value.params == {"first": "2026", "last": "2060"}


@pytest.mark.parametrize("changes", [{"name": "x" * 81}, {"motive": "x" * 501}])
def test_long_texts_are_refused_not_cut(changes):
    with pytest.raises(TextTooLong):
        drafts.check(replace(DRAFT, **changes), TODAY)


def test_nearly_covered_is_not_covered():
    assert Progress(Mass(100_000), Mass(99_999)).percent == 99


def test_more_than_remains_is_still_all_of_it():
    progress = Progress(Mass.kg("100"), Mass.kg("250"))
    assert (progress.percent, progress.open) == (100, Mass(0))


def test_a_promise_to_cut_everything_leaves_nothing_to_cover():
    assert Progress(Mass(0), Mass(0)).percent == 100


grams = st.integers(0, 10**15).map(Mass)


@given(grams, grams)
def test_what_is_open_and_what_is_retired_cover_what_remains(remaining, retired):
    progress = Progress(remaining, retired)
    assert progress.open + retired >= remaining
    assert 0 <= progress.percent <= 100
    assert (progress.percent == 100) == (not progress.open)

"""Groups and challenges tell of many, never of one: properties, and a control that does tell."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.pledges.rules import together
from portal.pledges.rules.together import (
    ChallengeDraft,
    Goal,
    GoalOutOfRange,
    NameMissing,
    PeriodOutOfRange,
    Score,
    Seat,
)

taken = st.lists(st.booleans(), max_size=40)


def seats(flags: list[bool]) -> list[Seat]:
    return [Seat(number, f"p{number}", flag) for number, flag in enumerate(flags, start=1)]


def told(flags: list[bool], count=together.counted) -> set[str]:
    return {seat.pledge_id for seat in count(seats(flags))}


@given(taken)
def test_figures_are_of_whole_fives_or_of_nobody(flags):
    counted = together.counted(seats(flags))
    assert len(counted) % 5 == 0
    assert all(seat.is_taken for seat in counted)


def _steps(flags: list[bool]):
    """What can happen next: somebody joins, or one of those inside leaves."""
    yield [*flags, True]
    for at, is_taken in enumerate(flags):
        if is_taken:
            yield [*flags[:at], False, *flags[at + 1 :]]


@given(taken)
def test_no_step_of_one_person_changes_the_figures_by_fewer_than_five(flags):
    before = told(flags)
    assert all(len(before ^ told(after)) in (0, 5) for after in _steps(flags))


def test_counting_everybody_would_tell_on_one():
    """The control: a sum over all who are there, once they are five."""

    def everybody(all_seats):
        there = [seat for seat in all_seats if seat.is_taken]
        return there if len(there) >= 5 else []

    before = told([True] * 6, everybody)
    assert any(len(before ^ told(after, everybody)) == 1 for after in _steps([True] * 6))


def test_a_seat_that_was_left_is_not_filled_by_who_comes_later():
    flags = [True] * 4 + [False] + [True] * 4
    assert told(flags) == set()
    assert told([*flags, True]) == {"p6", "p7", "p8", "p9", "p10"}


scores = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 40)), max_size=12).map(
    lambda rows: [Score(f"g{n}", f"G{n:02}", pledges, done) for n, (pledges, done) in enumerate(rows)]
)


@given(scores)
def test_a_ranking_never_shames_and_never_tells_of_fewer_than_five(given_scores):
    ranking = together.ranking(given_scores)
    able = [score for score in given_scores if score.pledges >= 5]
    front = [place.score for place in ranking.front]
    assert all(score.pledges >= 5 and score.done for score in front)
    # Nobody below somebody else is named with a place, unless level with who stands there by right.
    worst = min((score.done * 1000 // score.pledges for score in front), default=0)
    better = [score for score in able if score.done * 1000 // score.pledges > worst]
    assert len(better) <= (len(able) + 1) // 2
    assert list(ranking.others) == sorted({s.name for s in given_scores} - {s.name for s in front})
    places = [place.place for place in ranking.front]
    assert places == sorted(places)
    assert places[:1] in ([], [1])


def test_equal_groups_share_a_place():
    ranking = together.ranking([Score("a", "A", 5, 5), Score("b", "B", 10, 10), Score("c", "C", 5, 1)])
    assert [(place.place, place.score.name) for place in ranking.front] == [(1, "A"), (1, "B")]
    assert ranking.others == ("C",)
    assert ranking.done == 16


DRAFT = ChallengeDraft("pch_x", "A month", "", date(2026, 12, 1), date(2026, 12, 31), Goal.ACTIONS, 100)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"last_day": date(2026, 12, 1)}, PeriodOutOfRange),
        ({"last_day": date(2027, 12, 3)}, PeriodOutOfRange),
        ({"first_day": date(2026, 1, 1), "last_day": date(2026, 2, 1)}, PeriodOutOfRange),
        ({"aim": 0}, GoalOutOfRange),
        ({"aim": 1_000_001}, GoalOutOfRange),
        ({"name": ""}, NameMissing),
    ],
)
def test_a_challenge_has_a_period_and_a_goal(changes, fault):
    together.check_challenge(DRAFT, date(2026, 11, 22))
    with pytest.raises(fault):
        together.check_challenge(replace(DRAFT, **changes), date(2026, 11, 22))

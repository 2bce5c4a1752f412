"""Item figures are those that numpy and scipy compute independently, to 1e-9."""

import random
from fractions import Fraction

import numpy as np
import pytest

from portal.training.rules.statistics import (
    Answered,
    Attempt,
    Figures,
    Sitting,
    figures,
    figures_of_each,
)

ITEMS = [f"i{number}" for number in range(12)]


def attempts(n: int, seed: int, only_right_or_wrong: bool) -> list[Attempt]:
    dice = random.Random(seed)
    steps = [Fraction(0), Fraction(1)] if only_right_or_wrong else [Fraction(k, 3) for k in range(4)]
    made = []
    for _ in range(n):
        able = dice.random()
        made.append(
            Attempt(
                dice.choice(["zh", "en"]),
                {
                    item: Answered(
                        steps[-1] if dice.random() < able else dice.choice(steps),
                        frozenset([dice.randrange(4)]),
                    )
                    for item in ITEMS
                },
            )
        )
    return made


@pytest.mark.parametrize("only_right_or_wrong", [True, False])
@pytest.mark.parametrize(("n", "seed"), [(20, 1), (37, 2), (101, 3), (500, 4)])
def test_figures_equal_scipy(n: int, seed: int, only_right_or_wrong: bool):
    from scipy import stats  # loaded by this test only: it takes a while

    sat = attempts(n, seed, only_right_or_wrong)
    found = figures(sat, ITEMS)
    marks = np.array([[float(a.answers[item].credit) for item in ITEMS] for a in sat])
    totals = marks.sum(axis=1)
    assert float(found.mean) == pytest.approx(totals.mean(), abs=1e-9)
    for column, item in enumerate(found.items):
        mine = marks[:, column]
        assert float(item.facility) == pytest.approx(mine.mean(), abs=1e-9)
        expected = stats.pearsonr(mine, totals - mine).statistic
        assert float(item.discrimination) == pytest.approx(expected, abs=1e-9)
        assert float(item.upper_lower) == pytest.approx(upper_lower(mine, totals), abs=1e-9)
        assert item.taken == terciles(sat, ITEMS[column], totals)
    k = len(ITEMS)
    alpha = k / (k - 1) * (1 - marks.var(axis=0).sum() / totals.var())
    if only_right_or_wrong:
        p = marks.mean(axis=0)
        assert alpha == pytest.approx(k / (k - 1) * (1 - (p * (1 - p)).sum() / totals.var()), abs=1e-12)
    assert float(found.reliability) == pytest.approx(alpha, abs=1e-9)
    assert found.is_kr20 is only_right_or_wrong


@pytest.mark.parametrize("only_right_or_wrong", [True, False])
def test_an_item_is_held_against_what_each_learner_was_asked(only_right_or_wrong: bool):
    dice, sat = random.Random(8), []
    for whole in attempts(120, 8, only_right_or_wrong):
        asked = sorted(dice.sample(ITEMS, 5))
        answers = {item: whole.answers[item] for item in asked if dice.random() < 0.9}
        sat.append((Attempt("zh", answers), asked))
    found = figures_of_each(sat)
    for place, item in enumerate(ITEMS):
        those = [attempt for attempt, asked in sat if item in asked]
        assert found[item] == (len(those), figures(those, ITEMS).items[place])
    staff = Attempt("zh", {ITEMS[0]: Answered(Fraction(1))}, Sitting.STAFF)
    assert figures_of_each([*sat, (staff, ITEMS)]) == found
    assert figures_of_each([*sat, (Attempt("zh", {}), ITEMS)]) != found
    assert figures_of_each([]) == {}


def upper_lower(mine: np.ndarray, totals: np.ndarray) -> float:
    """With numpy: everybody who ties at the border counts by the share of the places that are left."""
    size = max(1, round(len(totals) * 27 / 100))
    ranked = np.round(totals, 9)

    def group(order: np.ndarray) -> float:
        border = np.sort(order)[size - 1]
        weights = (order < border).astype(float)
        weights[order == border] = (size - weights.sum()) / (order == border).sum()
        return float(np.average(mine, weights=weights))

    return group(-ranked) - group(ranked)


def terciles(sat: list[Attempt], item: str, totals: np.ndarray) -> dict:
    from scipy import stats

    ranks = stats.rankdata(np.round(totals, 9)) - 0.5
    third = np.minimum(2, np.floor(ranks * 3 / len(sat) + 1e-9).astype(int))
    counts = np.zeros((4, 3), dtype=int)
    for attempt, place in zip(sat, third, strict=True):
        for option in attempt.answers[item].taken:
            counts[option, place] += 1
    return {option: tuple(row) for option, row in enumerate(counts.tolist()) if sum(row)}


def test_the_order_of_attempts_changes_nothing():
    sat = attempts(61, 9, True)
    again = sat[:]
    random.Random(1).shuffle(again)
    assert figures(sat, ITEMS) == figures(again, ITEMS)


def test_staff_testers_and_previews_are_never_counted():
    sat = attempts(30, 5, True)
    others = [Attempt("zh", {}, sitting) for sitting in Sitting if sitting is not Sitting.LEARNER]
    assert figures([*sat, *others], ITEMS) == figures(sat, ITEMS)
    assert figures([*sat, Attempt("zh", {})], ITEMS) != figures(sat, ITEMS)


def test_few_answers_are_said_to_be_too_few():
    assert figures(attempts(19, 7, True), ITEMS).is_too_few
    assert not figures(attempts(20, 7, True), ITEMS).is_too_few


def test_what_has_no_meaning_is_left_out():
    alike = [Attempt("zh", {"a": Answered(Fraction(1)), "b": Answered(Fraction(1))})] * 25
    found = figures(alike, ["a", "b"])
    assert [item.discrimination for item in found.items] == [None, None]
    assert found.reliability is None
    assert figures([], ["a"]) == Figures(0, (), None, None, False)
    one = figures(alike[:1], ["a", "b"])
    assert [(item.facility, item.upper_lower) for item in one.items] == [(1, 0), (1, 0)]
    nothing_asked = figures(alike, [])
    assert (nothing_asked.items, nothing_asked.mean, nothing_asked.reliability) == ((), 0, None)


def test_one_item_has_no_reliability_and_two_have():
    dice = random.Random(3)
    sat = [Attempt("zh", {i: Answered(Fraction(dice.randrange(2))) for i in "ab"}) for _ in range(30)]
    assert figures(sat, ["a"]).reliability is None
    assert figures(sat, ["a", "b"]).reliability is not None

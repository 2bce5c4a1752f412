"""How items did: facility, discrimination, reliability and distractors, exactly, from attempts.

Sources: classical test theory as in Crocker & Algina, Introduction to Classical and Modern Test Theory; KR-20
by Kuder and Richardson (1937) with the population variance. Ties are shared in proportion, so that the order
in which attempts are handed in changes nothing. Only learners' own attempts count.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from fractions import Fraction
from math import lcm
from operator import mul
from typing import Final

TOO_FEW: Final = 20
# Kelley (1939): the groups that discriminate best hold 27 % each.
GROUP: Final = Fraction(27, 100)
_DIGITS: Final = 40


class Sitting(StrEnum):
    """Who sat it; only learners are counted."""

    LEARNER = "learner"
    STAFF = "staff"
    TESTER = "tester"
    PREVIEW = "preview"


@dataclass(frozen=True, slots=True)
class Answered:
    """One item of an attempt: credit from 0 to 1, and the options taken, by index, where it has any."""

    credit: Fraction
    taken: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sitting of a course version in one language; an item that is missing earned nothing."""

    lang: str
    answers: Mapping[str, Answered]
    sitting: Sitting = Sitting.LEARNER


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """None where a figure has no meaning: nobody differs, or there is nothing to compare with."""

    item: str
    facility: Decimal
    discrimination: Decimal | None
    upper_lower: Decimal
    # By option: how many of the lower, middle and upper third took it.
    taken: Mapping[int, tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of ``n`` attempts. ``reliability`` is KR-20 when items are right or wrong, else Cronbach's alpha."""

    n: int
    items: tuple[ItemFigures, ...]
    mean: Decimal | None
    reliability: Decimal | None
    is_kr20: bool

    @property
    def is_too_few(self) -> bool:
        return self.n < TOO_FEW


def figures(attempts: Iterable[Attempt], items: Sequence[str]) -> Figures:
    """Figures of all learners' attempts together; ``items`` are those of the version, in order."""
    counted = [attempt for attempt in attempts if attempt.sitting is Sitting.LEARNER]
    if not counted:
        return Figures(0, (), None, None, False)
    unit, nobody = _unit(counted), Answered(Fraction(0))
    given = {item: [attempt.answers.get(item, nobody) for attempt in counted] for item in items}
    earned = {item: [_whole(answer.credit, unit) for answer in column] for item, column in given.items()}
    totals = [sum(row) for row in zip(*earned.values(), strict=True)] or [0] * len(counted)
    ranked = _ranked(totals)
    return Figures(
        n=len(counted),
        items=tuple(_figures_of(item, given[item], earned[item], ranked, unit) for item in items),
        mean=_decimal(Fraction(sum(totals), len(totals) * unit)),
        reliability=_reliability(list(earned.values()), totals),
        is_kr20=all(credit in (0, unit) for column in earned.values() for credit in column),
    )


def figures_of_each(sat: Iterable[tuple[Attempt, Collection[str]]]) -> dict[str, tuple[int, ItemFigures]]:
    """By item, how many learners were asked it, and its figures among them against the rest of what each of
    them was asked. ``sat`` are attempts with what was asked in each."""
    counted = [(attempt, asked) for attempt, asked in sat if attempt.sitting is Sitting.LEARNER]
    unit, nobody = _unit(attempt for attempt, _ in counted), Answered(Fraction(0))
    given: dict[str, list[Answered]] = {}
    totals: dict[str, list[int]] = {}
    for attempt, asked in counted:
        answers = {item: attempt.answers.get(item, nobody) for item in asked}
        total = sum(_whole(answer.credit, unit) for answer in answers.values())
        for item, answer in answers.items():
            given.setdefault(item, []).append(answer)
            totals.setdefault(item, []).append(total)
    return {item: (len(column), _alone(item, column, totals[item], unit)) for item, column in given.items()}


def _alone(item: str, given: Sequence[Answered], totals: Sequence[int], unit: int) -> ItemFigures:
    earned = [_whole(answer.credit, unit) for answer in given]
    return _figures_of(item, given, earned, _ranked(totals), unit)


def _unit(attempts: Iterable[Attempt]) -> int:
    """Into how many parts a credit is cut, so that all of them are whole numbers of parts: sums of these are
    as exact as those of fractions, and a hundred times as quick."""
    return lcm(*{answer.credit.denominator for each in attempts for answer in each.answers.values()})


def _whole(credit: Fraction, unit: int) -> int:
    return credit.numerator * (unit // credit.denominator)


@dataclass(frozen=True, slots=True)
class _Group:
    """Attempts by their place: those in ``inside``, and ``share`` of each in ``border``, who tie for what is
    left of ``size``."""

    size: int
    inside: Sequence[int]
    border: Sequence[int]
    share: Fraction

    def mean(self, column: Sequence[int]) -> Fraction:
        whole = sum(column[at] for at in self.inside)
        return (whole + self.share * sum(column[at] for at in self.border)) / self.size


@dataclass(frozen=True, slots=True)
class _Ranked:
    """What each attempt earned in all, in which third that is, and the groups that discriminate best."""

    totals: Sequence[int]
    thirds: Sequence[int]
    best: _Group
    weakest: _Group


def _ranked(totals: Sequence[int]) -> _Ranked:
    tied: dict[int, list[int]] = {}
    for at, total in enumerate(totals):
        tied.setdefault(total, []).append(at)
    upwards = [tied[total] for total in sorted(tied)]
    size = max(1, round(len(totals) * GROUP))
    return _Ranked(
        totals, _thirds(upwards, len(totals)), best=_group(upwards[::-1], size), weakest=_group(upwards, size)
    )


def _group(ranks: Sequence[Sequence[int]], size: int) -> _Group:
    inside: list[int] = []
    for tied in ranks:
        left = size - len(inside)
        if len(tied) > left:
            return _Group(size, inside, tied, Fraction(left, len(tied)))
        inside += tied
    return _Group(size, inside, (), Fraction(0))


def _thirds(upwards: Sequence[Sequence[int]], n: int) -> list[int]:
    """0, 1 or 2 for each attempt, by its rank; those with equal totals share the middle of their ranks."""
    below, thirds = 0, [0] * n
    for tied in upwards:
        third = min(2, (2 * below + len(tied)) * 3 // (2 * n))
        for at in tied:
            thirds[at] = third
        below += len(tied)
    return thirds


def _figures_of(
    item: str, given: Sequence[Answered], earned: Sequence[int], ranked: _Ranked, unit: int
) -> ItemFigures:
    rest = [total - credit for total, credit in zip(ranked.totals, earned, strict=True)]
    return ItemFigures(
        item=item,
        facility=_decimal(Fraction(sum(earned), len(earned) * unit)),
        discrimination=_correlation(earned, rest),
        upper_lower=_decimal((ranked.best.mean(earned) - ranked.weakest.mean(earned)) / unit),
        taken=_by_third(given, ranked.thirds),
    )


def _by_third(answers: Sequence[Answered], thirds: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    counts: dict[int, list[int]] = {}
    for answer, third in zip(answers, thirds, strict=True):
        for option in answer.taken:
            counts.setdefault(option, [0, 0, 0])[third] += 1
    return {option: (low, middle, high) for option, (low, middle, high) in sorted(counts.items())}


def _correlation(xs: Sequence[int], ys: Sequence[int]) -> Decimal | None:
    """Pearson's product-moment correlation; None when either does not vary."""
    spread = _spread(xs) * _spread(ys)
    if not spread:
        return None
    both = _products(xs, ys)
    with localcontext(prec=_DIGITS):
        return Decimal(both) / Decimal(spread).sqrt()


def _reliability(columns: Sequence[Sequence[int]], totals: Sequence[int]) -> Decimal | None:
    """k/(k-1) · (1 - Σ item variances / variance of the totals); None below two items or without variance."""
    k, spread = len(columns), _spread(totals)
    if k < 2 or not spread:
        return None
    return _decimal(Fraction(k, k - 1) * (1 - Fraction(sum(_spread(column) for column in columns), spread)))


def _products(xs: Sequence[int], ys: Sequence[int]) -> int:
    """The population covariance, times the square of how many there are."""
    total: int = sum(map(mul, xs, ys))
    return len(xs) * total - sum(xs) * sum(ys)


def _spread(values: Sequence[int]) -> int:
    """The population variance, times the same."""
    return _products(values, values)


def _decimal(value: Fraction) -> Decimal:
    with localcontext(prec=_DIGITS):
        return Decimal(value.numerator) / Decimal(value.denominator)

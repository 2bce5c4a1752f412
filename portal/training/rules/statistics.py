"""How items did: facility, discrimination, reliability and distractors, exactly, from attempts.

Sources: classical test theory as in Crocker & Algina, Introduction to Classical and Modern Test Theory; KR-20
by Kuder and Richardson (1937) with the population variance. Ties are shared in proportion, so that the order
in which attempts are handed in changes nothing. Only learners' own attempts count.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from fractions import Fraction
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
    """One sitting of one course version in one language; an item that is missing earned nothing."""

    version: str
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


def by_version_and_language(
    attempts: Iterable[Attempt], items: Sequence[str]
) -> dict[tuple[str, str], Figures]:
    """Figures apart for each version and language: an item easy in one only is a fault of translation."""
    groups: dict[tuple[str, str], list[Attempt]] = {}
    for attempt in attempts:
        if attempt.sitting is Sitting.LEARNER:
            groups.setdefault((attempt.version, attempt.lang), []).append(attempt)
    return {key: figures(groups[key], items) for key in sorted(groups)}


def figures(attempts: Iterable[Attempt], items: Sequence[str]) -> Figures:
    """Figures of all learners' attempts together; ``items`` are those of the version, in order."""
    table = _table(attempts, items)
    if not table.n:
        return Figures(0, (), None, None, False)
    return Figures(
        n=table.n,
        items=tuple(_figures_of(table, item) for item in items),
        mean=_decimal(_mean(table.totals)),
        reliability=_reliability(list(table.earned.values()), table.totals),
        is_kr20=all(credit in (0, 1) for column in table.earned.values() for credit in column),
    )


def item_figures(attempts: Iterable[Attempt], items: Sequence[str], item: str) -> ItemFigures | None:
    """Figures of one of the ``items`` alone, as ``figures`` gives them; None without an attempt."""
    table = _table(attempts, items)
    return _figures_of(table, item) if table.n else None


@dataclass(frozen=True, slots=True)
class _Table:
    """Answers and credits of ``n`` attempts by item, and what each attempt earned in all."""

    n: int
    answers: Mapping[str, list[Answered]]
    earned: Mapping[str, list[Fraction]]
    totals: Sequence[Fraction]


def _table(attempts: Iterable[Attempt], items: Sequence[str]) -> _Table:
    counted = [attempt for attempt in attempts if attempt.sitting is Sitting.LEARNER]
    nobody = Answered(Fraction(0))
    answers = {item: [attempt.answers.get(item, nobody) for attempt in counted] for item in items}
    earned = {item: [answer.credit for answer in given] for item, given in answers.items()}
    totals = [sum(row, start=Fraction(0)) for row in zip(*earned.values(), strict=True)]
    return _Table(len(counted), answers, earned, totals or [Fraction(0)] * len(counted))


def _figures_of(table: _Table, item: str) -> ItemFigures:
    column, totals = table.earned[item], table.totals
    return ItemFigures(
        item=item,
        facility=_decimal(_mean(column)),
        discrimination=correlation(column, [t - c for t, c in zip(totals, column, strict=True)]),
        upper_lower=_decimal(_upper_lower(column, totals)),
        taken=_by_third(table.answers[item], _thirds(totals)),
    )


def correlation(xs: Sequence[Fraction], ys: Sequence[Fraction]) -> Decimal | None:
    """Pearson's product-moment correlation; None when either does not vary."""
    mean_x, mean_y = _mean(xs), _mean(ys)
    spread_x = sum(((x - mean_x) ** 2 for x in xs), start=Fraction(0))
    spread_y = sum(((y - mean_y) ** 2 for y in ys), start=Fraction(0))
    if not spread_x or not spread_y:
        return None
    both = sum(((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)), start=Fraction(0))
    with localcontext(prec=_DIGITS):
        return +(_decimal(both) / _decimal(spread_x * spread_y).sqrt())


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, start=Fraction(0)) / len(values)


def _decimal(value: Fraction) -> Decimal:
    with localcontext(prec=_DIGITS):
        return Decimal(value.numerator) / Decimal(value.denominator)


def _upper_lower(column: Sequence[Fraction], totals: Sequence[Fraction]) -> Fraction:
    """Mean credit of the best 27 % less that of the weakest; who ties at the border counts in part."""
    size = max(Fraction(1), Fraction(round(len(totals) * GROUP)))
    best = _weighted(column, totals, size, best=True)
    return best - _weighted(column, totals, size, best=False)


def _weighted(column: Sequence[Fraction], totals: Sequence[Fraction], size: Fraction, best: bool) -> Fraction:
    left, earned = size, Fraction(0)
    together: dict[Fraction, list[Fraction]] = {}
    for total, credit in zip(totals, column, strict=True):
        together.setdefault(total, []).append(credit)
    for total in sorted(together, reverse=best):
        share = min(left, Fraction(len(together[total])))
        earned += _mean(together[total]) * share
        left -= share
    return earned / size


def _thirds(totals: Sequence[Fraction]) -> list[int]:
    """0, 1 or 2 for each attempt, by its rank; those with equal totals share the middle of their ranks."""
    counts = Counter(totals)
    below, third = 0, dict[Fraction, int]()
    for total in sorted(counts):
        middle = below + Fraction(counts[total], 2)
        third[total] = min(2, int(middle * 3 / len(totals)))
        below += counts[total]
    return [third[total] for total in totals]


def _by_third(answers: Sequence[Answered], thirds: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    counts: dict[int, list[int]] = {}
    for answer, third in zip(answers, thirds, strict=True):
        for option in answer.taken:
            counts.setdefault(option, [0, 0, 0])[third] += 1
    return {option: (low, middle, high) for option, (low, middle, high) in sorted(counts.items())}


def _reliability(columns: Sequence[Sequence[Fraction]], totals: Sequence[Fraction]) -> Decimal | None:
    """k/(k-1) · (1 - Σ item variances / variance of the totals); None below two items or without variance."""
    spread = _variance(totals)
    if len(columns) < 2 or not spread:
        return None
    parts = sum((_variance(column) for column in columns), start=Fraction(0))
    return _decimal(Fraction(len(columns), len(columns) - 1) * (1 - parts / spread))


def _variance(values: Sequence[Fraction]) -> Fraction:
    mean = _mean(values)
    return sum(((value - mean) ** 2 for value in values), start=Fraction(0)) / len(values)

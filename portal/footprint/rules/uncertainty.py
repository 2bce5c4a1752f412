"""How sure a number is: pedigree scores to GSD², combined in quadrature.

GSD² is the factor by which a value may be multiplied or divided and still cover 95 % of a log-normal
distribution. Method: the pedigree matrix of ecoinvent (Frischknecht et al. 2007, table 7.2, after Weidema
and Wesnæs 1996) with its five indicators reliability, completeness, time, geography and technology. Two
cells that the matrix leaves empty (geography 4, technology 2) take the next worse value.
"""

from collections.abc import Sequence
from decimal import Decimal
from math import exp, log, sqrt

_PEDIGREE = (
    (1.00, 1.05, 1.10, 1.20, 1.50),
    (1.00, 1.02, 1.05, 1.10, 1.20),
    (1.00, 1.03, 1.10, 1.20, 1.50),
    (1.00, 1.01, 1.02, 1.10, 1.10),
    (1.00, 1.20, 1.20, 1.50, 2.00),
)


def pedigree_gsd2(quality: Sequence[int]) -> float:
    """GSD² of five scores from 1 (best) to 5; 2.516 when all are worst."""
    return exp(sqrt(sum(log(row[score - 1]) ** 2 for row, score in zip(_PEDIGREE, quality, strict=True))))


def factor_log(quality: Sequence[int], uncertainty_pct: Decimal) -> float:
    """ln GSD² of a factor: its own stated uncertainty and its pedigree, in quadrature."""
    return sqrt(log(1 + float(uncertainty_pct) / 100) ** 2 + log(pedigree_gsd2(quality)) ** 2)


def default_log(gsd2: Decimal) -> float:
    return log(float(gsd2))


def interval(grams: int, spread_g: float) -> tuple[int, int]:
    """Low and high end in grams, rounded outwards to two significant figures.

    ``spread_g`` ÷ ``grams`` is ln GSD² of the value. Rounding also makes the ends equal on machines whose
    ``exp`` differs in the last bit.
    """
    if grams == 0 or spread_g == 0:
        return grams, grams
    factor = exp(spread_g / grams)
    return _down(int(grams / factor)), _up(int(grams * factor) + 1)


# What the second figure of a number with so many digits counts.
_STEPS: tuple[int, ...] = tuple(int(10 ** max(digits - 2, 0)) for digits in range(64))


def _step(grams: int) -> int:
    return _STEPS[len(str(grams))]


def _down(grams: int) -> int:
    return grams - grams % _step(grams)


def _up(grams: int) -> int:
    return grams + -grams % _step(grams)

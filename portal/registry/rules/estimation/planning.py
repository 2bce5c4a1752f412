"""How many plots a forest needs for a wanted precision, and how they are shared among its strata.

Notation as in estimate.py; E = wanted half width (per ha), a the plot area, N = ΣA / a.

    Neyman:        n = N t² (Σ W_h s_h)² / (N E² + t² Σ W_h s_h²),   n_h = n W_h s_h / Σ W_h s_h
    proportional:  n = N t² Σ W_h s_h² / (N E² + t² Σ W_h s_h²),     n_h = n W_h

(Cochran 1977, 5.5–5.9; the first is the formula of CDM AR-TOOL03 and of AR-CM-001-V01.) The formulas leave
out that t depends on n, that plots are whole and that a stratum has room for N_h of them; so t is taken again
with n − L degrees of freedom until nothing changes, each n_h is rounded up to at least two, and plots are
added where they help most until the half width of the finished plan, with its finite population correction,
is within E.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from enum import StrEnum
from typing import Final

from portal.kernel.errors import InvalidInput
from portal.kernel.numbers import parse_decimal
from portal.registry.rules.estimation.errors import (
    CannotReach,
    NothingToPlan,
    StrataNotRead,
    StratumNamedTwice,
    TooManyPlots,
)
from portal.registry.rules.estimation.student import DIGITS, NORMAL, quantile

LEAST_PLOTS: Final = 2
MOST_STRATA: Final = 50
MOST_PLOTS: Final = 10_000
# Beyond this many degrees of freedom t hardly falls any more; the finished plan has its exact one.
STEADY_DEGREES: Final = 300
NEARLY: Final = Decimal("1.05")
_ROUNDS: Final = 30
_NONE: Final = Decimal(0)


class Allocation(StrEnum):
    NEYMAN = "neyman"
    PROPORTIONAL = "proportional"


@dataclass(frozen=True, slots=True)
class PlannedStratum:
    """What is known beforehand: area in ha, mean and standard deviation between plots, in one unit per ha."""

    name: str
    area_ha: Decimal
    mean: Decimal
    deviation: Decimal


@dataclass(frozen=True, slots=True)
class Share:
    stratum: PlannedStratum
    weight: Decimal
    possible: int  # whole plots that fit
    exact: Decimal  # n_h of the formula
    plots: int


@dataclass(frozen=True, slots=True)
class Plan:
    allocation: Allocation
    confidence: Decimal
    precision_pct: Decimal
    plot_area_m2: Decimal
    mean: Decimal
    wanted: Decimal  # E
    t: Decimal
    degrees: int
    exact: Decimal  # n of the formula, with this t
    shares: tuple[Share, ...]
    reached: Decimal  # half width of the finished plan

    @property
    def plots(self) -> int:
        return sum(share.plots for share in self.shares)

    @property
    def reached_pct(self) -> Decimal:
        with localcontext(prec=DIGITS):
            return self.reached / self.mean * 100


def read_strata(text: str) -> tuple[PlannedStratum, ...]:
    """One stratum a line: ``name; area in ha; mean; standard deviation`` (semicolons or tabs).

    Raises StrataNotRead, StratumNamedTwice, NothingToPlan.
    """
    found: dict[str, PlannedStratum] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        parts = [part.strip() for part in re.split(r"[;；\t]", line)]
        if len(parts) != 4 or not parts[0] or len(parts[0]) > 60 or len(found) >= MOST_STRATA:
            raise StrataNotRead(line=number)
        if parts[0] in found:
            raise StratumNamedTwice(line=number)
        found[parts[0]] = PlannedStratum(parts[0], *_numbers(number, parts[1:]))
    return tuple(found.values())


def _numbers(line: int, parts: Sequence[str]) -> tuple[Decimal, Decimal, Decimal]:
    try:
        area, mean, deviation = (parse_decimal(part) for part in parts)
    except InvalidInput:
        raise StrataNotRead(line=line) from None
    if not Decimal("0.01") <= area <= 1_000_000 or not 0 <= mean <= 100_000 or not 0 <= deviation <= 100_000:
        raise StrataNotRead(line=line)
    return area, mean, deviation


def plan(
    strata: Sequence[PlannedStratum], plot_area_m2: Decimal, confidence: Decimal, precision_pct: Decimal,
    allocation: Allocation,
) -> Plan:  # fmt: skip
    """Plots per stratum so that the half width is within ``precision_pct`` of the mean.

    Raises NothingToPlan, CannotReach, TooManyPlots.
    """
    with localcontext(prec=DIGITS):
        area = sum((stratum.area_ha for stratum in strata), _NONE)
        mean = sum((s.area_ha * s.mean for s in strata), _NONE) / area if area else _NONE
        if mean <= 0 or not any(stratum.deviation for stratum in strata):
            raise NothingToPlan()
        draft = _Draft(strata, area, plot_area_m2, mean * precision_pct / 100, allocation)
        degrees, exact = draft.settle(confidence)
        if exact > MOST_PLOTS:
            raise TooManyPlots(plots=MOST_PLOTS)
        counts = draft.rounded(exact)
        t, reached, degrees = draft.improve(counts, confidence)
    shares = tuple(
        Share(stratum, weight, room, each, count)
        for stratum, weight, room, each, count in zip(
            strata, draft.weights, draft.room, draft.split(exact), counts, strict=True
        )
    )
    return Plan(
        allocation,
        confidence,
        precision_pct,
        plot_area_m2,
        mean,
        draft.wanted,
        t,
        degrees,
        exact,
        shares,
        reached,
    )


@dataclass(slots=True)
class _Draft:
    strata: Sequence[PlannedStratum]
    area: Decimal
    plot_area_m2: Decimal
    wanted: Decimal
    allocation: Allocation

    @property
    def weights(self) -> list[Decimal]:
        with localcontext(prec=DIGITS):
            return [stratum.area_ha / self.area for stratum in self.strata]

    @property
    def room(self) -> list[int]:
        """Whole plots that fit into each stratum."""
        with localcontext(prec=DIGITS):
            return [
                int((s.area_ha * 10_000 / self.plot_area_m2).to_integral_value(ROUND_FLOOR))
                for s in self.strata
            ]

    def settle(self, confidence: Decimal) -> tuple[int, Decimal]:
        """Degrees of freedom and n of the formula once they agree; with more than one pair, the larger n."""
        exact = self.formula(NORMAL[confidence])
        degrees, seen = 0, set[int]()
        for _ in range(_ROUNDS):
            degrees = self._degrees(exact)
            if degrees in seen:
                break
            seen.add(degrees)
            exact = self.formula(quantile(confidence, degrees))
        return degrees, exact

    def _degrees(self, exact: Decimal) -> int:
        plots = int(exact.to_integral_value(ROUND_CEILING))
        return min(max(plots - len(self.strata), len(self.strata)), STEADY_DEGREES)

    def formula(self, t: Decimal) -> Decimal:
        """n for this t, not yet whole."""
        pairs = list(zip(self.weights, (stratum.deviation for stratum in self.strata), strict=True))
        within = sum((weight * s * s for weight, s in pairs), _NONE)
        above = within
        if self.allocation is Allocation.NEYMAN:
            above = sum((weight * s for weight, s in pairs), _NONE) ** 2
        population = self.area * 10_000 / self.plot_area_m2
        return population * t**2 * above / (population * self.wanted**2 + t**2 * within)

    def split(self, exact: Decimal) -> list[Decimal]:
        """n_h of the formula."""
        with localcontext(prec=DIGITS):
            sizes = self.weights
            if self.allocation is Allocation.NEYMAN:
                sizes = [w * s.deviation for w, s in zip(self.weights, self.strata, strict=True)]
            return [exact * size / sum(sizes, _NONE) for size in sizes]

    def rounded(self, exact: Decimal) -> list[int]:
        wanted = [max(int(each.to_integral_value(ROUND_CEILING)), LEAST_PLOTS) for each in self.split(exact)]
        counts = [min(count, room) for count, room in zip(wanted, self.room, strict=True)]
        if any(count < LEAST_PLOTS for count in counts):
            raise CannotReach()
        return counts

    def improve(self, counts: list[int], confidence: Decimal) -> tuple[Decimal, Decimal, int]:
        """Add plots until the plan is good enough; t, half width, degrees of freedom.

        Raises CannotReach when every stratum is full before that, TooManyPlots.
        """
        while True:
            degrees = sum(counts) - len(counts)
            t = quantile(confidence, min(degrees, STEADY_DEGREES))
            reached = t * sum((self._variance(at, n) for at, n in enumerate(counts)), _NONE).sqrt()
            if reached <= self.wanted:
                exact = quantile(confidence, degrees)
                return exact, reached * exact / t, degrees
            self._add(counts, (reached / self.wanted) ** 2)

    def _add(self, counts: list[int], times: Decimal) -> None:
        """Half of what is missing to all strata while much is missing; then one plot where it helps most."""
        open_strata = [at for at, count in enumerate(counts) if count < self.room[at]]
        if not open_strata:
            raise CannotReach()
        if sum(counts) > MOST_PLOTS:
            raise TooManyPlots(plots=MOST_PLOTS)
        if times > NEARLY:
            for at in open_strata:
                more = max(int(counts[at] * (times - 1) / 2), 1)
                counts[at] = min(counts[at] + more, self.room[at], MOST_PLOTS + LEAST_PLOTS)
            return
        gains = {
            at: self._variance(at, counts[at]) - self._variance(at, counts[at] + 1) for at in open_strata
        }
        counts[max(gains, key=lambda at: (gains[at], -at))] += 1

    def _variance(self, at: int, count: int) -> Decimal:
        """Share of stratum ``at`` in the variance of the mean: W² s² (1 − n/N) / n."""
        stratum = self.strata[at]
        fraction = count * self.plot_area_m2 / (stratum.area_ha * 10_000)
        return (stratum.area_ha / self.area * stratum.deviation) ** 2 * (1 - fraction) / count

"""How much carbon came or went between two inventories, and how sure that is.

Plots that were measured twice: the change of each plot is a value of its own, d_i = y_i2 − y_i1, and the
stratified estimate is made of these (AR-TOOL14, change by re-measurement of permanent plots). Other
plots: the difference of two independent estimates, whose half widths add as squares (AR-TOOL14, difference
of two independent stock estimates):

    ΔC = C₂ − C₁,   half width = √(half width₁² + half width₂²)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum

from portal.registry.rules.estimation.estimate import Estimate, Sample, carbon_samples, estimate, share_pct
from portal.registry.rules.estimation.parameters import Parameters
from portal.registry.rules.estimation.reading import Stratum
from portal.registry.rules.estimation.student import DIGITS


class Comparison(StrEnum):
    PAIRED = "paired"  # the same plots, measured twice
    INDEPENDENT = "independent"
    FROM_NOTHING = "from_nothing"  # land without forest at the start


@dataclass(frozen=True, slots=True)
class Change:
    """In t CO₂ over the whole area; ``pairs`` is the estimate of the differences, where there are any."""

    comparison: Comparison
    first: Estimate | None
    second: Estimate
    pairs: Estimate | None
    change: Decimal
    half_width: Decimal

    @property
    def relative_pct(self) -> Decimal | None:
        return share_pct(self.half_width, self.change)


def change_between(
    first: Sequence[Stratum] | None, second: Sequence[Stratum], parameters: Parameters, confidence: Decimal
) -> Change:
    """The change of the tree carbon. Raises TooFewPlots, MorePlotsThanFit."""
    after = carbon_samples(second, parameters)
    later = estimate(after, confidence)
    if first is None:
        return Change(Comparison.FROM_NOTHING, None, later, None, later.total, later.total_half_width)
    earlier = estimate(carbon_samples(first, parameters), confidence)
    if not _are_same_plots(first, second):
        with localcontext(prec=DIGITS):
            half = (earlier.total_half_width**2 + later.total_half_width**2).sqrt()
            change = later.total - earlier.total
        return Change(Comparison.INDEPENDENT, earlier, later, None, change, half)
    pairs = estimate(_differences(first, second, parameters), confidence)
    return Change(Comparison.PAIRED, earlier, later, pairs, pairs.total, pairs.total_half_width)


def _are_same_plots(first: Sequence[Stratum], second: Sequence[Stratum]) -> bool:
    """Whether both inventories have the same strata, of the same areas, with the same plots."""
    return _shape(first) == _shape(second)


def _shape(strata: Sequence[Stratum]) -> set[tuple[str, Decimal, Decimal, frozenset[str]]]:
    return {(s.name, s.area_ha, s.plot_area_m2, frozenset(plot.name for plot in s.plots)) for s in strata}


def _differences(first: Sequence[Stratum], second: Sequence[Stratum], parameters: Parameters) -> list[Sample]:
    before = {
        (stratum.name, plot.name): value
        for stratum, sample in zip(first, carbon_samples(first, parameters), strict=True)
        for plot, value in zip(stratum.plots, sample.values, strict=True)
    }
    with localcontext(prec=DIGITS):
        return [
            Sample(
                stratum.name,
                stratum.area_ha,
                stratum.plot_area_m2,
                tuple(
                    value - before[stratum.name, plot.name]
                    for plot, value in zip(stratum.plots, sample.values, strict=True)
                ),
            )
            for stratum, sample in zip(second, carbon_samples(second, parameters), strict=True)
        ]

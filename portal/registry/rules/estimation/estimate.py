"""A stratified estimate from sample plots, with its confidence interval.

Notation: stratum h of area A_h (ha), n_h plots of a_h (ha) with values y_hi per hectare, N_h = A_h / a_h
plots that would fill it, W_h = A_h / ΣA. (W. G. Cochran, Sampling Techniques, 3rd ed. 1977, ch. 5; CDM
AR-TOOL14 takes n − L degrees of freedom for n plots in L strata, and so do we.)

    ȳ_h = Σ y_hi / n_h                       mean of a stratum, per ha
    s_h² = Σ (y_hi − ȳ_h)² / (n_h − 1)       variance between its plots
    f_h = n_h / N_h                          sampling fraction; left out (0) up to 5 % (Cochran 2.6)
    ȳ = Σ W_h ȳ_h                            mean of the whole, per ha
    v = Σ W_h² s_h² (1 − f_h) / n_h          variance of that mean
    t = t(confidence, n − L),  half width = t √v,  U = half width / |ȳ|
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Final

from portal.registry.rules.estimation.errors import MorePlotsThanFit, TooFewPlots
from portal.registry.rules.estimation.parameters import Parameters
from portal.registry.rules.estimation.reading import Stratum
from portal.registry.rules.estimation.student import DIGITS, quantile

# Up to here a sample is taken as one from an endless population (Cochran 1977, 2.6): the wider interval.
SMALL_FRACTION: Final = Decimal("0.05")
_NONE: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Sample:
    """What was found in one stratum, per hectare, in whatever unit."""

    name: str
    area_ha: Decimal
    plot_area_m2: Decimal
    values: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class StratumEstimate:
    name: str
    area_ha: Decimal
    weight: Decimal
    plots: int
    possible_plots: Decimal  # N_h
    fraction: Decimal  # f_h as measured
    correction: Decimal  # 1 − f_h, or 1 where the fraction is small
    mean: Decimal
    deviation: Decimal  # s_h
    error: Decimal  # √(s_h² (1 − f_h) / n_h)

    @property
    def has_correction(self) -> bool:
        return self.correction != 1

    @property
    def total(self) -> Decimal:
        with localcontext(prec=DIGITS):
            return self.mean * self.area_ha


@dataclass(frozen=True, slots=True)
class Estimate:
    """``mean``, ``error`` and ``half_width`` per hectare; ``total`` over all strata."""

    strata: tuple[StratumEstimate, ...]
    area_ha: Decimal
    plots: int
    degrees: int
    confidence: Decimal
    t: Decimal
    mean: Decimal
    error: Decimal

    @property
    def half_width(self) -> Decimal:
        with localcontext(prec=DIGITS):
            return self.t * self.error

    @property
    def total(self) -> Decimal:
        with localcontext(prec=DIGITS):
            return self.mean * self.area_ha

    @property
    def total_half_width(self) -> Decimal:
        with localcontext(prec=DIGITS):
            return self.half_width * self.area_ha

    @property
    def relative_pct(self) -> Decimal | None:
        """U: half width in per cent of the mean; None where the mean is 0."""
        return share_pct(self.half_width, self.mean)


def share_pct(half_width: Decimal, value: Decimal) -> Decimal | None:
    """Half width in per cent of a value, None where the value is 0 but the interval is not."""
    with localcontext(prec=DIGITS):
        if value == 0:
            return _NONE if half_width == 0 else None
        return half_width / abs(value) * 100


def estimate(samples: Sequence[Sample], confidence: Decimal) -> Estimate:
    """The estimate of the mean per hectare. Raises TooFewPlots, MorePlotsThanFit."""
    with localcontext(prec=DIGITS):
        area = sum((sample.area_ha for sample in samples), _NONE)
        strata = tuple(_stratum(sample, area) for sample in samples)
        plots = sum(stratum.plots for stratum in strata)
        degrees = plots - len(strata)
        return Estimate(
            strata=strata,
            area_ha=area,
            plots=plots,
            degrees=degrees,
            confidence=confidence,
            t=quantile(confidence, degrees),
            mean=sum((stratum.weight * stratum.mean for stratum in strata), _NONE),
            error=sum(((stratum.weight * stratum.error) ** 2 for stratum in strata), _NONE).sqrt(),
        )


def _stratum(sample: Sample, area: Decimal) -> StratumEstimate:
    n = len(sample.values)
    if n < 2:
        raise TooFewPlots(stratum=sample.name, plots=n)
    possible = sample.area_ha * 10_000 / sample.plot_area_m2
    if n > possible:
        raise MorePlotsThanFit(stratum=sample.name)
    fraction = n / possible
    correction = 1 - fraction if fraction > SMALL_FRACTION else Decimal(1)
    mean = sum(sample.values, _NONE) / n
    variance = sum(((value - mean) ** 2 for value in sample.values), _NONE) / (n - 1)
    return StratumEstimate(
        name=sample.name, area_ha=sample.area_ha, weight=sample.area_ha / area, plots=n,
        possible_plots=possible, fraction=fraction, correction=correction, mean=mean,
        deviation=variance.sqrt(), error=(variance * correction / n).sqrt(),
    )  # fmt: skip


# ── from plots to samples ──────────────────────────────────────────────────────────────────────


def volume_samples(strata: Sequence[Stratum]) -> list[Sample]:
    """Growing stock of each plot in m³/ha."""
    return [Sample(s.name, s.area_ha, s.plot_area_m2, tuple(plot.volume for plot in s.plots)) for s in strata]


def carbon_samples(strata: Sequence[Stratum], parameters: Parameters) -> list[Sample]:
    """Carbon of each plot in t CO₂/ha: Σ over species of V × D × BEF × (1 + R) × CF × 44/12.

    The sum is made inside each plot before anything is averaged, so that species that go together (or
    replace each other) are in the variance as they are in the forest.
    """
    factors = {species.key: species.co2_per_m3 for species in parameters.species}
    return [
        Sample(s.name, s.area_ha, s.plot_area_m2, tuple(_plot_co2(plot.volumes, factors) for plot in s.plots))
        for s in strata
    ]


def _plot_co2(volumes: Sequence[tuple[str, Decimal]], factors: Mapping[str, Decimal]) -> Decimal:
    with localcontext(prec=DIGITS):
        return sum((volume * factors[species] for species, volume in volumes), _NONE)


@dataclass(frozen=True, slots=True)
class SpeciesStock:
    """What stands of one species in one stratum: mean m³/ha, and totals of the stratum."""

    stratum: str
    species: str
    volume_per_ha: Decimal
    volume: Decimal  # m³
    biomass: Decimal  # t d.m.
    carbon: Decimal  # t C
    co2: Decimal  # t CO₂


def species_stocks(strata: Sequence[Stratum], parameters: Parameters) -> tuple[SpeciesStock, ...]:
    """Growing stock, biomass and carbon per stratum and species, from the mean of all its plots."""
    return tuple(
        _species_stock(stratum, key, parameters)
        for stratum in strata
        for key in sorted({species for plot in stratum.plots for species, _ in plot.volumes})
    )


def _species_stock(stratum: Stratum, key: str, parameters: Parameters) -> SpeciesStock:
    species = parameters.of(key)
    with localcontext(prec=DIGITS):
        volumes = (volume for plot in stratum.plots for name, volume in plot.volumes if name == key)
        per_ha = sum(volumes, _NONE) / len(stratum.plots)
        volume = per_ha * stratum.area_ha
        return SpeciesStock(
            stratum.name, key, per_ha, volume, volume * species.biomass_per_m3,
            volume * species.carbon_per_m3, volume * species.co2_per_m3,
        )  # fmt: skip

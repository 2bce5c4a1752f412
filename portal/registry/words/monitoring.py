"""How a report was computed, step by step: the formula, its own numbers, the result, and where it is from.

Formulas are written in symbols and are the same in every language; what they mean is said beside them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from portal.kernel.bilingual import Bilingual
from portal.registry.queries.monitoring import FullReport, Stock, Workings
from portal.registry.rules.estimation.account import Stated
from portal.registry.rules.estimation.change import Comparison
from portal.registry.rules.estimation.estimate import Estimate, carbon_samples
from portal.registry.rules.estimation.parameters import Parameters, Species
from portal.registry.sheets import Cell, Row
from portal.web.i18n import _, lang, percent

TOOL14_DIFFERENCE = "CDM AR-TOOL14, difference of two independent stock estimates"
COCHRAN = "Cochran 1977, Sampling Techniques, ch. 5"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the computation. ``formula`` and ``numbers`` are symbols; ``unit`` is the result's."""

    title: str
    formula: str
    numbers: str
    result: str
    unit: str
    source: str


def digits(value: Decimal | None, places: int = 4) -> str:
    """A number as it stands in a formula: at most ``places`` decimals, no grouping, no zeros at the end."""
    if value is None:
        return "∞"
    text = f"{value:.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def grams(value: int) -> str:
    return f"{value} g"


def _said(text: Bilingual) -> str:
    return text.in_(lang())


def steps(workings: Workings) -> list[Step]:
    """From the strata to the grams. Tables of species, plots and strata stand before them on the page."""
    return [*_of_stocks(workings), *_of_change(workings), *_of_account(workings)]


def _of_stocks(workings: Workings) -> Iterator[Step]:
    for label, stock in (("1", workings.first), ("2", workings.second)):
        if stock:
            yield from _of_estimate(label, stock.carbon)


def _of_estimate(label: str, found: Estimate) -> Iterator[Step]:
    """Mean, interval and total of one inventory, or of the differences (label Δ)."""
    title = {
        "1": _("Carbon at the start"),
        "2": _("Carbon at the end"),
        "Δ": _("Change of the plots measured twice"),
    }[label]
    weights = [f"({digits(s.area_ha)}/{digits(found.area_ha)})" for s in found.strata]
    weighed = " + ".join(f"{w} × {digits(s.mean)}" for w, s in zip(weights, found.strata, strict=True))
    yield Step(
        _("%(what)s: mean per hectare", what=title),
        f"ȳ{label} = Σ Wₕ ȳₕ",
        weighed,
        digits(found.mean),
        "t CO₂/ha",
        COCHRAN,
    )
    parts = " + ".join(
        f"{w}² × {digits(s.deviation)}² × {digits(s.correction)} / {s.plots}"
        for w, s in zip(weights, found.strata, strict=True)
    )
    yield Step(
        _("%(what)s: standard error", what=title),
        f"e{label} = √( Σ Wₕ² sₕ² (1 − fₕ) / nₕ )",
        f"√( {parts} )",
        digits(found.error),
        "t CO₂/ha",
        COCHRAN,
    )
    yield Step(
        _("%(what)s: half width of the interval", what=title),
        f"h{label} = t({percent(digits(found.confidence * 100))}, n − L) × e{label}",
        f"t({percent(digits(found.confidence * 100))}, {found.plots} − {len(found.strata)}) "
        f"× {digits(found.error)} "
        f"= {digits(found.t, 6)} × {digits(found.error)}",
        digits(found.half_width),
        "t CO₂/ha",
        _("Student’s t; degrees of freedom as in CDM AR-TOOL14"),
    )
    yield Step(
        _("%(what)s: total", what=title),
        f"C{label} = A × ȳ{label}",
        f"{digits(found.area_ha)} × {digits(found.mean)}",
        f"{digits(found.total)} ± {digits(found.total_half_width)}",
        "t CO₂",
        COCHRAN,
    )


def _of_change(workings: Workings) -> Iterator[Step]:
    change = workings.change
    if change.pairs:
        yield from _of_estimate("Δ", change.pairs)
    elif change.comparison is Comparison.INDEPENDENT and change.first:
        first, second = change.first, change.second
        yield Step(
            _("Change of the stock"),
            "ΔC = C2 − C1",
            f"{digits(second.total)} − {digits(first.total)}",
            digits(change.change),
            "t CO₂",
            TOOL14_DIFFERENCE,
        )
        yield Step(
            _("Half width of the change"),
            "hΔ = √( (A h1)² + (A h2)² )",
            f"√( {digits(first.total_half_width)}² + {digits(second.total_half_width)}² )",
            digits(change.half_width),
            "t CO₂",
            TOOL14_DIFFERENCE,
        )
    else:
        yield Step(
            _("Change of the stock, from land without forest"),
            "ΔC = C2 − 0",
            f"{digits(change.change)} − 0",
            digits(change.change),
            "t CO₂",
            workings.method.id,
        )
    yield Step(
        _("Uncertainty of the change"),
        "U = hΔ / |ΔC| × 100",
        f"{digits(change.half_width)} / {digits(abs(change.change))} × 100",
        digits(change.relative_pct),
        "%",
        _said(workings.method.source),
    )


def _of_account(workings: Workings) -> Iterator[Step]:
    account, method = workings.account, workings.method
    of = ("hΔ", workings.change.half_width) if method.discounts_half_width else ("|ΔC|", abs(account.change))
    band = f"{percent(digits(account.band.over))} ≤ U ≤ {percent(digits(account.band.up_to))}"
    if account.band.over:
        band = band.replace("≤", "<", 1)
    yield Step(
        _("Discount for uncertainty"),
        f"d = {of[0]} × DR,  DR({band}) = {percent(digits(account.band.pct))}",
        f"{digits(of[1])} × {digits(account.band.pct)} / 100",
        digits(account.discount),
        "t CO₂",
        _said(method.source),
    )
    less = account.deductions
    named: tuple[tuple[str, str, Stated], ...] = (
        (_("Baseline"), "B", less.baseline),
        (_("Leakage"), "LK", less.leakage),
        (_("Emissions of the project"), "E", less.emissions),
    )
    for title, symbol, stated in named:
        yield Step(title, symbol, digits(stated.amount), digits(stated.amount), "t CO₂", stated.evidence)
    yield Step(
        _("Net removal"),
        "N = ⌊ (ΔC − d − B − LK − E) × 10⁶ ⌋, N ≥ 0",
        f"⌊ ({digits(account.change)} − {digits(account.discount)} − {digits(less.baseline.amount)} − "
        f"{digits(less.leakage.amount)} − {digits(less.emissions.amount)}) × 10⁶ ⌋",
        grams(account.net.grams),
        "",
        _("Whole grams, rounded down: rule of this register"),
    )
    yield Step(
        _("Buffer"),
        "P = ⌈ N × p ⌉",
        f"⌈ {account.net.grams} × {digits(less.buffer_pct)} / 100 ⌉",
        grams(account.buffer.grams),
        "",
        _said(method.source),
    )
    yield Step(
        _("Issuable"),
        "I = N − P",
        f"{account.net.grams} − {account.buffer.grams}",
        grams(account.issuable.grams),
        "",
        _("Whole grams, rounded down: rule of this register"),
    )


def used_species(workings: Workings) -> list[Species]:
    """The species that the report's inventories have, in the order of the parameter set."""
    met = {each.species for stock in (workings.first, workings.second) if stock for each in stock.species}
    return [species for species in workings.parameters.species if species.key in met]


@dataclass(frozen=True, slots=True)
class Thumb:
    """The city article's rule of thumb beside our own numbers: m³ of growth and both tonnages."""

    growth_m3: Decimal
    by_rule: Decimal
    by_parameters: Decimal


def rule_of_thumb(workings: Workings) -> Thumb:
    before = workings.first.volume.total if workings.first else Decimal(0)
    growth = workings.second.volume.total - before
    return Thumb(growth, growth * workings.parameters.rule_of_thumb.value, workings.change.change)


# ── as a spreadsheet ───────────────────────────────────────────────────────────────────────────


def sheets(full: FullReport, language: str) -> list[tuple[str, list[Row]]]:
    """The whole report as tables: steps, strata, plots, growing stock, parameters."""
    workings = full.workings
    known = [(label, stock) for label, stock in (("1", workings.first), ("2", workings.second)) if stock]

    def every(rows: Callable[[str, Stock, Parameters, str], Iterator[Row]]) -> list[Row]:
        return [row for label, stock in known for row in rows(label, stock, workings.parameters, language)]

    return [
        (_("Steps"), _step_rows(full)),
        (_("Strata"), [_strata_head(), *every(_strata_rows)]),
        (_("Plots"), [_plot_head(), *every(_plot_rows)]),
        (_("Growing stock"), [_stock_head(), *every(_stock_rows)]),
        (_("Parameters"), _parameter_rows(used_species(workings), language)),
    ]


def _step_rows(full: FullReport) -> list[Row]:
    head: Row = [_("Step"), _("Formula"), _("Numbers"), _("Result"), _("Unit"), _("Source")]
    facts: list[Row] = [
        [_("Project"), "", "", full.project.code, "", ""],
        [_("Report"), "", "", full.report.number, "", ""],
        [_("Period"), "", "", f"{full.report.period_start} – {full.report.period_end}", "", ""],
        ["SHA-256", "", "", full.report.sha256, "", ""],
    ]
    lines: list[Row] = [
        [step.title, step.formula, step.numbers, step.result, step.unit, step.source]
        for step in steps(full.workings)
    ]
    return [head, *facts, *lines]


def _strata_head() -> Row:
    of = ["A (ha)", "W", "n", "N", "1 − f", "ȳ (t CO₂/ha)", "s (t CO₂/ha)", "e (t CO₂/ha)"]
    return [_("Inventory"), _("Stratum"), *of]


def _strata_rows(label: str, stock: Stock, _known: Parameters, _language: str) -> Iterator[Row]:
    for s in stock.carbon.strata:
        counted: list[Cell] = [s.area_ha, s.weight, s.plots, s.possible_plots, s.correction]
        yield [label, s.name, *counted, s.mean, s.deviation, s.error]


def _plot_head() -> Row:
    return [_("Inventory"), _("Stratum"), _("Plot"), _("Species"), "m³/ha", "t CO₂/m³", "t CO₂/ha"]


def _plot_rows(label: str, stock: Stock, known: Parameters, language: str) -> Iterator[Row]:
    for stratum in stock.strata:
        for plot in stratum.plots:
            if not plot.volumes:
                yield [label, stratum.name, plot.name, "", 0, 0, 0]
            for key, volume in plot.volumes:
                species = known.of(key)
                name, factor = species.name.in_(language), species.co2_per_m3
                yield [label, stratum.name, plot.name, name, volume, factor, volume * factor]


def _stock_head() -> Row:
    return [_("Inventory"), _("Stratum"), _("Species"), "m³/ha", "m³", "t d.m.", "t C", "t CO₂"]


def _stock_rows(label: str, stock: Stock, known: Parameters, language: str) -> Iterator[Row]:
    for each in stock.species:
        name = known.of(each.species).name.in_(language)
        yield [
            label,
            each.stratum,
            name,
            each.volume_per_ha,
            each.volume,
            each.biomass,
            each.carbon,
            each.co2,
        ]


def _parameter_rows(species: list[Species], language: str) -> list[Row]:
    head: Row = [_("Species"), _("Parameter"), _("Value"), _("Unit"), "± %", _("How sure"), _("Source")]
    rows: list[Row] = [
        [
            *(each.name.in_(language), figure.key, figure.value, figure.unit),
            *(figure.uncertainty_pct, figure.confidence, figure.source),
        ]
        for each in species
        for figure in each.figures
    ]
    return [head, *rows]


def plot_values(stock: Stock, known: Parameters) -> list[tuple[str, str, list[tuple[str, Decimal]], Decimal]]:
    """Stratum, plot, m³/ha by species, t CO₂/ha: for the page."""
    samples = carbon_samples(stock.strata, known)
    return [
        (stratum.name, plot.name, list(plot.volumes), value)
        for stratum, sample in zip(stock.strata, samples, strict=True)
        for plot, value in zip(stratum.plots, sample.values, strict=True)
    ]

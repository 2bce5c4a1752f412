"""Estimates against other people's numbers: textbook tables, and the same formulas written another way."""

import math
import statistics
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.kernel.errors import PortalError
from portal.kernel.mass import Mass
from portal.registry.rules.estimation import errors
from portal.registry.rules.estimation.account import Deductions, Stated, settle
from portal.registry.rules.estimation.change import Change, Comparison, change_between
from portal.registry.rules.estimation.estimate import Sample, estimate, species_stocks
from portal.registry.rules.estimation.parameters import parameters, published
from portal.registry.rules.estimation.planning import Allocation, PlannedStratum, plan, read_strata
from portal.registry.rules.estimation.reading import Plot, Stratum
from portal.registry.rules.estimation.student import arctangent, central, quantile

D = Decimal
NINETY = D("0.90")


# --- Student's t

# Two-sided critical values as tables print them (Fisher and Yates; NIST/SEMATECH e-Handbook 1.3.6.7.2).
TABLE = [
    ("0.90", 1, "6.314"), ("0.90", 2, "2.920"), ("0.90", 3, "2.353"), ("0.90", 4, "2.132"),
    ("0.90", 5, "2.015"),
    ("0.90", 10, "1.812"), ("0.90", 15, "1.753"), ("0.90", 20, "1.725"), ("0.90", 29, "1.699"),
    ("0.90", 30, "1.697"), ("0.90", 60, "1.671"), ("0.90", 100, "1.660"),
    ("0.95", 1, "12.706"), ("0.95", 2, "4.303"), ("0.95", 5, "2.571"), ("0.95", 10, "2.228"),
    ("0.95", 21, "2.080"), ("0.95", 30, "2.042"), ("0.95", 100, "1.984"),
    ("0.99", 1, "63.657"), ("0.99", 7, "3.499"), ("0.99", 30, "2.750"), ("0.99", 100, "2.626"),
]  # fmt: skip


@pytest.mark.parametrize(("confidence", "degrees", "printed"), TABLE)
def test_t_is_the_value_of_the_printed_tables(confidence: str, degrees: int, printed: str):
    assert round(quantile(D(confidence), degrees), 3) == D(printed)


@pytest.mark.parametrize("confidence", ["0.5", "0.8", "0.90", "0.95", "0.999"])
def test_t_of_one_and_two_degrees_is_the_closed_form(confidence: str):
    p = float(confidence)
    assert float(quantile(D(confidence), 1)) == pytest.approx(math.tan(math.pi * p / 2), rel=1e-11)
    assert float(quantile(D(confidence), 2)) == pytest.approx(p * math.sqrt(2 / (1 - p * p)), rel=1e-11)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 8, 25, 50, 301])
@pytest.mark.parametrize("t", ["0.1", "1", "1.7", "4"])
def test_the_distribution_is_the_integral_of_its_density(degrees: int, t: str):
    """Simpson's rule over the density, which shares nothing with the finite sums."""
    steps, top = 4000, float(t)
    log_c = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2) - 0.5 * math.log(degrees * math.pi)

    def density(x: float) -> float:
        return math.exp(log_c - (degrees + 1) / 2 * math.log1p(x * x / degrees))

    h = top / steps
    inner = sum((4 if k % 2 else 2) * density(k * h) for k in range(1, steps))
    integral = 2 * h / 3 * (density(0) + inner + density(top))
    assert float(central(D(t), degrees)) == pytest.approx(integral, abs=1e-10)


@settings(deadline=None)
@given(st.decimals("0", "1000", places=6))
def test_the_arctangent_is_the_arctangent(x: Decimal):
    assert float(arctangent(x)) == pytest.approx(math.atan(float(x)), abs=1e-14)


def test_with_many_degrees_t_is_nearly_normal():
    normal = statistics.NormalDist().inv_cdf(0.95)
    assert float(quantile(NINETY, 5000)) == pytest.approx(normal, abs=5e-4)
    assert float(quantile(NINETY, 5000)) > normal


# --- the stratified estimate


def sample(name: str, area: str, plot_m2: str, *values: str) -> Sample:
    return Sample(name, D(area), D(plot_m2), tuple(D(value) for value in values))


def test_one_stratum_is_the_estimate_of_any_textbook():
    """Mean 50, s = √62.5, n = 5: half width = 2.131847 × s / √5 by hand."""
    found = estimate([sample("1", "100", "600", "40", "45", "50", "55", "60")], NINETY)
    assert found.mean == 50
    assert (found.degrees, found.plots) == (4, 5)
    assert float(found.strata[0].deviation) == pytest.approx(statistics.stdev([40, 45, 50, 55, 60]))
    assert float(found.half_width) == pytest.approx(2.1318467863 * math.sqrt(62.5 / 5), rel=1e-9)
    assert found.total == 5000


def test_strata_are_weighed_by_their_area_and_vary_within():
    """Worked by hand in fractions: W = 1/4, 3/4; v = 1/16·2/2 + 9/16·8/2."""
    found = estimate([sample("a", "10", "100", "9", "11"), sample("b", "30", "100", "18", "22")], NINETY)
    assert found.mean == D("0.25") * 10 + D("0.75") * 20
    assert float(found.error) ** 2 == pytest.approx(float(Fraction(1, 16) * 2 / 2 + Fraction(9, 16) * 8 / 2))
    assert found.degrees == 2


def test_the_finite_population_counts_above_five_per_cent_only():
    """1 ha holds ten plots of 0.1 ha: five of them leave half of the variance; 4 of 80 plots are 5 %."""
    values = ("10", "12", "14", "16", "18")
    half = estimate([sample("1", "1", "1000", *values)], NINETY).strata[0]
    assert (half.possible_plots, half.correction, half.has_correction) == (10, D("0.5"), True)
    assert float(half.error) == pytest.approx(math.sqrt(10 / 5 * 0.5))
    edge = estimate([sample("1", "8", "1000", *values[:4])], NINETY).strata[0]
    assert (edge.fraction, edge.correction) == (D("0.05"), 1)


def test_a_census_has_no_error():
    found = estimate([sample("1", "0.2", "1000", "10", "20")], NINETY)
    assert found.half_width == 0


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 500),
            st.lists(st.decimals("0", "600", places=2), min_size=2, max_size=12),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_estimate_is_that_of_an_independent_computation(strata: list[tuple[int, list[Decimal]]]):
    """The same in floating point, by the moments instead of the deviations."""
    plot_m2 = 800
    found = estimate([Sample(str(k), D(a), D(plot_m2), tuple(v)) for k, (a, v) in enumerate(strata)], NINETY)
    area = sum(a for a, _ in strata)
    mean = sum(a * statistics.fmean(map(float, v)) for a, v in strata) / area
    variance = 0.0
    for a, values in strata:
        n, fraction = len(values), len(values) * plot_m2 / (a * 10_000)
        s2 = statistics.variance(map(float, values))
        variance += (a / area) ** 2 * s2 / n * (1 - fraction if fraction > 0.05 else 1)
    assert float(found.mean) == pytest.approx(mean, rel=1e-9, abs=1e-9)
    assert float(found.error) == pytest.approx(math.sqrt(variance), rel=1e-7, abs=1e-7)
    assert float(found.half_width) == pytest.approx(float(found.t) * math.sqrt(variance), rel=1e-7, abs=1e-7)


def test_one_plot_has_no_interval():
    with pytest.raises(errors.TooFewPlots):
        estimate([sample("1", "10", "600", "40")], NINETY)


def test_more_plots_than_fit_are_refused():
    with pytest.raises(errors.MorePlotsThanFit):
        estimate([sample("1", "0.1", "600", "40", "50")], NINETY)


# --- carbon


def test_carbon_per_cubic_metre_is_what_the_collected_table_computed():
    """The file holds D × BEF × (1 + R) × CF × 44/12 of its authors, to three decimals."""
    known = parameters()
    text = files("portal.registry.data.estimation").joinpath("parameters-1.0.0.csv").read_text("utf-8")
    said = {line.split(",")[0]: line for line in text.splitlines()}
    for species in known.species:
        row = said[f"forest_{species.key}_tco2_per_m3"]
        assert f",{round(species.co2_per_m3, 3)},tCO2/m3," in row


def test_larch_by_hand():
    """0.49 × 1.416 × 1.212 × 0.521 × 44/12, in fractions."""
    exact = Fraction("0.49") * Fraction("1.416") * Fraction("1.212") * Fraction("0.521") * Fraction(44, 12)
    assert float(parameters().of("larix").co2_per_m3) == pytest.approx(float(exact), rel=1e-14)


def test_the_uncertainty_of_a_factor_is_the_root_of_squares():
    larch = parameters().of("larix")
    assert float(larch.uncertainty_pct) == pytest.approx(math.sqrt(3 * 400 + (20 * 0.212 / 1.212) ** 2))


def test_the_rule_of_thumb_lies_within_the_range_of_the_species():
    known = parameters()
    least, most = known.range_per_m3
    assert (least.key, most.key) == ("abies", "quercus")
    assert least.co2_per_m3 < known.rule_of_thumb.value < most.co2_per_m3


def test_a_published_version_is_never_edited():
    folder = files("portal.registry.data.estimation")
    assert published() == {
        name: sha256(folder.joinpath(name).read_bytes()).hexdigest()
        for name in ("methods-1.0.0.toml", "parameters-1.0.0.csv", "species-1.0.0.toml")
    }
    assert parameters().digests == published()


def test_every_parameter_says_where_it_is_from_and_how_sure_it_is():
    for species in parameters().species:
        for figure in species.figures:
            assert figure.source
            assert figure.confidence in {"published", "provisional"}
    for method in parameters().methods:
        assert method.source
        assert method.status in {"published", "provisional"}


def test_a_name_belongs_to_one_group():
    names = [name for species in parameters().species for name in species.names]
    assert len(names) == len(set(names))
    assert parameters().named(" 柞树 ").key == "quercus"
    assert parameters().named("杉木") is None


def stratum(name: str, area: str, *plots: dict[str, str]) -> Stratum:
    return Stratum(
        name, D(area), D(600),
        tuple(
            Plot(str(n), tuple(sorted((key, D(v)) for key, v in plot.items())))
            for n, plot in enumerate(plots, start=1)
        ),
    )  # fmt: skip


def test_stock_per_stratum_and_species_counts_plots_without_the_species():
    (birch, larch) = species_stocks(
        [stratum("1", "10", {"larix": "100", "betula": "30"}, {"larix": "60"})], parameters()
    )
    assert (birch.species, birch.volume_per_ha, birch.volume) == ("betula", 15, 150)
    assert (larch.volume_per_ha, larch.volume) == (80, 800)
    assert float(larch.biomass) == pytest.approx(800 * 0.49 * 1.416 * 1.212)
    assert float(larch.carbon) == pytest.approx(800 * 0.49 * 1.416 * 1.212 * 0.521)
    assert float(larch.co2) == pytest.approx(800 * 0.49 * 1.416 * 1.212 * 0.521 * 44 / 12)


# --- change


BEFORE = [stratum("1", "100", {"larix": "40"}, {"larix": "60"}, {"larix": "50"}, {"larix": "55"})]
AFTER = [stratum("1", "100", {"larix": "71"}, {"larix": "90"}, {"larix": "82"}, {"larix": "85"})]
LARCH = 0.49 * 1.416 * 1.212 * 0.521 * 44 / 12


def test_plots_measured_twice_are_compared_one_by_one():
    found = change_between(BEFORE, AFTER, parameters(), NINETY)
    growth = [31 * LARCH, 30 * LARCH, 32 * LARCH, 30 * LARCH]
    assert found.comparison is Comparison.PAIRED
    assert float(found.change) == pytest.approx(100 * statistics.fmean(growth))
    half = 2.3533634348 * statistics.stdev(growth) / 2 * 100
    assert float(found.half_width) == pytest.approx(half, rel=1e-8)


def test_other_plots_are_two_estimates():
    """The same numbers from plots that are not the same: the half widths add as squares and are far wider."""
    (after,) = AFTER
    elsewhere = tuple(Plot(f"x{plot.name}", plot.volumes) for plot in after.plots)
    moved = [Stratum(after.name, after.area_ha, after.plot_area_m2, elsewhere)]
    found = change_between(BEFORE, moved, parameters(), NINETY)
    halves = [
        2.3533634348 * statistics.stdev(v) / 2 * LARCH * 100 for v in ([40, 60, 50, 55], [71, 90, 82, 85])
    ]
    assert found.comparison is Comparison.INDEPENDENT
    assert float(found.half_width) == pytest.approx(math.hypot(*halves), rel=1e-8)
    assert found.half_width > 10 * change_between(BEFORE, AFTER, parameters(), NINETY).half_width


@pytest.mark.parametrize("area", ["101", "99.99"])
def test_another_area_is_another_stratum(area: str):
    other = [Stratum("1", D(area), s.plot_area_m2, s.plots) for s in AFTER]
    assert change_between(BEFORE, other, parameters(), NINETY).comparison is Comparison.INDEPENDENT


def test_land_without_forest_begins_at_nothing():
    found = change_between(None, AFTER, parameters(), NINETY)
    assert (found.comparison, found.first) == (Comparison.FROM_NOTHING, None)
    assert float(found.change) == pytest.approx(82 * LARCH * 100)


# --- the account


def of(change: str, half_width: str) -> Change:
    later = estimate([sample("1", "1", "600", "1", "1")], NINETY)
    return Change(Comparison.INDEPENDENT, None, later, None, D(change), D(half_width))


def less(baseline: str = "0", leakage: str = "0", emissions: str = "0", buffer_pct: str = "10") -> Deductions:
    stated = [Stated(D(each), "document, p. 1") for each in (baseline, leakage, emissions)]
    return Deductions(*stated, D(buffer_pct))


CCER = parameters().method("CCER-14-001-V01")
TOOL14 = parameters().method("AR-ACM0003")


@pytest.mark.parametrize(
    ("half_width", "pct", "net"),
    [("0", 0, "1000"), ("100", 0, "1000"), ("100.0001", 6, "940"), ("200", 6, "940"), ("201", 11, "890"),
     ("300", 11, "890")],
)  # fmt: skip
def test_the_discount_follows_the_table_at_its_edges(half_width: str, pct: int, net: str):
    found = settle(of("1000", half_width), CCER, less())
    assert (found.band.pct, found.net) == (pct, Mass.t(net))


@pytest.mark.parametrize(("change", "half_width"), [("1000", "300.1"), ("0", "1"), ("-10", "4")])
def test_above_the_table_nothing_can_be_claimed(change: str, half_width: str):
    with pytest.raises(errors.TooUncertain):
        settle(of(change, half_width), CCER, less())


def test_the_discount_of_a_half_width_is_the_example_of_the_tool():
    """AR-TOOL14: 60 ± 9, so U = 15 %, 25 % of 9 is left out: 57.75."""
    found = settle(of("60", "9"), TOOL14, less())
    assert found.discounted == D("57.75")


def test_a_loss_is_made_larger_and_nothing_is_issued():
    found = settle(of("-1000", "150"), CCER, less())
    assert found.discounted == -1060
    assert found.is_loss
    assert (found.net, found.issuable) == (Mass(0), Mass(0))


def test_every_deduction_is_subtracted_and_the_buffer_kept_back():
    found = settle(of("1000", "50"), CCER, less("100", "20", "30.5", "15"))
    assert found.net == Mass.t("849.5")
    assert found.buffer == Mass.t("127.425")
    assert found.issuable == Mass.t("722.075")


@settings(deadline=None)
@given(st.decimals("0.000001", "100000", places=9), st.decimals("10", "100", places=2))
def test_grams_are_whole_rounded_down_and_all_accounted_for(change: Decimal, buffer_pct: Decimal):
    found = settle(of(str(change), "0"), CCER, less(buffer_pct=str(buffer_pct)))
    exact = Fraction(change) * 1_000_000
    assert found.net.grams == math.floor(exact)
    assert found.buffer.grams == math.ceil(found.net.grams * Fraction(buffer_pct) / 100)
    assert found.issuable.grams + found.buffer.grams == found.net.grams
    assert found.issuable.grams <= exact * (1 - Fraction(buffer_pct) / 100)


@pytest.mark.parametrize(
    ("deductions", "fault"),
    [
        (less(buffer_pct="9.99"), errors.BufferTooSmall),
        (less(buffer_pct="101"), errors.BufferTooSmall),
        (less(leakage="-1"), errors.NegativeDeduction),
        (Deductions(Stated(D(0), " "), Stated(D(0), "x"), Stated(D(0), "x"), D(10)), errors.EvidenceMissing),
    ],
)
def test_a_deduction_has_its_limits_and_its_document(deductions: Deductions, fault: type[PortalError]):
    with pytest.raises(fault):
        settle(of("1000", "1"), CCER, deductions)


# --- planning


def planned(*rows: tuple[str, str, str, str]) -> list[PlannedStratum]:
    return [PlannedStratum(name, D(area), D(mean), D(s)) for name, area, mean, s in rows]


FOREST = planned(("1", "400", "120", "40"), ("2", "100", "60", "30"), ("3", "500", "90", "20"))


def half_width(shares: list[tuple[float, float, int, float]], t: float) -> float:
    """t √Σ W² s² (1 − n/N) / n, written on its own."""
    return t * math.sqrt(sum((w * s) ** 2 * (1 - n / room) / n for w, s, n, room in shares))


@pytest.mark.parametrize("allocation", list(Allocation))
@pytest.mark.parametrize("precision", ["5", "10", "15"])
def test_a_plan_reaches_its_precision_and_not_by_much(allocation: Allocation, precision: str):
    found = plan(FOREST, D(600), NINETY, D(precision), allocation)
    wanted = (0.4 * 120 + 0.1 * 60 + 0.5 * 90) * float(precision) / 100
    shares = [
        (float(s.weight), float(s.stratum.deviation), s.plots, float(s.stratum.area_ha) * 10_000 / 600)
        for s in found.shares
    ]
    t = float(quantile(NINETY, found.plots - 3))
    assert float(found.wanted) == pytest.approx(wanted)
    assert float(found.reached) == pytest.approx(half_width(shares, t), rel=1e-9)
    assert float(found.reached) <= wanted
    fewer = [(w, s, max(n - 2, 1), room) for w, s, n, room in shares]
    assert half_width(fewer, t) > wanted  # the control: a much smaller plan does not


def test_neyman_is_the_formula_of_the_tool():
    """n = N t² (Σ W s)² / (N E² + t² Σ W s²), with the t at which it settles."""
    found = plan(FOREST, D(600), NINETY, D(10), Allocation.NEYMAN)
    n_all, e = 1000 * 10_000 / 600, 9.9
    ws, wss = 0.4 * 40 + 0.1 * 30 + 0.5 * 20, 0.4 * 1600 + 0.1 * 900 + 0.5 * 400
    candidates = [
        n_all * t**2 * ws**2 / (n_all * e**2 + t**2 * wss)
        for t in (float(quantile(NINETY, d)) for d in range(1, 60))
    ]
    assert min(abs(float(found.exact) - each) for each in candidates) < 1e-9
    assert [float(s.exact / found.exact) for s in found.shares] == pytest.approx([16 / 29, 3 / 29, 10 / 29])


def test_proportional_needs_no_fewer_plots_than_neyman():
    for precision in ("4", "7", "10"):
        counts = [plan(FOREST, D(600), NINETY, D(precision), a).plots for a in Allocation]
        assert counts[0] <= counts[1]


def test_the_simple_formula_without_strata_or_limits():
    """One stratum in an endless forest: n = (t s / E)²."""
    found = plan(planned(("1", "1000000", "100", "30")), D(600), NINETY, D(5), Allocation.NEYMAN)
    t = float(quantile(NINETY, found.degrees))
    assert found.plots == pytest.approx((t * 30 / 5) ** 2, abs=1.01)


def test_a_small_stratum_is_measured_whole_and_others_take_the_rest():
    tiny = planned(("small", "0.12", "100", "90"), ("large", "300", "100", "30"))
    found = plan(tiny, D(600), NINETY, D(5), Allocation.PROPORTIONAL)
    assert found.shares[0].plots == 2 == found.shares[0].possible


def test_a_plan_that_cannot_be_reached_says_so():
    with pytest.raises(errors.CannotReach):
        plan(planned(("1", "0.06", "100", "90")), D(600), NINETY, D(5), Allocation.NEYMAN)


def test_more_plots_than_anybody_measures_are_refused():
    with pytest.raises(errors.TooManyPlots):
        plan(planned(("1", "1000000", "1", "100000")), D(10), NINETY, D("0.5"), Allocation.NEYMAN)
    capped = planned(("1", "0.12", "100", "1"), ("2", "1000000", "0.01", "90000"))
    with pytest.raises(errors.TooManyPlots):
        plan(capped, D(600), NINETY, D("0.5"), Allocation.PROPORTIONAL)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 3000), st.integers(1, 400), st.integers(1, 400)), min_size=1, max_size=6
    ),
    st.sampled_from(["3", "10", "20"]),
    st.sampled_from(Allocation),
)
def test_any_plan_reaches_its_precision_or_says_that_it_cannot(
    rows: list[tuple[int, int, int]], precision: str, allocation: Allocation
):
    strata = [PlannedStratum(str(k), D(a), D(m), D(s)) for k, (a, m, s) in enumerate(rows)]
    try:
        found = plan(strata, D(600), NINETY, D(precision), allocation)
    except (errors.CannotReach, errors.TooManyPlots):
        return
    area, mean = sum(a for a, _, _ in rows), sum(a * m for a, m, _ in rows) / sum(a for a, _, _ in rows)
    shares = [
        (a / area, float(s), share.plots, a * 10_000 / 600)
        for (a, _, s), share in zip(rows, found.shares, strict=True)
    ]
    t = float(quantile(NINETY, found.plots - len(rows)))
    assert half_width(shares, t) == pytest.approx(float(found.reached), rel=1e-9)
    assert half_width(shares, t) <= mean * float(precision) / 100 * (1 + 1e-12)
    assert all(2 <= share.plots <= share.possible for share in found.shares)


def test_a_forest_that_does_not_vary_needs_no_plan():
    with pytest.raises(errors.NothingToPlan):
        plan(planned(("1", "10", "100", "0")), D(600), NINETY, D(5), Allocation.NEYMAN)


@pytest.mark.parametrize(
    "text", ["a;1;2", "a;1;2;x", ";1;2;3", "a;1e3;2;3", "a;-1;2;3", "a；0；1；1", "a;1;2;NaN", "a;1;2;3;4"]
)
def test_a_line_that_cannot_be_read_is_named(text: str):
    with pytest.raises(errors.StrataNotRead) as fault:
        read_strata(f"ok;1;2;3\n{text}")
    assert fault.value.params == {"line": 2}


def test_strata_are_read_with_either_semicolon():
    assert read_strata("甲；100；120；40\n\n乙;50;60.5;20") == tuple(
        planned(("甲", "100", "120", "40"), ("乙", "50", "60.5", "20"))
    )
    with pytest.raises(errors.StratumNamedTwice):
        read_strata("a;1;2;3\na;1;2;3")

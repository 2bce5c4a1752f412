"""Units and expressions: what may be written, what dimensions forbid, and that both languages agree."""

from fractions import Fraction

import pytest

from portal.footprint.rules.expressions import (
    ExpressionFault,
    Words,
    javascript,
    names,
    parse,
    python,
    sensitivity,
    settled,
    switches,
    unit_of,
    value,
    words,
)
from portal.footprint.rules.units import NUMBER, UnknownUnit, parse_unit

UNITS = {
    "area": parse_unit("m2"),
    "heat": parse_unit("GJ/m2"),
    "factor": parse_unit("kgCO2/GJ"),
    "waste": parse_unit("kg"),
    "share": NUMBER,
}
OPTIONS = {"fuel": ("coal", "gas")}


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("kgCO2e/pkm", "kgCO2e/person.km"),
        ("kWh/m2.yr", "kWh/year.m2"),
        ("W/m2.K", "J/s.m2.K"),
        ("1", "kg/kg"),
    ],
)
def test_a_unit_is_what_it_is_made_of(text: str, same: str):
    assert parse_unit(text) == parse_unit(same)


@pytest.mark.parametrize(
    ("one", "other"), [("kWh", "GJ"), ("kg", "t"), ("kg", "kgCO2e"), ("week", "year"), ("pkm", "vkm")]
)
def test_units_of_one_kind_are_still_not_the_same(one: str, other: str):
    assert parse_unit(one) != parse_unit(other)


@pytest.mark.parametrize("text", ["kgs", "", "kg/", "KWH", "kg CO2"])
def test_an_unknown_unit_is_refused(text: str):
    with pytest.raises(UnknownUnit):
        parse_unit(text)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("area * heat * factor", "kgCO2e"),
        ("area * heat * factor if fuel == 'coal' else 0", "kgCO2e"),
        ("max(area, area * 2)", "m2"),
        ("(1 - share) * area", "m2"),
        ("area if area > area * 0.5 else 0", "m2"),
    ],
)
def test_an_expression_has_a_unit(text: str, unit: str):
    assert unit_of(parse(text), UNITS, OPTIONS) == parse_unit(unit)


@pytest.mark.parametrize(
    "text",
    [
        "area + heat",
        "area + 1",
        "waste + area * heat * factor",
        "min(area, heat)",
        "area if fuel == 'wood' else 0",
        "area if fuel > 'coal' else 0",
        "area if area > 1 else 0",
        "fuel * area",
        "unknown * area",
        "area if share == 'coal' else 0",
    ],
)
def test_dimensions_that_do_not_fit_are_refused(text: str):
    with pytest.raises(ExpressionFault):
        unit_of(parse(text), UNITS, OPTIONS)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "area.__class__",
        "area[0]",
        "lambda: 1",
        "open('x')",
        "area ** 2",
        "area // 2",
        "area % 2",
        "-area",
        "not area",
        "area and heat",
        "[area]",
        "f'{area}'",
        "(x := area)",
        "min(area)",
        "min(*area)",
        "max(area, key=area)",
        "area if share else 0",
        "1 < share < 2",
        "True",
        "area; heat",
        "area +",
        "1e400j",
    ],
)
def test_what_is_not_on_the_list_is_not_an_expression(text: str):
    with pytest.raises(ExpressionFault):
        parse(text)


def test_names_and_switches():
    tree = parse("area * heat if fuel == 'coal' else share * area")
    assert list(names(tree)) == ["area", "heat", "fuel", "share", "area"]
    assert set(switches(tree)) == {"fuel"}


def test_both_languages_keep_the_order_of_operations():
    tree = parse("area - heat - share * (area / heat)")
    code = {name: name for name in UNITS}
    assert python(tree, code, OPTIONS) == "((area - heat) - (share * (area / heat)))"
    assert javascript(tree, code, OPTIONS) == python(tree, code, OPTIONS)


def test_conditions_in_both_languages():
    tree = parse("area if fuel == 'gas' else max(area, 2)")
    code = {"area": "a", "fuel": "f"}
    assert python(tree, code, OPTIONS) == "(a if (f == 1.0) else max(a, 2.0))"
    assert javascript(tree, code, OPTIONS) == "((f === 1.0) ? a : Math.max(a, 2.0))"


@pytest.mark.parametrize(
    "text",
    ["x * y", "x / y", "y / x", "x * x", "x / x * y", "(x + y) * (x - y)", "x * y if x > y else y",
     "y + x / (x + y)", "min(x * 2, y)", "max(x, y, x * y)", "y - x", "1 / (x * x)", "x * y / (y * x) * x"],
)  # fmt: skip
@pytest.mark.parametrize(("x", "y"), [(2.0, 3.0), (5.0, 0.5), (0.1, 7.0)])
def test_sensitivity_is_the_slope(text: str, x: float, y: float):
    tree = parse(text)
    step = 1e-6
    ends = [value(tree, {"x": x * (1 + sign * step), "y": y}, {}, float) for sign in (1, -1)]
    slope = (ends[0] - ends[1]) / (2 * step)
    assert value(sensitivity(tree, "x"), {"x": x, "y": y}, {}, float) == pytest.approx(
        slope, rel=1e-4, abs=1e-6
    )


def test_a_product_keeps_its_shape_so_that_its_line_is_reused():
    tree = parse("x * y * 3")
    assert sensitivity(tree, "x") == tree == sensitivity(tree, "y")


def test_a_formula_is_written_for_people():
    say = Words(
        lambda key: key.upper(),
        lambda key, option: option.title(),
        lambda then, test, other: f"{then} if {test} else {other}",
    )
    assert words(parse("a * (b - (c - d)) / (e * f)"), say) == "A × (B − (C − D)) ÷ (E × F)"
    assert words(parse("a + (b + c) if fuel == 'gas' else 0"), say) == "A + B + C if FUEL = Gas else 0"


def test_only_the_branch_that_counts_is_left():
    tree = parse("2 * (a if fuel == 'gas' else b)")
    assert settled(tree, lambda test: False) == parse("2 * b")


def test_exact_values_by_walking_the_tree():
    values = {"a": Fraction(1, 3), "b": Fraction(2)}
    assert value(
        parse("a * b + 0.5 if fuel != 'gas' else 0"), values, {"fuel": "coal"}, Fraction
    ) == Fraction(7, 6)

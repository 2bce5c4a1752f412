"""Faults of units planted into the released models: whatever changes a dimension may not load."""

import random
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from portal.footprint.rules import library
from portal.footprint.rules.dimensions import check_dimensions, units_of
from portal.footprint.rules.expressions import (
    Call,
    Choose,
    Literal,
    Name,
    Node,
    Operation,
    names,
    value,
)
from portal.footprint.rules.model import Model
from portal.footprint.rules.reading import read
from portal.footprint.rules.units import KNOWN, NUMBER, Unit, parse_unit
from tests.factories.footprint import text_of

NAMES = list(library.lock())
LINE = re.compile(r'^unit = "([^"]+)"$', re.M)


def released(name: str) -> tuple[str, Model]:
    model_id, version = name.split("/")
    return text_of(model_id, version), library.model(model_id, version)


def test_100_wrong_units_in_the_files_are_refused():
    """Of factors, assumptions, questions, quantities and comparisons: a unit becomes another one."""
    chance = random.Random(200)
    for _ in range(100):
        text, _model = released(chance.choice(NAMES))
        found = chance.choice(list(LINE.finditer(text)))
        wrong = other_unit(found[1], chance)
        planted = text[: found.start()] + f'unit = "{wrong}"' + text[found.end() :]
        where = text.rfind("[", 0, found.start())
        assert check_dimensions(read(planted.encode())), (
            f"{text[where : found.start()]} {found[1]} as {wrong}"
        )


def test_100_wrong_formulas_are_refused():
    """A part of a formula is left out, × becomes ÷, or a name becomes one of another unit.

    Whether that changes the dimension is found without the checker: when every base unit is measured on
    another scale, a sound formula's value changes by the scale of its unit and by nothing else. Faults that
    leave the dimension as it is are not counted.
    """
    chance, refused, tried = random.Random(2026), 0, 0
    while refused < 100:
        tried += 1
        model = released(chance.choice(NAMES))[1]
        section, key = chance.choice(
            [("quantities", k) for k in model.quantities] + [("rules", k) for k in model.rules]
        )
        part = getattr(model, section)[key]
        wanted = part.unit if section == "quantities" else model.unit
        wrong = mutated(part.node, model, chance)
        if wrong == part.node or scales(wrong, wanted, model):
            continue
        planted = replace(model, **{section: {**getattr(model, section), key: replace(part, node=wrong)}})
        assert check_dimensions(planted), f"{model.id} {key}: {part.expr} as {wrong}"
        refused += 1
    assert tried < 1000


@pytest.mark.parametrize("name", NAMES)
def test_the_scales_agree_that_the_released_formulas_are_sound(name: str):
    """The control of the judge above."""
    model = released(name)[1]
    assert all(scales(rule.node, model.unit, model) for rule in model.rules.values())
    assert all(scales(quantity.node, quantity.unit, model) for quantity in model.quantities.values())
    rule = next(rule for rule in model.rules.values() if list(names(rule.node)))
    first = next(name for name in names(rule.node) if units_of(model)[name] != NUMBER)
    assert not scales(Operation("*", rule.node, Name(first)), model.unit, model)


# ---- planting


def mutated(node: Node, model: Model, chance: random.Random) -> Node:
    """The tree with one fault at a random place."""
    spots = list(places(node))
    spot = chance.choice(spots)
    return swapped(node, spot, fault_at(spot, model, chance))


def places(node: Node) -> Iterator[Node]:
    match node:
        case Name():
            yield node
        case Operation(_, left, right):
            yield node
            yield from (*places(left), *places(right))
        case Call(_, arguments):
            for argument in arguments:
                yield from places(argument)
        case Choose(_, then, other):
            yield from (*places(then), *places(other))
        case Literal():
            yield node


def fault_at(spot: Node, model: Model, chance: random.Random) -> Node:
    match spot:
        case Operation("*" | "/" as sign, left, right):
            turned = Operation("/" if sign == "*" else "*", left, right)
            return chance.choice([left, right, turned])
        case Operation(sign, left, right):
            return Operation(chance.choice("*/"), left, right)
        case Name(key):
            units = units_of(model)
            return Name(chance.choice([name for name in units if units[name] != units.get(key)]))
    return Name(chance.choice(list(units_of(model))))


def swapped(node: Node, spot: Node, fault: Node) -> Node:
    if node is spot:
        return fault
    match node:
        case Operation(sign, left, right):
            return Operation(sign, swapped(left, spot, fault), swapped(right, spot, fault))
        case Call(function, arguments):
            return Call(function, tuple(swapped(argument, spot, fault) for argument in arguments))
        case Choose(test, then, other):
            return Choose(test, swapped(then, spot, fault), swapped(other, spot, fault))
    return node


# ---- judging


def scales(node: Node, wanted: Unit, model: Model) -> bool:
    """Whether the value follows the scales of its unit, whatever is chosen; always zero counts as yes."""
    chance, units = random.Random(1), units_of(model)
    if set(names(node)) - units.keys() - model.options.keys():
        return False
    for _ in range(60):
        base = {name: chance.choice((2.0, 3.0, 5.0, 7.0)) for name in sorted(KNOWN)}
        chosen = {key: chance.choice(options) for key, options in model.options.items()}
        plain = {name: chance.uniform(0.2, 0.9) for name in units}
        other = {name: number * scale(units[name], base) for name, number in plain.items()}
        try:
            before = value(node, plain, chosen, float)
            after = value(node, other, chosen, float)
        except ZeroDivisionError:
            continue
        if abs(after - before * scale(wanted, base)) > 1e-9 * max(abs(after), 1e-300):
            return False
    return True


def scale(unit: Unit, base: dict[str, float]) -> float:
    found = 1.0
    for name, power in unit.powers:
        found *= base[name] ** power
    return found


def other_unit(text: str, chance: random.Random) -> str:
    """Another unit: one base exchanged, dropped, added, or the fraction turned over."""
    base = chance.choice(sorted(KNOWN))
    over, slash, under = text.partition("/")
    candidates = [
        base,
        f"{text}.{base}",
        f"{base}.{text}",
        f"{over}/{base}",
        f"{under}/{over}" if slash else f"1/{over}",
        over,
    ]
    return chance.choice([c for c in candidates if parse_unit(c) != parse_unit(text)])

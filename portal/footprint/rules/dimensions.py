"""Do the dimensions of a model fit? Every formula, default, comparison, overlay and action."""

from collections.abc import Iterator, Mapping

from portal.footprint.rules.expressions import ZERO, ExpressionFault, Node, names, parse, unit_of
from portal.footprint.rules.model import Model
from portal.footprint.rules.units import Unit

Units = Mapping[str, Unit]


def units_of(model: Model) -> dict[str, Unit]:
    """The unit of every name that stands for a number."""
    return (
        {factor.name: factor.unit for factor in model.factors.values()}
        | {assumption.name: assumption.unit for assumption in model.assumptions.values()}
        | {q.key: q.unit for q in model.questions.values() if q.has_number}
        | {quantity.key: quantity.unit for quantity in model.quantities.values()}
    )


def check_dimensions(model: Model) -> list[str]:
    """What does not fit, one sentence each."""
    units = units_of(model)
    return [
        *_defaults(model, units),
        *_conditions(model, units),
        *_quantities(model, units),
        *_rules_and_measures(model, units),
        *_references(model),
        *_overlays(model),
        *_actions(model, units),
    ]


def _misfit(model: Model, what: str, node: Node, wanted: Unit, known: Units) -> list[str]:
    try:
        found = unit_of(node, known, model.options)
    except ExpressionFault as fault:
        return [f"{what}: {fault}"]
    return [f"{what}: {found} where {wanted} is wanted"] if found != wanted and node != ZERO else []


def _defaults(model: Model, units: Units) -> Iterator[str]:
    """A default is a plain number in the question's own unit, or an expression over what was asked before."""
    known = {name: unit for name, unit in units.items() if name in model.factors or name in model.assumptions}
    for question in model.questions.values():
        if question.expert:
            continue
        if not question.is_choice and any(names(question.default_node)):
            what = f"question.{question.key}.default"
            yield from _misfit(model, what, question.default_node, question.unit, known)
        if question.has_number:
            known[question.key] = question.unit


def _conditions(model: Model, units: Units) -> Iterator[str]:
    """A question's conditions look at what was asked before it, an action's at anything."""
    known = {name: unit for name, unit in units.items() if name in model.assumptions}
    options: dict[str, tuple[str, ...]] = {}
    for question in model.ordinary:
        for test in question.when:
            yield from _untestable(f"question.{question.key}.when", test, known, options)
        if question.has_number:
            known[question.key] = question.unit
        if question.is_choice:
            options[question.key] = model.options[question.key]
    for action in model.actions.values():
        for test in action.when:
            yield from _untestable(f"action.{action.key}.when", test, units, model.options)


def _untestable(what: str, test: Node, known: Units, options: Mapping[str, tuple[str, ...]]) -> list[str]:
    try:
        unit_of(test, known, options)
    except ExpressionFault as fault:
        return [f"{what}: {fault}"]
    return []


def _quantities(model: Model, units: Units) -> Iterator[str]:
    known = {name: unit for name, unit in units.items() if name not in model.quantities}
    for quantity in model.quantities.values():
        yield from _misfit(model, f"quantity.{quantity.key}", quantity.node, quantity.unit, known)
        known[quantity.key] = quantity.unit


def _rules_and_measures(model: Model, units: Units) -> Iterator[str]:
    for rule in model.rules.values():
        yield from _misfit(model, f"rule.{rule.key}", rule.node, model.unit, units)
    with_total = {**units, "total": model.unit}
    for measure in model.measures.values():
        yield from _misfit(model, f"measure.{measure.key}", measure.node, measure.unit, with_total)


def _references(model: Model) -> Iterator[str]:
    for reference in model.references.values():
        measure = model.measures.get(reference.measure)
        if measure is None:
            yield f"comparison.{reference.key}: unknown measure {reference.measure!r}"
        elif reference.missing is None and reference.unit != measure.unit:
            yield f"comparison.{reference.key}: {reference.unit} beside {measure.unit}"


def _overlays(model: Model) -> Iterator[str]:
    tables = [(f"year.{year.key}", year.factors) for year in model.years.values()]
    for overlay in model.overlays.values():
        tables.append((f"overlay.{overlay.code}", overlay.factors))
        tables += [(f"overlay.{overlay.code}.year.{year}", part) for year, part in overlay.years.items()]
    for where, factors in tables:
        for factor in factors.values():
            if factor.name not in model.factors or factor.unit != model.factors[factor.name].unit:
                yield f"{where}.{factor.name}: not the unit of the national factor"


def _actions(model: Model, units: Units) -> Iterator[str]:
    for action in model.actions.values():
        for key, text in action.becomes.items():
            question = model.questions.get(key)
            if question is None:
                yield f"action.{action.key}: unknown question {key!r}"
            elif not question.is_choice:
                yield from _misfit(model, f"action.{action.key}", parse(text), question.unit, units)
            elif text not in model.options[key]:
                yield f"action.{action.key}: {key!r} has no option {text!r}"

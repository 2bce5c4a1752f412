"""Calculator scenarios run on the portal's own calculator: nothing is kept, nothing is counted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from portal.footprint.rules import library
from portal.footprint.rules.answers import from_texts
from portal.footprint.rules.errors import UnknownModel
from portal.footprint.rules.model import Model
from portal.footprint.rules.results import estimate
from portal.kernel.errors import PortalError
from portal.training.rules.items import Calculator, Register
from portal.training.rules.packs.faults import FactorUnknown, LineUnknown, ScenarioResultDiffers
from portal.training.rules.registers import register_faults


@dataclass(frozen=True, slots=True)
class Calculation:
    """What a learner entered: the place, and answers as the calculator stores them, by question."""

    region: str
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a calculation comes to: grams of CO₂e, choices made, lines that are not zero."""

    result: int
    factors: frozenset[str]
    lines: frozenset[str]


def outcome_of(scenario: Calculator, region: str, answers: Mapping[str, str]) -> Outcome:
    """What these answers come to in this place.

    Raises what the calculator raises for answers, places and models.
    """
    model = model_of(scenario)
    given = from_texts(model, answers)
    result = estimate(model, region, given)
    return Outcome(
        result=result.total_g,
        factors=frozenset(f"{key}={text}" for key, text in given.items() if model.questions[key].is_choice),
        lines=frozenset(line.rule for line in result.lines if line.grams),
    )


def scenario_faults(scenario: Calculator | Register) -> Iterator[PortalError]:
    """What a scenario asks of a model that it does not have, a result that is not the model's, and a verdict
    that is not the register's."""
    return register_faults(scenario) if isinstance(scenario, Register) else _calculator_faults(scenario)


def _calculator_faults(scenario: Calculator) -> Iterator[PortalError]:
    try:
        model = model_of(scenario)
        if scenario.region:
            model.place(scenario.region)
    except PortalError as reason:
        yield reason
        return
    choices = {
        f"{question.key}={option.key}" for question in model.questions.values() for option in question.options
    }
    yield from (FactorUnknown(key=key) for key in scenario.factors if key not in choices)
    yield from (LineUnknown(key=key) for key in scenario.lines if key not in model.rules)
    if scenario.answers and scenario.region:
        yield from _solution_faults(scenario)


def _solution_faults(scenario: Calculator) -> Iterator[PortalError]:
    try:
        solved = outcome_of(scenario, scenario.region, dict(scenario.answers))
    except PortalError as reason:
        yield reason
        return
    if solved.result != scenario.result:
        yield ScenarioResultDiffers(then=str(scenario.result), now=str(solved.result))
    yield from (FactorUnknown(key=key) for key in scenario.factors if key not in solved.factors)
    yield from (LineUnknown(key=key) for key in scenario.lines if key not in solved.lines)


def model_of(scenario: Calculator) -> Model:
    """``household-cn``, the newest, or ``household-cn/2.0.0``. Raises UnknownModel, UnknownVersion."""
    name, slash, version = scenario.model.partition("/")
    if slash and not version:
        raise UnknownModel()
    return library.model(name, version or None)

"""Calculator scenarios on the real footprint model."""

from dataclasses import replace
from decimal import Decimal

import pytest

from portal.footprint.rules import library
from portal.footprint.rules.results import estimate
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import PortalError
from portal.training.rules.grading import grade
from portal.training.rules.items import Calculator, Item
from portal.training.rules.scenarios import Calculation, outcome_of, scenario_faults

MODEL = library.model("household-cn", "2.0.0")
HEATING = next(q for q in MODEL.questions.values() if q.is_choice and len(q.options) > 1)
REGION = "230700"


def scenario(option: int = 0) -> tuple[Calculator, dict[str, str]]:
    """A household known by one choice, and the answers that solve it."""
    answers = {HEATING.key: HEATING.options[option].key}
    result = estimate(MODEL, REGION, answers)
    largest = max(result.lines, key=lambda line: line.grams)
    choice = f"{HEATING.key}={HEATING.options[option].key}"
    return (
        Calculator("household-cn/2.0.0", result.total_g, Decimal(1), (choice,), (largest.rule,)),
        answers,
    )


def test_the_right_answers_earn_everything_on_the_real_model():
    task, answers = scenario()
    mark = grade(Item("s", Bilingual("?", "?"), task), Calculation(REGION, tuple(answers.items())))
    assert mark.is_right


def test_another_choice_is_told():
    task, _ = scenario()
    other = Calculation(REGION, ((HEATING.key, HEATING.options[1].key),))
    mark = grade(Item("s", Bilingual("?", "?"), task), other)
    assert "FactorNotUsed" in [type(remark).__name__ for remark in mark.remarks]
    assert mark.credit < 1


def test_answers_the_calculator_does_not_know_are_refused_by_it():
    task, _ = scenario()
    with pytest.raises(PortalError):
        outcome_of(task, REGION, {"nonsense": "1"})


def test_a_scenario_that_asks_for_what_no_model_has_is_found():
    task, _ = scenario()
    assert list(scenario_faults(task)) == []
    wrong = replace(task, factors=("heating=dragon",), lines=("dragons",))
    assert [type(f).__name__ for f in scenario_faults(wrong)] == ["FactorUnknown", "LineUnknown"]
    assert [type(f).__name__ for f in scenario_faults(replace(task, model="x"))] == ["UnknownModel"]
    assert [type(f).__name__ for f in scenario_faults(replace(task, model="household-cn/9.9.9"))] == [
        "UnknownVersion"
    ]

"""A result: grams line by line, how sure they are, how good their data is, what would improve them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from math import sqrt
from typing import NamedTuple

from portal.footprint.rules.answers import Given, numbers
from portal.footprint.rules.compiler import Compiled, compile_model, option_number
from portal.footprint.rules.model import Model, Reference, Rule
from portal.footprint.rules.uncertainty import interval
from portal.kernel.mass import Mass


class Line(NamedTuple):
    """One rule's part of the total. ``quality`` is A (metered, national factor of the year) to D (a default).

    A tuple, because a result makes one for each rule and that is most of its time.
    """

    rule: str
    category: str
    grams: int
    low_g: int
    high_g: int
    quality: str
    provisional: bool
    gases: str

    @property
    def mass(self) -> Mass:
        return Mass(self.grams)

    @property
    def low(self) -> Mass:
        return Mass(self.low_g)

    @property
    def high(self) -> Mass:
        return Mass(self.high_g)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a model says about a set of answers. The total is the sum of its lines."""

    model: Model
    region: str
    lines: tuple[Line, ...]
    total_g: int
    low_g: int
    high_g: int
    defaulted: tuple[str, ...]
    narrowing: tuple[str, ...]
    fallen_back: tuple[str, ...]

    @property
    def total(self) -> Mass:
        return Mass(self.total_g)

    @property
    def low(self) -> Mass:
        return Mass(self.low_g)

    @property
    def high(self) -> Mass:
        return Mass(self.high_g)


@dataclass(frozen=True, slots=True)
class _LineFacts:
    """What is known of a line before any answer: its best grade, its gas basis, what makes it a default."""

    rule: Rule
    questions: frozenset[str]
    grade: str
    provisional: bool
    gases: str


def estimate(model: Model, region: str, given: Given) -> Estimate:
    """The full result with ranges and grades. ``given`` is validated (see answers). Raises UnknownRegion."""
    compiled = compile_model(model, region)
    answers = numbers(model, given)
    grams = compiled.evaluate(answers)
    logs = tuple(
        log if answer is None else 0.0 for answer, log in zip(answers, compiled.default_logs, strict=True)
    )
    variances, effects = compiled.spread(compiled.resolve(answers), logs)
    unknown = {key for key, answer in zip(model.questions, answers, strict=True) if answer is None}
    lines = tuple(
        Line(
            facts.rule.key,
            facts.rule.category,
            amount,
            *interval(amount, sqrt(variance) * 1000),
            "D" if unknown & facts.questions else facts.grade,
            facts.provisional,
            facts.gases,
        )
        for facts, amount, variance in zip(_facts(compiled), grams, variances, strict=True)
    )
    total = sum(grams)
    spread = sqrt(sum(effect * effect for effect in effects)) * 1000
    worst = sorted(zip(model.questions, effects, strict=False), key=lambda pair: -abs(pair[1]))
    return Estimate(
        model,
        region,
        lines,
        total,
        *interval(total, spread),
        tuple(key for key in model.questions if key in unknown),
        tuple(key for key, effect in worst if key in unknown and effect),
        compiled.place.fallen_back,
    )


@lru_cache(maxsize=256)
def _facts(compiled: Compiled) -> tuple[_LineFacts, ...]:
    return tuple(_facts_of(compiled, rule) for rule in compiled.model.rules.values())


def _facts_of(compiled: Compiled, rule: Rule) -> _LineFacts:
    model, used = compiled.model, compiled.uses[rule.key]
    factors = [factor for name, factor in compiled.place.factors.items() if name in used]
    questions = used & model.questions.keys()
    gases = {factor.gases for factor in factors if factor.is_emission}
    return _LineFacts(
        rule,
        questions,
        "D"
        if rule.is_default
        else _grade([model.questions[key].measure for key in questions], [f.is_foreign for f in factors]),
        any(factor.is_provisional for factor in factors),
        gases.pop() if len(gases) == 1 else "mixed",
    )


def _grade(measures: list[str], foreign: list[bool]) -> str:
    if any(foreign) or "spend" in measures:
        return "C"
    return "A" if "meter" in measures else "B"


# ---- what is stored, signed and passed on


def line_facts(lines: tuple[Line, ...]) -> list[dict[str, object]]:
    """The lines as they are stored and answered."""
    return [
        {
            "rule": line.rule,
            "category": line.category,
            "grams": line.grams,
            "low_g": line.low_g,
            "high_g": line.high_g,
            "quality": line.quality,
        }
        for line in lines
    ]


def digest(model_digest: str, region: str, given: Mapping[str, str], grams: Mapping[str, int]) -> str:
    """SHA-256 over the canonical JSON of what a result rests on and what it says, line by line."""
    facts = {"model": model_digest, "region": region, "answers": dict(given), "lines": dict(grams)}
    return sha256(
        json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


# ---- what it is set beside, and what one can change


@dataclass(frozen=True, slots=True)
class Beside:
    """A reference with its value in grams, or with the reason why there is none."""

    reference: Reference
    grams: int | None


def own_measures(model: Model, region: str, given: Given) -> dict[str, int]:
    """The measures (per person) in grams: kg and t of CO₂e alike become grams."""
    compiled = compile_model(model, region)
    answers = numbers(model, given)
    total_kg = sum(compiled.evaluate(answers)) / 1000
    values = compiled.measure(total_kg, compiled.resolve(answers))
    return {
        key: int(value * _grams_per(measure.unit_text) + 0.5)
        for (key, measure), value in zip(model.measures.items(), values, strict=True)
    }


def beside(model: Model) -> list[Beside]:
    """Every reference of the model, in its order."""
    return [
        Beside(ref, None if ref.value is None else int(ref.value * _grams_per(ref.unit_text)))
        for ref in model.references.values()
    ]


def _grams_per(unit_text: str) -> int:
    return 1_000_000 if unit_text.startswith("tCO2e") else 1_000


@dataclass(frozen=True, slots=True)
class Change:
    """What an action would save, and what all of them would save together."""

    action: str
    saves_g: int


def changes(model: Model, region: str, given: Given) -> tuple[list[Change], int]:
    """Actions that save something, most first, and the joint effect of all of them, computed, not summed."""
    compiled = compile_model(model, region)
    now = compiled.resolve(numbers(model, given))
    before = sum(compiled.evaluate(now))
    saving = [
        Change(key, before - sum(compiled.evaluate(after(now)))) for key, after in compiled.becomes.items()
    ]
    useful = sorted((change for change in saving if change.saves_g > 0), key=lambda change: -change.saves_g)
    joint: tuple[float, ...] = now
    for change in useful:
        joint = compiled.becomes[change.action](joint)
    return useful, before - sum(compiled.evaluate(joint))


def lowest(model: Model, region: str, given: Given) -> int:
    """Grams that remain when everything that is one's own to change is at its least, the rest as it is."""
    compiled = compile_model(model, region)
    now = compiled.resolve(numbers(model, given))
    least = tuple(_least(model, key, value) for key, value in zip(model.questions, now, strict=True))
    return sum(compiled.evaluate(least))


def _least(model: Model, key: str, value: float) -> float:
    question = model.questions[key]
    if not question.lowest:
        return value
    return min(
        value,
        option_number(question, question.lowest) if question.is_choice else float(Decimal(question.lowest)),
    )


def city_grams(model: Model, lines: tuple[Line, ...]) -> int:
    """Grams of the lines that the city decides rather than the person."""
    return sum(line.grams for line in lines if model.rules[line.rule].whose == "city")

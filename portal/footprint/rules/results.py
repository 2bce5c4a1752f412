"""A result: grams line by line, how sure they are, how good their data is, what would improve them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from itertools import compress
from math import sqrt
from typing import NamedTuple

from portal.footprint.rules.answers import Given, numbers
from portal.footprint.rules.compiler import Compiled, compile_model, option_number
from portal.footprint.rules.model import Model, Own, Reference, Rule
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
    year: str = ""
    own: tuple[tuple[str, str], ...] = ()

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

    rule: str
    category: str
    questions: frozenset[str]
    grade: str
    provisional: bool
    gases: str


def estimate(model: Model, region: str, given: Given, year: str = "", own: Own = ()) -> Estimate:
    """The full result with ranges and grades. ``given`` is validated (see answers).

    Raises UnknownRegion, UnknownYear, and BadAnswer for own factors.
    """
    compiled = compile_model(model, region, year, own)
    answers = numbers(model, given)
    grams = compiled.evaluate(answers)
    resolved = compiled.resolve(answers)
    facts = _facts(compiled, frozenset(given.keys() & model.quantities.keys()))
    # what is not known, and counts: a default nobody was asked for widens the range but is no answer to give
    relevant = compiled.relevant(resolved)
    wide = [
        answer is None and (concerns or skipped)
        for answer, concerns, skipped in zip(answers, relevant, facts.skipped, strict=True)
    ]
    logs = tuple([log if is_wide else 0.0 for is_wide, log in zip(wide, compiled.default_logs, strict=True)])
    variances, effects = compiled.spread(resolved, logs)
    unknown = set(compress(facts.ordinary, wide))
    lines = tuple(
        [
            Line(
                fact.rule,
                fact.category,
                amount,
                *interval(amount, sqrt(variance) * 1000),
                fact.grade if unknown.isdisjoint(fact.questions) else "D",
                fact.provisional,
                fact.gases,
            )
            for fact, amount, variance in zip(facts.lines, grams, variances, strict=True)
        ]
    )
    total = sum(grams)
    spread = sqrt(sum([effect * effect for effect in effects])) * 1000
    # what an answer could still change, in the model's order, and with the largest effect first
    open_ = {
        key: abs(effect)
        for key, effect, is_wide, concerns in zip(facts.ordinary, effects, wide, relevant, strict=False)
        if is_wide and concerns and key
    }
    return Estimate(
        model,
        region,
        lines,
        total,
        *interval(total, spread),
        tuple(open_),
        tuple(sorted((key for key, effect in open_.items() if effect), key=open_.__getitem__, reverse=True)),
        compiled.place.fallen_back,
        year,
        compiled.place.own,
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known before any answer; of questions the key (none in expert mode), and if it is skipped."""

    lines: tuple[_LineFacts, ...]
    ordinary: tuple[str, ...]
    skipped: tuple[bool, ...]


@lru_cache(maxsize=512)
def _facts(compiled: Compiled, entered: frozenset[str]) -> _Facts:
    """``entered``: the quantities that are given straight."""
    questions = compiled.model.questions.values()
    return _Facts(
        tuple(_facts_of(compiled, rule, entered) for rule in compiled.model.rules.values()),
        tuple("" if question.expert else question.key for question in questions),
        tuple(question.is_skipped for question in questions),
    )


def _facts_of(compiled: Compiled, rule: Rule, entered: frozenset[str]) -> _LineFacts:
    model, used = compiled.model, compiled.uses(rule.key, entered)
    factors = [factor for name, factor in compiled.place.factors.items() if name in used]
    questions = used & model.questions.keys()
    gases = {factor.gases for factor in factors if factor.is_emission}
    return _LineFacts(
        rule.key,
        rule.category,
        questions,
        "D"
        if rule.is_default and not questions & entered
        else _grade([model.questions[key].measure for key in questions], [f.is_weak for f in factors]),
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


def digest(
    model_digest: str,
    region: str,
    given: Mapping[str, str],
    grams: Mapping[str, int],
    *,
    year: str = "",
    audience: str = "",
    own: Own = (),
) -> str:
    """SHA-256 over the canonical JSON of what a result rests on and what it says, line by line.

    Year, audience and own factors count only where there are any: digests from before they existed hold.
    """
    facts = {"model": model_digest, "region": region, "answers": dict(given), "lines": dict(grams)}
    facts |= {"year": year} if year else {}
    facts |= {"audience": audience} if audience else {}
    facts |= {"own": dict(own)} if own else {}
    return sha256(
        json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


# ---- what it is set beside, and what one can change


@dataclass(frozen=True, slots=True)
class Beside:
    """A reference with its value in grams, or with the reason why there is none."""

    reference: Reference
    grams: int | None


def own_measures(model: Model, region: str, given: Given, year: str = "", own: Own = ()) -> dict[str, int]:
    """The measures (per person) in grams: kg and t of CO₂e alike become grams."""
    compiled = compile_model(model, region, year, own)
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


def changes(
    model: Model, region: str, given: Given, year: str = "", own: Own = ()
) -> tuple[list[Change], int]:
    """Actions that save something, most first, and the joint effect of all of them, computed, not summed."""
    compiled = compile_model(model, region, year, own)
    now = compiled.resolve(numbers(model, given))
    before = sum(compiled.evaluate(now))
    saving = [
        Change(key, before - sum(compiled.evaluate(after(now))))
        for key, after in compiled.becomes.items()
        if compiled.offered[key](now)
    ]
    useful = sorted((change for change in saving if change.saves_g > 0), key=lambda change: -change.saves_g)
    joint = now
    for change in useful:
        joint = compiled.becomes[change.action](joint)
    return useful, before - sum(compiled.evaluate(joint))


def lowest(model: Model, region: str, given: Given, year: str = "", own: Own = ()) -> int:
    """Grams that remain when everything that is one's own to change is at its least, the rest as it is."""
    compiled = compile_model(model, region, year, own)
    now = compiled.resolve(numbers(model, given))
    least = tuple(_least(model, key, value) for key, value in zip(model.questions, now, strict=True))
    return sum(compiled.evaluate(least))


def _least(model: Model, key: str, value: float | None) -> float | None:
    question = model.questions[key]
    if not question.lowest or value is None:
        return value
    return min(
        value,
        option_number(question, question.lowest) if question.is_choice else float(Decimal(question.lowest)),
    )


def city_grams(model: Model, lines: tuple[Line, ...]) -> int:
    """Grams of the lines that the city decides rather than the person."""
    return sum(line.grams for line in lines if model.rules[line.rule].whose == "city")

"""What a model must hold, checked when it is loaded and, with more patience, by ``flask footprint check``."""

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from portal.footprint.rules.answers import numbers
from portal.footprint.rules.compiler import Answers, Compiled, compile_model, option_number
from portal.footprint.rules.dimensions import check_dimensions
from portal.footprint.rules.expressions import Node, names
from portal.footprint.rules.model import CONFIDENCES, KINDS, MEASURES, Factor, Model, Question
from portal.kernel.bilingual import Bilingual

REGION = "230700"
_GRACE = timedelta(days=90)


# ---- at load: cheap, and a model that fails is never used


def faults_at_load(model: Model) -> list[str]:
    return [
        *check_dimensions(model),
        *_names_clash(model),
        *_unused(model),
        *(fault for factor in all_factors(model) for fault in _factor_faults(factor)),
        *(fault for question in model.questions.values() for fault in _question_faults(question)),
        *_rule_faults(model),
        *_missing_texts(model),
    ]


def all_factors(model: Model) -> Iterator[Factor]:
    yield from model.factors.values()
    for overlay in model.overlays.values():
        yield from overlay.factors.values()


def _names_clash(model: Model) -> list[str]:
    seen: set[str] = {"total"}
    faults = []
    ordinary = {question.key for question in model.ordinary}
    for section in (model.factors, model.assumptions, ordinary, model.quantities):
        faults += [f"{name}: the name is used twice" for name in section if name in seen]
        seen |= set(section)
    return faults


def _unused(model: Model) -> list[str]:
    used = {name for rule in model.rules.values() for name in names(rule.node)}
    used |= {name for quantity in model.quantities.values() for name in names(quantity.node)}
    used |= {name for measure in model.measures.values() for name in names(measure.node)}
    for question in model.ordinary:
        used |= {name for test in question.when for name in names(test)}
        used |= set() if question.is_choice else set(names(question.default_node))
    things = [*model.factors, *model.assumptions, *model.questions, *model.quantities]
    return [f"{name}: nothing uses it" for name in things if name not in used]


def _factor_faults(factor: Factor) -> list[str]:
    low, high = factor.sane
    name = f"factor {factor.name} ({factor.region})"
    faults = [] if low <= factor.value <= high else [f"{name}: {factor.value} is outside {low} to {high}"]
    needed = {"region": factor.region, "licence": factor.licence, "source": factor.source.title}
    faults += [f"{name}: no {what}" for what, text in needed.items() if not text]
    if not factor.year and factor.review_why is None:
        faults.append(f"{name}: no year, and no reason for its date of review")
    if factor.confidence not in CONFIDENCES:
        faults.append(f"{name}: unknown confidence {factor.confidence!r}")
    if len(factor.quality) != 5 or any(score not in (1, 2, 3, 4, 5) for score in factor.quality):
        faults.append(f"{name}: quality must be five scores from 1 to 5")
    return faults


def _question_faults(question: Question) -> list[str]:
    name = f"question {question.key}"
    faults = [] if question.kind in KINDS else [f"{name}: unknown kind {question.kind!r}"]
    if question.measure not in MEASURES:
        faults.append(f"{name}: unknown measure {question.measure!r}")
    if question.gsd2_default < 1:
        faults.append(f"{name}: gsd2_default below 1")
    if question.is_choice:
        keys = [option.key for option in question.options]
        if question.default not in keys or (question.lowest and question.lowest not in keys):
            faults.append(f"{name}: its default or lowest is not an option")
        if len({option.value is None for option in question.options}) != 1:
            faults.append(f"{name}: either all options have a value or none")
    elif not Decimal(0) <= question.low < question.high:
        faults.append(f"{name}: no range from min to max")
    elif (
        not question.expert
        and not any(names(question.default_node))
        and not question.low <= Decimal(question.default) <= question.high
    ):
        faults.append(f"{name}: its default is outside its range")
    return faults


def _rule_faults(model: Model) -> list[str]:
    """Each rule says of every question in it how it moves, and nothing else."""
    faults = []
    parts = {quantity.key: set(names(quantity.node)) for quantity in model.quantities.values()}
    for rule in model.rules.values():
        if rule.category not in model.categories:
            faults.append(f"rule {rule.key}: unknown category {rule.category!r}")
        if rule.scope not in ("1", "2", "3") or rule.whose not in ("yours", "city"):
            faults.append(f"rule {rule.key}: unknown scope or whose")
        used = _reached(rule.node, parts)
        declared = {*rule.rises_with, *rule.falls_with, *rule.switched_by}
        wanted = {question.key for question in model.ordinary} & used
        if declared != wanted:
            faults.append(f"rule {rule.key}: declares {sorted(declared)}, depends on {sorted(wanted)}")
    return faults


def _reached(node: Node, parts: Mapping[str, set[str]]) -> set[str]:
    """Every name in a tree, and in the quantities it is worked out from."""
    found, waiting = set[str](), set(names(node))
    while waiting:
        found |= waiting
        waiting = {name for key in waiting & parts.keys() for name in parts[key]} - found
    return found


def _missing_texts(model: Model) -> list[str]:
    return [
        f"{path}: Chinese or English text is missing" for path, text in texts(model) if not text.is_complete
    ]


def texts(model: Model) -> Iterator[tuple[str, Bilingual]]:
    """Every text of the model, with where it stands."""
    for name in ("title", "intro", "boundary", "gwp_note"):
        yield name, getattr(model, name)
    yield from ((f"category.{key}", text) for key, text in model.categories.items())
    sections = (
        model.groups, model.questions, model.assumptions, model.factors, model.quantities, model.rules,
        model.measures, model.references, model.actions, model.overlays,
    )  # fmt: skip
    for section in sections:
        for key, thing in section.items():
            for name in (
                "title",
                "ask",
                "hint",
                "unsure",
                "basis",
                "why",
                "missing",
                "quality_why",
                "review_why",
            ):
                if isinstance(text := getattr(thing, name, None), Bilingual):
                    yield f"{type(thing).__name__.lower()}.{key}.{name}", text
    for question in model.questions.values():
        yield from ((f"question.{question.key}.{option.key}", option.title) for option in question.options)


# ---- with more patience: in tests and in the operator's check


@dataclass(frozen=True, slots=True)
class Finding:
    """One check with what it found wrong."""

    check: str
    faults: tuple[str, ...]


def findings(model: Model, today: date, rounds: int = 10_000) -> list[Finding]:
    """Every check of a model that loads. ``rounds`` random answer sets are tried."""
    compiled = compile_model(model, REGION)
    checks: dict[str, Callable[[], list[str]]] = {
        "loads": lambda: faults_at_load(model),
        "reviews": lambda: overdue(model, today),
        "golden cases": lambda: wrong_cases(model),
        "finite and not negative": lambda: unsound(compiled, rounds),
        "directions": lambda: wrong_directions(compiled, max(rounds // 50, 20)),
    }
    return [Finding(name, tuple(check())) for name, check in checks.items()]


def overdue(model: Model, today: date) -> list[str]:
    """Factors whose review is more than 90 days late."""
    return [
        f"factor {factor.name} ({factor.region}): to be reviewed by {factor.review_by}"
        for factor in all_factors(model)
        if today > factor.review_by + _GRACE
    ]


def wrong_cases(model: Model) -> list[str]:
    """Golden cases whose grams are no longer exact."""
    faults = [] if model.cases else ["no golden case"]
    for case in model.cases.values():
        grams = compile_model(model, case.region).evaluate(numbers(model, dict(case.answers)))
        found = dict(zip(model.rules, grams, strict=True))
        faults += [
            f"case {case.key}, {key}: {found[key]} g instead of {case.lines.get(key)} g"
            for key in found
            if found[key] != case.lines.get(key)
        ]
    return faults


def random_answers(model: Model, chance: random.Random) -> Answers:
    """Valid answers, about one in six of them "I don't know"; shares sum to 1."""
    answers = {key: _random_answer(question, chance) for key, question in model.questions.items()}
    for group in model.groups:
        members = [key for key, question in model.questions.items() if question.group == group]
        cuts = sorted(chance.random() for _ in members[1:])
        unknown = chance.random() < 1 / 6
        for key, low, high in zip(members, [0.0, *cuts], [*cuts, 1.0], strict=True):
            answers[key] = None if unknown else high - low
    return tuple(answers.values())


def _random_answer(question: Question, chance: random.Random) -> float | None:
    if chance.random() < 1 / 6:
        return None
    if question.is_choice:
        return option_number(question, chance.choice(question.options).key)
    low, high = float(question.low), float(question.high)
    value = chance.choice((low, high, chance.uniform(low, high), low + (high - low) * chance.random() ** 4))
    return float(round(value)) if question.whole else value


def extreme_answers(model: Model) -> list[Answers]:
    """Nothing known, everything at its least, everything at its most."""

    def end(question: Question, last: bool) -> float:
        if question.is_choice:
            return option_number(question, question.options[-1 if last else 0].key)
        return float(question.high if last else question.low)

    questions = list(model.questions.values())
    return [
        (None,) * len(questions),
        *(tuple(end(question, last) for question in questions) for last in (False, True)),
    ]


def unsound(compiled: Compiled, rounds: int) -> list[str]:
    """Answer sets that give a line which is negative, infinite or no number."""
    chance = random.Random(20261122)  # noqa: S311 the same tries each time
    sets = extreme_answers(compiled.model) + [random_answers(compiled.model, chance) for _ in range(rounds)]
    faults = []
    for answers in sets:
        try:
            grams = compiled.evaluate(answers)
        except (ArithmeticError, ValueError) as fault:
            faults.append(f"{answers}: {fault}")
            continue
        if min(grams) < 0 or not math.isfinite(float(sum(grams))):
            faults.append(f"{answers}: {grams}")
    return faults[:10]


def wrong_directions(compiled: Compiled, rounds: int) -> list[str]:
    """Questions that move a line against what it declares, or that never move it."""
    faults = []
    for place, rule in enumerate(compiled.model.rules.values()):
        for key in (*rule.rises_with, *rule.falls_with):
            sign = 1 if key in rule.rises_with else -1
            moves = _moves(compiled, place, key, rounds)
            if any(move * sign < 0 for move in moves) or not any(moves):
                faults.append(f"rule {rule.key} does not {'rise' if sign > 0 else 'fall'} with {key}")
        faults += [
            f"rule {rule.key} is not switched by {key}"
            for key in rule.switched_by
            if not any(_moves(compiled, place, key, rounds))
        ]
    return faults


def _moves(compiled: Compiled, place: int, key: str, rounds: int) -> list[int]:
    """Changes of one line when one answer goes up, over random other answers."""
    model = compiled.model
    chance = random.Random(f"{model.id} {place} {key}")  # noqa: S311 the same tries each time
    question, index = model.questions[key], list(model.questions).index(key)
    moves = []
    for _ in range(rounds):
        answers = list(random_answers(model, chance))
        for low, high in _rising(question, chance):
            below, above = ((*answers[:index], value, *answers[index + 1 :]) for value in (low, high))
            moves.append(compiled.evaluate(above)[place] - compiled.evaluate(below)[place])
    return moves


def _rising(question: Question, chance: random.Random) -> list[tuple[float, float]]:
    if question.is_choice:
        values = [option_number(question, option.key) for option in question.options]
        return list(pairwise(values))
    first, second = (chance.uniform(float(question.low), float(question.high)) for _ in range(2))
    return [(min(first, second), max(first, second))]

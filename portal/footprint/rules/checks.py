"""What a model must hold, looked at with patience: in tests and by ``flask footprint check``."""

import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from portal.footprint.rules.answers import from_texts, numbers
from portal.footprint.rules.compiler import Answers, Compiled, compile_model, option_number
from portal.footprint.rules.errors import BadAnswer
from portal.footprint.rules.expressions import names
from portal.footprint.rules.model import Model, Question
from portal.footprint.rules.results import lowest
from portal.footprint.rules.soundness import all_factors, faults_at_load, texts
from portal.footprint.rules.versions import walk

__all__ = [
    "all_factors",
    "extreme_answers",
    "faults_at_load",
    "findings",
    "overdue",
    "random_answers",
    "texts",
]

REGION = "230700"
_GRACE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check with what it found wrong; ``note`` is what it saw where nothing is."""

    check: str
    faults: tuple[str, ...]
    note: str = ""


def findings(model: Model, today: date, rounds: int = 10_000) -> list[Finding]:
    """Every check of a model that loads, as put to one audience. ``rounds`` random answers are tried."""
    compiled, fewer = compile_model(model, REGION), max(rounds // 50, 20)
    checks: dict[str, Callable[[], list[str]]] = {
        "loads": lambda: faults_at_load(model),
        "reviews": lambda: overdue(model, today),
        "texts are fresh": lambda: stale_texts(model),
        "golden cases": lambda: wrong_cases(model),
        "shares sum to one": lambda: wrong_shares(compiled),
        "finite and not negative": lambda: unsound(compiled, rounds),
        "places and years": lambda: unsound_places(model),
        "directions": lambda: wrong_directions(compiled, fewer),
        "every question counts": lambda: idle_questions(compiled, fewer),
        "irrelevant is without effect": lambda: meddling(compiled, fewer),
    }
    return [
        *(Finding(name, tuple(check())) for name, check in checks.items()),
        Finding("lowest reachable", (), _lowest(model)),
    ]


def overdue(model: Model, today: date) -> list[str]:
    """Factors, defaults and comparisons whose review is more than 90 days late."""
    late = [
        f"factor {factor.name} ({factor.region} {factor.year}): to be reviewed by {factor.review_by}"
        for factor in all_factors(model)
        if today > factor.review_by + _GRACE
    ]
    late += [
        f"question {question.key}: its default is to be reviewed by {question.review_by}"
        for question in model.questions.values()
        if question.review_by and today > question.review_by + _GRACE
    ]
    return late + [
        f"comparison {reference.key}: to be reviewed by {reference.review_by}"
        for reference in model.references.values()
        if reference.review_by and today > reference.review_by + _GRACE
    ]


_DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?")


def stale_texts(model: Model) -> list[str]:
    """Where "I don't know" names a number, both languages name the same, and it is the default.

    Numbers up to twelve may be written as words in one of them.
    """
    faults = []
    for question in model.ordinary:
        said = [
            {Decimal(text.replace(",", "")) for text in _DIGITS.findall(side)}
            for side in (question.unsure.zh, question.unsure.en)
        ]
        if {n for n in said[0] if n > 12} != {n for n in said[1] if n > 12}:
            faults.append(f"question {question.key}: unsure names other numbers in Chinese than in English")
        if question.is_choice or any(names(question.default_node)) or question.group or not said[0]:
            continue
        default = Decimal(question.default)
        if said[0].isdisjoint({default, default * 100, default / 1000, default / 10_000}):
            faults.append(f"question {question.key}: unsure does not name its default {question.default}")
    return faults


def wrong_cases(model: Model) -> list[str]:
    """Golden cases whose grams are no longer exact; those of other audiences are not looked at."""
    faults = [] if model.cases or model.audience else ["no golden case"]
    for case in model.cases.values():
        if case.audience != model.audience:
            continue
        try:
            given = from_texts(model, case.answers)
        except BadAnswer as fault:
            faults.append(f"case {case.key}: {type(fault).__name__} {fault.params['key']}")
            continue
        grams = compile_model(model, case.region, case.year, case.own).evaluate(numbers(model, given))
        found = dict(zip(model.rules, grams, strict=True))
        faults += [
            f"case {case.key}, {key}: {found.get(key)} g instead of {case.lines.get(key)} g"
            for key in dict.fromkeys((*found, *case.lines))
            if found.get(key) != case.lines.get(key)
        ]
    return faults


def wrong_shares(compiled: Compiled) -> list[str]:
    """Groups whose defaults do not sum to 1."""
    model = compiled.model
    defaults = dict(zip(model.questions, compiled.resolve((None,) * len(model.questions)), strict=True))
    sums = {
        group: sum(defaults[q.key] or 0.0 for q in model.questions.values() if q.group == group)
        for group in model.groups
    }
    return [
        f"group {group}: the defaults sum to {total:g}"
        for group, total in sums.items()
        if abs(total - 1) > 1e-9
    ]


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
    if question.is_skipped or chance.random() < (5 / 6 if question.expert else 1 / 6):
        return None
    if question.is_choice:
        return option_number(question, chance.choice(question.options).key)
    low, high = float(question.low), float(question.high)
    value = chance.choice((low, high, chance.uniform(low, high), low + (high - low) * chance.random() ** 4))
    return float(round(value)) if question.whole else value


def extreme_answers(model: Model) -> list[Answers]:
    """Nothing known, everything at its least and at its most, with quantities straight and without."""
    groups = {group: [q.key for q in model.questions.values() if q.group == group] for group in model.groups}

    def end(question: Question, last: bool, straight: bool) -> float | None:
        if question.is_skipped or (question.expert and not straight):
            return None
        if question.group:  # all of it is the first share, or the last
            return float(question.key == groups[question.group][-1 if last else 0])
        if question.is_choice:
            return option_number(question, question.options[-1 if last else 0].key)
        return float(question.high if last else question.low)

    questions = list(model.questions.values())
    return [
        (None,) * len(questions),
        *(
            tuple(end(question, last, straight) for question in questions)
            for straight in (False, True)
            for last in (False, True)
        ),
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


def unsound_places(model: Model) -> list[str]:
    """Places and years in which nothing known gives no result, or where a total is negative."""
    faults = []
    for region in model.overlays:
        for year in ("", *model.known_years()):
            try:
                total = walk(model, model.place(region, year).factors, {})
            except (ArithmeticError, ValueError) as fault:
                faults.append(f"{region} {year}: {fault}")
                continue
            if total < 0:
                faults.append(f"{region} {year}: {total} g")
    return faults


def wrong_directions(compiled: Compiled, rounds: int) -> list[str]:
    """Questions that move a line against what it declares, or that never move it."""
    faults, questions = [], compiled.model.questions
    for place, rule in enumerate(compiled.model.rules.values()):
        for key in (*rule.rises_with, *rule.falls_with, *rule.switched_by):
            if questions[key].is_skipped:
                continue
            moves = _moves(compiled, key, rounds, lambda grams, place=place: grams[place])  # type: ignore[misc]
            sign = 0 if key in rule.switched_by else 1 if key in rule.rises_with else -1
            if any(move * sign < 0 for move in moves) or not any(moves):
                verb = {1: "does not rise with", -1: "does not fall with", 0: "is not switched by"}[sign]
                faults.append(f"rule {rule.key} {verb} {key}")
    return faults


def idle_questions(compiled: Compiled, rounds: int) -> list[str]:
    """Questions and quantities entered straight that move no line and no measure."""
    model = compiled.model
    measured = {name for measure in model.measures.values() for name in names(measure.node)}
    moved = {name for rule in model.rules.values() for name in (*rule.rises_with, *rule.falls_with)}
    return [
        f"question {key} moves nothing"
        for key, question in model.questions.items()
        if not question.is_skipped
        and key not in measured | moved  # those were looked at line by line
        and not any(_moves(compiled, key, rounds, hash))
    ]


def meddling(compiled: Compiled, rounds: int) -> list[str]:
    """Questions that move a line where they are not asked because they are irrelevant.

    Quantities entered straight are left out: they may ask for what the short way round does not.
    """
    model, faults = compiled.model, []
    for index, (key, question) in enumerate(model.questions.items()):
        if not question.when or question.is_skipped:
            continue
        chance = random.Random(f"{model.id} {key}")  # noqa: S311 the same tries each time
        for _ in range(rounds):
            answers = tuple(
                None if asked.expert else answer
                for asked, answer in zip(model.questions.values(), random_answers(model, chance), strict=True)
            )
            if compiled.relevant(compiled.resolve(answers))[index]:
                continue
            changed = [
                (*answers[:index], end, *answers[index + 1 :])
                for pair in _rising(question, chance)
                for end in pair
            ]
            if len({compiled.evaluate(each) for each in changed}) > 1:
                faults.append(f"question {key} counts where it is not asked")
                break
    return faults


def _moves(compiled: Compiled, key: str, rounds: int, see: Callable[[tuple[int, ...]], int]) -> list[int]:
    """Changes of what one sees when one answer goes up, over random other answers that make it relevant.

    Stops after ``rounds`` of them, but looks twenty times longer for a first change: some lines need several
    other answers to be just so.
    """
    model = compiled.model
    chance = random.Random(f"{model.id} {key}")  # noqa: S311 the same tries each time
    question, index = model.questions[key], list(model.questions).index(key)
    moves: list[int] = []
    for tries in range(rounds * 20):
        answers = random_answers(model, chance)
        if question.when and not compiled.relevant(compiled.resolve(answers))[index]:
            continue
        for low, high in _rising(question, chance):
            below, above = ((*answers[:index], value, *answers[index + 1 :]) for value in (low, high))
            moves.append(see(compiled.evaluate(above)) - see(compiled.evaluate(below)))
        if tries >= rounds and any(moves):
            break
    return moves


def _rising(question: Question, chance: random.Random) -> list[tuple[float, float]]:
    if question.is_choice:
        values = [option_number(question, option.key) for option in question.options]
        return list(pairwise(values))
    first, second = (chance.uniform(float(question.low), float(question.high)) for _ in range(2))
    return [(min(first, second), max(first, second))]


def _lowest(model: Model) -> str:
    """What remains with nothing known but everything at its least, beside what nothing known gives."""
    now = sum(compile_model(model, REGION).evaluate((None,) * len(model.questions)))
    return f"{lowest(model, REGION, {}):,} g of {now:,} g with nothing known"

"""Grading: what a response to an item earns, exactly, and what the learner is told."""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final, assert_never

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, PortalError
from portal.kernel.mass import Mass
from portal.training.rules.items import (
    MISSING,
    Calculator,
    Item,
    Matching,
    Multiple,
    Numeric,
    NumericAnswer,
    Option,
    Ordering,
    Register,
    RegisterProject,
    Scoring,
    ShortAnswer,
    Single,
    Task,
    TrueFalse,
)
from portal.training.rules.quantities import CO2_PER_CARBON, Quantity, Unit, read_quantity, unit_of
from portal.training.rules.registers import may_issue, refusal
from portal.training.rules.scenarios import Calculation, model_of, outcome_of

_RULES: Final = {
    Scoring.ALL_OR_NOTHING: N_("Full marks for exactly the right options, otherwise none."),
    Scoring.RIGHT_MINUS_WRONG: N_(
        "Each right option earns an equal share of the marks, each wrong one takes the same share away; "
        "never less than zero."
    ),
    Scoring.BY_WEIGHT: N_(
        "Each option counts the percentage printed beside it in the result; the sum is never less than zero."
    ),
}
_PARTLY: Final = N_("Each part that is right earns an equal share of the marks.")
_WHOLE: Final = N_("Full marks for the right answer.")


class NotAResponse(InvalidInput):
    message = N_("This is no answer to this question.")


class WrongUnit(InvalidInput):
    message = N_("The unit does not fit: an answer in %(unit)s is asked for.")


class CarbonNotDioxide(InvalidInput):
    message = N_("The number is right for carbon, but CO₂ is asked for: 1 t of carbon is 44/12 t of CO₂.")


class FactorNotUsed(InvalidInput):
    message = N_("“%(question)s”: this case calls for another answer, and so for another factor.")


class LineForgotten(InvalidInput):
    message = N_("“%(line)s” was forgotten: in your result it is zero.")


class LookAgain(InvalidInput):
    message = N_("Look again at “%(question)s”.")


class ResultTooHigh(InvalidInput):
    message = N_("Your result, %(result)s, is too high.")


class ResultTooLow(InvalidInput):
    message = N_("Your result, %(result)s, is too low.")


class AnotherPlace(InvalidInput):
    message = N_("The place is %(place)s: its factors are the ones to use.")


# By task: option indices (single, multiple, register), True or False, text (numeric, short answer), one pair
# per prompt or None (matching), step indices or None in order (ordering), a calculation (calculator).
Response = frozenset[int] | bool | str | tuple[int | None, ...] | Calculation


@dataclass(frozen=True, slots=True)
class Mark:
    """``credit`` from 0 to 1, the author's feedback, and what the rules have to say themselves."""

    credit: Fraction
    feedback: tuple[Bilingual, ...] = ()
    remarks: tuple[PortalError, ...] = ()

    @property
    def is_right(self) -> bool:
        return self.credit == 1


def rule_of(task: Task) -> str:
    """The message that tells the learner beforehand how this task is marked."""
    match task:
        case Multiple():
            return _RULES[task.scoring]
        case Register():
            return _RULES[Scoring.RIGHT_MINUS_WRONG]
        case Matching() | Ordering() | Calculator():
            return _PARTLY
        case Single() | TrueFalse() | Numeric() | ShortAnswer():
            return _WHOLE
    assert_never(task)


def grade(item: Item, response: Response) -> Mark:
    """What ``response`` earns. Raises NotAResponse when it is of another kind or out of range,
    NoQuantity and UnknownUnit when a number cannot be read, and what the calculator raises for answers."""
    match item.task, response:
        case Single(options=options), frozenset():
            return _single(options, response)
        case Multiple(options=options, scoring=scoring), frozenset():
            return _multiple(options, response, scoring)
        case Register(projects=projects), frozenset():
            return _register(projects, response)
        case TrueFalse() as task, bool():
            told = task.if_right if response is task.is_true else task.if_wrong
            return Mark(Fraction(response is task.is_true), _said(told))
        case Numeric() as task, str():
            return _numeric(task, response)
        case Matching() as task, tuple():
            return _matching(task, response)
        case Ordering(steps=steps), tuple():
            return _ordering(len(steps), response)
        case ShortAnswer() as task, str():
            return _short(task, response)
        case Calculator() as task, Calculation():
            return _calculator(task, response)
    raise NotAResponse()


def _said(*texts: Bilingual) -> tuple[Bilingual, ...]:
    return tuple(text for text in texts if text != MISSING)


def _taken(options: tuple[Option, ...], chosen: Iterable[int]) -> list[Option]:
    if not all(0 <= index < len(options) for index in chosen):
        raise NotAResponse()
    return [options[index] for index in sorted(chosen)]


def _bounded(credit: Fraction) -> Fraction:
    return min(max(credit, Fraction(0)), Fraction(1))


def _single(options: tuple[Option, ...], chosen: frozenset[int]) -> Mark:
    taken = _taken(options, chosen)
    if len(taken) != 1:
        raise NotAResponse()
    return Mark(_bounded(Fraction(taken[0].credit) / 100), _said(taken[0].feedback))


def _multiple(options: tuple[Option, ...], chosen: frozenset[int], scoring: Scoring) -> Mark:
    taken = _taken(options, chosen)
    right = {index for index, option in enumerate(options) if option.is_right}
    told = _said(*(option.feedback for option in taken))
    match scoring:
        case Scoring.ALL_OR_NOTHING:
            return Mark(Fraction(chosen == right), told)
        case Scoring.RIGHT_MINUS_WRONG:
            hits = len(chosen & right) - len(chosen - right)
            # Nothing is right here: taking nothing is the whole answer.
            return Mark(_bounded(Fraction(hits, len(right))) if right else Fraction(not chosen), told)
        case Scoring.BY_WEIGHT:
            earned = sum((Fraction(option.credit) for option in taken), start=Fraction(0)) / 100
            # Thirds are written 33.33333: three of them are the whole.
            return Mark(Fraction(1) if earned > Fraction(9999, 10_000) else _bounded(earned), told)
    assert_never(scoring)


def _register(projects: tuple[RegisterProject, ...], chosen: frozenset[int]) -> Mark:
    """As several answers are marked; of each project that may not issue the registry says why, if it does."""
    options = tuple(Option(p.text, Decimal(100 if may_issue(p) else 0), p.reason) for p in projects)
    mark = _multiple(options, chosen, Scoring.RIGHT_MINUS_WRONG)
    cases = (projects[index].case for index in sorted(chosen))
    said = [refusal(case) for case in cases if case is not None]
    return Mark(mark.credit, mark.feedback, tuple(reason for reason in said if reason))


def _numeric(task: Numeric, text: str) -> Mark:
    given = read_quantity(text)
    wanted = unit_of(task.unit) if task.unit else None
    number = _in_unit(given, wanted)
    if number is None:
        return Mark(Fraction(0), remarks=(WrongUnit(unit=task.unit),))
    fitting = [] if _is_other_substance(given, wanted) else [a for a in task.answers if _fits(number, a)]
    for answer in fitting:
        if answer.credit > 0:
            return Mark(_bounded(Fraction(answer.credit) / 100), _said(answer.feedback))
    if _is_carbon_answer(task, wanted, number):
        return Mark(Fraction(0), _said(task.if_carbon), (CarbonNotDioxide(),))
    return Mark(Fraction(0), _said(*(answer.feedback for answer in fitting[:1])))


def _in_unit(given: Quantity, wanted: Unit | None) -> Fraction | None:
    """The number in the wanted unit; None when the dimensions differ. No unit typed is the wanted one."""
    if given.unit is None or wanted is None:
        return given.number
    if given.unit.dimension != wanted.dimension:
        return None
    return given.number * given.unit.size / wanted.size


def _is_other_substance(given: Quantity, wanted: Unit | None) -> bool:
    """Whether carbon is typed where CO₂ is asked for, or the other way round."""
    said = {unit.substance for unit in (given.unit, wanted) if unit and unit.substance}
    return len(said) > 1


def _fits(number: Fraction, answer: NumericAnswer) -> bool:
    return answer.value is None or abs(number - Fraction(answer.value)) <= Fraction(answer.tolerance)


def _is_carbon_answer(task: Numeric, wanted: Unit | None, number: Fraction) -> bool:
    """Whether it would be right had carbon been asked for, with the same tolerance in proportion."""
    if task.if_carbon == MISSING and not (wanted and wanted.substance == "co2"):
        return False
    return any(
        answer.value is not None and answer.credit > 0 and _fits(number * CO2_PER_CARBON, answer)
        for answer in task.answers
    )


def _matching(task: Matching, chosen: tuple[int | None, ...]) -> Mark:
    """``chosen`` names for each prompt in turn one of the pairs, whose match is taken."""
    prompts = task.prompts
    if len(chosen) != len(prompts) or not all(c is None or 0 <= c < len(task.pairs) for c in chosen):
        raise NotAResponse()
    wrong = [
        pair
        for pair, taken in zip(prompts, chosen, strict=True)
        if taken is None or task.pairs[taken].match != pair.match
    ]
    told = _said(*(pair.feedback for pair in wrong))
    return Mark(Fraction(len(prompts) - len(wrong), len(prompts)), told)


def _ordering(steps: int, order: tuple[int | None, ...]) -> Mark:
    """A share for every neighbouring pair that stands as it should, so that one slip does not cost all.

    A place that was left open breaks the pairs it stands in.
    """
    placed = [step for step in order if step is not None]
    if len(order) != steps or not set(placed) <= set(range(steps)) or len(set(placed)) != len(placed):
        raise NotAResponse()
    pairs = list(pairwise(order))
    kept = sum(earlier is not None and later == earlier + 1 for earlier, later in pairs)
    return Mark(Fraction(kept, len(pairs)) if pairs else Fraction(1))


def _short(task: ShortAnswer, text: str) -> Mark:
    given = folded(text)
    for answer in task.answers:
        wanted = [text for text in (answer.text.zh, answer.text.en) if text]
        if any(_is_like(given, folded(text)) for text in wanted):
            return Mark(_bounded(Fraction(answer.credit) / 100), _said(answer.feedback))
    return Mark(Fraction(0))


def folded(text: str) -> str:
    """Width, letter case and runs of white space aside: how short answers are compared."""
    return " ".join(unicodedata.normalize("NFKC", text[:1000]).casefold().split())


def _is_like(given: str, wanted: str) -> bool:
    """Whether it is the wanted text, in which a star stands for any characters or none.

    Each piece between two stars is taken where it first comes, so that no text is read more than once.
    """
    begin, *pieces = wanted.split("*")
    if not pieces:
        return given == wanted
    if not given.startswith(begin):
        return False
    place, end = len(begin), pieces.pop()
    for piece in pieces:
        found = given.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return given.endswith(end) and place + len(end) <= len(given)


def _calculator(task: Calculator, calculation: Calculation) -> Mark:
    """A share each for the result, the place, every factor and line; what else differs is only told."""
    model = model_of(task)
    outcome = outcome_of(task, calculation.region, dict(calculation.answers))
    lost: list[PortalError] = [*_result_remarks(task, outcome.result)]
    if task.region and calculation.region != task.region:
        lost.append(AnotherPlace(place=model.place(task.region).title))
    missed = [key.partition("=")[0] for key in task.factors if key not in outcome.factors]
    lost += [FactorNotUsed(question=model.questions[key].title) for key in missed]
    lost += [LineForgotten(line=model.rules[key].title) for key in task.lines if key not in outcome.lines]
    parts = 1 + bool(task.region) + len(task.factors) + len(task.lines)
    given, right = dict(calculation.answers), dict(task.answers)
    differing = (key for key in model.questions if right and given.get(key) != right.get(key))
    hints = [LookAgain(question=model.questions[key].title) for key in differing if key not in missed]
    return Mark(Fraction(parts - len(lost), parts), remarks=(*lost, *(hints if lost else ())))


def _result_remarks(task: Calculator, grams: int) -> Iterator[PortalError]:
    off = Fraction(grams - task.result)
    if abs(off) > abs(Fraction(task.result)) * Fraction(task.tolerance) / 100:
        yield (ResultTooHigh if off > 0 else ResultTooLow)(result=Mass(grams))

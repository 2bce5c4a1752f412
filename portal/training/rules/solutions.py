"""The response that earns everything, for answer keys and for results that show what was right."""

from portal.training.rules.formats.exchange import plain
from portal.training.rules.grading import Response
from portal.training.rules.items import (
    Calculator,
    Item,
    Matching,
    Multiple,
    Numeric,
    Option,
    Ordering,
    Register,
    ShortAnswer,
    Single,
    TrueFalse,
)
from portal.training.rules.registers import may_issue
from portal.training.rules.scenarios import Calculation


def right_response(item: Item, lang: str) -> Response | None:
    """What should have been answered, in ``lang`` where it is a text.

    None for a calculator scenario whose author did not write down the answers.
    """
    match item.task:
        case Single(options=options):
            return frozenset({max(range(len(options)), key=lambda index: options[index].credit)})
        case Multiple(options=options):
            return frozenset(index for index, option in enumerate(options) if option.is_right)
        case Register(projects=projects):
            return frozenset(index for index, project in enumerate(projects) if may_issue(project))
        case TrueFalse(is_true=is_true):
            return is_true
        case Numeric() as task:
            return _number(task)
        case ShortAnswer(answers=answers):
            return _best(answers).text.in_(lang)
        case Matching() as task:
            return tuple(task.pairs.index(pair) for pair in task.prompts)
        case Ordering(steps=steps):
            return tuple(range(len(steps)))
        case Calculator(answers=answers, region=region) if answers and region:
            return Calculation(region, tuple(sorted(answers)))
    return None


def _best(answers: tuple[Option, ...]) -> Option:
    return max(answers, key=lambda answer: answer.credit)


def _number(task: Numeric) -> str | None:
    named = [answer for answer in task.answers if answer.value is not None]
    if not named:
        return None
    value = max(named, key=lambda answer: answer.credit).value
    return f"{plain(value)} {task.unit}".strip() if value is not None else None

"""Items as a table, CSV in and out: a line per item, a group of four columns per answer."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import StringIO
from itertools import zip_longest
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.cells import neutral
from portal.kernel.errors import N_, InvalidInput, PortalError
from portal.registry.rules.imports import csv_rows
from portal.training.rules.formats.exchange import (
    EmptyText,
    LeftOut,
    NoRightAnswer,
    NotInThisFormat,
    NotTheFormat,
    OptionsOutside,
    Problem,
    Reading,
    TextMissing,
    TypeUnsupported,
    Writing,
    choices,
    clean,
    credit,
    decimal,
    filled,
    multiple,
    plain,
    side,
    unique,
    verdicts,
)
from portal.training.rules.formats.labels import labelled
from portal.training.rules.items import (
    FULL,
    MISSING,
    NOTHING,
    OPTIONS,
    Item,
    Markup,
    Matching,
    Multiple,
    Numeric,
    NumericAnswer,
    Option,
    Ordering,
    Pair,
    Scoring,
    ShortAnswer,
    Single,
    Task,
    TrueFalse,
)

HEAD: Final = (
    "id", "type", "category", "objective", "difficulty", "source", "markup", "stem", "feedback",
    "unit", "scoring", "if_carbon",
)  # fmt: skip
# Of each answer: its text or number, its credit, what belongs to it (a tolerance, a match), its feedback.
GROUP: Final = ("answer", "credit", "with", "feedback")
COLUMNS: Final = (*HEAD, *(f"{name}_{place}" for place in range(1, OPTIONS.stop) for name in GROUP))
Answer = tuple[str, str, str, str]


class ColumnsMissing(InvalidInput):
    message = N_("The first row must name the columns id, type, stem and answer_1.")


class MarkupUnknown(InvalidInput):
    message = N_("“%(text)s” is no markup: markdown, html, plain or moodle.")


def read(text: str, lang: str) -> Reading:
    """Items of a CSV text in ``lang``. Raises NotTheFormat, ColumnsMissing, TooManyItems."""
    rows = csv_rows(text)
    heading = next(rows, (1, []))[1]
    if isinstance(heading, PortalError):
        raise NotTheFormat()
    names = [name.strip().lower() for name in heading]
    if not {"id", "type", "stem", "answer_1"} <= set(names):
        raise ColumnsMissing()
    items, problems = [], []
    for number, cells in rows:
        if isinstance(cells, PortalError):
            problems.append(Problem(number, cells))
        elif any(cells):
            filled_up = zip_longest(names, cells[: len(names)], fillvalue="")
            row = {name: _cell(cell) for name, cell in filled_up}
            try:
                items.append(_item(row, number, lang))
            except PortalError as reason:
                problems.append(Problem(number, reason, row["id"]))
    return Reading(unique(items), tuple(problems))


def _cell(text: str) -> str:
    """A text without the apostrophe that keeps it from being taken for a formula."""
    bare = text.removeprefix("'")
    return clean(bare if text != bare and _guarded(bare) == text else text)


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith("'") else str(neutral(text))


# --- in -----------------------------------------------------------------------------------------------


def _item(row: dict[str, str], number: int, lang: str) -> Item:
    if not row["stem"]:
        raise EmptyText()
    markup = row.get("markup") or Markup.MARKDOWN
    if markup not in set(Markup):
        raise MarkupUnknown(text=markup[:30])
    item = Item(
        id=" ".join(row["id"].split()) or f"q{number}",
        stem=side(row["stem"], lang),
        task=_task(row, lang),
        category=row.get("category", ""),
        feedback=side(row.get("feedback", ""), lang),
        markup=Markup(markup),
    )
    return labelled(item, row)


def _answers(row: dict[str, str]) -> Iterator[Answer]:
    for place in range(1, OPTIONS.stop):
        text, share, other, told = (row.get(f"{name}_{place}", "") for name in GROUP)
        if text or other:
            yield text, share, other, told


def _task(row: dict[str, str], lang: str) -> Task:
    answers = list(_answers(row))
    options = tuple(
        Option(side(text, lang), credit(share or "0"), side(told, lang)) for text, share, _, told in answers
    )
    match row["type"].strip().lower():
        case "single":
            return Single(choices(_with_a_right_one(options)))
        case "multiple":
            return multiple(choices(options), row.get("scoring", ""))
        case "true_false":
            return _true_false(answers, lang)
        case "numeric":
            return _numeric(answers, row, lang)
        case "matching":
            return _matching(answers, lang)
        case "ordering":
            return Ordering(tuple(option.text for option in choices(options)))
        case "short":
            return ShortAnswer(filled(_with_a_right_one(options)))
    raise TypeUnsupported(kind=row["type"][:30])


def _true_false(answers: list[Answer], lang: str) -> TrueFalse:
    said = verdicts(text for text, _, _, _ in answers)
    told = {each: side(told, lang) for each, (_, _, _, told) in zip(said, answers, strict=True)}
    right = [each for each, (_, share, _, _) in zip(said, answers, strict=True) if credit(share or "0") > 0]
    if len(right) != 1:
        raise NoRightAnswer()
    (is_true,) = right
    return TrueFalse(is_true, told[not is_true], told[is_true])


def _numeric(answers: list[Answer], row: dict[str, str], lang: str) -> Numeric:
    numbers = tuple(
        NumericAnswer(
            None if text == "*" else decimal(text),
            abs(decimal(other or "0")),
            credit(share or "0"),
            side(told, lang),
        )
        for text, share, other, told in answers
    )
    if not any(number.credit > 0 for number in numbers):
        raise NoRightAnswer()
    return Numeric(numbers, row.get("unit", ""), side(row.get("if_carbon", ""), lang))


def _matching(answers: list[Answer], lang: str) -> Matching:
    matching = Matching(tuple(Pair(side(text, lang), side(other, lang)) for text, _, other, _ in answers))
    if len(matching.prompts) < 2 or any(pair.match == MISSING for pair in matching.pairs):
        raise EmptyText()
    return matching


# --- out ----------------------------------------------------------------------------------------------


def write(items: Iterable[Item], lang: str) -> Writing:
    """A CSV (UTF-8 with a byte order mark) of those items that fit, in ``lang``."""
    text, left_out = StringIO(), []
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for item in items:
        try:
            writer.writerow([_guarded(clean(cell)) for cell in _row(item, lang)])
        except PortalError as reason:
            left_out.append(LeftOut(item.id, reason))
    return Writing(b"\xef\xbb\xbf" + text.getvalue().encode(), tuple(left_out))


def _row(item: Item, lang: str) -> list[str]:
    task = item.task
    kind, answers = _written(task, lang)
    if len(answers) >= OPTIONS.stop:
        raise OptionsOutside(count=len(answers))
    cells = [cell for answer in answers for cell in answer]
    head = [
        item.id,
        kind,
        item.category,
        item.objective,
        str(item.difficulty or ""),
        item.source.in_(lang),
        item.markup.value,
        _there(item.stem, lang),
        item.feedback.in_(lang),
        task.unit if isinstance(task, Numeric) else "",
        task.scoring.value if isinstance(task, Multiple) else "",
        task.if_carbon.in_(lang) if isinstance(task, Numeric) else "",
    ]
    return head + cells + [""] * (len(COLUMNS) - len(head) - len(cells))


def _there(text: Bilingual, lang: str) -> str:
    if not clean(text.in_(lang)):
        raise TextMissing()
    return text.in_(lang)


def _written(task: Task, lang: str) -> tuple[str, list[Answer]]:
    match task:
        case Single():
            return "single", [_option(option, lang) for option in _with_a_right_one(task.options)]
        case Multiple():
            return "multiple", [_option(option, lang) for option in _with_a_right_one(_plainly_right(task))]
        case ShortAnswer():
            return "short", [_option(option, lang) for option in _with_a_right_one(task.answers)]
        case TrueFalse():
            told = {task.is_true: task.if_right, not task.is_true: task.if_wrong}
            return "true_false", [
                (
                    str(said).lower(),
                    plain(FULL if said is task.is_true else NOTHING),
                    "",
                    told[said].in_(lang),
                )
                for said in (True, False)
            ]
        case Numeric():
            return "numeric", [_number(answer, lang) for answer in task.answers]
        case Matching():
            return "matching", [_pair(pair, lang) for pair in task.pairs]
        case Ordering():
            return "ordering", [(_there(step, lang), "", "", "") for step in task.steps]
    raise NotInThisFormat(kind=type(task).__name__)


def _with_a_right_one(options: tuple[Option, ...]) -> tuple[Option, ...]:
    if not any(option.is_right for option in options):
        raise NoRightAnswer()
    return options


def _plainly_right(task: Multiple) -> tuple[Option, ...]:
    """Under a rule that only knows right and wrong, credits say no more than that."""
    if task.scoring is Scoring.BY_WEIGHT:
        return task.options
    return tuple(replace(o, credit=FULL if o.is_right else NOTHING) for o in task.options)


def _option(option: Option, lang: str) -> Answer:
    return _there(option.text, lang), plain(option.credit), "", option.feedback.in_(lang)


def _number(answer: NumericAnswer, lang: str) -> Answer:
    value = "*" if answer.value is None else plain(answer.value)
    return value, plain(answer.credit), plain(answer.tolerance), answer.feedback.in_(lang)


def _pair(pair: Pair, lang: str) -> Answer:
    prompt = _there(pair.prompt, lang) if pair.prompt != MISSING else ""
    return prompt, "", _there(pair.match, lang), ""

"""GIFT in and out: the questions of the grammar as items of the bank, and back."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import assert_never

from portal.kernel.errors import PortalError
from portal.training.rules.formats import gift_grammar as grammar
from portal.training.rules.formats.exchange import (
    GAP,
    EmptyText,
    LeftOut,
    NoAnswers,
    NoRightAnswer,
    NotInThisFormat,
    NotWritable,
    Problem,
    Reading,
    TextMissing,
    TypeUnsupported,
    Writing,
    choices,
    filled,
    multiple,
    side,
    unique,
    weights,
    with_carbon,
)
from portal.training.rules.formats.gift_grammar import Answer, Choice, Number, Question, Text
from portal.training.rules.formats.labels import labelled, labels_of, labels_of_item
from portal.training.rules.items import (
    FULL,
    NOTHING,
    Item,
    Markup,
    Matching,
    Multiple,
    Numeric,
    NumericAnswer,
    Option,
    Pair,
    ShortAnswer,
    Single,
    Task,
    TrueFalse,
)
from portal.training.rules.markup import to_html


@dataclass(frozen=True, slots=True)
class Placed:
    """An item and where it stands in its file."""

    item: Item
    block: grammar.Block


def read(text: str, lang: str) -> Reading:
    """Items of a GIFT text in ``lang``. Raises TooManyItems."""
    found, problems = placed(text, lang)
    return Reading(tuple(each.item for each in found), problems)


def placed(text: str, lang: str) -> tuple[tuple[Placed, ...], tuple[Problem, ...]]:
    """Items of a GIFT text with their places, and what cannot be read. Raises TooManyItems."""
    items, blocks, problems = list[Item](), list[grammar.Block](), list[Problem]()
    for block in grammar.blocks(text):
        found = grammar.read_block(block)
        if isinstance(found, grammar.Fault):
            problems.append(Problem(found.line, found.reason, found.title))
            continue
        try:
            items.append(item_of(found, lang))
        except PortalError as reason:
            problems.append(Problem(found.line, reason, found.title))
        else:
            blocks.append(block)
    return tuple(map(Placed, unique(items), blocks)), tuple(problems)


def write(items: Iterable[Item], lang: str) -> Writing:
    """A GIFT text of those items that it can hold, in ``lang``."""
    questions, left_out = [], []
    for item in items:
        try:
            questions.append(question_of(item, lang))
        except PortalError as reason:
            left_out.append(LeftOut(item.id, reason))
    return Writing(grammar.write(questions).encode(), tuple(left_out))


# --- in -----------------------------------------------------------------------------------------------


def item_of(question: Question, lang: str) -> Item:
    """One item. Raises TypeUnsupported for an essay or a description, and what is wrong with its answers."""
    if not question.stem and not question.tail:
        raise EmptyText()
    question = in_one_markup(question)
    stem = question.stem.text
    if question.tail:
        stem = " ".join(filter(None, (stem, GAP, question.tail.text)))
    labels = labels_of(question.tags)
    task = _task(question.body, lang, labels)
    item = Item(
        id=" ".join(question.title.split()) or f"q{question.line}",
        stem=side(stem, lang),
        task=task,
        category=question.category,
        feedback=side(question.feedback.text, lang),
        markup=question.stem.markup or Markup.MOODLE,
    )
    return labelled(item, labels)


def _task(body: grammar.Body | None, lang: str, labels: dict[str, str]) -> Task:
    match body:
        case None:
            raise TypeUnsupported(kind="description")
        case grammar.Essay():
            raise TypeUnsupported(kind="essay")
        case grammar.TrueFalse():
            return TrueFalse(body.is_true, side(body.if_wrong.text, lang), side(body.if_right.text, lang))
        case grammar.Numbers():
            return _numeric(body, lang, labels)
        case grammar.Match():
            return _matching(body, lang)
        case grammar.Short():
            return ShortAnswer(filled(tuple(_option(answer, lang) for answer in body.answers)))
        case Choice():
            options = choices(_option(answer, lang) for answer in body.answers)
            if not body.is_single:
                return multiple(options, labels.get("scoring", ""))
            if not any(option.is_right for option in options):
                raise NoRightAnswer()
            return Single(options)
    assert_never(body)


def _option(answer: Answer, lang: str) -> Option:
    own = FULL if answer.mark == "=" else NOTHING
    weight = own if answer.weight is None else answer.weight
    return Option(side(answer.text.text, lang), weight, side(answer.feedback.text, lang))


def _numeric(body: grammar.Numbers, lang: str, labels: dict[str, str]) -> Numeric:
    answers = tuple(
        NumericAnswer(
            number.value,
            number.tolerance,
            FULL if number.weight is None else number.weight,
            side(number.feedback.text, lang),
        )
        for number in body.answers
    )
    if not answers:
        raise NoAnswers()
    if not any(answer.credit > 0 for answer in answers):
        raise NoRightAnswer()
    return Numeric(answers, labels.get("unit", ""))


def _matching(body: grammar.Match, lang: str) -> Matching:
    pairs = tuple(Pair(side(prompt.text, lang), side(match.text, lang)) for prompt, match in body.pairs)
    matching = Matching(pairs)
    if len(matching.prompts) < 2 or not all(match for _, match in body.pairs):
        raise EmptyText()
    return matching


def in_one_markup(question: Question) -> Question:
    """With every text in the markup of the stem; where they differ, all become HTML."""
    own = question.stem.markup or Markup.MOODLE
    if all((text.markup or own) is own for text in _texts(question)):
        return replace(question, stem=replace(question.stem, markup=own))

    def html(text: Text) -> Text:
        return Text(to_html(text.text, text.markup or own), Markup.HTML)

    body = question.body
    match body:
        case grammar.TrueFalse():
            body = replace(body, if_wrong=html(body.if_wrong), if_right=html(body.if_right))
        case grammar.Numbers():
            body = grammar.Numbers(tuple(replace(n, feedback=html(n.feedback)) for n in body.answers))
        case grammar.Match():
            body = grammar.Match(tuple((html(prompt), html(match)) for prompt, match in body.pairs))
        case grammar.Short():  # what is typed is compared as it stands, so only the feedback is marked up
            body = grammar.Short(tuple(replace(a, feedback=html(a.feedback)) for a in body.answers))
        case Choice():
            body = Choice(
                tuple(replace(a, text=html(a.text), feedback=html(a.feedback)) for a in body.answers)
            )
    stem, tail, general = (html(text) for text in (question.stem, question.tail, question.feedback))
    return replace(question, stem=stem, tail=tail, feedback=general, body=body)


def _texts(question: Question) -> Iterator[Text]:
    """The texts that are there and are shown."""
    found: Sequence[Text] = (question.stem, question.tail, question.feedback)
    match question.body:
        case grammar.TrueFalse() as body:
            found = (*found, body.if_wrong, body.if_right)
        case grammar.Numbers(answers=numbers):
            found = (*found, *(number.feedback for number in numbers))
        case grammar.Match(pairs=pairs):
            found = (*found, *(text for pair in pairs for text in pair))
        case grammar.Short(answers=answers):
            found = (*found, *(answer.feedback for answer in answers))
        case Choice(answers=answers):
            found = (*found, *(text for answer in answers for text in (answer.text, answer.feedback)))
    return (text for text in found if text)


# --- out ----------------------------------------------------------------------------------------------


def question_of(item: Item, lang: str) -> Question:
    """One question. Raises TextMissing, NotInThisFormat, NotWritable."""
    stem = item.stem.in_(lang)
    if not stem.strip():
        raise TextMissing()
    return Question(
        title=item.id,
        stem=Text(stem, item.markup),
        body=_body(item.task, lang),
        feedback=Text(item.feedback.in_(lang)),
        category=item.category,
        tags=labels_of_item(item, lang),
    )


def _body(task: Task, lang: str) -> grammar.Body:
    match task:
        case TrueFalse():
            return grammar.TrueFalse(
                task.is_true, Text(task.if_wrong.in_(lang)), Text(task.if_right.in_(lang))
            )
        case Single():
            if not any(option.credit == FULL for option in task.options):
                raise NoRightAnswer()
            return Choice(tuple(_choice(option, lang) for option in task.options))
        case Multiple():
            shares = zip(task.options, weights(task), strict=True)
            return Choice(tuple(_answer("~", option, share, lang) for option, share in shares))
        case ShortAnswer():
            return grammar.Short(tuple(_short(option, lang) for option in task.answers))
        case Numeric():
            return grammar.Numbers(tuple(_numbers(task, lang)))
        case Matching():
            return grammar.Match(tuple(_pair(pair, lang) for pair in task.pairs))
    raise NotInThisFormat(kind=type(task).__name__)


def _choice(option: Option, lang: str) -> Answer:
    """``=`` is the whole, ``~`` anything else."""
    return _answer("=" if option.credit == FULL else "~", option, option.credit, lang)


def _short(option: Option, lang: str) -> Answer:
    answer = _answer("=", option, option.credit, lang)
    if "->" in answer.text.text:
        raise NotWritable(text=answer.text.text[:40])
    return answer


def _answer(mark: str, option: Option, weight: Decimal, lang: str) -> Answer:
    text = option.text.in_(lang)
    if not text.strip():
        raise TextMissing()
    own = FULL if mark == "=" else NOTHING
    # A text that begins with % would be read as a weight, so the weight is written then.
    is_said = weight != own or text.startswith("%")
    return Answer(mark, Text(text), weight if is_said else None, Text(option.feedback.in_(lang)))


def _numbers(task: Numeric, lang: str) -> Iterator[Number]:
    for answer in with_carbon(task):
        weight = None if answer.credit == FULL else answer.credit
        yield Number(answer.value, answer.tolerance, weight, Text(answer.feedback.in_(lang)))


def _pair(pair: Pair, lang: str) -> tuple[Text, Text]:
    prompt, match = pair.prompt.in_(lang), pair.match.in_(lang)
    if not match.strip() or (pair.prompt.is_complete and not prompt.strip()):
        raise TextMissing()
    if "->" in prompt or prompt.endswith("-"):
        raise NotWritable(text=prompt[:40])
    return Text(prompt), Text(match)

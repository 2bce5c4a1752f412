"""Aiken in and out: single choice in plain lines, ``A. option`` and ``ANSWER: A``."""

import re
from collections.abc import Iterable, Iterator
from string import ascii_uppercase
from typing import Final

from portal.kernel.errors import N_, InvalidInput, PortalError
from portal.training.rules.formats.exchange import (
    EmptyText,
    LeftOut,
    NotInThisFormat,
    NotWritable,
    Problem,
    Reading,
    TextMissing,
    Writing,
    choices,
    clean,
    legible,
    side,
    unique,
)
from portal.training.rules.items import FULL, NOTHING, Item, Markup, Option, Single

OPTION: Final = re.compile(r"\s*([A-Z])[.)]\s+(.*)")
ANSWER: Final = re.compile(r"\s*ANSWER:\s*([A-Z])\s*")


# Lines that a repair would make options and answers of.
FULL_WIDTH: Final = re.compile(r"\s*(?:[Ａ-Ｚ]|[A-Z]\s*[．、）：]|答案|正确答案|参考答案)")


# Where a question ends whose answer still has to be repaired.
WIDE_ANSWER: Final = re.compile(r"\s*[\[【(（]?\s*(?:正确答案|参考答案|答案|ＡＮＳＷＥＲ)")


class FullWidthMarks(InvalidInput):
    message = N_(
        "Full-width marks such as Ａ．or 答案： stand where Aiken wants “A. ” and “ANSWER: A”. "
        "They can be repaired."
    )


class AnswerLineMissing(InvalidInput):
    message = N_("A line “ANSWER: A” is missing after the options.")


class AnswerNotAnOption(InvalidInput):
    message = N_("“%(letter)s” is none of the options.")


class OptionsOutOfOrder(InvalidInput):
    message = N_("The options are not lettered A, B, C … in order.")


def read(text: str, lang: str) -> Reading:
    """Items of an Aiken text in ``lang``. Raises TooManyItems."""
    items, problems = [], []
    for number, (line, lines) in enumerate(_questions(text), start=1):
        try:
            items.append(_item(f"q{number}", lines, lang))
        except PortalError as reason:
            problems.append(Problem(line, reason, lines[0].strip()[:40]))
    return Reading(unique(items), tuple(problems))


def _questions(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines up to and with each ANSWER line, and the number of the first; the rest is an unfinished one."""
    lines: list[str] = []
    start = 1
    for number, line in enumerate(legible(text).split("\n"), start=1):
        if not line.strip():
            continue
        if not lines:
            start = number
        lines.append(line)
        if ANSWER.fullmatch(line) or WIDE_ANSWER.match(line):
            yield start, lines
            lines = []
    if lines:
        yield start, lines


def _item(name: str, lines: list[str], lang: str) -> Item:
    if any(FULL_WIDTH.match(line) for line in lines[1:]):
        raise FullWidthMarks()
    answer = ANSWER.fullmatch(lines[-1])
    if not answer:
        raise AnswerLineMissing()
    options = [found for line in lines[:-1] if (found := OPTION.fullmatch(line))]
    stem = [line.strip() for line in lines[:-1] if not OPTION.fullmatch(line)]
    letters = [found[1] for found in options]
    if letters != list(ascii_uppercase[: len(letters)]):
        raise OptionsOutOfOrder()
    if answer[1] not in letters:
        raise AnswerNotAnOption(letter=answer[1])
    if not stem:
        raise EmptyText()
    task = Single(
        choices(Option(side(found[2], lang), FULL if found[1] == answer[1] else NOTHING) for found in options)
    )
    return Item(name, side(" ".join(stem), lang), task, markup=Markup.PLAIN)


def write(items: Iterable[Item], lang: str) -> Writing:
    """An Aiken text of the single choices among the items, in ``lang``: texts in one line, no feedback."""
    questions, left_out = [], []
    for item in items:
        try:
            questions.append("".join(f"{line}\n" for line in _lines(item, lang)))
        except PortalError as reason:
            left_out.append(LeftOut(item.id, reason))
    return Writing("\n".join(questions).encode(), tuple(left_out))


def _lines(item: Item, lang: str) -> Iterator[str]:
    task = item.task
    if not isinstance(task, Single):
        raise NotInThisFormat(kind=type(task).__name__)
    right = [option.credit == FULL for option in task.options]
    if sum(right) != 1 or any(option.credit not in (FULL, NOTHING) for option in task.options):
        raise NotInThisFormat(kind="partial credit")
    yield _one_line(item.stem.in_(lang))
    for letter, option in zip(ascii_uppercase, task.options, strict=False):
        yield f"{letter}. {_one_line(option.text.in_(lang))}"
    yield f"ANSWER: {ascii_uppercase[right.index(True)]}"


def _one_line(text: str) -> str:
    text = " ".join(clean(text).split())
    if not text:
        raise TextMissing()
    if OPTION.fullmatch(text) or ANSWER.fullmatch(text):
        raise NotWritable(text=text[:40])
    return text

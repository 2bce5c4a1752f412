"""What every format of items shares: what was read and what not, what was written and what not."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, PortalError, Refused
from portal.training.rules.items import (
    FULL,
    MISSING,
    NOTHING,
    OPTIONS,
    Item,
    Multiple,
    Numeric,
    NumericAnswer,
    Option,
    Scoring,
)

MAX_BYTES: Final = 10_000_000
MAX_ITEMS: Final = 5_000
MAX_LINES: Final = 200_000
GAP: Final = "_____"  # where an answer stands inside a sentence
_NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})([eE][+-]?\d{1,2})?")


class FileTooLarge(InvalidInput):
    message = N_("This file is too large: at most 10 MB are read.")


class TooManyItems(InvalidInput):
    message = N_("This file has more than %(limit)s questions. Please split it.")


class TooManyLines(InvalidInput):
    message = N_("This file has more than %(limit)s lines. Please split it.")


class NotTheFormat(InvalidInput):
    message = N_("This is no file of this format.")


class TypeUnsupported(InvalidInput):
    message = N_("Questions of the kind “%(kind)s” are not taken.")


class NoAnswers(InvalidInput):
    message = N_("This question has no answers.")


class NoRightAnswer(InvalidInput):
    message = N_("No answer of this question is right.")


class VerdictUnreadable(InvalidInput):
    message = N_("A true or false question has the answers “true” and “false”; here they are: %(text)s")


class NothingToWrite(Refused):
    message = N_("None of these questions can be written in this format, so there is no file.")


class OptionsOutside(InvalidInput):
    message = N_("A question has 2 to 10 options; this one has %(count)s.")


class EmptyText(InvalidInput):
    message = N_("The question or one of its answers has no text.")


class NumberUnreadable(InvalidInput):
    message = N_("“%(text)s” is no number.")


class CreditOutside(InvalidInput):
    message = N_("A credit must be between -100 and 100 percent, not %(text)s.")


class TextMissing(InvalidInput):
    message = N_("The text in this language is missing.")


class NotInThisFormat(InvalidInput):
    message = N_("This format has no questions of the kind “%(kind)s”.")


class NotWritable(InvalidInput):
    message = N_("This format cannot hold this text: %(text)s")


@dataclass(frozen=True, slots=True)
class Problem:
    """What was not taken, or only after a repair: its line, from 1 (0 is the item as a whole), and why."""

    line: int
    reason: PortalError
    item: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """Items in the language that was read, the other one still missing; and what was not taken."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    item: str
    reason: PortalError


@dataclass(frozen=True, slots=True)
class Writing:
    """``data`` is empty where a format makes no file of no question."""

    data: bytes
    left_out: tuple[LeftOut, ...] = ()

    @property
    def file(self) -> bytes:
        """What can be kept and read again. Raises NothingToWrite."""
        if not self.data:
            raise NothingToWrite()
        return self.data


def side(text: str, lang: str) -> Bilingual:
    """A text in one language, cleaned; the other side is missing."""
    text = clean(text)
    return Bilingual(text, "") if lang == "zh" else Bilingual("", text)


def clean(text: str) -> str:
    """One kind of line end, nothing that XML cannot carry, no white space around."""
    return legible(text).strip()


def legible(text: str) -> str:
    """``clean``, but the white space around stays, so that lines keep their numbers."""
    return _UNCARRIED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


# Control characters, halves of surrogate pairs, and the places that Unicode keeps for no character.
_UNCARRIED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def decimal(text: str) -> Decimal:
    """Exact value of a number as foreign files write it, full-width forms too. Raises NumberUnreadable."""
    plain = unicodedata.normalize("NFKC", text[:60]).strip()
    if not _NUMBER.fullmatch(plain):
        raise NumberUnreadable(text=text.strip()[:40])
    return Decimal(plain)


def plain(number: Decimal) -> str:
    """The shortest way to write a number without an exponent."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def credit(text: str) -> Decimal:
    """A percentage of the marks. Raises NumberUnreadable, CreditOutside."""
    value = decimal(text)
    if abs(value) > FULL:
        raise CreditOutside(text=text.strip()[:20])
    return value


def choices(options: Iterable[Option]) -> tuple[Option, ...]:
    """Options that a choice can be made of. Raises OptionsOutside, EmptyText."""
    found = tuple(options)
    if len(found) not in OPTIONS:
        raise OptionsOutside(count=len(found))
    return filled(found)


def filled(options: tuple[Option, ...]) -> tuple[Option, ...]:
    if not all(option.text.zh or option.text.en for option in options):
        raise EmptyText()
    return options


def weights(task: Multiple) -> list[Decimal]:
    """The percentages that come nearest to the task's rule in a format that knows only percentages.

    Raises NoRightAnswer.
    """
    if not any(option.is_right for option in task.options):
        raise NoRightAnswer()
    if task.scoring is Scoring.BY_WEIGHT:
        return [option.credit for option in task.options]
    right = sum(option.is_right for option in task.options)
    share = (FULL / right).quantize(Decimal("0.00001"))
    return [share if option.is_right else -share for option in task.options]


def with_carbon(task: Numeric) -> tuple[NumericAnswer, ...]:
    """The answers, and as one without credit the amount of carbon, for formats that know no units."""
    if task.if_carbon == MISSING:
        return task.answers
    named = [answer for answer in task.answers if answer.value is not None]
    right = next((answer for answer in named if answer.credit > 0), None)
    if right is None or right.value is None:
        return task.answers
    value, tolerance = (
        (number * 12 / 44).quantize(Decimal("0.000001")) for number in (right.value, right.tolerance)
    )
    others = [answer for answer in task.answers if answer.value is None]
    return (*named, NumericAnswer(value, tolerance, NOTHING, task.if_carbon), *others)


def multiple(options: tuple[Option, ...], scoring: str) -> Multiple:
    """A choice of several options; a rule that is named replaces the percentages. Raises NoRightAnswer."""
    if not any(option.is_right for option in options):
        raise NoRightAnswer()
    rule = Scoring(scoring) if scoring in set(Scoring) else Scoring.BY_WEIGHT
    if rule is not Scoring.BY_WEIGHT:
        options = tuple(replace(o, credit=FULL if o.is_right else Decimal(0)) for o in options)
    return Multiple(options, rule)


_VERDICTS: Final = {
    **dict.fromkeys(("true", "对", "正确", "是", "√", "✓"), True),
    **dict.fromkeys(("false", "错", "错误", "不对", "否", "×", "✗"), False),
}


def verdicts(texts: Iterable[str]) -> tuple[bool, ...]:
    """Of each answer whether it says “true”; one of them does and the other not. Raises VerdictUnreadable."""
    said = tuple(texts)
    found = tuple(_VERDICTS.get(text.strip().lower()) for text in said)
    if sorted(found, key=str) != [False, True]:
        raise VerdictUnreadable(text=" / ".join(said)[:60])
    return tuple(each is True for each in found)


def unique(items: Iterable[Item]) -> tuple[Item, ...]:
    """Ids made unique by a number behind the later ones. Raises TooManyItems."""
    seen: dict[str, int] = {}
    taken: list[Item] = []
    known: set[str] = set()
    for item in items:
        name, wanted = item.id, item.id
        while wanted in known:
            seen[name] = seen.get(name, 1) + 1
            wanted = f"{name}-{seen[name]}"
        known.add(wanted)
        taken.append(item if wanted == name else replace(item, id=wanted))
        if len(taken) > MAX_ITEMS:
            raise TooManyItems(limit=MAX_ITEMS)
    return tuple(taken)

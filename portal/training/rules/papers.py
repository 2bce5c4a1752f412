"""Quizzes on paper: what can stand on one, the letters that a learner writes, and the key for the trainer.

Options carry letters in the order in which they are printed; what is typed from a sheet becomes the same
response that a screen would have given, in the author's indices.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from fractions import Fraction
from hashlib import sha256
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.training.rules.figures import grouped
from portal.training.rules.grading import NotAResponse, Response, grade
from portal.training.rules.items import (
    MISSING,
    Calculator,
    Item,
    Matching,
    Multiple,
    Numeric,
    Ordering,
    Register,
    ShortAnswer,
    Single,
    TrueFalse,
)
from portal.training.rules.registers import may_issue

LETTERS: Final = "ABCDEFGHIJ"
PAPERS: Final = ("A", "B")
NOTHING: Final = "-"
ANSWER_MAX: Final = 60
_YES: Final = frozenset({"T", "Y", "TRUE", "YES", "对", "是", "√", "✓", "1", "正确"})
_NO: Final = frozenset({"F", "N", "FALSE", "NO", "错", "否", "×", "X", "✗", "0", "错误"})


class UnknownPaper(NotFound):
    message = N_("There is no such paper.")


class NotOnTheSheet(InvalidInput):
    message = N_("“%(text)s” is no answer to question %(number)s.")


class PaperTaken(Refused):
    message = N_("This paper of %(name)s is recorded already.")


class SheetMissing(NotFound):
    message = N_("No sheet of this learner is recorded.")


class SameSheet(InvalidInput):
    message = N_("These are the answers that are recorded already.")


class CertifiedBySheet(Refused):
    message = N_(
        "The certificate rests on this sheet, and these answers would not have passed. Ask the office to "
        "revoke the certificate first."
    )


class PaperEmpty(InvalidInput):
    message = N_("Nothing was typed yet.")


def seed_of(cohort_id: str, paper: str) -> int:
    """What draws the questions of a class's paper; the same whenever it is printed. Raises UnknownPaper."""
    if paper not in PAPERS:
        raise UnknownPaper()
    return int.from_bytes(sha256(f"{cohort_id}/paper/{paper}".encode()).digest()[:4]) >> 1


def printable(items: Iterable[Item]) -> tuple[Item, ...]:
    """Those that can stand on paper: all but the ones that need the calculator."""
    return tuple(item for item in items if not isinstance(item.task, Calculator))


def parts(item: Item) -> tuple[Bilingual, ...]:
    """What carries letters, in the order in which it is printed."""
    match item.task:
        case Single(options=options) | Multiple(options=options):
            texts = [option.text for option in options]
        case Register(projects=projects):
            texts = [project.text for project in projects]
        case Ordering(steps=steps):
            texts = list(steps)
        case Matching(pairs=pairs):
            texts = [pair.match for pair in pairs]
        case _:
            return ()
    return tuple(texts[at] for at in item.shown(len(texts)))


def prompts(item: Item) -> tuple[Bilingual, ...]:
    """What something is to be matched with, numbered on paper."""
    return tuple(p.prompt for p in item.task.prompts) if isinstance(item.task, Matching) else ()


def read_answer(item: Item, text: str, number: int) -> Response | None:
    """What a learner wrote, None where nothing is typed. ``-`` is “none of them”. Raises NotOnTheSheet."""
    typed = unicodedata.normalize("NFKC", text).strip()
    if not typed:
        return None
    try:
        response = _read(item, typed)
        if response is not None:
            grade(item, response)
    except InvalidInput:
        raise NotOnTheSheet(text=text[:20], number=number) from None
    return response


def _read(item: Item, typed: str) -> Response | None:
    match item.task:
        case TrueFalse():
            return _true(typed)
        case Single() | Multiple() | Register():
            return frozenset(each for each in _places(item, typed) if each is not None)
        case Matching() | Ordering():
            return tuple(_places(item, typed))
    return typed


def typed_of(item: Item, response: Response | None) -> str:
    """What would be typed for this response: ``read_answer`` gives it back."""
    match response:
        case None:
            return ""
        case bool():
            return "T" if response else "F"
        case frozenset():
            return _letters(item, response)
        case tuple():
            order = item.shown(len(parts(item)))
            return "".join(NOTHING if at is None else LETTERS[order.index(at)] for at in response)
    return str(response)


def _true(typed: str) -> bool:
    said = typed.upper()
    if said in _YES or said in _NO:
        return said in _YES
    raise NotAResponse()


def _places(item: Item, typed: str) -> list[int | None]:
    """The author's index behind each letter; a dash is none of them."""
    count = len(parts(item))
    order = item.shown(count)
    letters = [each for each in typed.upper() if each not in " ,、，;；."]
    if letters == [NOTHING] and isinstance(item.task, Multiple | Register):
        return []
    places: list[int | None] = []
    for letter in letters:
        if letter == NOTHING and isinstance(item.task, Matching):
            places.append(None)
            continue
        at = LETTERS.find(letter)
        if not 0 <= at < count:
            raise NotAResponse()
        places.append(order[at])
    return places


def key_of(item: Item) -> str:
    """The right answer as it would stand on the sheet: letters where there are any."""
    match item.task:
        case TrueFalse(is_true=is_true):
            return "√" if is_true else "×"
        case Single(options=options):
            return _letters(item, [max(range(len(options)), key=lambda at: options[at].credit)])
        case Multiple(options=options):
            return _letters(item, [at for at, option in enumerate(options) if option.is_right])
        case Register(projects=projects):
            return _letters(item, [at for at, each in enumerate(projects) if may_issue(each)])
        case Ordering(steps=steps):
            return _letters(item, range(len(steps)), is_sorted=False)
        case Matching(pairs=pairs):
            right = [at for at, pair in enumerate(pairs) if pair.prompt != MISSING]
            return _letters(item, right, is_sorted=False)
    return _written_key(item)


def _written_key(item: Item) -> str:
    """A number with its tolerance, or the words that are accepted."""
    match item.task:
        case Numeric(answers=answers, unit=unit):
            right = ((each.value, each.tolerance) for each in answers if each.credit > 0)
            said = (
                f"{grouped(value)} {unit} (± {grouped(off)})" for value, off in right if value is not None
            )
            return next(said, "")
        case ShortAnswer(answers=accepted):
            texts = (text for each in accepted if each.is_right for text in (each.text.zh, each.text.en))
            return " / ".join(dict.fromkeys(text for text in texts if text))
    return ""


def _letters(item: Item, indices: Iterable[int], *, is_sorted: bool = True) -> str:
    order: Sequence[int] = item.shown(len(parts(item)))
    letters = [LETTERS[order.index(at)] for at in indices]
    return "".join(sorted(letters) if is_sorted else letters) or NOTHING


def earned(items: Sequence[Item], responses: Sequence[Response | None]) -> Fraction:
    """Marks for a whole sheet; what was not answered earns nothing."""
    return sum(
        (
            grade(item, response).credit
            for item, response in zip(items, responses, strict=True)
            if response is not None
        ),
        start=Fraction(0),
    )

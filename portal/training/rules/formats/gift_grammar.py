r"""The whole grammar of GIFT, in both directions: text to questions, questions to text.

file      = { comment | category | question } ; questions end at a blank line
comment   = "//" anything, with "[tag:…]" and "[id:…]" of the question that follows
category  = "$CATEGORY:" path
question  = [ "::" title "::" ] text [ "{" body "}" [ text ] ]        without braces: a description
body      = ""                                                       essay
          | ( "T" | "TRUE" | "F" | "FALSE" ) [ "#" if wrong ] [ "#" if right ]
          | "#" ( number | { "=" [ weight ] number [ "#" text ] } ) [ "~" [ "#" text ] ]
          | { "=" text "->" text }                                    matching
          | { "=" [ weight ] text [ "#" text ] }                      short answer
          | { ( "=" | "~" ) [ weight ] text [ "#" text ] }            choice; no "=" at all: several
            … each followed by [ "####" general feedback ]
number    = value [ ":" tolerance ] | low ".." high
weight    = "%" percent "%"
text      = [ "[html]" | "[markdown]" | "[plain]" | "[moodle]" ] characters ; escapes \~ \= \# \{ \} \: \\ \n

Source of the grammar: Moodle's documentation of the format and its published examples.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, assert_never

from portal.kernel.errors import N_, InvalidInput, PortalError
from portal.training.rules.formats.exchange import credit, decimal, plain
from portal.training.rules.items import NOTHING, Markup

# Far above what anybody asks, far below what would keep a reader busy.
MAX_LENGTH: Final = 100_000
MAX_ANSWERS: Final = 200
MAX_COMMENT: Final = 10_000
# Escaped characters stand as noncharacters while the text is taken apart: nobody can type those.
_ESCAPED: Final = dict(zip("~=#{}:\\n", map(chr, range(0xFDD0, 0xFDD8)), strict=True))
_RESTORED: Final = str.maketrans({stand_in: c if c != "n" else "\n" for c, stand_in in _ESCAPED.items()})
_STAND_INS: Final = dict.fromkeys(range(0xFDD0, 0xFDF0))
_ESCAPE: Final = re.compile(r"\\([~=#{}:\\n])")
_TO_ESCAPE: Final = re.compile(r"[~=#{}:\\]")
_TITLE: Final = re.compile(r"\s*::(.*?)::", re.S)
_MARKUP: Final = re.compile(r"\s*\[(html|markdown|plain|moodle)\]")
_TRUE_FALSE: Final = re.compile(r"(T|F|TRUE|FALSE)\s*(?:#(.*))?", re.S | re.I)
_WEIGHT: Final = re.compile(r"\s*%\s*(-?\d{1,3}(?:\.\d{0,10})?)\s*%")
# One that is not closed is found too, so that no line is read once for each of its beginnings.
_TAG: Final = re.compile(r"\[tag:((?:\\.|[^\]\\])+)(\]?)")
_CATEGORY: Final = "$CATEGORY:"
_FULL_WIDTH: Final = ("｛", "｝")
# Behind the answers: a brace, or what a repair would make one of.
_MORE_ANSWERS: Final = re.compile(r"[{}]|｛\s*[＝～＃=~#]")


class QuestionTooLong(InvalidInput):
    message = N_("This question is too long or has too many answers.")


class BraceOpen(InvalidInput):
    message = N_("The answers begin with “{” but do not end with “}”.")


class SecondAnswers(InvalidInput):
    message = N_(
        "This question has answers in more than one place. Divide it, or write \\{ and \\} in its text."
    )


class FullWidthMarks(InvalidInput):
    message = N_("Full-width marks such as ｛＝～＃｝ stand where GIFT wants {=~#}. They can be repaired.")


class BodyUnreadable(InvalidInput):
    message = N_("The answers do not begin with “=”, “~”, “#”, TRUE or FALSE: %(text)s")


class MatchIncomplete(InvalidInput):
    message = N_("Some answers have “->” and others have not.")


@dataclass(frozen=True, slots=True)
class Text:
    """Characters as a reader sees them; ``markup`` None is that of the question."""

    text: str = ""
    markup: Markup | None = None

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True, slots=True)
class Answer:
    """``weight`` None is the mark's own: all for ``=``, nothing for ``~``."""

    mark: str
    text: Text
    weight: Decimal | None = None
    feedback: Text = field(default_factory=Text)


@dataclass(frozen=True, slots=True)
class Essay:
    pass


@dataclass(frozen=True, slots=True)
class TrueFalse:
    is_true: bool
    if_wrong: Text
    if_right: Text


@dataclass(frozen=True, slots=True)
class Number:
    """``value`` None is every other number."""

    value: Decimal | None
    tolerance: Decimal
    weight: Decimal | None
    feedback: Text


@dataclass(frozen=True, slots=True)
class Numbers:
    answers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Match:
    pairs: tuple[tuple[Text, Text], ...]


@dataclass(frozen=True, slots=True)
class Short:
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    answers: tuple[Answer, ...]

    @property
    def is_single(self) -> bool:
        return any(answer.mark == "=" for answer in self.answers)


Body = Essay | TrueFalse | Numbers | Match | Short | Choice


@dataclass(frozen=True, slots=True)
class Question:
    """``body`` None is a description; ``tail`` is what follows the gap of a missing word."""

    title: str
    stem: Text
    body: Body | None
    tail: Text = field(default_factory=Text)
    feedback: Text = field(default_factory=Text)
    category: str = ""
    tags: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    line: int
    reason: PortalError
    title: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A question as it stands: its own lines from ``first`` to ``last``, tags above it among them, its text
    from ``line`` on, and the category that holds for it."""

    first: int
    last: int
    line: int
    text: str
    category: str
    tags: tuple[str, ...]


# --- reading ------------------------------------------------------------------------------------------


def parse(text: str) -> Iterator[Question | Fault]:
    """Questions in order; one that cannot be read is a fault and does not hurt the others."""
    for block in blocks(text):
        yield read_block(block)


def read_block(block: Block) -> Question | Fault:
    return _question(block.text, block.category, block.tags, block.line)


def blocks(text: str) -> Iterator[Block]:
    """Where each question stands, in order."""
    category, tags, first = "", list[str](), 0
    for line, lines in _paragraphs(text.translate(_STAND_INS)):
        kept = []
        for written in lines:
            if written.lstrip().startswith("//"):
                tags += _tags(written[:MAX_COMMENT])
            elif written.lstrip().startswith(_CATEGORY):
                category = written.lstrip().removeprefix(_CATEGORY).strip()
            else:
                kept.append(written)
        if any(kept):
            # The line of the first text that is neither a comment nor a category.
            begins = line + lines.index(kept[0])
            last = line + len(lines) - 1
            yield Block(first or line, last, begins, "\n".join(kept), category, tuple(tags))
            tags, first = [], 0
        elif tags and not first:
            first = line


def _tags(comment: str) -> list[str]:
    return [re.sub(r"\\(.)", r"\1", tag) for tag, closed in _TAG.findall(comment) if closed]


def _paragraphs(text: str) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines that are not blank, with the number of the first."""
    lines: list[str] = []
    for number, line in enumerate([*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""], start=1):
        if line.strip():
            lines.append(line)
        elif lines:
            yield number - len(lines), lines
            lines = []


def _question(text: str, category: str, tags: tuple[str, ...], line: int) -> Question | Fault:
    if len(text) > MAX_LENGTH:
        return Fault(line, QuestionTooLong())
    text = _ESCAPE.sub(lambda found: _ESCAPED[found[1]], text)
    title = ""
    if found := _TITLE.match(text):
        title, text = found[1].translate(_RESTORED).strip(), text[found.end() :]
    stem, brace, rest = text.partition("{")
    inside, closed, tail = rest.partition("}")
    try:
        if brace and not closed:
            raise BraceOpen()
        if _MORE_ANSWERS.search(tail):
            raise SecondAnswers()
        if not brace and all(mark in text for mark in _FULL_WIDTH):
            raise FullWidthMarks()
        inside, _, general = inside.partition("####")
        body = _body(inside.strip()) if brace else None
    except PortalError as reason:
        return Fault(line, reason, title)
    return Question(title, _text(stem), body, _text(tail), _text(general), category, tags, line)


def _text(text: str) -> Text:
    markup = None
    if found := _MARKUP.match(text):
        markup, text = Markup(found[1]), text[found.end() :]
    return Text(text.translate(_RESTORED).strip(), markup)


def _body(text: str) -> Body:
    if not text:
        return Essay()
    if text.startswith("#"):
        return Numbers(tuple(_numbers(text[1:].strip())))
    if found := _TRUE_FALSE.fullmatch(text):
        if_wrong, _, if_right = (found[2] or "").partition("#")
        return TrueFalse(found[1].upper().startswith("T"), _text(if_wrong), _text(if_right))
    parts = list(_marked(text))
    if all(mark == "=" for mark, _ in parts):
        arrows = ["->" in part for _, part in parts]
        if all(arrows):
            return Match(tuple(_pair(part) for _, part in parts))
        if any(arrows):
            raise MatchIncomplete()
        return Short(tuple(_answer(mark, part) for mark, part in parts))
    return Choice(tuple(_answer(mark, part) for mark, part in parts))


def _marked(text: str) -> Iterator[tuple[str, str]]:
    """Pieces that begin with ``=`` or ``~``. Raises BodyUnreadable, QuestionTooLong."""
    if text[:1] not in ("=", "~"):
        raise BodyUnreadable(text=text.translate(_RESTORED)[:40])
    if text.count("=") + text.count("~") > MAX_ANSWERS:
        raise QuestionTooLong()
    for piece in re.findall(r"[=~][^=~]*", text):
        yield piece[0], piece[1:]


def _answer(mark: str, text: str) -> Answer:
    weight, text = _weighed(text)
    said, _, feedback = text.partition("#")
    return Answer(mark, _text(said), weight, _text(feedback))


def _weighed(text: str) -> tuple[Decimal | None, str]:
    found = _WEIGHT.match(text)
    return (credit(found[1]), text[found.end() :]) if found else (None, text)


def _pair(text: str) -> tuple[Text, Text]:
    prompt, _, match = text.partition("->")
    return _text(prompt), _text(match)


def _numbers(text: str) -> Iterator[Number]:
    if text[:1] not in ("=", "~"):
        text = "=" + text
    for mark, piece in _marked(text):
        weight, piece = _weighed(piece)
        said, _, feedback = piece.partition("#")
        said = said.translate(_RESTORED).strip()
        if mark == "~" or said == "*":
            yield Number(None, NOTHING, weight if mark == "=" else NOTHING, _text(feedback))
        else:
            yield Number(*_value(said), weight, _text(feedback))


def _value(text: str) -> tuple[Decimal, Decimal]:
    """Value and tolerance of ``5``, ``5:0.1`` and ``4.9..5.1``."""
    low, dots, high = text.partition("..")
    if dots:
        ends = decimal(low), decimal(high)
        return (ends[0] + ends[1]) / 2, abs(ends[1] - ends[0]) / 2
    value, colon, tolerance = text.partition(":")
    return decimal(value), abs(decimal(tolerance)) if colon else NOTHING


# --- writing ------------------------------------------------------------------------------------------


def is_category(line: str) -> bool:
    return line.lstrip().startswith(_CATEGORY)


def is_remark(line: str) -> bool:
    """A comment that is no tag of a question."""
    return line.lstrip().startswith("//") and not _tags(line)


def category_line(category: str) -> str:
    return f"{_CATEGORY} {category}".rstrip()


def write(questions: Iterable[Question]) -> str:
    """The text of these questions; parsing it gives them back, their lines aside."""
    pieces, category = [], ""
    for question in questions:
        if question.category != category:
            category = question.category
            pieces.append(f"{_CATEGORY} {category}\n")
        tags = " ".join("[tag:" + re.sub(r"([\]\\])", r"\\\1", tag) + "]" for tag in question.tags)
        pieces.append((f"// {tags}\n" if tags else "") + _written_question(question) + "\n")
    return "\n".join(pieces)


def _written_question(question: Question) -> str:
    head = f"::{_escaped(question.title)}::" if question.title else ""
    head += _written(question.stem, is_stem=True)
    if question.body is None:
        return head
    inside = [*_written_body(question.body)]
    if question.feedback:
        inside.append("####" + _written(question.feedback))
    body = "".join(f"\n\t{part}" for part in inside) + "\n" if inside else ""
    return f"{head} {{{body}}}" + (f" {_written(question.tail)}" if question.tail else "")


def _written_body(body: Body) -> Iterator[str]:
    match body:
        case Essay():
            return
        case TrueFalse():
            right = f"#{_written(body.if_right)}" if body.if_right else ""
            wrong = f"#{_written(body.if_wrong)}" if body.if_wrong or right else ""
            yield ("TRUE" if body.is_true else "FALSE") + wrong + right
        case Numbers():
            yield "#"
            for number in body.answers:
                yield _written_number(number)
        case Match():
            for prompt, match in body.pairs:
                yield f"={_written(prompt)} -> {_written(match)}"
        case Short() | Choice():
            for answer in body.answers:
                yield (
                    answer.mark + _weight(answer.weight, answer.text) + _written(answer.text) + _told(answer)
                )
        case _:
            assert_never(body)


def _written_number(number: Number) -> str:
    told = f"#{_written(number.feedback)}" if number.feedback else ""
    weight = _weight(number.weight, Text())
    if number.value is None:
        return f"~{told}" if number.weight in (None, NOTHING) else f"={weight}*{told}"
    return f"={weight}{plain(number.value)}:{plain(number.tolerance)}{told}"


def _told(answer: Answer) -> str:
    return f"#{_written(answer.feedback)}" if answer.feedback else ""


def _weight(weight: Decimal | None, text: Text) -> str:
    return "" if weight is None else f"%{plain(weight)}%"


def _written(text: Text, is_stem: bool = False) -> str:
    """With its markup where it is named, or where the text itself begins like one."""
    markup = text.markup
    if markup is None and (_MARKUP.match(text.text) or (is_stem and text.text.startswith("//"))):
        markup = Markup.MOODLE
    return (f"[{markup}]" if markup else "") + _escaped(text.text)


def _escaped(text: str) -> str:
    return _TO_ESCAPE.sub(r"\\\g<0>", text).replace("\n", "\\n")

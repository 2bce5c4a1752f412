"""Feedback to a trainer: who answered is known only as having answered, and few answers are not shown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, NotFound, Refused

SHOWN_FROM: Final = 5
MOST_QUESTIONS: Final = 12
QUESTION_MAX: Final = 200
ANSWER_MAX: Final = 1_000
SCALE: Final = range(1, 6)


class UnknownForm(NotFound):
    message = N_("We could not find these questions.")


class AlreadyAnswered(Refused):
    message = N_("You have answered already. Answers carry no name, so they cannot be changed.")


class FormClosed(Refused):
    message = N_("These questions are closed.")


class NothingAsked(InvalidInput):
    message = N_("Write at least one question, one a line.")


class TooManyQuestions(InvalidInput):
    message = N_("At most %(most)s questions, each of at most %(max)s characters.")


class NothingAnswered(InvalidInput):
    message = N_("Answer at least one question.")


class Kind(StrEnum):
    """How a question is answered: from 1 to 5, or in words."""

    SCALE = "scale"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Question:
    kind: Kind
    text: Bilingual

    @property
    def stored(self) -> dict[str, Any]:
        return {"kind": self.kind.value, "zh": self.text.zh, "en": self.text.en}


USUAL: Final = (
    Question(Kind.SCALE, Bilingual("内容对我的工作或生活有用", "What I learned is useful to me")),
    Question(Kind.SCALE, Bilingual("讲解清楚，节奏合适", "It was explained clearly and at the right pace")),
    Question(Kind.SCALE, Bilingual("材料和测验容易使用", "Lessons and quizzes were easy to use")),
    Question(Kind.WORDS, Bilingual("最有收获的是什么？", "What did you gain most from?")),
    Question(Kind.WORDS, Bilingual("下次应当改进什么？", "What should be better next time?")),
)


@dataclass(frozen=True, slots=True)
class FormView:
    """Questions to a class. ``given`` counts who has answered."""

    id: str
    cohort_id: str
    owner_id: str
    title: str
    questions: tuple[Question, ...]
    opens_at: datetime
    closes_at: datetime
    given: int

    def is_open(self, now: datetime) -> bool:
        return self.opens_at <= now < self.closes_at


@dataclass(frozen=True, slots=True)
class Summary:
    """Answers to one question: counts from 1 to 5 with their mean, or the words, sorted by themselves."""

    question: Question
    n: int
    counts: tuple[int, ...]
    mean: Fraction | None
    words: tuple[str, ...]


def read_questions(stored: Sequence[Mapping[str, Any]]) -> tuple[Question, ...]:
    return tuple(Question(Kind(each["kind"]), Bilingual(each["zh"], each["en"])) for each in stored)


def own_questions(lines: Sequence[str]) -> tuple[Question, ...]:
    """Questions that a trainer wrote, in one language for all. Raises NothingAsked, TooManyQuestions."""
    if not lines:
        raise NothingAsked()
    if len(lines) > MOST_QUESTIONS or any(len(line) > QUESTION_MAX for line in lines):
        raise TooManyQuestions(most=MOST_QUESTIONS, max=QUESTION_MAX)
    return tuple(Question(Kind.WORDS, Bilingual(line, line)) for line in lines)


def checked(questions: Sequence[Question], given: Mapping[int, str]) -> dict[str, Any]:
    """Answers by the number of their question, as they are kept. Raises NothingAnswered."""
    kept: dict[str, Any] = {}
    for at, question in enumerate(questions):
        text = given.get(at, "").strip()[:ANSWER_MAX]
        if question.kind is Kind.WORDS and text:
            kept[str(at)] = text
        elif question.kind is Kind.SCALE and text.isascii() and text.isdigit() and int(text) in SCALE:
            kept[str(at)] = int(text)
    if not kept:
        raise NothingAnswered()
    return kept


def summaries(
    questions: Sequence[Question], answers: Sequence[Mapping[str, Any]]
) -> tuple[Summary, ...] | None:
    """What was answered; None below five answers, which would tell who said what.

    Words stand in the order of their letters, so that nothing shows which came with which.
    """
    if len(answers) < SHOWN_FROM:
        return None
    return tuple(_summary(at, question, answers) for at, question in enumerate(questions))


def _summary(at: int, question: Question, answers: Sequence[Mapping[str, Any]]) -> Summary:
    given = [each[str(at)] for each in answers if str(at) in each]
    if question.kind is Kind.WORDS:
        return Summary(question, len(given), (), None, tuple(sorted(given)))
    counted = Counter(given)
    mean = Fraction(sum(given), len(given)) if given else None
    return Summary(question, len(given), tuple(counted[step] for step in SCALE), mean, ())

"""Items: a question with its answers, in both languages, as the bank holds it.

Texts are Markdown unless the item says otherwise. Credits are percent of the item's marks, from -100 to 100.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from portal.kernel.bilingual import Bilingual

MISSING: Final = Bilingual("", "")
FULL: Final = Decimal(100)
NOTHING: Final = Decimal(0)
OPTIONS: Final = range(2, 11)


class Markup(StrEnum):
    """How the texts of an item are written; the names are those of GIFT and Moodle XML."""

    MARKDOWN = "markdown"
    HTML = "html"
    PLAIN = "plain"
    MOODLE = "moodle"


class Scoring(StrEnum):
    """How a choice of several options is marked; ``grading.rule_of`` says it to the learner."""

    ALL_OR_NOTHING = "all_or_nothing"
    RIGHT_MINUS_WRONG = "right_minus_wrong"
    BY_WEIGHT = "by_weight"


@dataclass(frozen=True, slots=True)
class Option:
    text: Bilingual
    credit: Decimal = NOTHING
    feedback: Bilingual = MISSING

    @property
    def is_right(self) -> bool:
        return self.credit > 0


@dataclass(frozen=True, slots=True)
class Single:
    """Exactly one option may be taken."""

    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Multiple:
    """Any number of options may be taken."""

    options: tuple[Option, ...]
    scoring: Scoring = Scoring.RIGHT_MINUS_WRONG


@dataclass(frozen=True, slots=True)
class TrueFalse:
    is_true: bool
    if_wrong: Bilingual = MISSING
    if_right: Bilingual = MISSING


@dataclass(frozen=True, slots=True)
class NumericAnswer:
    """A value with what it may be off by, in the item's unit; ``value`` None is any other number."""

    value: Decimal | None
    tolerance: Decimal = NOTHING
    credit: Decimal = FULL
    feedback: Bilingual = MISSING


@dataclass(frozen=True, slots=True)
class Numeric:
    """A number with its unit, as ``quantities.unit_of`` reads it; ``""`` is a unit that was never said.

    ``if_carbon`` is what a learner is told who gives the right amount as carbon and not as CO₂.
    """

    answers: tuple[NumericAnswer, ...]
    unit: str = ""
    if_carbon: Bilingual = MISSING


@dataclass(frozen=True, slots=True)
class Pair:
    """A prompt and what belongs to it; a pair without a prompt is a distractor."""

    prompt: Bilingual
    match: Bilingual
    feedback: Bilingual = MISSING


@dataclass(frozen=True, slots=True)
class Matching:
    pairs: tuple[Pair, ...]

    @property
    def prompts(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.prompt != MISSING)


@dataclass(frozen=True, slots=True)
class Ordering:
    """Steps in their right order."""

    steps: tuple[Bilingual, ...]


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """Texts that are accepted, letter case and width aside; ``*`` stands for any characters."""

    answers: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Calculator:
    """A footprint to build in the portal's own calculator, and what is wanted of it.

    ``result`` in grams of CO₂e may be off by ``tolerance`` percent. ``factors`` are the
    choices that pick the right factor, ``question=option``; ``lines`` are rules that must not be forgotten.
    ``region`` is the place to pick, a six-digit code; ``""`` leaves it open. ``answers`` solve the scenario,
    (question, answer as it is stored): their questions are asked beside those of the short form, the lint
    computes the result again, and a learner is told which answers differ.
    """

    model: str
    result: int
    tolerance: Decimal
    factors: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    region: str = ""
    answers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of a project's card: what it is about (age, area, permit …) and what the register says."""

    name: Bilingual
    value: Bilingual


@dataclass(frozen=True, slots=True)
class RegisterCase:
    """A sandbox copy of a project in the registry's own words; what it does not say is in order.

    ``rules`` names rules of eligibility, ``arr/1``; ``answers`` are those to single rules by id: ``yes``,
    ``no`` or a number. ``begun`` is a day, 2021-04-01, or "". Amounts are tonnes of CO₂e, None where none is
    said.
    """

    type: str
    state: str = "registered"
    is_approved: bool = True  # the verification, by a second person
    overlaps: bool = False  # it may be another project that is there already
    owes: bool = False  # a reversal is not covered yet
    verified: int | None = None
    buffer: int | None = None
    asks: int | None = None
    rules: str = ""
    begun: str = ""
    answers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RegisterProject:
    """A project of the sandbox's register and whether its author says that it may issue, with the reason.

    With a ``case``, ``registers.may_issue`` is what counts.
    """

    text: Bilingual
    may_issue: bool
    reason: Bilingual = MISSING
    facts: tuple[Fact, ...] = ()
    case: RegisterCase | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """Which of these projects may issue?"""

    projects: tuple[RegisterProject, ...]


Task = (
    Single | Multiple | TrueFalse | Numeric | Matching | Ordering | ShortAnswer | Calculator | Register
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One question. ``difficulty`` runs from 1 to 5, 0 where nobody said; ``objective`` is a course's id,
    ``lesson`` that of the lesson it belongs to, if it belongs to one.

    ``source`` reads the same in both languages where only one was given. ``order`` is for an item as one
    learner sees it: at place k stands what the author wrote at ``order[k]``; empty is the author's order.
    Responses and marks always speak of the author's indices.
    """

    id: str
    stem: Bilingual
    task: Task
    objective: str = ""
    difficulty: int = 0
    source: Bilingual = MISSING
    category: str = ""
    feedback: Bilingual = MISSING
    markup: Markup = Markup.MARKDOWN
    variant: "Variant | None" = None
    lesson: str = ""
    order: tuple[int, ...] = ()

    def shown(self, count: int) -> tuple[int, ...]:
        """The author's indices of ``count`` parts in the order in which they are shown."""
        return self.order or tuple(range(count))


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of a variant: ``low``, ``low + step`` … up to ``high``."""

    name: str
    low: Decimal
    high: Decimal
    step: Decimal


@dataclass(frozen=True, slots=True)
class Variant:
    """What a seeded numeric item is made from: its numbers, published factors, and the answer's formula.

    ``factors`` are (name in the formula, key of the published factor, value when the item was checked).
    """

    parameters: tuple[Parameter, ...]
    formula: str
    tolerance_percent: Decimal
    decimals: int = 2
    factors: tuple[tuple[str, str, Decimal], ...] = ()

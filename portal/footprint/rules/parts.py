"""The parts of a model: questions, factors, formulas, and what stands around them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from portal.footprint.rules.expressions import Comparison, Node, parse
from portal.footprint.rules.units import NUMBER, Unit
from portal.kernel.bilingual import Bilingual

CONFIDENCES = ("official", "published", "secondary", "provisional")
KINDS = ("number", "share", "choice", "yes-no")
# How the answer is known decides the best grade a line can get.
MEASURES = ("meter", "bill", "area", "stated", "spend")
# A number as it is stored: nothing but digits and a point.
PLAIN_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,20})?")


def plain(value: Decimal) -> str:
    """Plain decimal notation without superfluous zeros; −0 is 0."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


@dataclass(frozen=True, slots=True)
class Source:
    title: str
    url: str
    row: str


@dataclass(frozen=True, slots=True)
class Factor:
    """A number from a published table. ``value`` is exact; ``number`` is the double that is computed with.

    ``is_own``: its value was replaced by the person's own.
    """

    name: str
    key: str
    value: Decimal
    unit: Unit
    unit_text: str
    title: Bilingual
    region: str
    year: str
    gases: str
    uncertainty_pct: Decimal
    source: Source
    licence: str
    confidence: str
    quality: tuple[int, ...]
    sane: tuple[Decimal, Decimal]
    review_by: date
    quality_why: Bilingual | None
    review_why: Bilingual | None
    is_own: bool = False

    @property
    def number(self) -> float:
        return float(self.value)

    @property
    def is_provisional(self) -> bool:
        return self.confidence == "provisional" and not self.is_own

    @property
    def is_foreign(self) -> bool:
        return not self.region.startswith("CN")

    @property
    def is_weak(self) -> bool:
        """No national factor of the year: a line that rests on it is graded C at best."""
        return self.is_foreign or self.is_own

    @property
    def is_emission(self) -> bool:
        return ("kgCO2e", 1) in self.unit.powers


@dataclass(frozen=True, slots=True)
class Assumption:
    """A number of ours, with its reason. ``gsd2`` 1 means exact."""

    name: str
    value: Decimal
    unit: Unit
    unit_text: str
    title: Bilingual
    why: Bilingual
    gsd2: Decimal

    @property
    def number(self) -> float:
        return float(self.value)


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a choice; with ``value`` it stands for a number in the question's unit."""

    key: str
    title: Bilingual
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked. ``default`` is an expression over earlier answers, or an option's key.

    ``express``: part of the short form. ``when``: asked only if all of these hold. ``expert``: it may replace
    the quantity of the same name, whose formula holds while it is not given. ``is_skipped``: an audience is
    not asked it and takes the default.
    """

    key: str
    kind: str
    unit: Unit
    unit_text: str
    unit_label: Bilingual
    title: Bilingual
    ask: Bilingual
    hint: Bilingual
    unsure: Bilingual
    basis: Bilingual
    low: Decimal
    high: Decimal
    default: str
    gsd2_default: Decimal
    measure: str
    whole: bool = False
    group: str = ""
    lowest: str = ""
    options: tuple[Choice, ...] = ()
    express: bool = False
    section: str = ""
    when: tuple[Comparison, ...] = ()
    when_text: tuple[str, ...] = ()
    expert: bool = False
    is_skipped: bool = False
    confidence: str = ""  # of the default, as of a factor; "" in models from before it was said
    review_by: date | None = None

    @property
    def is_choice(self) -> bool:
        return self.kind in ("choice", "yes-no")

    @property
    def has_number(self) -> bool:
        """Whether its name stands for a number in expressions."""
        return not self.is_choice or self.options[0].value is not None

    @property
    def is_provisional(self) -> bool:
        """Whether what is taken for "I don't know" could not be confirmed at a source."""
        return self.confidence == "provisional"

    @property
    def default_node(self) -> Node:
        return parse(self.default)

    def option(self, key: str) -> Choice:
        return next(option for option in self.options if option.key == key)

    def number_of(self, key: str) -> float:
        """What stands for an option in arithmetic: its value, or its place in the list."""
        option = self.option(key)
        return float(self.options.index(option)) if option.value is None else float(option.value)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A named intermediate result. With an ``expert`` question its value may be given straight."""

    key: str
    unit: Unit
    unit_text: str
    title: Bilingual
    expr: str
    node: Node
    expert: Question | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the result. ``is_default``: how much was done is our assumption, whatever is answered.

    ``mee``: its class in the national guide for large events.
    """

    key: str
    expr: str
    node: Node
    title: Bilingual
    category: str
    scope: str
    whose: str
    is_default: bool
    rises_with: tuple[str, ...]
    falls_with: tuple[str, ...]
    switched_by: tuple[str, ...]
    mee: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """The total, seen another way (per person), or with ``shown`` "apart" something beside it."""

    key: str
    unit: Unit
    unit_text: str
    title: Bilingual
    expr: str
    node: Node
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A number the measure is set beside, or why there is none (``missing``)."""

    key: str
    kind: str
    measure: str
    title: Bilingual
    missing: Bilingual | None
    source_key: str = ""
    value: Decimal | None = None
    unit: Unit = NUMBER
    unit_text: str = ""
    year: str = ""
    source: Source | None = None
    confidence: str = ""
    review_by: date | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody could change: new answers as expressions over the old ones, or an option's key.

    Offered only if all of ``when`` hold.
    """

    key: str
    title: Bilingual
    becomes: Mapping[str, str]
    when: tuple[Comparison, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A golden persona: answers and the exact grams they must give for ever."""

    key: str
    region: str
    answers: Mapping[str, str]
    lines: Mapping[str, int]
    year: str = ""
    audience: str = ""
    own: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Shares that are asked together and sum to 1."""

    key: str
    ask: Bilingual
    hint: Bilingual
    unsure: Bilingual


@dataclass(frozen=True, slots=True)
class Overlay:
    """A region's own factors, under its administrative code, and those of single years."""

    code: str
    title: Bilingual
    factors: Mapping[str, Factor]
    years: Mapping[str, Mapping[str, Factor]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Year:
    """The national factors of one year."""

    key: str
    title: Bilingual
    factors: Mapping[str, Factor]


@dataclass(frozen=True, slots=True)
class Audience:
    """For whom the questions are put another way. ``skip``: questions that take their default unasked."""

    key: str
    title: Bilingual
    skip: tuple[str, ...]

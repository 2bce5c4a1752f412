"""A model is data: what a model file holds, and how it is read and refused."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any, TypeVar

from portal.footprint.rules.errors import ModelFault, UnknownRegion
from portal.footprint.rules.expressions import ExpressionFault, Node, parse
from portal.footprint.rules.units import NUMBER, Unit, UnknownUnit, parse_unit
from portal.kernel.bilingual import Bilingual

Thing = TypeVar("Thing")

CONFIDENCES = ("official", "published", "secondary", "provisional")
KINDS = ("number", "share", "choice", "yes-no")
# How the answer is known decides the best grade a line can get.
MEASURES = ("meter", "bill", "area", "stated", "spend")
YES_NO = {
    "no": {"title": {"zh": "否", "en": "No"}},
    "yes": {"title": {"zh": "是", "en": "Yes"}},
}


@dataclass(frozen=True, slots=True)
class Source:
    title: str
    url: str
    row: str


@dataclass(frozen=True, slots=True)
class Factor:
    """A number from a published table. ``value`` is exact; ``number`` is the double that is computed with."""

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

    @property
    def number(self) -> float:
        return float(self.value)

    @property
    def is_provisional(self) -> bool:
        return self.confidence == "provisional"

    @property
    def is_foreign(self) -> bool:
        return not self.region.startswith("CN")

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
    """What a person is asked. ``default`` is an expression over earlier answers, or an option's key."""

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

    @property
    def is_choice(self) -> bool:
        return self.kind in ("choice", "yes-no")

    @property
    def has_number(self) -> bool:
        """Whether its name stands for a number in expressions."""
        return not self.is_choice or self.options[0].value is not None

    @property
    def default_node(self) -> Node:
        return parse(self.default)

    def option(self, key: str) -> Choice:
        return next(option for option in self.options if option.key == key)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A named intermediate result."""

    key: str
    unit: Unit
    unit_text: str
    title: Bilingual
    expr: str
    node: Node


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the result. ``is_default``: how much was done is our assumption, whatever is answered."""

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


@dataclass(frozen=True, slots=True)
class Measure:
    """The total, seen another way (per person)."""

    key: str
    unit: Unit
    unit_text: str
    title: Bilingual
    expr: str
    node: Node


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
    """What somebody could change: new answers as expressions over the old ones, or an option's key."""

    key: str
    title: Bilingual
    becomes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """A golden persona: answers and the exact grams they must give for ever."""

    key: str
    region: str
    answers: Mapping[str, str]
    lines: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Group:
    """Shares that are asked together and sum to 1."""

    key: str
    ask: Bilingual
    hint: Bilingual
    unsure: Bilingual


@dataclass(frozen=True, slots=True)
class Overlay:
    """A region's own factors, under its administrative code."""

    code: str
    title: Bilingual
    factors: Mapping[str, Factor]


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Everything one file says. Equal only to itself, so that compiled forms can be kept by it."""

    id: str
    version: str
    released: date
    digest: str
    unit: Unit
    unit_text: str
    title: Bilingual
    intro: Bilingual
    boundary: Bilingual
    gwp: str
    gwp_note: Bilingual
    categories: Mapping[str, Bilingual]
    groups: Mapping[str, Group]
    questions: Mapping[str, Question]
    assumptions: Mapping[str, Assumption]
    factors: Mapping[str, Factor]
    quantities: Mapping[str, Quantity]
    rules: Mapping[str, Rule]
    measures: Mapping[str, Measure]
    references: Mapping[str, Reference]
    actions: Mapping[str, Action]
    cases: Mapping[str, Case]
    overlays: Mapping[str, Overlay]

    @property
    def options(self) -> dict[str, tuple[str, ...]]:
        """Option keys of every choice, in order."""
        return {q.key: tuple(o.key for o in q.options) for q in self.questions.values() if q.is_choice}

    @property
    def steps(self) -> list[tuple[Question, ...]]:
        """What is asked on one page each: a question, or all the shares of a group."""
        steps: list[tuple[Question, ...]] = []
        for question in self.questions.values():
            if question.group and steps and steps[-1][0].group == question.group:
                steps[-1] += (question,)
            else:
                steps.append((question,))
        return steps

    def place(self, region: str) -> "Place":
        """The factors that hold in a region: its own, else its province's, else the national ones.

        ``region`` is a six-digit administrative code; 伊春 is 230700. Raises UnknownRegion.
        """
        chain = [code for code in (region, region[:2] + "0000") if code in self.overlays]
        if not (len(region) == 6 and region.isascii() and region.isdigit() and chain):
            raise UnknownRegion(region=region[:20])
        found = dict(self.factors)
        for code in reversed(chain):
            found |= self.overlays[code].factors
        regional = {name for overlay in self.overlays.values() for name in overlay.factors}
        own = {name for code in chain for name in self.overlays[code].factors}
        return Place(region, self.overlays[chain[0]].title, found, tuple(sorted(regional - own)))


@dataclass(frozen=True, slots=True)
class Place:
    """A model's factors in one region; ``fallen_back`` names those that are not the region's own."""

    region: str
    title: Bilingual
    factors: Mapping[str, Factor] = field(repr=False)
    fallen_back: tuple[str, ...]


def read(content: bytes) -> Model:
    """The model in a file. Raises ModelFault with everything that cannot be read."""
    try:
        data = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise ModelFault([f"not TOML: {fault}"]) from None
    faults = list(_bare_numbers(data, ""))
    if faults:
        raise ModelFault(faults)
    return _Reader(data).model(sha256(content).hexdigest())


def _bare_numbers(data: Any, path: str) -> "list[str]":
    """Numbers must be decimal strings; only the five pedigree scores are whole numbers."""
    if isinstance(data, dict):
        return [fault for key, value in data.items() for fault in _bare_numbers(value, f"{path}.{key}")]
    if isinstance(data, list) and not path.endswith(".quality"):
        return [fault for value in data for fault in _bare_numbers(value, path)]
    if isinstance(data, int | float) and not isinstance(data, bool):
        return [f"{path[1:]}: write the number {data} as a string"]
    return []


class _Reader:
    """Walks the sections and collects every fault, so that an author sees them all at once."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.faults: list[str] = []

    def model(self, digest: str) -> Model:
        head = self.data.get("model", {})
        parts: dict[str, Any] = {
            "categories": self.each("category", lambda _, d: _both(d["title"])),
            "groups": self.each(
                "group", lambda k, d: Group(k, _both(d["ask"]), _both(d["hint"]), _both(d["unsure"]))
            ),
            "questions": self.each("question", _question),
            "assumptions": self.each("assumption", _assumption),
            "factors": self.each("factor", _factor),
            "quantities": self.each("quantity", _named(Quantity)),
            "rules": self.each("rule", _rule),
            "measures": self.each("measure", _named(Measure)),
            "references": self.each("comparison", _reference),
            "actions": self.each("action", lambda k, d: Action(k, _both(d["title"]), dict(d["becomes"]))),
            "cases": self.each("case", _case),
            "overlays": self.each("overlay", _overlay),
        }
        try:
            header: dict[str, Any] = {
                "id": head["id"],
                "version": head["version"],
                "released": date.fromisoformat(head["released"]),
                "unit": parse_unit(head["unit"]),
                "unit_text": head["unit"],
                "gwp": head["gwp"],
                **{name: _both(head[name]) for name in ("title", "intro", "boundary", "gwp_note")},
            }
        except _FAULTS as fault:
            self.faults.append(f"model: {_said(fault)}")
        if self.faults:
            raise ModelFault(self.faults)
        return Model(digest=digest, **header, **parts)

    def each(self, section: str, make: Callable[[str, dict[str, Any]], Thing]) -> dict[str, Thing]:
        made = {}
        for key, data in self.data.get(section, {}).items():
            try:
                made[key] = make(key, data)
            except _FAULTS as fault:
                self.faults.append(f"{section}.{key}: {_said(fault)}")
        return made


_FAULTS = (KeyError, TypeError, ValueError, AttributeError, InvalidOperation, UnknownUnit, ExpressionFault)


def _said(fault: Exception) -> str:
    return (
        f"{fault.args[0]} is missing" if isinstance(fault, KeyError) else str(fault) or type(fault).__name__
    )


def _both(data: dict[str, str]) -> Bilingual:
    return Bilingual(data["zh"], data["en"])


def _maybe(data: dict[str, Any], key: str) -> Bilingual | None:
    return _both(data[key]) if key in data else None


def _decimal(text: Any) -> Decimal:
    if not isinstance(text, str):
        raise TypeError(f"{text!r} must be a decimal string")
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(f"{text!r} is not finite")
    return value


def _source(data: dict[str, str]) -> Source:
    return Source(data["title"], data["url"], data["row"])


def _factor(name: str, d: dict[str, Any]) -> Factor:
    low, high = d["sane"]
    return Factor(
        name=name,
        key=d["key"],
        value=_decimal(d["value"]),
        unit=parse_unit(d["unit"]),
        unit_text=d["unit"],
        title=_both(d["title"]),
        region=d["region"],
        year=d["year"],
        gases=d["gases"],
        uncertainty_pct=_decimal(d["uncertainty_pct"]),
        source=_source(d["source"]),
        licence=d["licence"],
        confidence=d["confidence"],
        quality=tuple(d["quality"]),
        sane=(_decimal(low), _decimal(high)),
        review_by=date.fromisoformat(d["review_by"]),
        quality_why=_maybe(d, "quality_why"),
        review_why=_maybe(d, "review_why"),
    )


def _assumption(name: str, d: dict[str, Any]) -> Assumption:
    return Assumption(
        name=name,
        value=_decimal(d["value"]),
        unit=parse_unit(d["unit"]),
        unit_text=d["unit"],
        title=_both(d["title"]),
        why=_both(d["why"]),
        gsd2=_decimal(d["gsd2"]),
    )


def _question(key: str, d: dict[str, Any]) -> Question:
    options = d.get("option", YES_NO if d["kind"] == "yes-no" else {})
    return Question(
        key=key,
        kind=d["kind"],
        unit=parse_unit(d.get("unit", "1")),
        unit_text=d.get("unit", "1"),
        unit_label=_maybe(d, "unit_label") or Bilingual("", ""),
        title=_both(d["title"]),
        ask=_both(d["ask"]),
        hint=_both(d["hint"]),
        unsure=_both(d["unsure"]),
        basis=_both(d["basis"]),
        low=_decimal(d.get("min", "0")),
        high=_decimal(d.get("max", "0")),
        default=d["default"],
        gsd2_default=_decimal(d["gsd2_default"]),
        measure=d["measure"],
        whole=d.get("whole", False),
        group=d.get("group", ""),
        lowest=d.get("lowest", ""),
        options=tuple(
            Choice(k, _both(o["title"]), _decimal(o["value"]) if "value" in o else None)
            for k, o in options.items()
        ),
    )


def _named(kind: Callable[..., Thing]) -> Callable[[str, dict[str, Any]], Thing]:
    return lambda key, d: kind(
        key, parse_unit(d["unit"]), d["unit"], _both(d["title"]), d["expr"], parse(d["expr"])
    )


def _rule(key: str, d: dict[str, Any]) -> Rule:
    directions = (tuple(d.get(name, ())) for name in ("rises_with", "falls_with", "switched_by"))
    node, is_default = parse(d["expr"]), d.get("activity") == "default"
    return Rule(
        key,
        d["expr"],
        node,
        _both(d["title"]),
        d["category"],
        d["scope"],
        d["whose"],
        is_default,
        *directions,
    )


def _reference(key: str, d: dict[str, Any]) -> Reference:
    if "missing" in d:
        return Reference(key, d["kind"], d["measure"], _both(d["title"]), _both(d["missing"]))
    return Reference(
        key=key,
        kind=d["kind"],
        measure=d["measure"],
        title=_both(d["title"]),
        missing=None,
        source_key=d["key"],
        value=_decimal(d["value"]),
        unit=parse_unit(d["unit"]),
        unit_text=d["unit"],
        year=d["year"],
        source=_source(d["source"]),
        confidence=d["confidence"],
        review_by=date.fromisoformat(d["review_by"]),
    )


def _case(key: str, d: dict[str, Any]) -> Case:
    return Case(
        key, d["region"], dict(d["answers"]), {rule: int(grams) for rule, grams in d["lines"].items()}
    )


def _overlay(code: str, d: dict[str, Any]) -> Overlay:
    return Overlay(
        code, _both(d["title"]), {name: _factor(name, f) for name, f in d.get("factor", {}).items()}
    )

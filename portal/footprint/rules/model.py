"""A model is data: what a model file holds as a whole, and which of its factors hold where and when."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from portal.footprint.rules.errors import (
    FactorOutOfBand,
    NotAPlainNumber,
    UnknownFactor,
    UnknownRegion,
    UnknownYear,
)
from portal.footprint.rules.expressions import names, value
from portal.footprint.rules.parts import (
    CONFIDENCES,
    KINDS,
    MEASURES,
    PLAIN_DECIMAL,
    Action,
    Assumption,
    Audience,
    Case,
    Choice,
    Factor,
    Group,
    Measure,
    Overlay,
    Quantity,
    Question,
    Reference,
    Rule,
    Source,
    Year,
    plain,
)
from portal.footprint.rules.units import Unit
from portal.kernel.bilingual import Bilingual

__all__ = [
    "CONFIDENCES", "FORMS", "KINDS", "MEASURES", "Action", "Assumption", "Audience", "Case", "Choice",
    "Factor", "Group", "Measure", "Model", "Overlay", "Own", "Place", "Quantity", "Question", "Reference",
    "Rule", "Source", "Year", "own_pairs",
]  # fmt: skip

# How much is asked: the express questions, all of them, or also quantities straight.
FORMS = ("short", "full", "expert")
# A person's own factor values, by factor name, as decimal texts.
Own = Mapping[str, str] | Iterable[tuple[str, str]]


def own_pairs(own: Own) -> tuple[tuple[str, str], ...]:
    """Own factors in one order, so that equal ones are equal."""
    return tuple(sorted(dict(own).items()))


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Everything one file says, for one audience. Equal only to itself: compiled forms are kept by it.

    ``questions``: first the ordinary ones in the order they are asked, then those of expert mode.
    """

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
    years: Mapping[str, Year]
    audiences: Mapping[str, Audience]
    mee: Mapping[str, Bilingual]
    audience: str = ""

    @property
    def options(self) -> dict[str, tuple[str, ...]]:
        """Option keys of every choice, in order."""
        return {q.key: tuple(o.key for o in q.options) for q in self.questions.values() if q.is_choice}

    @property
    def ordinary(self) -> list[Question]:
        """The questions without those of expert mode."""
        return [question for question in self.questions.values() if not question.expert]

    @property
    def steps(self) -> list[tuple[Question, ...]]:
        """What is asked on one page each, in full: a question, or all the shares of a group."""
        return _pages(question for question in self.ordinary if not question.is_skipped)

    def steps_of(self, form: str, given: Mapping[str, str]) -> list[tuple[Question, ...]]:
        """The pages of a form for somebody who has answered this much: only what is relevant.

        ``form`` is one of FORMS. A model that marks no question as express asks all of them in short.
        In expert mode the quantities of a section are one page at its end.
        """
        asked = [question for question in self.ordinary if self.is_relevant(question, given)]
        if form == "short" and any(question.express for question in self.ordinary):
            asked = [question for question in asked if question.express]
        pages = _pages(asked)
        if form != "expert":
            return pages
        straight = [question for question in self.questions.values() if question.expert]
        for section in dict.fromkeys(question.section for question in straight):
            page = tuple(question for question in straight if question.section == section)
            ends = [place for place, asked in enumerate(pages, 1) if asked[0].section == section]
            pages.insert(ends[-1] if ends else len(pages), page)
        return pages

    def is_relevant(self, question: Question, given: Mapping[str, str]) -> bool:
        """Whether a question concerns somebody who has answered this much, and otherwise the defaults."""
        return not question.is_skipped and self._concerns(question, given)

    def _concerns(self, question: Question, given: Mapping[str, str]) -> bool:
        """Its conditions hold, and what they ask about concerns them too."""
        return all(
            value(test, _Numbers(self, given), _Chosen(self, given), float)
            and all(
                self._concerns(asked, given)
                for name in names(test)
                if (asked := self.questions.get(name)) is not None
            )
            for test in question.when
        )

    def known_years(self) -> list[str]:
        """Years for which there are factors of their own, newest first."""
        found = {year for overlay in self.overlays.values() for year in overlay.years}
        return sorted({*self.years, *found}, reverse=True)

    def place(self, region: str, year: str = "", own: Own = ()) -> "Place":
        """The factors that hold in a region: its own, else its province's, else the national ones.

        ``region`` is a six-digit administrative code; 伊春 is 230700. With a ``year`` the tables of that year
        stand before those without one, place by place. ``own`` values replace what is left.
        Raises UnknownRegion, UnknownYear, UnknownFactor, NotAPlainNumber, FactorOutOfBand.
        """
        chain = [code for code in (region, region[:2] + "0000") if code in self.overlays]
        if not (len(region) == 6 and region.isascii() and region.isdigit() and chain):
            raise UnknownRegion(region=region[:20])
        if year and year not in self.known_years():
            raise UnknownYear(year=year[:20], years=", ".join(self.known_years()))
        found, dated = dict(self.factors), set[str]()
        for factors, of_year in self._tables(chain, year):
            found |= factors
            dated = dated | set(factors) if of_year else dated - set(factors)
        regional = {name for overlay in self.overlays.values() for name in overlay.factors}
        here = {name for code in chain for name in self.overlays[code].factors}
        yearly = set(self.years[year].factors) if year in self.years else set()
        yearly |= {name for overlay in self.overlays.values() for name in overlay.years.get(year, ())}
        missing = (regional - here) | (yearly - dated)
        pairs = own_pairs(own)
        found |= {name: _own_factor(found, name, text) for name, text in pairs}
        return Place(
            region,
            self.overlays[chain[0]].title,
            found,
            tuple(sorted(missing - {name for name, _ in pairs})),
            year,
            pairs,
        )

    def _tables(self, chain: list[str], year: str) -> Iterator[tuple[Mapping[str, Factor], bool]]:
        """Factor tables from the widest to the nearest, each with whether it is one of the year."""
        if year in self.years:
            yield self.years[year].factors, True
        for code in reversed(chain):
            yield self.overlays[code].factors, False
            yield self.overlays[code].years.get(year, {}), True


def _pages(questions: Iterable[Question]) -> list[tuple[Question, ...]]:
    pages: list[tuple[Question, ...]] = []
    for question in questions:
        if question.group and pages and pages[-1][0].group == question.group:
            pages[-1] += (question,)
        else:
            pages.append((question,))
    return pages


def _own_factor(factors: Mapping[str, Factor], name: str, text: str) -> Factor:
    """A factor with the person's own value, inside the band in which it makes sense."""
    if name not in factors:
        raise UnknownFactor(key=name[:60])
    factor = factors[name]
    if not isinstance(text, str) or not PLAIN_DECIMAL.fullmatch(text):
        raise NotAPlainNumber(key=name, question=factor.title)
    low, high = factor.sane
    if not low <= Decimal(text) <= high:
        raise FactorOutOfBand(
            key=name, question=factor.title, low=plain(low), high=plain(high), unit=factor.unit_text
        )
    return replace(factor, value=Decimal(text), is_own=True)


class _Said:
    """What is known of somebody while a condition is looked at."""

    def __init__(self, model: Model, given: Mapping[str, str]) -> None:
        self.model, self.given = model, given


class _Chosen(_Said, dict[str, str]):
    def __missing__(self, key: str) -> str:
        return self.given.get(key, self.model.questions[key].default)


class _Numbers(_Said, dict[str, float]):
    def __missing__(self, key: str) -> float:
        if key in self.model.questions:
            question = self.model.questions[key]
            if question.is_choice:
                return question.number_of(self.given.get(key, question.default))
            if key in self.given:
                return float(self.given[key])
            return float(value(question.default_node, self, _Chosen(self.model, self.given), float))
        return (self.model.assumptions.get(key) or self.model.factors[key]).number


@dataclass(frozen=True, slots=True)
class Place:
    """A model's factors in one region and year; ``fallen_back`` names those that are not its own."""

    region: str
    title: Bilingual
    factors: Mapping[str, Factor] = field(repr=False)
    fallen_back: tuple[str, ...]
    year: str = ""
    own: tuple[tuple[str, str], ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether some factor is the person's own: a result then says "with own factors"."""
        return bool(self.own)

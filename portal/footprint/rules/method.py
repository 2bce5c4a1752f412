"""The method, written out: every rule as a formula in words, and with somebody's own numbers in it."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from portal.footprint.rules.answers import Given, numbers
from portal.footprint.rules.compiler import Compiled, compile_model
from portal.footprint.rules.expressions import Comparison, Node, Words, settled, value, words
from portal.footprint.rules.model import Factor, Model, Own, Quantity, Question, Rule
from portal.kernel.bilingual import Bilingual

# Units as people write them. What is not here reads the same in both languages.
_UNIT_WORDS = {
    "kgCO2e": Bilingual("kg CO₂e", "kg CO₂e"),
    "kgCO2": Bilingual("kg CO₂", "kg CO₂"),
    "tCO2e": Bilingual("t CO₂e", "t CO₂e"),
    "m2": Bilingual("m²", "m²"),
    "m3": Bilingual("m³", "m³"),
    "L": Bilingual("升", "L"),
    "h": Bilingual("小时", "h"),
    "tkm": Bilingual("吨·公里", "tonne-km"),
    "Nm3": Bilingual("Nm³", "Nm³"),
    "km": Bilingual("公里", "km"),
    "pkm": Bilingual("人·公里", "person-km"),
    "vkm": Bilingual("车·公里", "vehicle-km"),
    "person": Bilingual("人", "person"),
    "cap": Bilingual("人", "person"),
    "vehicle": Bilingual("车", "vehicle"),
    "room": Bilingual("间", "room"),
    "night": Bilingual("晚", "night"),
    "room-night": Bilingual("间夜", "room-night"),
    "meal": Bilingual("餐", "meal"),
    "item": Bilingual("件", "item"),
    "sheet": Bilingual("张", "sheet"),
    "flight": Bilingual("航次", "flight"),
    "d": Bilingual("天", "day"),
    "day": Bilingual("天", "day"),
    "week": Bilingual("周", "week"),
    "month": Bilingual("月", "month"),
    "year": Bilingual("年", "year"),
    "yr": Bilingual("年", "year"),
    "s": Bilingual("秒", "s"),
    "1": Bilingual("", ""),
}


def unit_words(unit_text: str, lang: str) -> str:
    """``kWh/m2.yr`` as kWh/(m² · year); nothing for a pure number."""
    over, _, under = unit_text.partition("/")
    top = _product(over, lang)
    if not under:
        return top
    bottom = _product(under, lang)
    return f"{top or 1}/({bottom})" if "." in under else f"{top or 1}/{bottom}"


def _product(text: str, lang: str) -> str:
    said = [_UNIT_WORDS.get(name, Bilingual(name, name)).in_(lang) for name in text.split(".")]
    return " · ".join(said)


@dataclass(frozen=True, slots=True)
class Explained:
    """A rule or a quantity, written out. ``with_numbers`` and ``result`` are empty without answers."""

    key: str
    title: Bilingual
    formula: str
    unit_text: str
    with_numbers: str
    result: float | None


@dataclass(frozen=True, slots=True)
class Tongue:
    """How to say things in one language: its code, its numbers, and a choice of then, test and other."""

    lang: str
    number: Callable[[float], str]
    choose: Callable[[str, str, str], str]


def explain(
    model: Model, region: str, tongue: Tongue, given: Given | None, year: str = "", own: Own = ()
) -> tuple[list[Explained], list[Explained]]:
    """Every quantity and every rule. Raises UnknownRegion."""
    writer = _Writer(compile_model(model, region, year, own), tongue, given)
    return [writer.explained(q, q.unit_text) for q in model.quantities.values()], [
        writer.explained(rule, model.unit_text) for rule in model.rules.values()
    ]


class _Writer:
    def __init__(self, compiled: Compiled, tongue: Tongue, given: Given | None) -> None:
        self.model, self.place, self.tongue, self.given = compiled.model, compiled.place, tongue, given
        self.values: dict[str, float] = {f.name: f.number for f in self.place.factors.values()}
        self.values |= {a.name: a.number for a in self.model.assumptions.values()}
        self.chosen: dict[str, str] = {}
        if given is not None:
            for question, answer in zip(
                self.model.questions.values(), compiled.resolve(numbers(self.model, given)), strict=True
            ):
                if answer is not None:
                    self.values[question.key] = answer
                if question.is_choice:
                    self.chosen[question.key] = given.get(question.key, question.default)
            for quantity in self.model.quantities.values():
                if quantity.key not in given:
                    self.values[quantity.key] = self.value(quantity.node)

    def explained(self, thing: Rule | Quantity, unit_text: str) -> Explained:
        formula = words(thing.node, self.say(self.title))
        if self.given is None:
            return Explained(thing.key, thing.title, formula, unit_text, "", None)
        if thing.key in self.given and isinstance(thing, Quantity):
            return Explained(thing.key, thing.title, formula, unit_text, "", self.values[thing.key])
        tree = settled(thing.node, lambda test: bool(self.value(test)))
        return Explained(
            thing.key,
            thing.title,
            formula,
            unit_text,
            words(tree, self.say(self.amount)),
            self.value(thing.node),
        )

    def value(self, node: Node | Comparison) -> float:
        return value(node, self.values, self.chosen, float)  # type: ignore[no-any-return]

    def say(self, name: Callable[[str], str]) -> Words:
        def option(key: str, option: str) -> str:
            return self.model.questions[key].option(option).title.in_(self.tongue.lang)

        return Words(name, option, self.tongue.choose)

    def title(self, key: str) -> str:
        return title_of(self.model, self.place.factors.get(key), key).in_(self.tongue.lang)

    def amount(self, key: str) -> str:
        unit = unit_words(unit_text_of(self.model, key), self.tongue.lang)
        return f"{self.tongue.number(self.values[key])} {unit}".strip()


def title_of(model: Model, factor: Factor | None, key: str) -> Bilingual:
    """What a name in a formula is called."""
    if factor:
        return factor.title
    for section in (model.questions, model.assumptions, model.quantities):
        if key in section:
            return section[key].title
    return Bilingual("合计", "total")


def unit_text_of(model: Model, key: str) -> str:
    for section in (model.factors, model.assumptions, model.questions, model.quantities):
        if key in section:
            return section[key].unit_text
    return model.unit_text


def answer_words(question: Question, text: str, lang: str) -> str:
    """A stored answer as people read it: an option's title, or the number, 12,000, with its unit."""
    if question.is_choice:
        return question.option(text).title.in_(lang)
    return f"{Decimal(text):,f} {question.unit_label.in_(lang)}".strip()

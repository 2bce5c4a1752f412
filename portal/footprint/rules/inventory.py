"""An inventory line by line, with class and scope; two of them side by side; and the frozen one as facts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from portal.footprint.rules.compiler import compile_model
from portal.footprint.rules.model import Model
from portal.footprint.rules.parts import Factor
from portal.footprint.rules.results import Line
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import Mass


@dataclass(frozen=True, slots=True)
class InventoryLine:
    """``mee`` is the class in the national guide for carbon-neutral large events (2019), ``scope`` 1 to 3."""

    rule: str
    title: Bilingual
    mass: Mass
    low: Mass
    high: Mass
    grade: str
    is_provisional: bool
    gases: str
    mee: str
    mee_title: Bilingual
    scope: str


def inventory(model: Model, lines: Iterable[Line]) -> tuple[InventoryLine, ...]:
    """Stored lines with what the model says of each."""
    return tuple(_line(model, line) for line in lines)


def _line(model: Model, line: Line) -> InventoryLine:
    rule = model.rules[line.rule]
    key, title = class_of(model, line.rule)
    return InventoryLine(
        line.rule, rule.title, line.mass, line.low, line.high, line.quality, line.provisional, line.gases,
        key, title, rule.scope,
    )  # fmt: skip


def factors_of(model: Model, region: str, given: Mapping[str, str]) -> dict[str, list[Factor]]:
    """The factors behind each line, in the order of the model; what was entered straight needs fewer."""
    compiled = compile_model(model, region)
    straight = [key for key in given if model.questions[key].expert]
    return {
        rule: [
            factor for name, factor in compiled.place.factors.items() if name in compiled.uses(rule, straight)
        ]
        for rule in model.rules
    }


def class_of(model: Model, rule: str) -> tuple[str, Bilingual]:
    """The class of a line and its title; models before 2.0.0 name their categories only."""
    mee = model.rules[rule].mee
    return (
        (mee, model.mee[mee])
        if mee
        else (model.rules[rule].category, model.categories[model.rules[rule].category])
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """One line, class or scope in two inventories."""

    key: str
    title: Bilingual
    estimate: Mass
    actual: Mass

    @property
    def change(self) -> Mass:
        return self.actual - self.estimate

    @property
    def pct(self) -> Decimal | None:
        """Change in per cent of the estimate with one decimal; None where nothing was expected."""
        if not self.estimate:
            return None
        return (Decimal(self.change.grams) * 100 / self.estimate.grams).quantize(Decimal("0.1"))


@dataclass(frozen=True, slots=True)
class Comparison:
    """An estimate and what came of it. Each grouping sums to the same totals."""

    total: Difference
    lines: tuple[Difference, ...]
    classes: tuple[Difference, ...]
    scopes: tuple[Difference, ...]


def compare(model: Model, estimate: Iterable[Line], actual: Iterable[Line]) -> Comparison:
    before, after = inventory(model, estimate), inventory(model, actual)
    lines = _grouped(before, after, lambda line: (line.rule, line.title))
    total = Difference("total", Bilingual("合计", "Total"), _sum(before), _sum(after))
    return Comparison(
        total,
        tuple(sorted(lines, key=lambda line: -abs(line.change.grams))),
        _grouped(before, after, lambda line: (line.mee, line.mee_title)),
        tuple(sorted(_grouped(before, after, lambda line: (line.scope, scope_title(line.scope))), key=_key)),
    )


def scope_title(scope: str) -> Bilingual:
    return Bilingual(f"范围{ {'1': '一', '2': '二', '3': '三'}.get(scope, scope) }", f"Scope {scope}")


def _key(difference: Difference) -> str:
    return difference.key


def _sum(lines: Iterable[InventoryLine]) -> Mass:
    return Mass(sum(line.mass.grams for line in lines))


def _grouped(
    before: tuple[InventoryLine, ...],
    after: tuple[InventoryLine, ...],
    by: Callable[[InventoryLine], tuple[str, Bilingual]],
) -> tuple[Difference, ...]:
    titles = dict(by(line) for line in (*before, *after))
    return tuple(
        Difference(
            key,
            title,
            _sum(line for line in before if by(line)[0] == key),
            _sum(line for line in after if by(line)[0] == key),
        )
        for key, title in titles.items()
    )


@dataclass(frozen=True, slots=True)
class FrozenInventory:
    """The facts of an event statement, as they were when the organiser froze them.

    ``gross`` is the sum of all lines, nothing offset. ``exclusions`` and ``evaluator`` are the organiser's
    own words; without an evaluator the inventory is self-declared. ``digest`` is that of ``footprint_id``.
    """

    event_id: str
    footprint_id: str
    owner_id: str
    organisation_id: str | None
    title: str
    region: str
    place: Bilingual
    first_day: date
    last_day: date
    gross: Mass
    low: Mass
    high: Mass
    lines: tuple[InventoryLine, ...]
    boundary: Bilingual
    exclusions: str
    evaluator: str
    method: Bilingual
    model_id: str
    version: str
    gwp: str
    digest: str
    frozen_at: datetime

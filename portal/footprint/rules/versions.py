"""From one version of a model to the next: answers taken over, and why a number changed, to the gram."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from portal.footprint.rules import library
from portal.footprint.rules.answers import Given, numbers
from portal.footprint.rules.compiler import compile_model
from portal.footprint.rules.errors import BadAnswer, NotComparable, UnknownRegion, UnknownYear
from portal.footprint.rules.expressions import value
from portal.footprint.rules.migration import Dropped, Migrated, Migration, carry, fitting
from portal.footprint.rules.model import Factor, Model, Own, Place, own_pairs
from portal.footprint.rules.parts import plain
from portal.kernel.bilingual import Bilingual

__all__ = ["Basis", "Cause", "Dropped", "Migrated", "migrate", "walk", "why_changed"]


def migrate(old: Model, new: Model, given: Given) -> Migrated:
    """Answers of an older version, as those of a newer one, by way of all versions between.

    Raises NotComparable between different models, and backwards.
    """
    if old.id != new.id:
        raise NotComparable()
    way: list[tuple[Migration, Model]] = []
    step = new
    while step.version != old.version:
        migration = library.migration(step.id, step.version)
        if migration is None:
            raise NotComparable()
        way.append((migration, step))
        step = library.model(step.id, migration.of)
    if not way:
        kept, unfit = fitting(new, given)
        return Migrated(kept, tuple(Dropped(key, _title(old, key), why) for key, why in unfit.items()))
    dropped: tuple[Dropped, ...] = ()
    for migration, target in reversed(way):
        moved = carry(migration, old, target, given)
        old, given, dropped = target, moved.given, dropped + moved.dropped
    return Migrated(given, dropped)


def _title(model: Model, key: str) -> Bilingual:
    return model.questions[key].title if key in model.questions else Bilingual(key, key)


@dataclass(frozen=True, slots=True)
class Basis:
    """All that a result rests on."""

    model: Model
    region: str
    given: Given
    year: str = ""
    own: Own = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason why a total moved by ``grams``. ``before`` and ``after`` are stored texts, empty where none.

    ``kind``: ``answer`` (``key`` is a question), ``shares`` (a group of them), ``place``, ``year``,
    ``own`` (a person's own factor), ``factor``, or ``method`` for all else that is worked out another way.
    """

    kind: str
    key: str
    title: Bilingual
    grams: int
    before: str = ""
    after: str = ""


PLACE = Bilingual("地区", "The place")
YEAR = Bilingual("因子年份", "The year of the factors")
METHOD = Bilingual("计算方法", "The method")
_ORDER = ("answer", "shares", "place", "year", "own", "factor", "method")


def why_changed(before: Basis, after: Basis) -> tuple[Cause, ...]:
    """Why the total of ``after`` is not that of ``before``: causes that add up exactly, in grams.

    One thing is changed after the other and the total taken each time: first the method (the old answers and
    the old factor values in the new model), then each factor, each answer in the model's order, and the
    place, the year and own factors. Causes of zero grams are left out. Raises NotComparable.
    """
    path = list(_path(before, after, migrate(before.model, after.model, before.given).given))
    totals = [_total(before), *(total for _, total in path[:-1]), _total(after)]
    causes = [
        replace(cause, grams=new - old)
        for (cause, _), old, new in zip(path, totals, totals[1:], strict=False)
        if new != old
    ]
    return tuple(sorted(causes, key=lambda cause: _ORDER.index(cause.kind)))


def _total(basis: Basis) -> int:
    model = basis.model
    compiled = compile_model(model, basis.region, basis.year, basis.own)
    return sum(compiled.evaluate(numbers(model, basis.given)))


def _path(before: Basis, after: Basis, carried: Given) -> Iterator[tuple[Cause, int]]:
    """The steps from one to the other, each with the total that it leads to."""
    model = after.model
    old_factors = before.model.place(before.region, before.year, before.own).factors
    region, year = _known_place(model, before, after)
    own = dict(_known_own(model, region, year, before.own))
    place = model.place(region, year, own)
    held = {
        name: factor
        for name, factor in place.factors.items()
        if name in old_factors
        and old_factors[name].unit == factor.unit
        and old_factors[name].value != factor.value
    }
    given, _ = fitting(model, carried)
    factors = {**place.factors, **{name: old_factors[name] for name in held}}
    yield Cause("method", "", METHOD, 0, before.model.version, model.version), walk(model, factors, given)
    for name, factor in held.items():
        old = factors[name]
        factors = {**factors, name: factor}
        yield (
            Cause("factor", name, factor.title, 0, plain(old.value), plain(factor.value)),
            walk(model, factors, given),
        )
    for cause, changed in _answers(model, given, after.given):
        given = changed
        yield cause, walk(model, factors, given)
    if region != after.region:
        place = _moved(model, after.region, year, own)
        yield Cause("place", "", PLACE, 0, region, after.region), walk(model, place.factors, given)
    if year != after.year:
        place = _moved(model, after.region, after.year, own)
        yield Cause("year", "", YEAR, 0, year, after.year), walk(model, place.factors, given)
    wanted, national = dict(own_pairs(after.own)), place.factors
    for name in dict.fromkeys((*own, *wanted)):
        if own.get(name) == wanted.get(name):
            continue
        was = own.pop(name, "")
        own |= {name: wanted[name]} if name in wanted else {}
        place = model.place(after.region, after.year, own)
        cause = Cause("own", name, national[name].title, 0, was, wanted.get(name, ""))
        yield cause, walk(model, place.factors, given)


def _moved(model: Model, region: str, year: str, own: Mapping[str, str]) -> Place:
    return model.place(region, year, dict(_known_own(model, region, year, own)))


def _answers(model: Model, given: Given, wanted: Given) -> Iterator[tuple[Cause, Given]]:
    """One changed answer after the other; the shares of a group all at once, for alone they do not add up."""
    done: set[str] = set()
    for key, question in model.questions.items():
        together = [q.key for q in model.questions.values() if question.group and q.group == question.group]
        keys = together or [key]
        if key in done or all(given.get(name) == wanted.get(name) for name in keys):
            continue
        done |= set(keys)
        given = {name: text for name, text in given.items() if name not in keys}
        given |= {name: wanted[name] for name in keys if name in wanted}
        if question.group:
            yield Cause("shares", question.group, model.groups[question.group].ask, 0), given
        else:
            yield Cause("answer", key, question.title, 0, "", wanted.get(key, "")), given


def _known_place(model: Model, before: Basis, after: Basis) -> tuple[str, str]:
    """Region and year of before, where the new version knows them; else those of after."""
    try:
        model.place(before.region)
    except UnknownRegion:
        region = after.region
    else:
        region = before.region
    try:
        model.place(region, before.year)
    except UnknownYear:
        return region, after.year
    return region, before.year


def _known_own(model: Model, region: str, year: str, own: Own) -> Iterator[tuple[str, str]]:
    """Own factors that this version has and takes."""
    for name, text in own_pairs(own):
        try:
            model.place(region, year, {name: text})
        except BadAnswer:
            continue
        yield name, text


def walk(model: Model, factors: Mapping[str, Factor], given: Given) -> int:
    """The total in grams by walking the trees: the operations of the compiled model without compiling."""
    values: dict[str, float] = {name: factor.number for name, factor in factors.items()}
    values |= {name: assumption.number for name, assumption in model.assumptions.items()}
    chosen: dict[str, str] = {}
    for key, question in model.questions.items():
        if question.expert:
            continue
        if question.is_choice:
            chosen[key] = given.get(key, question.default)
            values[key] = question.number_of(chosen[key])
        else:
            values[key] = (
                float(given[key]) if key in given else value(question.default_node, values, chosen, float)
            )
    for key, quantity in model.quantities.items():
        values[key] = float(given[key]) if key in given else value(quantity.node, values, chosen, float)
    return sum(int(value(rule.node, values, chosen, float) * 1000.0 + 0.5) for rule in model.rules.values())

"""The figures of a campaign: from raw answers to averages and medians of what may be published."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from portal.footprint.rules.answers import Given, numbers
from portal.footprint.rules.compiler import compile_model
from portal.footprint.rules.groups import ALL, Cells, Member, State
from portal.footprint.rules.model import Model

PER_PERSON = "per_person"

Figures = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Worked:
    """What the campaign's model says of one contribution, in grams: line by line, and per person."""

    lines: tuple[int, ...]
    per_person: int


def worked(model: Model, given_by_region: Iterable[tuple[str, Given]]) -> list[Worked]:
    """Raw answers through the compiled model, in their order; nothing else is done for each."""
    found = []
    place = list(model.measures).index(PER_PERSON)
    grams = 1_000_000 if model.measures[PER_PERSON].unit_text.startswith("tCO2e") else 1_000
    for region, given in given_by_region:
        compiled = compile_model(model, region)
        answers = numbers(model, given)
        lines = compiled.evaluate(answers)
        value = compiled.measure(sum(lines) / 1000, compiled.resolve(answers))[place]
        found.append(Worked(lines, int(value * grams + 0.5)))
    return found


def by_category(model: Model, item: Worked) -> dict[str, int]:
    """Grams per person and category, in the model's order; their sum is per person up to rounding."""
    total = sum(item.lines)
    sums = dict.fromkeys(model.categories, 0)
    for rule, grams in zip(model.rules.values(), item.lines, strict=True):
        sums[rule.category] += grams
    return {key: grams * item.per_person // total if total else 0 for key, grams in sums.items()}


def figures(
    model: Model, state: State, of: Mapping[Member, Worked], before: State, known: Mapping[str, Any]
) -> Figures:
    """What a state says. A cell that was kept keeps its figures: some of its answers may be gone by now."""
    return {
        name: {
            cell: known[name][cell]
            if before.get(name, {}).get(cell) == members
            else _figures_of(model, [of[member] for member in sorted(members)], whole=name == ALL)
            for cell, members in table.items()
        }
        for name, table in state.items()
    }


def _figures_of(model: Model, items: Sequence[Worked], *, whole: bool) -> dict[str, Any]:
    each = [item.per_person for item in items]
    found: dict[str, Any] = {
        "n": len(items),
        "mean_g": _to_kg(fmean(each)),
        "median_g": _coarse(median(each)),
    }
    if whole:
        parts = [by_category(model, item) for item in items]
        found["categories"] = {key: _to_kg(fmean(part[key] for part in parts)) for key in model.categories}
    return found


def _to_kg(grams: float) -> int:
    return int(grams / 1000 + 0.5) * 1000


def _coarse(grams: float) -> int:
    """To two figures: the exact median is somebody's own number."""
    whole = int(grams + 0.5)
    unit = int(10 ** max(len(str(whole)) - 2, 0))
    return (whole + unit // 2) // unit * unit


def as_json(state: State) -> dict[str, Any]:
    """A state as it is stored: everybody once, then each cell as places in that list."""
    everybody = sorted(frozenset[Member]().union(*(m for table in state.values() for m in table.values())))
    place = {member: number for number, member in enumerate(everybody)}
    tables = {
        name: {cell: sorted(place[member] for member in members) for cell, members in table.items()}
        for name, table in state.items()
    }
    return {"who": [[person, version] for person, version in everybody], "tables": tables}


def from_json(data: Mapping[str, Any]) -> State:
    who = [(person, version) for person, version in data["who"]]
    return {name: _cells(table, who) for name, table in data["tables"].items()}


def _cells(table: Mapping[str, Sequence[int]], who: Sequence[Member]) -> Cells:
    return {cell: frozenset(who[place] for place in places) for cell, places in table.items()}

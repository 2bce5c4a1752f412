"""What a result leads to: which answer would narrow it, what changes do together, where it should go."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from portal.footprint.rules import versions
from portal.footprint.rules.answers import Given, numbers
from portal.footprint.rules.compiler import Compiled, compile_model
from portal.footprint.rules.model import Model
from portal.footprint.rules.results import Change, Estimate, Line, changes, estimate, own_measures
from portal.kernel.errors import N_, NotFound
from portal.kernel.mass import Mass

PER_PERSON = "per_person"  # the measure that comparisons and targets speak of


class NothingToCompare(NotFound):
    message = N_("This footprint goes on from no other. Choose two of your footprints to compare.")


class Basis(versions.Basis):
    """What a result rests on, and what follows from it."""

    @property
    def compiled(self) -> Compiled:
        return compile_model(self.model, self.region, self.year, self.own)

    def estimate(self) -> Estimate:
        return estimate(self.model, self.region, self.given, self.year, self.own)

    def measures(self) -> dict[str, int]:
        """The total seen another way (per person), and what is shown apart; in grams."""
        return own_measures(self.model, self.region, self.given, self.year, self.own)

    def answering(self, given: Given) -> "Basis":
        """The same with other answers."""
        return replace(self, given=given)

    def but(self, changed: Mapping[str, str]) -> "Basis":
        """The same with some answers changed."""
        merged = {**self.given, **changed}
        return self.answering({key: merged[key] for key in self.model.questions if key in merged})


# ---- the answer that would narrow the range


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A question (or the shares of a group), and the range if it were answered with what is assumed now."""

    keys: tuple[str, ...]
    low: Mass
    high: Mass
    percent: int

    @property
    def key(self) -> str:
        return self.keys[0]


def narrowings(basis: Basis, now: Estimate, most: int = 3) -> list[Narrowing]:
    """The unknown answers that narrow the range, most first, with how much of its width each takes away.

    Worked out by answering it with its default: the value stays, its uncertainty goes.
    """
    resolved = basis.compiled.resolve(numbers(basis.model, basis.given))
    values = dict(zip(basis.model.questions, resolved, strict=True))
    width = now.high_g - now.low_g
    found = []
    for keys in _together(basis.model, now.narrowing, most):
        known = {key: value for key in keys if (value := values[key]) is not None}
        then = basis.but({key: _as_answer(basis.model, key, known[key]) for key in known}).estimate()
        percent = 100 - (100 * (then.high_g - then.low_g) // width) if width else 0
        if percent > 0:
            found.append(Narrowing(keys, then.low, then.high, percent))
    return sorted(found, key=lambda each: -each.percent)


def _together(model: Model, keys: Iterable[str], most: int) -> list[tuple[str, ...]]:
    """The first ``most`` questions; shares that are asked together count once."""
    found: dict[tuple[str, ...], None] = {}
    for key in keys:
        group = model.questions[key].group
        members = [q.key for q in model.questions.values() if group and q.group == group]
        found.setdefault(tuple(members) or (key,))
    return list(found)[:most]


def _as_answer(model: Model, key: str, value: float) -> str:
    question = model.questions[key]
    if not question.is_choice:
        return format(Decimal(repr(value)), "f")
    return next(o.key for o in question.options if question.number_of(o.key) == value)


# ---- changes, together


@dataclass(frozen=True, slots=True)
class Joint:
    """The effect of the chosen actions together, computed anew. ``lines``: grams per rule afterwards."""

    chosen: tuple[str, ...]
    saves_g: int
    after_g: int
    lines: Mapping[str, int]
    one_by_one_g: int

    @property
    def overlap_g(self) -> int:
        """By how much adding the single effects up would have said too much."""
        return self.one_by_one_g - self.saves_g


def offered(basis: Basis) -> list[Change]:
    """The actions that still save something and concern this person, most first."""
    return changes(basis.model, basis.region, basis.given, basis.year, basis.own)[0]


def joint(basis: Basis, useful: Sequence[Change], wanted: Iterable[str]) -> Joint:
    """What the wanted actions do together; what is not offered (done already, unknown) is left out.

    Where two set the same answer the one that saves more has the last word.
    """
    wanted = set(wanted)
    chosen = [change for change in useful if change.action in wanted]
    now = basis.compiled.resolve(numbers(basis.model, basis.given))
    before = sum(basis.compiled.evaluate(now))
    after = now
    for change in reversed(chosen):
        after = basis.compiled.becomes[change.action](after)
    grams = basis.compiled.evaluate(after)
    return Joint(
        tuple(change.action for change in chosen),
        before - sum(grams),
        sum(grams),
        dict(zip(basis.model.rules, grams, strict=True)),
        sum(change.saves_g for change in chosen),
    )


# ---- the path to a target


@dataclass(frozen=True, slots=True)
class Step:
    """One year on the way: ``grams`` per person. Interpolated years are ours, dated ones are the source's."""

    year: int
    grams: int
    is_interpolated: bool


def target_path(start_year: int, start_g: int, targets: Mapping[int, int], every: int = 5) -> list[Step]:
    """From today's figure to each dated target, with straight steps of ``every`` years between.

    ``targets``: grams by year. Targets that are not in the future are left out.
    """
    steps = [Step(start_year, start_g, is_interpolated=False)]
    for year, grams in sorted(targets.items()):
        last = steps[-1]
        if year <= last.year:
            continue
        between = range(last.year // every * every + every, year, every)
        for at in between:
            part = (last.grams - grams) * (at - last.year)
            steps.append(Step(at, last.grams - part // (year - last.year), is_interpolated=True))
        steps.append(Step(year, grams, is_interpolated=False))
    return steps


def measure_of(basis: Basis, key: str, total_g: int) -> int | None:
    """Grams of a measure (per person) for another total of the same answers; None without such a measure."""
    if key not in basis.model.measures:
        return None
    compiled = basis.compiled
    answers = compiled.resolve(numbers(basis.model, basis.given))
    value = compiled.measure(total_g / 1000, answers)[list(basis.model.measures).index(key)]
    unit = basis.model.measures[key].unit_text
    return int(value * (1_000_000 if unit.startswith("tCO2e") else 1_000) + 0.5)


# ---- parts of a result


@dataclass(frozen=True, slots=True)
class Part:
    """A category with its lines, the largest first."""

    category: str
    grams: int
    lines: tuple[Line, ...]

    @property
    def mass(self) -> Mass:
        return Mass(self.grams)


def parts_of(lines: Iterable[Line]) -> list[Part]:
    """The lines that are not zero by category, the largest category first."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        if line.grams:
            found.setdefault(line.category, []).append(line)
    parts = [
        Part(key, sum(line.grams for line in own), tuple(sorted(own, key=lambda line: -line.grams)))
        for key, own in found.items()
    ]
    return sorted(parts, key=lambda part: -part.grams)


# ---- two figures


def two_figures(grams: int) -> int:
    """Grams rounded half up to two significant figures: no footprint is known better than that."""
    unit: int = 10 ** max(len(str(grams)) - 2, 0)
    return (2 * grams + unit) // (2 * unit) * unit

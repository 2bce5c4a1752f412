"""Answers of one version taken over into the next: a file says of every old key what becomes of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from portal.footprint.rules.answers import Given, from_texts
from portal.footprint.rules.compiler import compile_model
from portal.footprint.rules.errors import BadAnswer
from portal.footprint.rules.expressions import ExpressionFault, Node, names, parse, unit_of, value
from portal.footprint.rules.model import Model, Question
from portal.footprint.rules.parts import plain
from portal.kernel.bilingual import Bilingual


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of one old answer: kept, renamed, put through a table or a formula, or dropped."""

    key: str
    to: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    expr: str = ""
    dropped: Bilingual | None = None

    @property
    def node(self) -> Node:
        return parse(self.expr)


@dataclass(frozen=True, slots=True)
class Migration:
    """How the answers of version ``of`` are taken over into the version beside which this stands."""

    of: str
    moves: Mapping[str, Move]


@dataclass(frozen=True, slots=True)
class Dropped:
    """An old answer that has no place in the new version, and why."""

    key: str
    title: Bilingual
    why: Bilingual


@dataclass(frozen=True, slots=True)
class Migrated:
    given: Given
    dropped: tuple[Dropped, ...]


DOES_NOT_FIT = Bilingual(
    "原答案不在新版问题的范围内。", "The old answer is outside what the new question takes."
)
NOT_ASKED = Bilingual("新版不再问这个问题。", "The new version does not ask this.")


def read_migration(data: Mapping[str, Any]) -> Migration:
    """A migration file: ``from``, and for every old key one of keep, rename, drop, options and transform.

    Raises KeyError, TypeError or ValueError for one that cannot be read.
    """
    return Migration(data["from"], {key: _move(key, d) for key, d in data.items() if key != "from"})


def _move(key: str, d: Mapping[str, Any]) -> Move:
    if len(d) != 1:
        raise ValueError(f"{key}: one of keep, rename, drop, options and transform")
    match d:
        case {"keep": True}:
            return Move(key, key)
        case {"rename": str(to)}:
            return Move(key, to)
        case {"drop": {"zh": str(zh), "en": str(en)}}:
            return Move(key, dropped=Bilingual(zh, en))
        case {"options": {"to": str(to), "map": dict(options)}}:
            return Move(key, to, options=options)
        case {"transform": {"to": str(to), "expr": str(expr)}}:
            return Move(key, to, expr=expr)
    raise ValueError(f"{key}: one of keep, rename, drop, options and transform")


def migration_faults(migration: Migration, old: Model, new: Model) -> list[str]:
    """Old keys that are not covered, and moves to what the new version does not have."""
    faults = [
        f"{key}: nothing says what becomes of it" for key in old.questions if key not in migration.moves
    ]
    faults += [
        f"{key}: not a question of {old.version}" for key in migration.moves if key not in old.questions
    ]
    targets: set[str] = set()
    for key, move in migration.moves.items():
        if key in old.questions and move.dropped is None:
            faults += [f"{key}: {fault}" for fault in _move_faults(move, old, new)]
            faults += [f"{key}: {move.to} is already taken"] if move.to in targets else []
            targets.add(move.to)
        elif move.dropped and not move.dropped.is_complete:
            faults.append(f"{key}: the reason is missing in Chinese or English")
    return faults


def _move_faults(move: Move, old: Model, new: Model) -> Iterator[str]:
    if move.to not in new.questions:
        yield f"{move.to!r} is not a question of {new.version}"
        return
    before, after = old.questions[move.key], new.questions[move.to]
    if move.expr:
        units = {q.key: q.unit for q in old.questions.values() if q.has_number} | {"old": before.unit}
        units |= {assumption.name: assumption.unit for assumption in new.assumptions.values()}
        try:
            found = unit_of(move.node, units, old.options)
        except ExpressionFault as fault:
            yield str(fault)
        else:
            if found != after.unit or after.is_choice:
                yield f"{found} where {after.unit} is wanted"
    elif move.options or before.is_choice or after.is_choice:
        wanted = [option.key for option in before.options]
        there = {option.key for option in after.options}
        table = move.options or {key: key for key in wanted}
        yield from (f"option {key!r} goes nowhere" for key in wanted if table.get(key) not in there)
    elif (before.kind, before.unit) != (after.kind, after.unit):
        yield f"{before.kind} in {before.unit_text} is not {after.kind} in {after.unit_text}"


def carry(migration: Migration, old: Model, new: Model, given: Given) -> Migrated:
    """Answers of the version before, as those of this one. Never clipped: what does not fit is dropped."""
    moved: Given = {}
    origin: dict[str, str] = {}
    dropped = []
    for key, text in given.items():
        move = migration.moves[key]
        if move.dropped is not None:
            dropped.append(Dropped(key, old.questions[key].title, move.dropped))
            continue
        moved[move.to] = move.options.get(text, text) if not move.expr else _worked_out(move, old, new, given)
        origin[move.to] = key
    kept, unfit = fitting(new, moved)
    dropped += [Dropped(origin[key], old.questions[origin[key]].title, why) for key, why in unfit.items()]
    return Migrated(kept, tuple(dropped))


def fitting(model: Model, given: Mapping[str, str]) -> tuple[Given, dict[str, Bilingual]]:
    """The answers that this model takes, and why it does not take the others; shares only all together."""
    left, unfit = dict(given), dict[str, Bilingual]()
    while True:
        try:
            return from_texts(model, left), unfit
        except BadAnswer as fault:
            key = str(fault.params["key"])
            question = model.questions.get(key)
            together = {
                q.key for q in model.questions.values() if question and question.group == q.group != ""
            }
            if not (found := ({key} | together) & left.keys()):
                raise
            for name in found:
                unfit[name] = DOES_NOT_FIT if question and not question.is_skipped else NOT_ASKED
                del left[name]


def _worked_out(move: Move, old: Model, new: Model, given: Given) -> str:
    """The formula of a move, exactly; a number that does not end is cut at twelve places."""
    values: dict[str, Fraction] = {name: Fraction(a.value) for name, a in new.assumptions.items()}
    values["old"] = _exact(old.questions[move.key], given[move.key])
    for name in set(names(move.node)) & old.questions.keys():
        question = old.questions[name]
        known = given.get(name)
        if known is None and not question.is_choice:
            known = _default_text(old, question)
        values[name] = _exact(question, known or question.default)
    chosen = {q.key: given.get(q.key, q.default) for q in old.questions.values() if q.is_choice}
    found = Fraction(value(move.node, values, chosen, Fraction))
    return plain(round(Decimal(found.numerator) / Decimal(found.denominator), 12))


def _exact(question: Question, text: str) -> Fraction:
    return Fraction(question.number_of(text)) if question.is_choice else Fraction(text)


def _default_text(model: Model, question: Question) -> str:
    resolved = compile_model(model, next(iter(model.overlays))).resolve((None,) * len(model.questions))
    return repr(resolved[list(model.questions).index(question.key)] or 0.0)

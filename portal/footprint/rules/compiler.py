"""The compiler: one tree per rule becomes Python to compute with and JavaScript to preview with.

Both carry the place's factors as literals and the same operations in the same order of + − × ÷ and
comparisons on IEEE doubles, so their grams agree exactly. The generated text comes from our own trees
only; nothing a visitor sends is ever part of it, their own factors only as numbers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from portal.footprint.rules.dimensions import check_dimensions
from portal.footprint.rules.errors import ModelFault
from portal.footprint.rules.expressions import (
    ZERO,
    Comparison,
    Name,
    Node,
    javascript,
    names,
    parse,
    python,
    slope,
    switches,
)
from portal.footprint.rules.model import Model, Own, Place, Question, own_pairs
from portal.footprint.rules.uncertainty import default_log, factor_log

# One answer per question in the model's order: a number, an option's index, or None for "I don't know".
Answers = tuple[float | None, ...]


@dataclass(frozen=True, eq=False)
class Compiled:
    """A model in one place, ready to run.

    ``evaluate(answers)`` gives whole grams per rule, in the model's order.
    ``resolve(answers)`` fills in the defaults; a quantity that is not entered straight stays None.
    ``relevant(answers)`` says of each question whether it concerns these resolved answers.
    ``becomes[action](answers)`` gives the answers after an action; ``offered[action](answers)`` says whether
    it is one for them.
    """

    model: Model
    place: Place
    evaluate: Callable[[Answers], tuple[int, ...]]
    resolve: Callable[[Answers], Answers]
    relevant: Callable[[Answers], tuple[bool, ...]]
    measure: Callable[[float, Answers], tuple[float, ...]]
    becomes: Mapping[str, Callable[[Answers], Answers]]
    offered: Mapping[str, Callable[[Answers], bool]]
    default_logs: tuple[float, ...]
    python: str
    _writer: "_Writer"

    @cached_property
    def spread(self) -> Callable[[Answers, tuple[float, ...]], tuple[tuple[float, ...], tuple[float, ...]]]:
        """From resolved answers and ln GSD² per question (0 where answered): variance per rule and effect per
        source, both in kg; the sources begin with the questions in their order.
        """
        return self._writer.run(self._writer.spread_text())["spread"]  # type: ignore[no-any-return]

    @cached_property
    def javascript(self) -> str:
        return self._writer.javascript_text()

    def uses(self, rule: str, straight: Iterable[str] = ()) -> frozenset[str]:
        """Every question, factor and assumption in a rule, where these quantities are entered straight."""
        return self._writer.uses(rule, frozenset(straight))


def compile_model(model: Model, region: str, year: str = "", own: Own = ()) -> Compiled:
    """The compiled model for a place.

    Raises UnknownRegion, UnknownYear, ModelFault, and BadAnswer for own factors.
    """
    return _compiled(model, region, year, own_pairs(own))


@lru_cache(maxsize=256)
def _compiled(model: Model, region: str, year: str, own: tuple[tuple[str, str], ...]) -> Compiled:
    return _Writer(model, model.place(region, year, own)).compiled()


class _Writer:
    """Writes the text of both languages and turns the Python one into functions."""

    def __init__(self, model: Model, place: Place) -> None:
        self.model, self.place, self.options = model, place, model.options
        faults = check_dimensions(model)
        if faults:
            raise ModelFault(faults)
        self.keys = list(model.questions)
        numbers = {f.name: f.number for f in place.factors.values()} | {
            a.name: a.number for a in model.assumptions.values()
        }
        self.code = (
            {name: repr(number) for name, number in numbers.items()}
            | {key: f"q{index}" for index, key in enumerate(self.keys)}
            | {key: f"n{index}" for index, key in enumerate(model.quantities)}
            | {"total": "total"}
        )
        self.logs = {
            **{f.name: factor_log(f.quality, f.uncertainty_pct) for f in place.factors.values()},
            **{a.name: default_log(a.gsd2) for a in model.assumptions.values()},
        }

    def compiled(self) -> Compiled:
        text, actions = self.python_text(), self.model.actions
        space = self.run(text)
        return Compiled(
            model=self.model,
            place=self.place,
            evaluate=space["evaluate"],
            resolve=space["resolve"],
            relevant=space["relevant"],
            measure=space["measure"],
            becomes={key: space[f"after_{index}"] for index, key in enumerate(actions)},
            offered={key: space[f"offered_{index}"] for index, key in enumerate(actions)},
            default_logs=tuple(default_log(q.gsd2_default) for q in self.model.questions.values()),
            python=text,
            _writer=self,
        )

    def run(self, text: str) -> dict[str, Any]:
        space: dict[str, Any] = {}
        name = f"<{self.model.id} {self.model.version} {self.place.region}>"
        exec(compile(text, name, "exec"), {}, space)  # noqa: S102 our own text
        return space

    # ---- Python

    def python_text(self) -> str:
        return "\n\n".join(
            [
                self.evaluate_text(),
                self.function("resolve", [*self.defaults()], self.listed("q", self.keys)),
                self.relevant_text(),
                self.measure_text(),
                *self.action_texts(),
            ]
        )

    def function(self, name: str, lines: list[str], result: str, arguments: str = "answers") -> str:
        """A Python function of the answers that returns a tuple."""
        unpack = f"    ({self.listed('q', self.keys)}) = answers"
        return "\n".join([f"def {name}({arguments}):", unpack, *lines, f"    return ({result})"])

    def evaluate_text(self) -> str:
        rules = [f"    r{i} = {self.py(rule.node)}" for i, rule in enumerate(self.model.rules.values())]
        grams = "".join(f"int(r{i} * 1000.0 + 0.5), " for i in range(len(rules)))
        return self.function("evaluate", [*self.defaults(), *self.quantities(), *rules], grams)

    def relevant_text(self) -> str:
        """A question concerns somebody if its conditions hold and what they ask about concerns them too."""
        said: dict[str, str] = {}
        for key, question in self.model.questions.items():
            tests = [self.py(test) for test in question.when]
            parents = dict.fromkeys(name for test in question.when for name in names(test) if name in said)
            tests += [said[name] for name in parents if said[name] != "True"]
            said[key] = f"({' and '.join(tests)})" if tests else "True"
        asked = {key: "False" if self.model.questions[key].is_skipped else test for key, test in said.items()}
        return self.function("relevant", [], "".join(f"{test}, " for test in asked.values()))

    def measure_text(self) -> str:
        values = "".join(f"{self.py(measure.node)}, " for measure in self.model.measures.values())
        lines = self.needed(measure.node for measure in self.model.measures.values())
        return self.function("measure", lines, values, "total, answers")

    def action_texts(self) -> list[str]:
        texts = []
        for index, action in enumerate(self.model.actions.values()):
            nodes = [
                parse(text) for key, text in action.becomes.items() if not self.model.questions[key].is_choice
            ]
            after = "".join(f"{self.after(key, action.becomes.get(key))}, " for key in self.keys)
            texts.append(self.function(f"after_{index}", self.needed(nodes), after))
            tests = " and ".join(self.py(test) for test in action.when) or "True"
            texts.append(self.function(f"offered_{index}", self.needed(action.when), tests))
        return texts

    def after(self, key: str, text: str | None) -> str:
        if text is None:
            return f"q{self.keys.index(key)}"
        question = self.model.questions[key]
        return repr(option_number(question, text)) if question.is_choice else self.py(parse(text))

    def needed(self, nodes: Iterable[Node]) -> list[str]:
        """The quantities, if these trees have any."""
        return (
            self.quantities()
            if any(self.model.quantities.keys() & set(names(node)) for node in nodes)
            else []
        )

    def defaults(self) -> list[str]:
        return [
            f"    if q{i} is None: q{i} = {self.default(q, self.py)}"
            for i, q in enumerate(self.model.questions.values())
            if not q.expert
        ]

    def quantities(self) -> list[str]:
        lines = []
        for key, quantity in self.model.quantities.items():
            straight = (
                f" if {self.straight(key)} is None else {self.straight(key)}" if quantity.expert else ""
            )
            lines.append(f"    {self.code[key]} = {self.py(quantity.node)}{straight}")
        return lines

    def straight(self, key: str) -> str:
        """The answer that replaces a quantity when it is given."""
        return f"q{self.keys.index(key)}"

    def py(self, node: Node | Comparison) -> str:
        return python(node, self.code, self.options)

    # ---- how sure it is

    def spread_text(self) -> str:
        """Variances per rule, and per source its signed effect on the total, times its ln GSD²."""
        writer = _Spread(self)
        lines = [f"    ({self.listed('u', self.keys)}) = logs", *writer.lines]
        variances = "".join(f"{' + '.join(terms) or '0.0'}, " for terms in writer.variances.values())
        effects = "".join(f"{effect}, " for effect in writer.effects)
        return self.function("spread", lines, f"{variances}), ({effects}", "answers, logs")

    def uses(self, rule: str, straight: frozenset[str]) -> frozenset[str]:
        found, waiting = set[str](), [self.model.rules[rule].node]
        while waiting:
            for name in set(names(waiting.pop())) - found:
                found.add(name)
                if name in self.model.quantities and name not in straight:
                    waiting.append(self.model.quantities[name].node)
        return frozenset(found - (self.model.quantities.keys() - straight))

    # ---- JavaScript

    def javascript_text(self) -> str:
        rules = [f"  const r{i} = {self.js(rule.node)};" for i, rule in enumerate(self.model.rules.values())]
        grams = ", ".join(f"Math.floor(r{i} * 1000.0 + 0.5)" for i in range(len(rules)))
        defaults = [
            f"  if (q{i} === null) q{i} = {self.default(q, self.js)};"
            for i, q in enumerate(self.model.questions.values())
            if not q.expert
        ]
        quantities = []
        for key, n in self.model.quantities.items():
            straight = f"{self.straight(key)} !== null ? {self.straight(key)} : " if n.expert else ""
            quantities.append(f"  const {self.code[key]} = {straight}{self.js(n.node)};")
        head = f"// {self.model.id} {self.model.version} {self.model.digest} {self.place.region}"
        unpack = f"  let [{self.listed('q', self.keys)}] = answers;"
        body = [
            "export function evaluate(answers) {",
            unpack,
            *defaults,
            *quantities,
            *rules,
            f"  return [{grams}];",
            "}",
        ]
        return "\n".join([head, *body, f"export const rules = {_js_list(self.model.rules)};", ""])

    def js(self, node: Node) -> str:
        return javascript(node, self.code, self.options)

    # ---- both

    def default(self, question: Question, write: Callable[[Node], str]) -> str:
        if question.is_choice:
            return repr(option_number(question, question.default))
        return write(question.default_node)

    @staticmethod
    def listed(letter: str, keys: list[str]) -> str:
        return "".join(f"{letter}{index}, " for index in range(len(keys)))


class _Spread:
    """How every source moves every rule, by the chain rule over the quantities.

    ``lines`` compute quantities, rules and effects; a quantity that is entered straight hands nothing on.
    A choice has no derivative: not knowing it makes what it switches uncertain as a whole.
    """

    def __init__(self, writer: _Writer) -> None:
        self.writer, self.model, self.code = writer, writer.model, dict(writer.code)
        self.lines = [*writer.quantities()]
        for place, rule in enumerate(self.model.rules.values()):
            self.lines.append(f"    r{place} = {writer.py(rule.node)}")
        for number, (key, quantity) in enumerate(self.model.quantities.items()):
            if quantity.expert:
                self.code[f"free {key}"] = f"g{number}"
                self.lines.append(f"    g{number} = n{number} if {writer.straight(key)} is None else 0.0")
        self.steps: dict[str, str] = {}
        self.variances: dict[str, list[str]] = {key: [] for key in self.model.rules}
        self.switched = {key: set(switches(rule.node)) for key, rule in self.model.rules.items()}
        self.switched |= {key: set(switches(part.node)) for key, part in self.model.quantities.items()}
        self.named = {key: set(names(rule.node)) for key, rule in self.model.rules.items()}
        self.named |= {key: set(names(part.node)) for key, part in self.model.quantities.items()}
        self.fixed = dict.fromkeys(self.model.rules, 0.0)
        self.effects = [self.of_source(source) for source in self.sources()]
        for place, (key, square) in enumerate(self.fixed.items()):
            if square:
                self.variances[key].append(f"r{place} * r{place} * {square!r}")

    def sources(self) -> list[str]:
        """What can be uncertain, in a fixed order: questions, then factors and assumptions that are used."""
        used = {name for found in self.named.values() for name in found}
        return self.writer.keys + [name for name, log in self.writer.logs.items() if log and name in used]

    def of_source(self, source: str) -> str:
        """The source's effect on the total; on the way its part in the variance of each rule."""
        if source in self.model.questions and self.model.questions[source].expert:
            return "0.0"
        seeds: dict[str, Node] = {source: Name(source)}
        for key, quantity in self.model.quantities.items():
            self.through(key, quantity.node, source, seeds)
        parts = []
        for place, (key, rule) in enumerate(self.model.rules.items()):
            effect = self.effect(key, rule.node, source, seeds)
            if effect == ZERO:
                continue
            if effect == rule.node:
                parts.append(f"r{place}")
                self.vary(key, parts[-1], source)
            else:
                parts.append(self.kept(self.py(effect)))
                self.vary(key, parts[-1], source)
        return f"({' + '.join(parts)}) * {self.log_of(source)}" if parts else "0.0"

    def through(self, key: str, node: Node, source: str, seeds: dict[str, Node]) -> None:
        """Notes how a quantity moves with the source, for what is worked out from it."""
        effect = self.effect(key, node, source, seeds)
        if effect == ZERO:
            return
        free = f"free {key}"
        if effect == node:
            seeds[key] = Name(free) if free in self.code else Name(key)
            return
        straight = f" if {self.writer.straight(key)} is None else 0.0" if free in self.code else ""
        moved = f"{source} moves {key}"
        self.code[moved] = self.kept(self.py(effect) + straight)
        seeds[key] = Name(moved)

    def effect(self, key: str, node: Node, source: str, seeds: Mapping[str, Node]) -> Node:
        if seeds.keys().isdisjoint(self.named[key]):
            return ZERO
        if source in self.writer.options and source in self.switched[key]:
            return node
        return slope(node, seeds)

    def vary(self, rule: str, part: str, source: str) -> None:
        if source in self.writer.logs and part.startswith("r"):
            self.fixed[rule] += self.writer.logs[source] ** 2
        else:
            log = self.log_of(source)
            self.variances[rule].append(f"{part} * {part} * {log} * {log}")

    def kept(self, written: str) -> str:
        """A name for an effect; effects that are written alike are worked out once."""
        if written not in self.steps:
            self.steps[written] = f"s{len(self.steps)}"
            self.lines.append(f"    {self.steps[written]} = {written}")
        return self.steps[written]

    def py(self, node: Node) -> str:
        return python(node, self.code, self.writer.options)

    def log_of(self, source: str) -> str:
        keys = self.writer.keys
        return f"u{keys.index(source)}" if source in keys else repr(self.writer.logs[source])


def option_number(question: Question, key: str) -> float:
    """What stands for an option inside a compiled model: its value, or its place in the list."""
    return question.number_of(key)


def _js_list(keys: Mapping[str, object]) -> str:
    return "[" + ", ".join(f'"{key}"' for key in keys) + "]"

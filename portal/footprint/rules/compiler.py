"""The compiler: one tree per rule becomes Python to compute with and JavaScript to preview with.

Both carry the region's factors as literals and the same operations in the same order of + − × ÷ and
comparisons on IEEE doubles, so their grams agree exactly. The generated text comes from our own trees
only; nothing a visitor sends is ever part of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from portal.footprint.rules.dimensions import check_dimensions
from portal.footprint.rules.errors import ModelFault
from portal.footprint.rules.expressions import (
    ZERO,
    Node,
    inlined,
    javascript,
    names,
    parse,
    python,
    sensitivity,
    switches,
)
from portal.footprint.rules.model import Model, Place, Question
from portal.footprint.rules.uncertainty import default_log, factor_log

# One answer per question in the model's order: a number, an option's index, or None for "I don't know".
Answers = tuple[float | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A model in one region, ready to run.

    ``evaluate(answers)`` gives whole grams per rule, in the model's order.
    ``resolve(answers)`` fills in the defaults.
    ``spread(answers, logs)`` gives, from resolved answers and ln GSD² per question (0 where answered):
    variance per rule and contribution per source, both in kg; see ``sources``.
    ``becomes[action](answers)`` gives the answers after an action.
    """

    model: Model
    place: Place
    evaluate: Callable[[Answers], tuple[int, ...]]
    resolve: Callable[[Answers], tuple[float, ...]]
    spread: Callable[[tuple[float, ...], tuple[float, ...]], tuple[tuple[float, ...], tuple[float, ...]]]
    measure: Callable[[float, tuple[float, ...]], tuple[float, ...]]
    becomes: Mapping[str, Callable[[tuple[float, ...]], tuple[float, ...]]]
    sources: tuple[str, ...]
    default_logs: tuple[float, ...]
    uses: Mapping[str, frozenset[str]]
    python: str
    javascript: str


@lru_cache(maxsize=256)
def compile_model(model: Model, region: str) -> Compiled:
    """The compiled model for a region. Raises UnknownRegion, ModelFault."""
    return _Writer(model, model.place(region)).compiled()


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
        whole: dict[str, Node] = {}
        for quantity in model.quantities.values():
            whole[quantity.key] = inlined(quantity.node, whole)
        self.trees = {rule.key: inlined(rule.node, whole) for rule in model.rules.values()}
        self.logs = {
            **{f.name: factor_log(f.quality, f.uncertainty_pct) for f in place.factors.values()},
            **{a.name: default_log(a.gsd2) for a in model.assumptions.values()},
        }

    def compiled(self) -> Compiled:
        text = self.python_text()
        space: dict[str, Callable[..., object]] = {}
        exec(compile(text, f"<{self.model.id} {self.model.version} {self.place.region}>", "exec"), {}, space)  # noqa: S102 our own text
        return Compiled(
            model=self.model,
            place=self.place,
            evaluate=space["evaluate"],  # type: ignore[arg-type]
            resolve=space["resolve"],  # type: ignore[arg-type]
            spread=space["spread"],  # type: ignore[arg-type]
            measure=space["measure"],  # type: ignore[arg-type]
            becomes={key: space[f"after_{index}"] for index, key in enumerate(self.model.actions)},  # type: ignore[misc]
            sources=tuple(self.sources()),
            default_logs=tuple(default_log(q.gsd2_default) for q in self.model.questions.values()),
            uses={key: frozenset(names(tree)) for key, tree in self.trees.items()},
            python=text,
            javascript=self.javascript_text(),
        )

    # ---- Python

    def python_text(self) -> str:
        return "\n\n".join(
            [
                self.evaluate_text(),
                self.resolve_text(),
                self.spread_text(),
                self.measure_text(),
                *self.action_texts(),
            ]
        )

    def evaluate_text(self) -> str:
        rules = [f"    r{i} = {self.py(rule.node)}" for i, rule in enumerate(self.model.rules.values())]
        grams = "".join(f"int(r{i} * 1000.0 + 0.5), " for i in range(len(rules)))
        return "\n".join(
            [
                "def evaluate(answers):",
                self.unpack(),
                *self.defaults(),
                *self.quantities(),
                *rules,
                f"    return ({grams})",
            ]
        )

    def resolve_text(self) -> str:
        return "\n".join(
            [
                "def resolve(answers):",
                self.unpack(),
                *self.defaults(),
                f"    return ({self.listed('q', self.keys)})",
            ]
        )

    def spread_text(self) -> str:
        """Variances per rule, and per source its signed effect on the total, times its ln GSD²."""
        lines, effects = (
            [
                "def spread(answers, logs):",
                self.unpack(),
                f"    ({self.listed('u', self.keys)}) = logs",
                *self.quantities(),
            ],
            [],
        )
        by_rule: dict[str, list[str]] = {key: [] for key in self.trees}
        for place, key in enumerate(self.trees):
            lines.append(f"    r{place} = {self.py(self.model.rules[key].node)}")
        for number, source in enumerate(self.sources()):
            parts = []
            for place, (key, tree) in enumerate(self.trees.items()):
                effect = self.effect(tree, source)
                if effect == ZERO:
                    continue
                name = f"s{number}_{place}"
                written = f"r{place}" if effect == tree else self.py(effect)
                lines.append(f"    {name} = {written} * {self.log_of(source)}")
                by_rule[key].append(f"{name} * {name}")
                parts.append(name)
            effects.append(" + ".join(parts) or "0.0")
        variances = "".join(f"{' + '.join(terms) or '0.0'}, " for terms in by_rule.values())
        return "\n".join(
            [*lines, f"    return ({variances}), ({''.join(f'{effect}, ' for effect in effects)})"]
        )

    def effect(self, tree: Node, source: str) -> Node:
        """The change of a rule per unit change of the source's logarithm.

        A choice has no derivative: not knowing it makes every line that it switches uncertain as a whole.
        """
        if source in self.options and source in set(switches(tree)):
            return tree
        return sensitivity(tree, source)

    def sources(self) -> list[str]:
        """What can be uncertain, in a fixed order: questions, then factors and assumptions that are used."""
        used = {name for tree in self.trees.values() for name in names(tree)}
        return self.keys + [name for name, spread in self.logs.items() if spread and name in used]

    def log_of(self, source: str) -> str:
        return f"u{self.keys.index(source)}" if source in self.keys else repr(self.logs[source])

    def measure_text(self) -> str:
        values = "".join(f"{self.py(measure.node)}, " for measure in self.model.measures.values())
        return "\n".join(["def measure(total, answers):", self.unpack(), f"    return ({values})"])

    def action_texts(self) -> list[str]:
        texts = []
        for index, action in enumerate(self.model.actions.values()):
            after = "".join(f"{self.after(key, action.becomes.get(key))}, " for key in self.keys)
            texts.append("\n".join([f"def after_{index}(answers):", self.unpack(), f"    return ({after})"]))
        return texts

    def after(self, key: str, text: str | None) -> str:
        if text is None:
            return self.code[key]
        question = self.model.questions[key]
        return repr(option_number(question, text)) if question.is_choice else self.py(parse(text))

    def unpack(self) -> str:
        return f"    ({self.listed('q', self.keys)}) = answers"

    def defaults(self) -> list[str]:
        return [
            f"    if q{i} is None: q{i} = {self.default(q, self.py)}"
            for i, q in enumerate(self.model.questions.values())
        ]

    def quantities(self) -> list[str]:
        return [
            f"    {self.code[quantity.key]} = {self.py(quantity.node)}"
            for quantity in self.model.quantities.values()
        ]

    def py(self, node: Node) -> str:
        return python(node, self.code, self.options)

    # ---- JavaScript

    def javascript_text(self) -> str:
        rules = [f"  const r{i} = {self.js(rule.node)};" for i, rule in enumerate(self.model.rules.values())]
        grams = ", ".join(f"Math.floor(r{i} * 1000.0 + 0.5)" for i in range(len(rules)))
        defaults = [
            f"  if (q{i} === null) q{i} = {self.default(q, self.js)};"
            for i, q in enumerate(self.model.questions.values())
        ]
        quantities = [
            f"  const {self.code[n.key]} = {self.js(n.node)};" for n in self.model.quantities.values()
        ]
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
        return "\n".join([head, *body, f"export const rules = {_js_list(self.trees)};", ""])

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


def option_number(question: Question, key: str) -> float:
    """What stands for an option inside a compiled model: its value, or its place in the list."""
    option = question.option(key)
    return float(question.options.index(option)) if option.value is None else float(option.value)


def _js_list(keys: Mapping[str, object]) -> str:
    return "[" + ", ".join(f'"{key}"' for key in keys) + "]"

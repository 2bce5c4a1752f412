"""Expressions of a model: parsed with an allow-list, checked for dimensions, written in three languages."""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from portal.footprint.rules.units import NUMBER, Unit


class ExpressionFault(ValueError):
    """An expression that may not be used: what it does is not allowed, or its dimensions do not fit."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number without a unit, as written."""

    text: str


@dataclass(frozen=True, slots=True)
class Name:
    key: str


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a choice, in a comparison: ``heating == 'coal'``."""

    key: str


@dataclass(frozen=True, slots=True)
class Operation:
    sign: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    sign: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Choose:
    test: Comparison
    then: "Node"
    other: "Node"


Node = Literal | Name | Option | Operation | Call | Comparison | Choose

_SIGNS: dict[type[ast.AST], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARISONS: dict[type[ast.AST], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
FUNCTIONS = ("min", "max")
ZERO = Literal("0")


# ---- text to tree


def parse(text: str) -> Node:
    """The tree of ``text``. Raises ExpressionFault for anything outside the allow-list."""
    try:
        return _node(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError) as fault:
        raise (
            fault if isinstance(fault, ExpressionFault) else ExpressionFault(f"not an expression: {text!r}")
        ) from None


def _node(tree: ast.expr) -> Node:
    match tree:
        case ast.Name(id=key):
            return Name(key)
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return Literal(repr(value))
        case ast.Constant(value=str() as key):
            return Option(key)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SIGNS:
            return Operation(_SIGNS[type(op)], _node(left), _node(right))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            return Comparison(_COMPARISONS[type(op)], _node(left), _node(right))
        case ast.IfExp(test=test, body=then, orelse=other):
            condition = _node(test)
            if not isinstance(condition, Comparison):
                raise ExpressionFault("a condition must be a comparison")
            return Choose(condition, _node(then), _node(other))
        case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]) if (
            function in FUNCTIONS and len(arguments) > 1
        ):
            return Call(function, tuple(_node(argument) for argument in arguments))
    raise ExpressionFault(f"{type(tree).__name__} is not allowed in an expression")


def names(node: Node) -> Iterator[str]:
    """Every name in the tree, in the order of reading, with repetitions."""
    match node:
        case Name(key):
            yield key
        case Operation(_, left, right) | Comparison(_, left, right):
            yield from names(left)
            yield from names(right)
        case Call(_, arguments):
            for argument in arguments:
                yield from names(argument)
        case Choose(test, then, other):
            yield from names(then)
            yield from names(test)
            yield from names(other)


def switches(node: Node) -> Iterator[str]:
    """Names that stand in conditions only decide which part counts; here they are."""
    match node:
        case Choose(test, then, other):
            yield from names(test)
            yield from switches(then)
            yield from switches(other)
        case Operation(_, left, right):
            yield from switches(left)
            yield from switches(right)
        case Call(_, arguments):
            for argument in arguments:
                yield from switches(argument)


def inlined(node: Node, parts: Mapping[str, Node]) -> Node:
    """The tree with these names replaced by their own trees."""
    match node:
        case Name(key) if key in parts:
            return parts[key]
        case Operation(sign, left, right):
            return Operation(sign, inlined(left, parts), inlined(right, parts))
        case Comparison(sign, left, right):
            return Comparison(sign, inlined(left, parts), inlined(right, parts))
        case Call(function, arguments):
            return Call(function, tuple(inlined(argument, parts) for argument in arguments))
        case Choose(test, then, other):
            condition = Comparison(test.sign, inlined(test.left, parts), inlined(test.right, parts))
            return Choose(condition, inlined(then, parts), inlined(other, parts))
    return node


# ---- dimensions


def unit_of(node: Node, units: Mapping[str, Unit], options: Mapping[str, tuple[str, ...]]) -> Unit:
    """The unit of the expression's value.

    ``units`` of every name that has one; ``options`` of every choice. Raises ExpressionFault where
    dimensions do not fit, a name is unknown, or an option does not exist. A literal 0 fits any unit.
    """
    found = _unit(node, units, options)
    return NUMBER if found is None else found


def _unit(  # noqa: C901 one case for each kind of node
    node: Node, units: Mapping[str, Unit], options: Mapping[str, tuple[str, ...]]
) -> Unit | None:
    match node:
        case Literal("0"):
            return None
        case Literal():
            return NUMBER
        case Name(key):
            if key not in units:
                raise ExpressionFault(
                    f"{key!r} has no number here" if key in options else f"unknown name {key!r}"
                )
            return units[key]
        case Option(key):
            raise ExpressionFault(f"option {key!r} outside a comparison")
        case Operation("*" | "/" as sign, left, right):
            first = _unit(left, units, options) or NUMBER
            second = _unit(right, units, options) or NUMBER
            return first * second if sign == "*" else first / second
        case Operation(sign, left, right):
            return _same(sign, [left, right], units, options)
        case Call(function, arguments):
            return _same(function, list(arguments), units, options)
        case Comparison(sign, Name(key), Option(option)) if key in options:
            if key in units:
                raise ExpressionFault(f"{key!r} stands for a number, not for its options")
            if sign not in ("==", "!="):
                raise ExpressionFault(f"{key!r} can only be == or != an option")
            if option not in options[key]:
                raise ExpressionFault(f"{key!r} has no option {option!r}")
            return NUMBER
        case Comparison(sign, left, right):
            _same(sign, [left, right], units, options)
            return NUMBER
        case Choose(test, then, other):
            _unit(test, units, options)
            return _same("if", [then, other], units, options)


def _same(
    what: str, nodes: list[Node], units: Mapping[str, Unit], options: Mapping[str, tuple[str, ...]]
) -> Unit | None:
    found = [unit for node in nodes if (unit := _unit(node, units, options)) is not None]
    for unit in found[1:]:
        if unit != found[0]:
            raise ExpressionFault(f"{what} of {found[0]} and {unit}")
    return found[0] if found else None


# ---- values, by walking the tree: slow, for showing the way and for checking the compiler

Number = TypeVar("Number", float, Fraction)
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def value(
    node: Node, values: Mapping[str, Number], chosen: Mapping[str, str], number: Callable[[str], Number]
) -> Any:
    """The expression's value; ``chosen`` option of every choice, ``number`` makes one of a literal."""

    def find(node: Node) -> Any:
        match node:
            case Literal(text):
                return number(text)
            case Name(key):
                return values[key]
            case Comparison(sign, Name(key), Option(option)):
                return _ARITHMETIC[sign](chosen[key], option)
            case Operation(sign, left, right) | Comparison(sign, left, right):
                return _ARITHMETIC[sign](find(left), find(right))
            case Call(function, arguments):
                return (min if function == "min" else max)(find(argument) for argument in arguments)
            case Choose(test, then, other):
                return find(then) if find(test) else find(other)
        raise ExpressionFault(f"{node} has no value")

    return find(node)


def settled(node: Node, holds: Callable[[Comparison], bool]) -> Node:
    """The tree with only those branches that count."""
    match node:
        case Choose(test, then, other):
            return settled(then if holds(test) else other, holds)
        case Operation(sign, left, right):
            return Operation(sign, settled(left, holds), settled(right, holds))
        case Call(function, arguments):
            return Call(function, tuple(settled(argument, holds) for argument in arguments))
    return node


# ---- sensitivity: x · d/dx, the change of a value in kg per unit change of ln x


def sensitivity(node: Node, key: str) -> Node:
    """``key`` · ∂node/∂``key`` as a tree. Conditions are taken as they are; products keep their shape."""
    return slope(node, {key: Name(key)})


def slope(node: Node, seeds: Mapping[str, Node]) -> Node:
    """How a value moves when the names in ``seeds`` move by as much as stands there (the chain rule).

    A name that moves in proportion is its own seed, so that a product's slope is the product itself.
    """
    match node:
        case Name(name) if name in seeds:
            return seeds[name]
        case Operation(sign, left, right):
            return _of_operation(node, sign, slope(left, seeds), slope(right, seeds))
        case Choose(test, then, other):
            first, second = slope(then, seeds), slope(other, seeds)
            if (first, second) == (then, other):
                return node
            return ZERO if first == second == ZERO else Choose(test, first, second)
        case Call(function, arguments):
            return _of_call(function, arguments, seeds)
    return ZERO


def _of_operation(node: Operation, sign: str, first: Node, second: Node) -> Node:
    if first == ZERO and second == ZERO:
        return ZERO
    if sign in "+-":
        if first == ZERO and sign == "+":
            return second
        if second == ZERO:
            return first
        # a sum whose parts all move in proportion moves in proportion itself
        return node if (first, second) == (node.left, node.right) else Operation(sign, first, second)
    if second == ZERO:
        return node if first == node.left else Operation(sign, first, node.right)
    if sign == "*":
        one = node if second == node.right else Operation("*", node.left, second)
        return one if first == ZERO else Operation("+", Operation("*", first, node.right), one)
    share = node if second == node.right else Operation("/", Operation("*", node, second), node.right)
    rest = ZERO if first == ZERO else Operation("/", first, node.right)
    return Operation("-", rest, share)


def _of_call(function: str, arguments: tuple[Node, ...], seeds: Mapping[str, Node]) -> Node:
    best, found = arguments[0], slope(arguments[0], seeds)
    for argument in arguments[1:]:
        test = Comparison("<=" if function == "min" else ">=", best, argument)
        other = slope(argument, seeds)
        found = ZERO if found == other == ZERO else Choose(test, found, other)
        best = Call(function, (best, argument))
    return found


# ---- tree to text


def python(node: Node, code: Mapping[str, str], options: Mapping[str, tuple[str, ...]]) -> str:
    """Python source; ``code`` says how each name is written. Brackets fix the order of every operation."""
    return _source(node, code, options, "({then} if {test} else {other})", {}, str)


def javascript(node: Node, code: Mapping[str, str], options: Mapping[str, tuple[str, ...]]) -> str:
    """JavaScript source with the same operations in the same order, so that both agree bit for bit."""
    equal = {"==": "===", "!=": "!=="}
    return _source(node, code, options, "({test} ? {then} : {other})", equal, lambda name: f"Math.{name}")


def _source(
    node: Node,
    code: Mapping[str, str],
    options: Mapping[str, tuple[str, ...]],
    choose: str,
    signs: Mapping[str, str],
    function_name: Callable[[str], str],
) -> str:
    def write(node: Node) -> str:
        match node:
            case Literal(text):
                return repr(float(text))
            case Name(key):
                return code[key]
            case Operation(sign, left, right):
                return f"({write(left)} {sign} {write(right)})"
            case Comparison(sign, Name(key), Option(option)):
                return f"({code[key]} {signs.get(sign, sign)} {float(options[key].index(option))})"
            case Comparison(sign, left, right):
                return f"({write(left)} {signs.get(sign, sign)} {write(right)})"
            case Call(function, arguments):
                return f"{function_name(function)}({', '.join(map(write, arguments))})"
            case Choose(test, then, other):
                return choose.format(test=write(test), then=write(then), other=write(other))
        raise ExpressionFault(f"{node} cannot be written")

    return write(node)


_WORD_SIGNS = {"*": "×", "/": "÷", "-": "−", "<=": "≤", ">=": "≥", "!=": "≠", "==": "="}
_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2}


@dataclass(frozen=True, slots=True)
class Words:
    """How to write an expression for people: names, options, and a choice (then, test, other)."""

    name: Callable[[str], str]
    option: Callable[[str, str], str]
    choose: Callable[[str, str, str], str]


def words(node: Node, say: Words) -> str:
    """The expression as a person reads it, with as few brackets as possible."""
    match node:
        case Literal(text):
            return text
        case Name(key):
            return say.name(key)
        case Option(key):
            return key
        case Comparison(sign, Name(key), Option(option)):
            return f"{say.name(key)} {_WORD_SIGNS.get(sign, sign)} {say.option(key, option)}"
        case Comparison(sign, left, right):
            return f"{words(left, say)} {_WORD_SIGNS.get(sign, sign)} {words(right, say)}"
        case Call(function, arguments):
            return f"{function}({', '.join(words(argument, say) for argument in arguments)})"
        case Choose(test, then, other):
            return say.choose(words(then, say), words(test, say), words(other, say))
        case Operation(sign, left, right):
            strength = _STRENGTH[sign]
            first = _bracketed(left, strength, say)
            # a − (b − c) and a ÷ (b × c) need their brackets; a + (b + c) does not
            second = _bracketed(right, strength + (sign in "-/"), say)
            return f"{first} {_WORD_SIGNS.get(sign, sign)} {second}"


def _bracketed(node: Node, strength: int, say: Words) -> str:
    text = words(node, say)
    loose = isinstance(node, Choose) or (isinstance(node, Operation) and _STRENGTH[node.sign] < strength)
    return f"({text})" if loose else text

"""Seeded variants: an item's numbers drawn from a seed, its answer computed from published factors, exactly.

The same seed gives the same item anywhere and for ever, so a learner can be shown what was asked.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput
from portal.training.rules.figures import addressed, filled, grouped
from portal.training.rules.items import Item, Numeric, NumericAnswer, Variant

MAX_FORMULA: Final = 300


class FormulaUnreadable(InvalidInput):
    message = N_("The formula “%(formula)s” is not made of numbers, names, + - * / and brackets.")


class NameUnknown(InvalidInput):
    message = N_("“%(name)s” in the formula is neither a parameter nor a factor.")


class RangeEmpty(InvalidInput):
    message = N_("The parameter “%(name)s” has no values: its step or its range is wrong.")


@dataclass(frozen=True, slots=True)
class Drawn:
    """The item as one learner sees it, and the numbers it was made of."""

    item: Item
    numbers: Mapping[str, Decimal]


def check(variant: Variant) -> None:
    """Raises FormulaUnreadable, NameUnknown, RangeEmpty when no item can be made of it."""
    _evaluated(variant, _numbers(variant, ""))


def draw(item: Item, seed: str, write: Callable[[Decimal], str] = grouped) -> Drawn:
    """The item with its ``[[name]]`` filled in, in words and drawings, and its answer computed.

    ``write`` gives the numbers of its words. Raises what ``check`` raises.
    """
    variant = item.variant
    if variant is None or not isinstance(item.task, Numeric):
        return Drawn(item, {})
    numbers = _numbers(variant, f"{item.id}/{seed}")
    value = _rounded(_evaluated(variant, numbers), variant.decimals)
    tolerance = abs(value) * variant.tolerance_percent / 100
    first, *others = item.task.answers
    answers = (NumericAnswer(value, tolerance, feedback=first.feedback), *others)

    def full(text: Bilingual) -> Bilingual:
        """The words, and the drawings that they show, whose addresses are for programs."""
        sides = (filled(side, numbers, write) for side in (text.zh, text.en))
        return Bilingual(*(addressed(side, numbers) for side in sides))

    told = tuple(replace(each, feedback=full(each.feedback)) for each in answers)
    task = replace(item.task, answers=told, if_carbon=full(item.task.if_carbon))
    stem, feedback = full(item.stem), full(item.feedback)
    return Drawn(replace(item, stem=stem, feedback=feedback, task=task, variant=None), numbers)


@dataclass(frozen=True, slots=True)
class Outdated:
    """A published value that an item was checked with, and what stands there now; None: nothing does."""

    key: str
    then: Decimal
    now: Decimal | None


def outdated(item: Item, published: Mapping[str, Decimal]) -> Iterator[Outdated]:
    """The factors of a variant that are no longer what they were when the item was checked."""
    for _name, key, then in item.variant.factors if item.variant else ():
        now = published.get(key)
        if now != then:
            yield Outdated(key, then, now)


def _numbers(variant: Variant, seed: str) -> dict[str, Decimal]:
    drawn: dict[str, Decimal] = {}
    for parameter in variant.parameters:
        if parameter.step <= 0 or parameter.high < parameter.low:
            raise RangeEmpty(name=parameter.name[:40])
        steps = int((parameter.high - parameter.low) / parameter.step) + 1
        digest = sha256(f"{seed}/{parameter.name}".encode()).digest()
        drawn[parameter.name] = parameter.low + parameter.step * (int.from_bytes(digest, "big") % steps)
    return drawn


def _evaluated(variant: Variant, numbers: Mapping[str, Decimal]) -> Fraction:
    names = {name: Fraction(value) for name, _, value in variant.factors}
    names |= {name: Fraction(value) for name, value in numbers.items()}
    formula = variant.formula
    try:
        if len(formula) > MAX_FORMULA:
            raise SyntaxError
        return _value(ast.parse(formula, mode="eval").body, names)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        raise FormulaUnreadable(formula=formula[:60]) from None


def _value(node: ast.expr, names: Mapping[str, Fraction]) -> Fraction:
    match node:
        case ast.Constant(value=int()) if not isinstance(node.value, bool):
            return Fraction(str(node.value))
        case ast.Constant(value=value) if (
            not isinstance(value, bool | int | str | bytes) and value is not None
        ):
            # A decimal, exactly as it is written: repr gives the shortest text back.
            return Fraction(repr(value))
        case ast.Name(id=name):
            if name not in names:
                raise NameUnknown(name=name[:40])
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, names)
        case ast.BinOp(left=left, op=operator, right=right):
            return _combined(_value(left, names), operator, _value(right, names))
    raise SyntaxError


def _combined(left: Fraction, operator: ast.operator, right: Fraction) -> Fraction:
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
    raise SyntaxError


def _rounded(value: Fraction, decimals: int) -> Decimal:
    whole = round(value * 10**decimals)  # to the even one when it lies in the middle
    return Decimal(whole).scaleb(-decimals)

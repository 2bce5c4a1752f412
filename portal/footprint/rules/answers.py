"""Answers: from what a form or a program sends to what a model computes with. Refused, never clipped."""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache

from portal.footprint.rules.compiler import Answers
from portal.footprint.rules.errors import (
    NotAnOption,
    NotAPlainNumber,
    NotAWholeNumber,
    OutOfRange,
    SharesDoNotAddUp,
    SharesIncomplete,
    UnknownAnswer,
)
from portal.footprint.rules.model import Model, Question
from portal.footprint.rules.parts import PLAIN_DECIMAL, plain
from portal.kernel.numbers import NotANumber, parse_decimal

# What is stored and hashed: option keys and plain decimals by question; an absent key is "I don't know".
Given = dict[str, str]


def from_program(model: Model, raw: Mapping[str, object]) -> Given:
    """Answers of an API call: numbers as JSON numbers, choices as option keys, yes/no as booleans.

    Raises UnknownAnswer, NotAPlainNumber, NotAWholeNumber, OutOfRange, NotAnOption, Shares…
    """
    given = {}
    for key, value in raw.items():
        question = _question(model, key)
        if question.kind == "yes-no" and isinstance(value, bool):
            value = "yes" if value else "no"
        given[key] = (
            _chosen(question, value) if question.is_choice else _plain(question, _exact(question, value))
        )
    return _complete(model, given)


def from_texts(model: Model, raw: Mapping[str, str]) -> Given:
    """Answers as they are stored: option keys and plain decimals, shares as parts of 1."""
    given = {}
    for key, text in raw.items():
        question = _question(model, key)
        given[key] = (
            _chosen(question, text) if question.is_choice else _plain(question, _stored(question, text))
        )
    return _complete(model, given)


def from_form(model: Model, raw: Mapping[str, str]) -> Given:
    """Answers of a form, typed as text; shares are typed in per cent. An empty text is no answer."""
    given = {}
    for key, text in raw.items():
        question = _question(model, key)
        if text.strip():
            given[key] = typed(question, text)
    return _complete(model, given)


def typed(question: Question, text: str) -> str:
    """One typed answer in the form it is stored in."""
    if question.is_choice:
        return _chosen(question, text)
    try:
        value = parse_decimal(text)
    except NotANumber:
        raise NotAPlainNumber(key=question.key, question=question.title) from None
    return _plain(question, value / 100 if question.kind == "share" else value)


def shown(question: Question, text: str) -> str:
    """A stored answer as it is typed: shares in per cent."""
    return plain(Decimal(text) * 100) if question.kind == "share" else text


def numbers(model: Model, given: Given) -> Answers:
    """The tuple a compiled model takes, in the order of its questions."""
    readers = _readers(model)
    return tuple([read(given[key]) if key in given else None for key, read in readers])


@lru_cache(maxsize=64)
def _readers(model: Model) -> tuple[tuple[str, Callable[[str], float]], ...]:
    """How each stored answer becomes a number: by its option, or as it stands."""
    return tuple(
        (key, {o.key: q.number_of(o.key) for o in q.options}.__getitem__ if q.is_choice else float)
        for key, q in model.questions.items()
    )


def _question(model: Model, key: str) -> Question:
    if key not in model.questions or model.questions[key].is_skipped:
        raise UnknownAnswer(key=key[:60])
    return model.questions[key]


def _chosen(question: Question, value: object) -> str:
    if not isinstance(value, str) or value not in (option.key for option in question.options):
        raise NotAnOption(key=question.key, question=question.title)
    return value


def _exact(question: Question, value: object) -> Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, float) and math.isfinite(value):
        return Decimal(repr(value))
    raise NotAPlainNumber(key=question.key, question=question.title)


def _stored(question: Question, text: str) -> Decimal:
    if not PLAIN_DECIMAL.fullmatch(text):
        raise NotAPlainNumber(key=question.key, question=question.title)
    return Decimal(text)


def _plain(question: Question, value: Decimal) -> str:
    if not question.low <= value <= question.high:
        hundred = 100 if question.kind == "share" else 1
        raise OutOfRange(
            key=question.key,
            question=question.title,
            low=plain(question.low * hundred),
            high=plain(question.high * hundred),
            unit=question.unit_label,
        )
    if question.whole and value != value.to_integral_value():
        raise NotAWholeNumber(key=question.key, question=question.title)
    return plain(value)


def _complete(model: Model, given: Given) -> Given:
    """Shares of a group are given together and sum to 1. The order is that of the model."""
    for group in model.groups.values():
        members = [question for question in model.questions.values() if question.group == group.key]
        shares = [Decimal(given[question.key]) for question in members if question.key in given]
        if not shares:
            continue
        if len(shares) < len(members):
            missing = next(question for question in members if question.key not in given)
            raise SharesIncomplete(key=missing.key, question=group.ask)
        total = sum(shares, start=Decimal(0))
        if abs(total - 1) > Decimal("1e-9"):
            raise SharesDoNotAddUp(key=members[0].key, question=group.ask, sum=plain(total * 100))
    return {key: given[key] for key in model.questions if key in given}

"""Answers to a question as a page sends them, and back: fields named by a prefix, options by their place.

A page never names the author's indices: in an ordering they are the solution. What is sent are the places at
which things were shown (see ``Item.order``), and what comes out are the author's.
"""

from collections.abc import Iterator
from typing import Final, Protocol, assert_never

from portal.footprint.rules.answers import from_form, shown
from portal.kernel.errors import N_, InvalidInput
from portal.training.rules.grading import NotAResponse, Response
from portal.training.rules.items import (
    Calculator,
    Item,
    Matching,
    Multiple,
    Numeric,
    Ordering,
    Register,
    ShortAnswer,
    Single,
    TrueFalse,
)
from portal.training.rules.quantities import read_quantity
from portal.training.rules.responses import check_response
from portal.training.rules.scenarios import Calculation, model_of
from portal.training.rules.units import unit_choices

NONE: Final = "none"
NUMBER, UNIT, REGION, QUESTION = "-number", "-unit", "-region", "-q-"
Typed = dict[str, list[str]]


class PlaceTakenTwice(InvalidInput):
    message = N_("Place %(place)s was given to two steps. Each step has a place of its own.")


class PlaceMissing(InvalidInput):
    message = N_("Please choose a place first: its factors are used.")


class Sent(Protocol):
    """The fields of a request."""

    def getlist(self, key: str) -> list[str]: ...
    def __iter__(self) -> Iterator[str]: ...


def response_from(item: Item, form: Sent, prefix: str) -> Response | None:
    """What was answered to this item, None when nothing was.

    Raises NotAResponse, ResponseTooLong, NoQuantity, UnknownUnit, PlaceTakenTwice, PlaceMissing, and what
    the calculator raises for answers. What is returned can be marked.
    """
    response = _response(item, form, prefix)
    if response is not None:
        check_response(item, response)
    return response


def fields_of(item: Item, response: Response | None, prefix: str) -> Typed:
    """The fields that say this response on a page: ``response_from`` gives it back."""
    match item.task, response:
        case (Single() | Multiple() | Register()) as task, frozenset():
            if not response:
                return {prefix: [NONE]}
            order = item.shown(len(task.projects if isinstance(task, Register) else task.options))
            return {prefix: [str(place) for place, index in enumerate(order) if index in response]}
        case TrueFalse(), bool():
            return {prefix: [str(response).lower()]}
        case Numeric(unit=unit), str():
            return _number_fields(unit, response, prefix)
        case ShortAnswer(), str():
            return {prefix: [response]}
        case Matching() as task, tuple():
            return _matching_fields(item, task, response, prefix)
        case Ordering(steps=steps), tuple():
            order = item.shown(len(steps))
            ranks = {step: rank for rank, step in enumerate(response, start=1) if step is not None}
            return {f"{prefix}-{place}": [str(ranks.get(step, ""))] for place, step in enumerate(order)}
        case Calculator() as task, Calculation():
            return _calculator_fields(task, response, prefix)
    return {}


def _response(item: Item, form: Sent, prefix: str) -> Response | None:
    match item.task:
        case Single(options=parts) | Multiple(options=parts) | Register(projects=parts):
            return _chosen(form.getlist(prefix), item.shown(len(parts)))
        case TrueFalse():
            return _verdict(_first(form, prefix))
        case Numeric() as task:
            return _number(task, _first(form, prefix + NUMBER), _first(form, prefix + UNIT))
        case ShortAnswer():
            return _first(form, prefix) or None
        case Matching() as task:
            return _matches(item, task, form, prefix)
        case Ordering(steps=steps):
            return _ordered(item.shown(len(steps)), form, prefix)
        case Calculator() as task:
            return _calculation(task, form, prefix)
    assert_never(item.task)


def _first(form: Sent, name: str) -> str:
    return next(iter(form.getlist(name)), "").strip()


def _place(text: str, count: int) -> int:
    """A place from 0 to below ``count``. Raises NotAResponse."""
    if text.isascii() and text.isdigit() and len(text) <= 3 and int(text) < count:
        return int(text)
    raise NotAResponse()


def _chosen(sent: list[str], order: tuple[int, ...]) -> frozenset[int] | None:
    if not sent:
        return None
    return frozenset(order[_place(text, len(order))] for text in sent if text != NONE)


def _verdict(text: str) -> bool | None:
    if text not in ("", "true", "false"):
        raise NotAResponse()
    return text == "true" if text else None


def _number(task: Numeric, number: str, unit: str) -> str | None:
    """The number with the unit that was chosen, unless it was typed with one."""
    if not number:
        return None
    if unit and unit not in dict(unit_choices(task.unit)):
        raise NotAResponse()
    return number if not unit or read_quantity(number).unit else f"{number} {unit}"


def _number_fields(unit: str, response: str, prefix: str) -> Typed:
    for each, _words in sorted(unit_choices(unit), key=lambda choice: -len(choice[0])):
        if response.endswith(f" {each}"):
            return {prefix + NUMBER: [response.removesuffix(f" {each}")], prefix + UNIT: [each]}
    return {prefix + NUMBER: [response], prefix + UNIT: [unit]}


def _matches(item: Item, task: Matching, form: Sent, prefix: str) -> tuple[int | None, ...] | None:
    order = item.shown(len(task.pairs))
    texts = [_first(form, f"{prefix}-{number}") for number in range(len(task.prompts))]
    chosen = tuple(order[_place(text, len(order))] if text else None for text in texts)
    return chosen if any(text for text in texts) else None


def _matching_fields(item: Item, task: Matching, response: tuple[int | None, ...], prefix: str) -> Typed:
    order = item.shown(len(task.pairs))
    # Equal matches are offered once, at the first place where one stands.
    first = {task.pairs[index].match: place for place, index in reversed([*enumerate(order)])}
    places = ("" if index is None else str(first[task.pairs[index].match]) for index in response)
    return {f"{prefix}-{number}": [place] for number, place in enumerate(places)}


def _ordered(order: tuple[int, ...], form: Sent, prefix: str) -> tuple[int | None, ...] | None:
    ranks = [_first(form, f"{prefix}-{place}") for place in range(len(order))]
    placed: dict[int, int] = {}
    for step, text in zip(order, ranks, strict=True):
        if not text:
            continue
        rank = _place(text, len(order) + 1)
        if rank == 0:
            raise NotAResponse()
        if rank in placed:
            raise PlaceTakenTwice(place=rank)
        placed[rank] = step
    return tuple(placed.get(rank) for rank in range(1, len(order) + 1)) if placed else None


def _calculation(task: Calculator, form: Sent, prefix: str) -> Calculation | None:
    region = _first(form, prefix + REGION)
    start = prefix + QUESTION
    texts = {name.removeprefix(start): _first(form, name) for name in form if name.startswith(start)}
    given = from_form(model_of(task), texts)
    if given and not region:
        raise PlaceMissing()
    return Calculation(region, tuple(sorted(given.items()))) if region else None


def _calculator_fields(task: Calculator, response: Calculation, prefix: str) -> Typed:
    questions = model_of(task).questions
    typed = {prefix + QUESTION + key: [shown(questions[key], text)] for key, text in response.answers}
    return {prefix + REGION: [response.region], **typed}

"""Responses as they are kept: JSON in the author's indices, read again for the item they belong to.

What ``read_response`` gives back, ``grade`` can mark.
"""

from collections.abc import Mapping
from typing import Any, Final, assert_never

from portal.kernel.errors import N_, InvalidInput
from portal.training.rules.grading import NotAResponse, Response, grade
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
from portal.training.rules.scenarios import Calculation

LONGEST: Final = 500


class ResponseTooLong(InvalidInput):
    message = N_("This answer is too long: at most %(limit)s characters are taken.")


def stored(response: Response) -> dict[str, Any]:
    """A response as JSON can hold it: one key that says what it is."""
    match response:
        case bool():
            return {"is_true": response}
        case str():
            return {"text": response}
        case frozenset():
            return {"options": sorted(response)}
        case tuple():
            return {"places": list(response)}
        case Calculation():
            return {"region": response.region, "answers": dict(response.answers)}
    assert_never(response)


def read_response(item: Item, json: object) -> Response:
    """What was stored for this item.

    Raises NotAResponse when it is none for it, ResponseTooLong, and what ``grade`` raises.
    """
    response = _read(item, json)
    check_response(item, response)
    return response


def check_response(item: Item, response: Response) -> None:
    """Raises ResponseTooLong, and what ``grade`` raises for what it cannot mark."""
    if isinstance(response, str) and len(response) > LONGEST:
        raise ResponseTooLong(limit=LONGEST)
    grade(item, response)


def _read(item: Item, json: object) -> Response:
    match item.task, json:
        case ((Single() | Multiple() | Register()), {"options": [*options]}) if _are_indices(options):
            return frozenset(options)
        case TrueFalse(), {"is_true": bool(is_true)}:
            return is_true
        case ((Numeric() | ShortAnswer()), {"text": str(text)}):
            return text
        case ((Matching() | Ordering()), {"places": [*places]}) if _are_indices(
            p for p in places if p is not None
        ):
            return tuple(places)
        case Calculator(), {"region": str(region), "answers": Mapping() as answers} if _are_texts(answers):
            return Calculation(region, tuple(sorted(answers.items())))
    raise NotAResponse()


def _are_indices(parts: Any) -> bool:
    return all(isinstance(part, int) and not isinstance(part, bool) for part in parts)


def _are_texts(answers: Mapping[Any, Any]) -> bool:
    return all(isinstance(text, str) for pair in answers.items() for text in pair)

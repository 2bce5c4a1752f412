"""xAPI statements as JSON Lines: what learners answered and how they did, for a learning record store.

Parts of a question are named by their place in the author's order, counted from 0. Actors are pseudonyms the
caller gives, never names or addresses. The same attempt gives the same statement ids, so that handing it in
twice stores it once. Source: xAPI 1.0.3 and the ADL vocabulary.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, Final
from uuid import UUID, uuid5

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
    Task,
    TrueFalse,
)

_SPACE: Final = UUID("6f1f0c52-6c9b-5d6b-9a3e-2f7f2b0a8c11")
_VERBS: Final = "http://adlnet.gov/expapi/verbs/"
_ACTIVITIES: Final = "http://adlnet.gov/expapi/activities/"
_TAGS: Final = {"zh": "zh-CN", "en": "en"}
_AND: Final = "[,]"
_TO: Final = "[.]"


@dataclass(frozen=True, slots=True)
class Given:
    """One answered item: the response as xAPI writes it (``a[,]b``, ``true``, a number), and its credit."""

    item: Item
    response: str
    credit: Fraction
    at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """One finished attempt. ``site`` is the portal's address, ``learner`` a pseudonym."""

    id: str
    site: str
    learner: str
    course: str
    version: str
    lang: str
    answers: tuple[Given, ...]
    score: Fraction
    has_passed: bool
    at: datetime


def lines(records: Iterable[Record]) -> Iterator[str]:
    """A statement per answer and one per attempt, each on a line of its own."""
    for record in records:
        for given in record.answers:
            yield _line(_answered(record, given))
        yield _line(_finished(record))


def said(item: Item, stored: object) -> str:
    """A kept response as xAPI writes one; "" for none. Numbers and words stand as they were typed."""
    match item.task, stored:
        case Matching() as task, {"places": [*places]}:
            sources = [task.pairs.index(pair) for pair in task.prompts]
            pairs = zip(sources, places, strict=False)
            return _AND.join(f"{source}{_TO}{target}" for source, target in pairs if target is not None)
        case _, {"places": [*places]}:
            return _AND.join(str(each) for each in places if each is not None)
        case _, {"options": [*options]}:
            return _AND.join(map(str, options))
        case _, {"is_true": bool(is_true)}:
            return str(is_true).lower()
        case _, {"text": str(text)}:
            return text
        case Calculator(), {"region": str(), "answers": dict()}:
            return json.dumps(stored, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return ""


def _line(statement: dict[str, Any]) -> str:
    return json.dumps(statement, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def _statement(record: Record, what: str, verb: str, at: datetime) -> dict[str, Any]:
    return {
        "id": str(uuid5(_SPACE, f"{record.site}/{record.id}/{what}")),
        "actor": {"objectType": "Agent", "account": {"homePage": record.site, "name": record.learner}},
        "verb": {"id": _VERBS + verb, "display": {"en": verb}},
        "timestamp": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "version": "1.0.3",
        "context": {
            "language": _TAGS[record.lang],
            "contextActivities": {"parent": [{"id": _course(record)}]},
        },
    }


def _course(record: Record) -> str:
    return f"{record.site}/courses/{record.course}/{record.version}"


def _answered(record: Record, given: Given) -> dict[str, Any]:
    kind = _kind(given.item.task)
    definition: dict[str, Any] = {
        "type": _ACTIVITIES + "cmi.interaction",
        "interactionType": kind,
        "description": {_TAGS[record.lang]: given.item.stem.in_(record.lang)},
    }
    return _statement(record, given.item.id, "answered", given.at) | {
        "object": {"id": f"{_course(record)}/items/{given.item.id}", "definition": definition},
        "result": {
            "response": given.response,
            "success": given.credit == 1,
            "score": {"scaled": _number(given.credit)},
        },
    }


def _finished(record: Record) -> dict[str, Any]:
    verb = "passed" if record.has_passed else "failed"
    return _statement(record, "attempt", verb, record.at) | {
        "object": {"id": _course(record), "definition": {"type": _ACTIVITIES + "assessment"}},
        "result": {
            "score": {"scaled": _number(record.score)},
            "success": record.has_passed,
            "completion": True,
        },
    }


def _number(value: Fraction) -> Any:
    """JSON has no fractions: six decimals, whole numbers as such."""
    return value.numerator if value.denominator == 1 else round(value.numerator / value.denominator, 6)


def _kind(task: Task) -> str:
    match task:
        case Single() | Multiple() | Register():
            return "choice"
        case TrueFalse():
            return "true-false"
        case Numeric():
            return "numeric"
        case Matching():
            return "matching"
        case Ordering():
            return "sequencing"
        case ShortAnswer():
            return "fill-in"
    return "other"

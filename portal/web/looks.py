"""Pages that show somebody else's data say so: each opening is then recorded, by who keeps such records.

A page about one thing is marked; a list, a search and a file say what was in them. Either only names what is
shown and why; the room of privacy writes it down (who, when, what, why).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from flask import g

from portal.kernel.seen import Seen

View = TypeVar("View", bound=Callable[..., Any])


class Shown(StrEnum):
    """What a page, a list or a file is about."""

    ORDER = "order"
    PERSON = "person"
    ORGANISATION = "organisation"
    REQUEST = "request"
    DOCUMENT = "document"
    FAPIAO = "fapiao"
    GIFT = "gift"
    BATCH = "batch"
    CERTIFICATE = "certificate"
    PLEDGE = "pledge"
    LEARNER = "learner"
    CORRECTION = "correction"


# Why, where it is not the work on one thing: it stood in a list, was found, or was taken along in a file.
LISTS: Final = "lists"
SEARCH: Final = "search"
FILES: Final = "files"


@dataclass(frozen=True, slots=True)
class Mark:
    """``argument`` is the part of the address that names the thing. ``daily``: one line a day is enough."""

    kind: Shown
    argument: str
    why: str
    daily: bool = False


def looks_at(kind: Shown, argument: str, why: str, *, daily: bool = False) -> Callable[[View], View]:
    """Mark a view, above its guard; ``why`` is the work it is opened for, one word of ``Look`` pages.

    @blueprint.get("/desk/orders/<order_id>")
    @looks_at(Shown.ORDER, "order_id", "orders")
    @staff(*READERS)
    """

    def mark(view: View) -> View:
        view.__looks__ = Mark(kind, argument, why, daily)  # type: ignore[attr-defined]
        return view

    return mark


def has_shown(kind: Shown, things: Iterable[str], why: str) -> None:
    """Say what is in the list or file of this request. Of a list one line a day is enough, of a file not."""
    seen = g.setdefault("has_shown", [])
    seen += [Seen(kind, thing, why, daily=why != FILES) for thing in things]


def shown_here() -> list[Seen]:
    """What this request has said that it shows."""
    found: list[Seen] = g.get("has_shown", [])
    return found

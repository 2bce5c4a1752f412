"""Pages of staff that show somebody's data say so: each opening is then recorded, by who keeps such records.

The mark only names what is shown and why; the room of privacy writes it down (who, when, what, why).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])


class Shown(StrEnum):
    """What a page of staff is about."""

    ORDER = "order"
    PERSON = "person"
    ORGANISATION = "organisation"
    DOCUMENT = "document"
    FAPIAO = "fapiao"
    GIFT = "gift"
    CERTIFICATE = "certificate"
    PLEDGE = "pledge"
    LEARNER = "learner"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Mark:
    """``argument`` is the part of the address that names the thing; "" where the page lists many."""

    kind: Shown
    argument: str
    why: str


def looks_at(kind: Shown, argument: str, why: str) -> Callable[[View], View]:
    """Mark a view, above its guard; ``why`` is the work it is opened for, one word of ``Look`` pages.

    @blueprint.get("/desk/orders/<order_id>")
    @looks_at(Shown.ORDER, "order_id", "orders")
    @staff(*READERS)
    """

    def mark(view: View) -> View:
        view.__looks__ = Mark(kind, argument, why)  # type: ignore[attr-defined]
        return view

    return mark

"""The first page of an account: each room shows what it has of a person, how much and the last of it.

This room lies below them and knows none; they register here when they are loaded.
"""

from collections.abc import Callable
from dataclasses import dataclass

from portal.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Tile:
    """What one room has of a person, in the reader's language.

    ``text`` says what the last one is, or what to do while there is none; ``action`` leads there.
    """

    title: str
    endpoint: str
    count: int
    text: str
    action: str = ""
    action_endpoint: str = ""


Ask = Callable[[Actor], Tile]
_asked: list[tuple[int, Ask]] = []


def tile(place: int) -> Callable[[Ask], Ask]:
    """Register a room's tile; small places come first."""

    def register(ask: Ask) -> Ask:
        _asked.append((place, ask))
        return ask

    return register


def tiles_of(actor: Actor) -> list[Tile]:
    """What every room has of the actor."""
    return [ask(actor) for _place, ask in sorted(_asked, key=lambda pair: pair[0])]

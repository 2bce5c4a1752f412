"""Groups and challenges: what many promise together, without telling on anyone.

Figures of a group are sums over whole fives of those who joined, in the order of their seats, and count only
what happened before today. So no figure is of fewer than five, and none changes by what one person did by
joining, leaving or withdrawing: a five with an empty seat is left out whole, and stays out. A ranking names
the upper half only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Final

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.pledges.rules.promise import TextTooLong

FEWEST: Final = 5
NAME_MAX: Final = 80
ABOUT_MAX: Final = 500
LONGEST_DAYS: Final = 366
MOST_GOAL: Final = 1_000_000
CODE_LENGTH: Final = 8


class UnknownGroup(NotFound):
    message = N_("We could not find this group. Check its code, or ask whoever gave it to you.")


class UnknownChallenge(NotFound):
    message = N_("We could not find this challenge.")


class NameMissing(InvalidInput):
    message = N_("Give it a name.")


class PeriodOutOfRange(InvalidInput):
    message = N_("A challenge ends after it begins, not in the past, and lasts at most a year.")


class GoalOutOfRange(InvalidInput):
    message = N_("Set a goal from 1 to %(most)s.")


class GroupIsClosed(Refused):
    message = N_("This group takes no more pledges.")


class AlreadyInGroup(Refused):
    message = N_("This pledge is in the group already.")


class NotInGroup(Refused):
    message = N_("This pledge is not in the group.")


class ChallengeIsOver(Refused):
    message = N_("This challenge is over.")


class AlreadyEntered(Refused):
    message = N_("This group takes part already.")


class GroupKind(StrEnum):
    CLASS = "class"
    VILLAGE = "village"
    COMPANY = "company"
    OTHER = "other"


class Goal(StrEnum):
    """What a challenge counts: actions of plans that are done, or pledges that join."""

    ACTIONS = "actions"
    PLEDGES = "pledges"


@dataclass(frozen=True, slots=True)
class GroupDraft:
    id: str
    kind: GroupKind
    name: str
    about: str = ""
    county: str = ""
    organisation_id: str = ""


@dataclass(frozen=True, slots=True)
class ChallengeDraft:
    id: str
    name: str
    about: str
    first_day: date
    last_day: date
    goal: Goal
    aim: int


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a group, numbered from 1, never given twice; empty once its pledge left or was withdrawn."""

    number: int
    pledge_id: str
    is_taken: bool


@dataclass(frozen=True, slots=True)
class Score:
    """What a group did in a challenge: ``done`` by ``pledges`` that count."""

    group_id: str
    name: str
    pledges: int
    done: int


@dataclass(frozen=True, slots=True)
class Place:
    place: int
    score: Score


@dataclass(frozen=True, slots=True)
class Ranking:
    """Those in front with their places; everybody else by name, without a place or a number."""

    front: tuple[Place, ...]
    others: tuple[str, ...]
    done: int


def check_group(draft: GroupDraft) -> None:
    """Raises NameMissing, TextTooLong."""
    _check_texts(draft.name, draft.about)


def check_challenge(draft: ChallengeDraft, today: date) -> None:
    """Raises NameMissing, TextTooLong, PeriodOutOfRange, GoalOutOfRange."""
    _check_texts(draft.name, draft.about)
    days = (draft.last_day - draft.first_day).days
    if not 0 < days <= LONGEST_DAYS or draft.last_day < today:
        raise PeriodOutOfRange()
    if not 1 <= draft.aim <= MOST_GOAL:
        raise GoalOutOfRange(most=MOST_GOAL)


def counted(seats: Iterable[Seat]) -> list[Seat]:
    """The seats of whole fives: those that figures are made of."""
    in_order = sorted(seats, key=lambda seat: seat.number)
    fives = (list(five) for _, five in groupby(in_order, key=lambda seat: (seat.number - 1) // FEWEST))
    whole = (five for five in fives if len(five) == FEWEST and all(seat.is_taken for seat in five))
    return [seat for five in whole for seat in five]


def ranking(scores: Sequence[Score]) -> Ranking:
    """The upper half of the groups that count, by what each did per pledge; equal scores share a place.

    Groups of fewer than five, and groups that did nothing yet, are only named.
    """
    able = [score for score in scores if score.pledges >= FEWEST]
    active = sorted(
        (score for score in able if score.done), key=lambda s: (-_per_pledge(s), s.name, s.group_id)
    )
    upper = active[: (len(able) + 1) // 2]
    # Who is level with the last of them stands there too.
    front = [score for score in active if _per_pledge(score) >= _per_pledge(upper[-1])] if upper else []
    places = [
        Place(1 + sum(_per_pledge(other) > _per_pledge(score) for other in front), score) for score in front
    ]
    named = {score.group_id for score in front}
    others = sorted(score.name for score in scores if score.group_id not in named)
    return Ranking(tuple(places), tuple(others), sum(score.done for score in able))


def _per_pledge(score: Score) -> int:
    """In thousandths, whole."""
    return score.done * 1000 // score.pledges


def _check_texts(name: str, about: str) -> None:
    if not name:
        raise NameMissing()
    for text, most in ((name, NAME_MAX), (about, ABOUT_MAX)):
        if len(text) > most:
            raise TextTooLong(max=most)

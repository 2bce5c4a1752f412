"""The plan of a pledge: what is to be done, taken from the footprint's own actions or in one's own words."""

from dataclasses import dataclass
from typing import Final

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.kernel.mass import Mass
from portal.pledges.rules.promise import LAST_YEAR, TextTooLong

MOST_ACTIONS: Final = 30
TITLE_MAX: Final = 120


class UnknownAction(NotFound):
    message = N_("We could not find this action of the plan.")


class TitleMissing(InvalidInput):
    message = N_("Say what is to be done.")


class ActionIsPlanned(Refused):
    message = N_("This action is in the plan already.")


class PlanIsFull(Refused):
    message = N_("A plan has at most %(most)s actions.")


class ActionYearOutOfRange(InvalidInput):
    message = N_("Choose a year from %(first)s to %(last)s.")


@dataclass(frozen=True, slots=True)
class Action:
    """``key`` names an action of the calculator, whose words are then its own; else ``title`` says what.

    ``saves`` is what the calculator reckons for a year, by itself; several together may save less.
    """

    id: str
    key: str = ""
    title: str = ""
    saves: Mass | None = None
    year: int | None = None


def check_action(action: Action, planned: int, this_year: int) -> None:
    """Raises TitleMissing, TextTooLong, PlanIsFull, ActionYearOutOfRange."""
    if not action.key and not action.title:
        raise TitleMissing()
    if len(action.title) > TITLE_MAX:
        raise TextTooLong(max=TITLE_MAX)
    if planned >= MOST_ACTIONS:
        raise PlanIsFull(most=MOST_ACTIONS)
    if action.year is not None and not this_year <= action.year <= LAST_YEAR:
        raise ActionYearOutOfRange(first=str(this_year), last=str(LAST_YEAR))

"""From a published plan to a declared statement: where it stands, what is missing, and until when.

The order is that of the trial guide of the Ministry of Ecology and Environment for large events (announcement
19/2019): a plan before the event, cuts first, the actual emissions after it, and credits within a year.
What has happened is asked of those that know it: the inventory of ``footprint`` and the ledger.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, InvalidInput, NotFound, PortalError, Refused
from portal.kernel.mass import ZERO, Mass

NAME_MAX: Final = 120
VENUE_MAX: Final = 120
ORGANISER_MAX: Final = 120
NOTES_MAX: Final = 1_000
EXCLUSIONS_MAX: Final = 500  # it stands on the paper
BOUNDARY_MAX: Final = 600  # so does this
ACTION_MAX: Final = 200
MOST_ACTIONS: Final = 50
MOST_EVIDENCE: Final = 200
SOON_DAYS: Final = 60
SHELF: Final = "statements"  # folder of evidence and evaluations


class UnknownStatement(NotFound):
    message = N_("We could not find this event statement.")


class UnknownAction(NotFound):
    message = N_("We could not find this action.")


class NameMissing(InvalidInput):
    message = N_("Give the event a name in at least one language.")


class OrganiserMissing(InvalidInput):
    message = N_("Say who organises the event: it stands on the statement.")


class ActionMissing(InvalidInput):
    message = N_("Name at least one thing that will be done to emit less: cutting comes before balancing.")


class TooLong(InvalidInput):
    message = N_("Please use at most %(max)s characters.")


class TooManyActions(Refused):
    message = N_("A plan has at most %(most)s actions.")


class TooMuchEvidence(Refused):
    message = N_("A statement has at most %(most)s files of evidence.")


class PlanTooLate(Refused):
    message = N_(
        "The event has begun, and a plan comes before it. What is retired for the event still has its "
        "certificates."
    )


class AlreadyPlanned(Refused):
    message = N_("This event has its plan already.")


class PlanIsFixed(Refused):
    message = N_("The event is over, so its plan stays as it was published.")


class NotOpen(Refused):
    message = N_("This statement is closed: nothing is added to it any more.")


class DayNotYet(InvalidInput):
    message = N_("This day is still to come. Evidence is of something that was done.")


class NotHeldYet(Refused):
    message = N_("The event is not over yet.")


class NotFrozenYet(Refused):
    message = N_("The actual inventory is not frozen yet.")


class DaysDiffer(Refused):
    message = N_(
        "The days of the frozen inventory are not those of the plan, so they are not of the same event."
    )


class NothingEmitted(Refused):
    message = N_("The inventory is zero, so there is nothing to balance.")


class NothingCut(Refused):
    message = N_("No action has evidence yet. At least one must have been carried out.")


class NotBalanced(Refused):
    message = N_("%(missing)s are still to be retired for this event.")


class TooLate(Refused):
    message = N_("The year after the event is over, so nothing can be declared any more.")


class NotDeclared(Refused):
    message = N_("This statement is not declared.")


class EvaluationMissing(InvalidInput):
    message = N_(
        "Hand in what the evaluator has signed, or leave the evaluator empty: then it is self-declared."
    )


class EvaluatorMissing(InvalidInput):
    message = N_("Name who has evaluated it: the file alone does not say so.")


class NothingChanged(Refused):
    message = N_("Nothing has changed since the last version.")


class ReasonMissing(InvalidInput):
    message = N_("Say why a new version is needed: it stands beside the old one.")


class NotConfirmed(InvalidInput):
    message = N_("Confirm that this is final.")


class State(StrEnum):
    """What was done with a statement; how far it is on its way is a ``Stage``."""

    PUBLISHED = "published"
    DECLARED = "declared"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


MOVES: Final = frozenset({
    (State.PUBLISHED, State.DECLARED), (State.PUBLISHED, State.LAPSED), (State.PUBLISHED, State.WITHDRAWN),
    # A declared one whose credits were taken back and not made good within the year lapses as well.
    (State.DECLARED, State.LAPSED), (State.DECLARED, State.WITHDRAWN),
})  # fmt: skip
OPEN: Final = (State.PUBLISHED, State.DECLARED)


class Stage(StrEnum):
    """The next step that is still to be done, in their order; or how it ended."""

    PLANNED = "planned"  # to be held
    HELD = "held"  # the actual inventory is to be frozen
    FROZEN = "frozen"  # credits are to be retired
    BALANCED = "balanced"  # to be declared
    DECLARED = "declared"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Plan:
    """What an organiser says of an event. Names and venue in one language at least; words are checked."""

    name: Bilingual
    venue: Bilingual
    organiser: str
    notes: Bilingual

    def check(self) -> None:
        """Raises NameMissing, OrganiserMissing, TooLong."""
        if not (self.name.zh or self.name.en):
            raise NameMissing()
        if not self.organiser:
            raise OrganiserMissing()
        limits = ((self.name, NAME_MAX), (self.venue, VENUE_MAX), (self.notes, NOTES_MAX))
        for text, most in limits:
            if max(len(text.zh), len(text.en)) > most:
                raise TooLong(max=most)
        if len(self.organiser) > ORGANISER_MAX:
            raise TooLong(max=ORGANISER_MAX)

    @property
    def typed(self) -> dict[str, str]:
        """Every text that somebody typed, by the name of its field."""
        return {
            "name_zh": self.name.zh, "name_en": self.name.en, "venue_zh": self.venue.zh,
            "venue_en": self.venue.en, "organiser": self.organiser, "notes_zh": self.notes.zh,
            "notes_en": self.notes.en,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said beside the figures when a statement is declared.

    ``evaluator`` is empty for a self-declared one; else ``evaluation_sha256`` is of the file it has signed.
    """

    exclusions: Bilingual
    evaluator: str = ""
    evaluation_sha256: str = ""
    evaluation_type: str = ""

    def check(self) -> None:
        """Raises TooLong, EvaluationMissing, EvaluatorMissing."""
        if max(len(self.exclusions.zh), len(self.exclusions.en)) > EXCLUSIONS_MAX:
            raise TooLong(max=EXCLUSIONS_MAX)
        if len(self.evaluator) > ORGANISER_MAX:
            raise TooLong(max=ORGANISER_MAX)
        if self.evaluator and not self.evaluation_sha256:
            raise EvaluationMissing()
        if self.evaluation_sha256 and not self.evaluator:
            raise EvaluatorMissing()

    @property
    def typed(self) -> dict[str, str]:
        return {
            "exclusions_zh": self.exclusions.zh, "exclusions_en": self.exclusions.en,
            "evaluator": self.evaluator,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """All that decides what may be done next, as the rooms that know it have it now.

    ``gross`` is None until the inventory is frozen; ``frozen_days`` are the days it was made for.
    """

    state: State
    first_day: date
    last_day: date
    gross: Mass | None
    frozen_days: tuple[date, date] | None
    executed: int
    retired: Mass

    @property
    def missing(self) -> Mass:
        """What is still to be retired; nothing while nobody knows how much was emitted."""
        return max((self.gross or ZERO) - self.retired, ZERO)

    @property
    def is_balanced(self) -> bool:
        return self.gross is not None and self.retired >= self.gross > ZERO

    @property
    def deadline(self) -> date:
        return deadline(self.last_day)

    def stage(self, today: date) -> Stage:
        if self.state is not State.PUBLISHED:
            return Stage(self.state.value)
        if today <= self.last_day:
            return Stage.PLANNED
        if self.gross is None:
            return Stage.HELD
        return Stage.BALANCED if self.is_balanced else Stage.FROZEN


def deadline(last_day: date) -> date:
    """The last day on which the event may be declared: one year after its end, of 29 February the 28th."""
    try:
        return last_day.replace(year=last_day.year + 1)
    except ValueError:
        return date(last_day.year + 1, 2, 28)


def check_plan_in_time(first_day: date, today: date) -> None:
    """A plan is published on the first day at the latest. Raises PlanTooLate."""
    if today > first_day:
        raise PlanTooLate()


def obstacles(standing: Standing, today: date) -> list[PortalError]:
    """All that stands between this statement and its declaration, in the order in which it is to be done."""
    if today > standing.deadline:
        return [TooLate()]
    found: list[PortalError] = []
    if today <= standing.last_day:
        found.append(NotHeldYet())
    if not standing.executed:
        found.append(NothingCut())
    if standing.gross is None:
        return [*found, NotFrozenYet()]
    if standing.frozen_days != (standing.first_day, standing.last_day):
        found.append(DaysDiffer())
    if not standing.gross:
        return [*found, NothingEmitted()]
    if not standing.is_balanced:
        found.append(NotBalanced(missing=standing.missing))
    return found


def check_declarable(standing: Standing, today: date) -> None:
    """Raises NotOpen, or the first obstacle."""
    if standing.state not in OPEN:
        raise NotOpen()
    for obstacle in obstacles(standing, today):
        raise obstacle


def is_due(state: State, last_day: date, today: date) -> bool:
    """Whether the year is over and the statement was never declared."""
    return state is State.PUBLISHED and today > deadline(last_day)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that shows that an action was carried out; ``media_type`` and digest as the file has them."""

    id: str
    done_on: date
    sha256: str
    media_type: str
    is_public: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is done to emit less."""

    id: str
    number: int
    text: Bilingual
    planned_at: datetime
    evidence: tuple[Evidence, ...]

    @property
    def is_executed(self) -> bool:
        return bool(self.evidence)


def check_action(text: Bilingual) -> None:
    """Raises ActionMissing, TooLong."""
    if not (text.zh or text.en):
        raise ActionMissing()
    if max(len(text.zh), len(text.en)) > ACTION_MAX:
        raise TooLong(max=ACTION_MAX)


def whole(text: Bilingual) -> Bilingual:
    """A text in both places, for a paper in both languages: who wrote one side is quoted with it in both."""
    return Bilingual(text.zh or text.en, text.en or text.zh)

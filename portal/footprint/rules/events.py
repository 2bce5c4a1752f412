"""An event's file: what was expected, what came of it, and the moment after which nothing changes."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from portal.footprint.rules.stored import Footprint
from portal.kernel.errors import N_, InvalidInput, NotFound, Refused

MODEL: Final = "event-cn"
TITLE_MAX: Final = 120
EXCLUSIONS_MAX: Final = 1_000
LONGEST_DAYS: Final = 366
_CODE: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is mistaken for something else on a poster
CODE_LENGTH: Final = 10


class UnknownEvent(NotFound):
    message = N_("We could not find this event.")


class NoTitle(InvalidInput):
    message = N_("Give the event a name of at most %(max)s characters.")


class BadDays(InvalidInput):
    message = N_("The last day must not be before the first, and at most %(most)s days after it.")


class PlaceIsFixed(Refused):
    message = N_("The place decides the factors and cannot change after the first version.")


class AlreadyFrozen(Refused):
    message = N_("The actual inventory is frozen; nothing in it changes any more.")


class NothingToFreeze(Refused):
    message = N_("There is no actual inventory yet.")


class ActualsChanged(Refused):
    message = N_("The actual inventory has changed since you looked at it. Look again before you freeze it.")


class FreezeNotConfirmed(InvalidInput):
    message = N_("Confirm that this is final.")


class NothingToTake(Refused):
    message = N_("Choose what to take over.")


class NothingToStartFrom(Refused):
    message = N_("Make an estimate first: it answers what neither attendees nor meters say.")


class ReportsClosed(Refused):
    message = N_("This survey is closed.")


class Stage(StrEnum):
    ESTIMATE = "estimate"
    ACTUAL = "actual"


class Origin(StrEnum):
    """Where a version's answers come from."""

    FORM = "form"
    MERGED = "merged"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class EventDraft:
    """What an organiser says of an event. ``organisation_id`` None: it belongs to the person alone."""

    title: str
    region: str
    first_day: date
    last_day: date
    organisation_id: str | None = None

    def check(self) -> None:
        """Raises NoTitle, BadDays."""
        if not self.title or len(self.title) > TITLE_MAX:
            raise NoTitle(max=TITLE_MAX)
        check_days(self.first_day, self.last_day)


def check_days(first: date, last: date) -> None:
    if not 0 <= (last - first).days <= LONGEST_DAYS:
        raise BadDays(most=LONGEST_DAYS)


@dataclass(frozen=True, slots=True)
class Event:
    """``model_id`` and ``version`` hold for all its inventories, so that they can be compared."""

    id: str
    owner_id: str
    organisation_id: str | None
    title: str
    region: str
    first_day: date
    last_day: date
    model_id: str
    version: str
    code: str
    report_from: date | None
    report_to: date | None
    created_at: datetime

    def takes_reports(self, today: date) -> bool:
        """Whether attendees may answer on this day."""
        return (
            self.report_from is not None
            and self.report_to is not None
            and self.report_from <= today <= self.report_to
        )


@dataclass(frozen=True, slots=True)
class Version:
    """One stored inventory of an event; the newest of a stage counts."""

    stage: Stage
    number: int
    footprint: Footprint
    origin: Origin
    facts: Mapping[str, Any]
    at: datetime

    @property
    def is_frozen(self) -> bool:
        return self.origin is Origin.FROZEN


@dataclass(frozen=True, slots=True)
class File:
    """An event with all its versions, oldest first."""

    event: Event
    estimates: tuple[Version, ...]
    actuals: tuple[Version, ...]

    @property
    def estimate(self) -> Version | None:
        return self.estimates[-1] if self.estimates else None

    @property
    def actual(self) -> Version | None:
        return self.actuals[-1] if self.actuals else None

    @property
    def is_frozen(self) -> bool:
        return self.actual is not None and self.actual.is_frozen

    @property
    def newest(self) -> Version | None:
        """What the next answers start from."""
        return self.actual or self.estimate

    def of(self, stage: Stage) -> tuple[Version, ...]:
        return self.estimates if stage is Stage.ESTIMATE else self.actuals


def new_code() -> str:
    """A code that nobody guesses, for the link on the poster."""
    return "".join(secrets.choice(_CODE) for _ in range(CODE_LENGTH))

"""Cohorts: what a class is, who runs it, and what can be wrong with one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from portal.kernel.bilingual import Bilingual
from portal.kernel.clock import CITY, day_of
from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.training.rules.zones import zone_of

NAME_MAX: Final = 80
PLACE_MAX: Final = 120
REASON_MAX: Final = 300
MOST_DAYS: Final = 400
MOST_SESSIONS: Final = 60
MOST_LEARNERS: Final = 1_000


class UnknownCohort(NotFound):
    message = N_("We could not find this class, or you are not one of its trainers.")


class CohortClosed(Refused):
    message = N_("This class is closed. Nothing in it changes any more.")


class EndsBeforeItBegins(InvalidInput):
    message = N_("The last day comes before the first.")


class LastsTooLong(InvalidInput):
    message = N_("A class lasts at most %(days)s days.")


class CohortIsFull(Refused):
    message = N_("A class has at most %(most)s learners.")


class NameMissing(InvalidInput):
    message = N_("Give the class a name of at most %(max)s characters.")


class NoSuchTrainer(InvalidInput):
    message = N_("No trainer has signed up with this address.")


class LastTrainer(Refused):
    message = N_("A class keeps at least one trainer.")


class Standing(StrEnum):
    """As what somebody is enrolled; only a learner is counted in statistics."""

    LEARNER = "learner"
    TESTER = "tester"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class CohortDraft:
    """What a trainer says of a class; ``sessions_required`` of its sessions must be attended, ``lang`` is the
    language that it is held in, zh or en, ``time_zone`` the IANA name of the clock that it goes by."""

    name: str
    place: str
    first_day: date
    last_day: date
    sessions_required: int = 0
    organisation_id: str = ""
    lang: str = "zh"
    time_zone: str = CITY.key

    def checked(self) -> "CohortDraft":
        """Itself. Raises NameMissing, EndsBeforeItBegins, LastsTooLong, UnknownZone."""
        zone_of(self.time_zone)
        if not self.name or len(self.name) > NAME_MAX:
            raise NameMissing(max=NAME_MAX)
        if self.last_day < self.first_day:
            raise EndsBeforeItBegins()
        if (self.last_day - self.first_day).days > MOST_DAYS:
            raise LastsTooLong(days=MOST_DAYS)
        return self


@dataclass(frozen=True, slots=True)
class TrainerView:
    person_id: str
    name: str


@dataclass(frozen=True, slots=True)
class CohortView:
    """A class as its trainers see it. The first trainer is named on certificates."""

    id: str
    version_id: str
    course: Bilingual
    course_version: str
    name: str
    place: str
    first_day: date
    last_day: date
    join_code: str
    is_open: bool
    sessions_required: int
    closed_at: datetime | None
    trainers: tuple[TrainerView, ...]
    learners: int
    lang: str = "zh"
    zone: ZoneInfo = CITY

    @property
    def time_zone(self) -> str:
        """Its IANA name."""
        return self.zone.key

    @property
    def trainer_ids(self) -> frozenset[str]:
        return frozenset(trainer.person_id for trainer in self.trainers)


class Phase(StrEnum):
    """Where a class stands in its time."""

    COMING = "coming"
    RUNNING = "running"
    OVER = "over"


def phase_of(cohort: CohortView, now: datetime) -> Phase:
    """By the calendar where the class is."""
    today = day_of(now, cohort.zone)
    if cohort.closed_at or cohort.last_day < today:
        return Phase.OVER
    return Phase.COMING if today < cohort.first_day else Phase.RUNNING


def by_phase(cohorts: Sequence[CohortView], now: datetime) -> dict[Phase, list[CohortView]]:
    """Classes by where they stand, each list by its first day."""
    found: dict[Phase, list[CohortView]] = {phase: [] for phase in (Phase.RUNNING, Phase.COMING, Phase.OVER)}
    for cohort in sorted(cohorts, key=lambda each: (each.first_day, each.id)):
        found[phase_of(cohort, now)].append(cohort)
    return found

"""What became of it: a class is asked six and twelve months later, only who agreed, and answers have no name.

Figures are given once the questions of a stage are closed and five have answered. Before that, two looks on
two days would tell what somebody said in between.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final

from portal.kernel.errors import N_, InvalidInput, NotFound, Refused
from portal.kernel.mass import Mass
from portal.training.rules.feedback import SHOWN_FROM

STAGES: Final = (6, 12)  # months after the last day of the class
OPEN_FOR: Final = timedelta(days=42)
WORDS: Final = "2026-11"  # the version of the words that somebody agrees to; purposes.toml has them
LARGEST: Final = Mass.t("200")  # a year of one person; above it somebody has mistaken the unit


class Kept(StrEnum):
    """What became of what somebody promised at the end of the course."""

    KEPT = "kept"
    PARTLY = "partly"
    NOT_KEPT = "not_kept"
    NONE = "none"


class NotAsked(NotFound):
    message = N_("Nothing is asked here, or no longer. Open the questions from the page of your course.")


class AnsweredBefore(Refused):
    message = N_("You have answered already. Answers carry no name, so they cannot be changed.")


class NotInAClass(Refused):
    message = N_("Only who takes the course in a class is asked later.")


class FootprintTooLarge(InvalidInput):
    message = N_("That is more than %(most)s t a year for one person. Is it in kilograms?")


@dataclass(frozen=True, slots=True)
class Told:
    """One answer: the pledge, and the footprint of a year, per person, at the time of the class and now."""

    pledge: Kept
    before: Mass | None = None
    now: Mass | None = None

    def checked(self) -> "Told":
        """Itself. Raises FootprintTooLarge."""
        for mass in (self.before, self.now):
            if mass is not None:
                check_footprint(mass)
        return self


def check_footprint(mass: Mass) -> None:
    """Whether one person can emit this in a year. Raises FootprintTooLarge."""
    if mass > LARGEST:
        raise FootprintTooLarge(most=LARGEST.grams // 1_000_000)


@dataclass(frozen=True, slots=True)
class Stage:
    """The questions of a class after so many months, from ``opens`` to before ``closes``."""

    months: int
    opens: date
    closes: date

    @property
    def last_day(self) -> date:
        return self.closes - timedelta(days=1)

    def is_open(self, today: date) -> bool:
        return self.opens <= today < self.closes


@dataclass(frozen=True, slots=True)
class Sums:
    """What a class has told. Masses are means of a year, of the ``pairs`` who gave both; None below five.

    Means, because the middle one of a few numbers is somebody's own.
    """

    n: int
    pledges: Mapping[Kept, int]
    pairs: int
    before: Mass | None
    now: Mass | None

    @property
    def promised(self) -> int:
        return self.n - self.pledges[Kept.NONE]

    @property
    def kept_share(self) -> Fraction | None:
        """Of those who promised something, who kept it wholly; None below five."""
        return Fraction(self.pledges[Kept.KEPT], self.promised) if self.promised >= SHOWN_FROM else None

    @property
    def change_percent(self) -> int | None:
        """How far below the mean of then, in whole per cent; negative when above. Towards the worse."""
        if self.before is None or self.now is None or not self.before.grams:
            return None
        return (self.before.grams - self.now.grams) * 100 // self.before.grams


def stages_of(last_day: date) -> tuple[Stage, ...]:
    """When a class that ended on this day is asked."""
    days = ((months, months_after(last_day, months)) for months in STAGES)
    return tuple(Stage(months, day, day + OPEN_FOR) for months, day in days)


def stage_of(last_day: date, months: int) -> Stage:
    """Raises NotAsked."""
    for stage in stages_of(last_day):
        if stage.months == months:
            return stage
    raise NotAsked()


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def sums(told: Sequence[Told]) -> Sums | None:
    """What these answers say together; None below five, which would tell who said what."""
    if len(told) < SHOWN_FROM:
        return None
    counted = Counter(each.pledge for each in told)
    both = [(each.before, each.now) for each in told if each.before is not None and each.now is not None]
    is_shown = len(both) >= SHOWN_FROM
    return Sums(
        n=len(told),
        pledges={kind: counted[kind] for kind in Kept},
        pairs=len(both),
        before=_mean([before for before, _ in both]) if is_shown else None,
        now=_mean([now for _, now in both]) if is_shown else None,
    )


def _mean(masses: Sequence[Mass]) -> Mass:
    """In whole grams, rounded up: an emission is never made smaller."""
    return Mass(-(-sum(mass.grams for mass in masses) // len(masses)))

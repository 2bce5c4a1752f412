"""Attempts at a quiz: the rule frozen into each, when the next may begin, and whether one has passed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Self

from portal.kernel.errors import N_, NotFound, Refused
from portal.training.rules.packs.course import Course
from portal.training.rules.quizzes import FINAL

# What stands for an answer that was taken back: its edition counts, its content is nothing.
UNANSWERED: Final[dict[str, Any]] = {}


class UnknownAttempt(NotFound):
    message = N_("We could not find this attempt.")


class NotAsked(NotFound):
    message = N_("This question is not part of this attempt.")


class AlreadyPassed(Refused):
    message = N_("You have passed this quiz. You can practise as often as you like.")


class NextAttemptLater(Refused):
    message = N_("The next attempt can begin %(at)s.")


class AttemptClosed(Refused):
    message = N_("This attempt is handed in: its answers no longer change.")


@dataclass(frozen=True, slots=True)
class Policy:
    """What a quiz asks: percent of the marks, attempts in a row, hours to wait after them.

    Practice has no policy but the share of marks it calls good: any number of attempts, no waiting.
    """

    pass_percent: Decimal
    attempts: int
    wait_hours: int

    @classmethod
    def of(cls, course: Course, quiz: str) -> Self:
        if quiz == FINAL:
            return cls(course.pass_percent, course.attempts, course.wait_hours)
        return cls(course.pass_percent, 0, 0)

    @classmethod
    def read(cls, frozen: Mapping[str, Any]) -> Self:
        """From an attempt's row; what is not said is the default of courses."""
        return cls(
            Decimal(str(frozen.get("pass_percent", "80"))),
            int(frozen.get("attempts", 2)),
            int(frozen.get("wait_hours", 24)),
        )

    @property
    def frozen(self) -> dict[str, Any]:
        return {
            "pass_percent": f"{self.pass_percent:f}",
            "attempts": self.attempts,
            "wait_hours": self.wait_hours,
        }

    def passes(self, earned: Fraction, possible: int) -> bool:
        """Exactly: nobody fails by rounding. An empty quiz cannot be passed."""
        return possible > 0 and earned * 100 >= Fraction(self.pass_percent) * possible

    def next_at(self, submitted: Sequence[datetime]) -> datetime | None:
        """When another attempt may begin, given when those so far were handed in; None is at once.

        After every ``attempts`` of them there are ``wait_hours`` to wait, counted from the last.
        """
        if not self.attempts or not submitted or len(submitted) % self.attempts:
            return None
        return max(submitted) + timedelta(hours=self.wait_hours)

    def left(self, submitted: int) -> int | None:
        """Attempts before the next wait, or None where there is no limit."""
        return self.attempts - submitted % self.attempts if self.attempts else None


def share(earned: Fraction, possible: int) -> Fraction:
    """Of the marks that were possible; of none, nothing."""
    return earned / possible if possible else Fraction(0)

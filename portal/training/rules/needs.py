"""Which learners need their trainer, and why: from what they did in the course, and from nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from portal.kernel.bilingual import Bilingual
from portal.kernel.clock import CITY, day_of
from portal.kernel.errors import N_, PortalError

IDLE_DAYS: Final = 8
SAME_ITEM: Final = 3
MISSED: Final = 2
ENDS_WITHIN: Final = timedelta(days=7)


class Urgency(StrEnum):
    """How soon somebody should be spoken to."""

    NOW = "now"
    SOON = "soon"


class NeverHere(PortalError):
    message = N_("Has never opened the course.")


class IdleFor(PortalError):
    message = N_("Has done nothing for %(days)s days.")


class FailsOneItem(PortalError):
    message = N_("Has failed %(times)s times at the same question: “%(item)s”.")


class QuizFailed(PortalError):
    message = N_("Has not passed the final quiz in %(attempts)s attempts.")


class MissedSessions(PortalError):
    message = N_("Missed the last %(count)s sessions.")


class RuleNotMet(PortalError):
    message = N_("The class ends on %(day)s, and %(met)s of %(all)s requirements are met.")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a learner: ``fails`` by the stem of the item; ``met`` of ``needed`` requirements.

    ``missed`` counts the sessions up to now that were missed one after the other, the last one among them.
    """

    has_been_here: bool
    seen_at: datetime
    fails: Mapping[Bilingual, int]
    failed_attempts: int
    has_passed: bool
    missed: int
    met: int
    needed: int

    @property
    def is_complete(self) -> bool:
        return self.met == self.needed


@dataclass(frozen=True, slots=True)
class Need:
    urgency: Urgency
    why: PortalError


def needs(
    learner: Standing, first_day: date, last_day: date, now: datetime, zone: ZoneInfo = CITY
) -> tuple[Need, ...]:
    """Why this learner needs a word, what is urgent first; nothing for who is through or before it begins.
    Days are those of ``zone``."""
    today = day_of(now, zone)
    if learner.is_complete or today < first_day:
        return ()
    found = [*_stuck(learner), *_away(learner, first_day, today, now)]
    if today <= last_day and last_day - today <= ENDS_WITHIN:
        reason = RuleNotMet(day=last_day, met=learner.met, all=learner.needed)
        found.append(Need(Urgency.NOW, reason))
    return tuple(sorted(found, key=lambda need: list(Urgency).index(need.urgency)))


def _stuck(learner: Standing) -> list[Need]:
    found = [
        Need(Urgency.NOW, FailsOneItem(times=times, item=item))
        for item, times in learner.fails.items()
        if times >= SAME_ITEM
    ]
    if learner.failed_attempts >= 2 and not learner.has_passed:
        found.append(Need(Urgency.NOW, QuizFailed(attempts=learner.failed_attempts)))
    return found


def _away(learner: Standing, first_day: date, today: date, now: datetime) -> list[Need]:
    found = []
    if not learner.has_been_here:
        if (today - first_day).days >= 2:
            found.append(Need(Urgency.SOON, NeverHere()))
    elif (days := (now - learner.seen_at).days) >= IDLE_DAYS:
        found.append(Need(Urgency.SOON, IdleFor(days=days)))
    if learner.missed >= MISSED:
        found.append(Need(Urgency.SOON, MissedSessions(count=learner.missed)))
    return found

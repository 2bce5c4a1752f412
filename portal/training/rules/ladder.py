"""The trainer's ladder: facilitator, trainer, lead trainer; each step has a reason and stays on record."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from portal.kernel.errors import N_, InvalidInput, Refused


class Level(StrEnum):
    FACILITATOR = "facilitator"
    TRAINER = "trainer"
    LEAD = "lead"


ORDER: Final = tuple(Level)


class NotTheNextStep(Refused):
    message = N_("Trainers go up one step at a time.")


class StepNeedsReason(InvalidInput):
    message = N_("Say what the step rests on, in at most %(max)s characters.")


class NotYourself(Refused):
    message = N_("Nobody takes a step on this ladder by themselves.")


@dataclass(frozen=True, slots=True)
class Step:
    level: Level
    since: datetime
    reason: str
    granted_by: str


@dataclass(frozen=True, slots=True)
class Record:
    """What a trainer has done: classes run to their end, learners who completed, sessions held."""

    classes: int
    completed: int
    sessions: int


def may_follow(step: Level, before: Level | None) -> bool:
    """One step up at a time; any number down."""
    at = -1 if before is None else ORDER.index(before)
    return ORDER.index(step) <= at + 1 and step is not before

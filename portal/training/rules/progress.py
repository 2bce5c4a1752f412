"""Progress: what a course asks, what of it is met, and why the rest is not.

The rule of every course: each lesson is done as its pack says (read, its questions answered, or both), the
final quiz is passed, and as many meetings are attended as the class asks. A question of a lesson is answered
once it earned full marks, in whichever attempt. A trainer's word on one of them counts more than the count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import N_, PortalError
from portal.training.rules.attempts import Policy, share
from portal.training.rules.quizzes import FINAL, FINAL_TITLE, LESSON

FINAL_QUIZ: Final = f"quiz:{FINAL}"
SESSIONS: Final = "sessions"


class NotOpened(PortalError):
    message = N_("Not opened yet.")


class NotFinished(PortalError):
    message = N_("Opened; not marked as read yet.")


class PledgeMissing(PortalError):
    message = N_("A pledge is still to be made: it completes this lesson.")


class QuestionsMissing(PortalError):
    message = N_("%(done)s of its %(needed)s questions answered rightly so far.")


class NotTaken(PortalError):
    message = N_("Not taken yet. %(needed)s %% of the marks are needed.")


class AttemptOpen(PortalError):
    message = N_("An attempt is begun and not handed in yet. %(needed)s %% of the marks are needed.")


class MarksMissing(PortalError):
    message = N_("Best result %(best)s %%, needed are %(needed)s %%. You can try again now.")


class MarksMissingWait(PortalError):
    message = N_("Best result %(best)s %%, needed are %(needed)s %%. The next attempt can begin %(at)s.")


class MeetingsMissing(PortalError):
    message = N_("%(done)s of %(needed)s meetings attended.")


class SetBack(PortalError):
    message = N_("Your trainer has decided that this is still open.")


@dataclass(frozen=True, slots=True)
class Word:
    """A trainer's word on one requirement. The learner sees it."""

    requirement: str
    is_met: bool
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Requirement:
    """One thing that the course asks; learners who stand alike share one.

    ``key`` is ``lesson:<id>``, ``quiz:final`` or ``sessions``.
    ``done`` of ``needed`` are counts (of a lesson: reading it, and each question that it asks for), of a quiz
    percent of the marks, exactly. ``why`` says what is missing and is None when nothing is; ``override`` is
    the trainer's word that decided it, if one did.
    """

    key: str
    title: Bilingual
    is_met: bool
    done: Fraction
    needed: Fraction
    why: PortalError | None = None
    override: Word | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    requirements: tuple[Requirement, ...]

    @property
    def is_complete(self) -> bool:
        return all(each.is_met for each in self.requirements)

    @property
    def lessons(self) -> tuple[Requirement, ...]:
        return tuple(each for each in self.requirements if each.key.startswith(LESSON))

    @property
    def final(self) -> Requirement:
        return next(each for each in self.requirements if each.key == FINAL_QUIZ)

    @property
    def read(self) -> int:
        """How many lessons count as read."""
        return sum(each.is_met for each in self.lessons)

    @property
    def met(self) -> int:
        return sum(each.is_met for each in self.requirements)

    @property
    def missing(self) -> tuple[Requirement, ...]:
        return tuple(each for each in self.requirements if not each.is_met)


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt at the final quiz; ``earned`` and ``submitted_at`` are None while it is open."""

    policy: Policy
    possible: int
    earned: Fraction | None
    passed: bool
    submitted_at: datetime | None


@dataclass(frozen=True, slots=True)
class LessonRule:
    """What one lesson asks: to be read, each of ``questions`` (item ids) answered rightly, or both.

    One that ``asks_pledge`` is read once a pledge was made.
    """

    id: str
    title: Bilingual
    asks_reading: bool = True
    questions: frozenset[str] = frozenset()
    asks_pledge: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """What the course and the class ask: lessons in their order, the quiz, meetings."""

    lessons: tuple[LessonRule, ...]
    quiz: Policy
    sessions: int = 0


@dataclass(slots=True)
class Done:
    """What one learner has done so far. ``read`` maps a lesson that was opened to whether it is finished,
    ``right`` are the items that earned full marks once."""

    read: dict[str, bool] = field(default_factory=dict)
    right: set[str] = field(default_factory=set)
    tried: list[Tried] = field(default_factory=list)
    attended: int = 0
    words: dict[str, Word] = field(default_factory=dict)


SESSIONS_TITLE: Final = Bilingual("到课", "Meetings attended")


class Reckoning:
    """How far learners are against one rule; what many of them have in common is worked out once."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._lessons: dict[tuple[str, bool | None, int], Requirement] = {}
        self._meetings: dict[int, Requirement] = {}

    def of(self, done: Done) -> Progress:
        """Lessons in their order, then the quiz, then meetings where the class asks for any."""
        found = [self._lesson(lesson, done) for lesson in self._rule.lessons]
        found.append(_quiz(self._rule.quiz, done.tried))
        if self._rule.sessions:
            found.append(self._sessions(done.attended))
        if done.words:
            found = [_decided(each, done.words) for each in found]
        return Progress(tuple(found))

    def _lesson(self, lesson: LessonRule, done: Done) -> Requirement:
        right = len(lesson.questions & done.right) if lesson.questions else 0
        key = (lesson.id, done.read.get(lesson.id), right)
        if key not in self._lessons:
            self._lessons[key] = _lesson(lesson, key[1], right)
        return self._lessons[key]

    def _sessions(self, attended: int) -> Requirement:
        if attended not in self._meetings:
            self._meetings[attended] = _sessions(self._rule.sessions, attended)
        return self._meetings[attended]


def progress(rule: Rule, done: Done) -> Progress:
    """How far one learner is."""
    return Reckoning(rule).of(done)


def percent(part: Fraction) -> Decimal:
    """Percent to one place, rounded down: 79.96 % is never shown as the 80 % that are needed."""
    return Decimal(int(part * 10)) / 10


def _lesson(lesson: LessonRule, read: bool | None, right: int) -> Requirement:
    """``read`` is None for a lesson that was never opened."""
    why: PortalError | None = None
    if lesson.asks_reading and not read:
        why = NotOpened() if read is None else PledgeMissing() if lesson.asks_pledge else NotFinished()
    elif right < len(lesson.questions):
        why = QuestionsMissing(done=right, needed=len(lesson.questions))
    reached = Fraction(right + (lesson.asks_reading and bool(read)))
    needed = Fraction(len(lesson.questions) + lesson.asks_reading)
    return Requirement(f"{LESSON}{lesson.id}", lesson.title, why is None, reached, needed, why)


def _quiz(policy: Policy, tried: list[Tried]) -> Requirement:
    handed_in = [each for each in tried if each.earned is not None]
    shares = [share(each.earned or Fraction(0), each.possible) for each in handed_in]
    best = max(shares) * 100 if shares else None
    needed = Fraction(policy.pass_percent)
    passed = any(each.passed for each in handed_in)
    why = None if passed else _why_not_passed(policy, tried, best)
    return Requirement(FINAL_QUIZ, FINAL_TITLE, passed, best or Fraction(0), needed, why)


def _why_not_passed(policy: Policy, tried: list[Tried], best: Fraction | None) -> PortalError:
    needed = percent(Fraction(policy.pass_percent))
    if any(each.submitted_at is None for each in tried):
        return AttemptOpen(needed=needed)
    if best is None:
        return NotTaken(needed=needed)
    at = tried[-1].policy.next_at([each.submitted_at for each in tried if each.submitted_at])
    if at is None:
        return MarksMissing(best=percent(best), needed=needed)
    return MarksMissingWait(best=percent(best), needed=needed, at=at)


def _sessions(needed: int, attended: int) -> Requirement:
    is_met = attended >= needed
    why = None if is_met else MeetingsMissing(done=attended, needed=needed)
    return Requirement(SESSIONS, SESSIONS_TITLE, is_met, Fraction(attended), Fraction(needed), why)


def _decided(counted: Requirement, words: Mapping[str, Word]) -> Requirement:
    word = words.get(counted.key)
    if word is None:
        return counted
    why = None if word.is_met else counted.why or SetBack()
    return Requirement(
        counted.key, counted.title, word.is_met, counted.done, counted.needed, why, word
    )  # fmt: skip

"""What a trainer should know this morning: the next session, and who needs a word and why."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.db import db
from portal.kernel.bilingual import Bilingual
from portal.training.models.attempts import Answer, Attempt
from portal.training.models.classes import Attendance
from portal.training.models.learners import Enrolment
from portal.training.queries import courses
from portal.training.queries.attempts import stands
from portal.training.queries.matrix import MatrixRow, matrix
from portal.training.queries.sessions import sessions_of
from portal.training.rules.attendance import SessionView, next_of
from portal.training.rules.classes import CohortView
from portal.training.rules.needs import Need, Standing, Urgency, needs
from portal.training.rules.quizzes import FINAL


@dataclass(frozen=True, slots=True)
class InNeed:
    """A learner and why, the most urgent reason first."""

    row: MatrixRow
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class Today:
    """``through`` of ``learners`` have met the whole rule; testers and staff are in neither."""

    next_session: SessionView | None
    in_need: tuple[InNeed, ...]
    learners: int
    through: int


def today(cohort: CohortView, now: datetime) -> Today:
    """The state of the class, in a handful of queries."""
    rows = [row for row in matrix(cohort.id) if row.member.standing == "learner"]
    sessions = sessions_of(cohort.id)
    fails, tries = _fails(cohort), _tries(cohort.id)
    held = [each for each in sessions if each.is_held and each.ends_at <= now]
    there = _there([each.id for each in held])
    found = []
    for row in rows:
        known = row.member.enrolment_id
        standing = Standing(
            has_been_here=row.member.has_been_here or row.progress.met > 0,
            seen_at=row.member.seen_at,
            fails=fails.get(known, {}),
            failed_attempts=tries[known].count(False),
            has_passed=row.progress.final.is_met,
            missed=_missed(held, there, known),
            met=row.progress.met,
            needed=len(row.progress.requirements),
        )
        if reasons := needs(standing, cohort.first_day, cohort.last_day, now, cohort.zone):
            found.append(InNeed(row, reasons))
    found.sort(key=lambda each: (each.needs[0].urgency is not Urgency.NOW, -len(each.needs)))
    through = sum(row.progress.is_complete for row in rows)
    return Today(next_of(sessions, now), tuple(found), len(rows), through)


def _fails(cohort: CohortView) -> dict[str, dict[Bilingual, int]]:
    """How often each learner failed at each item, in attempts that were handed in."""
    rows = db.session.execute(
        select(Attempt.enrolment_id, Answer.item, Answer.credit)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Answer, Answer.attempt_id == Attempt.id)
        .where(
            Enrolment.cohort_id == cohort.id,
            Attempt.submitted_at.is_not(None),
            Answer.credit != "1",
            stands(),
        )
    )
    items = courses.content(cohort.version_id).items
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for enrolment_id, item, credit in rows:
        if credit is not None and item in items:
            counted[enrolment_id][item] += 1
    return {known: {items[item].stem: n for item, n in each.items()} for known, each in counted.items()}


def _tries(cohort_id: str) -> Mapping[str, list[bool]]:
    """Whether each attempt at the final quiz that was handed in has passed."""
    found: dict[str, list[bool]] = defaultdict(list)
    rows = db.session.execute(
        select(Attempt.enrolment_id, Attempt.passed)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(
            Enrolment.cohort_id == cohort_id,
            Attempt.quiz == FINAL,
            Attempt.submitted_at.is_not(None),
            stands(),
        )
    )
    for enrolment_id, passed in rows:
        found[enrolment_id].append(bool(passed))
    return found


def _there(session_ids: Sequence[str]) -> set[tuple[str, str]]:
    rows = db.session.execute(
        select(Attendance.session_id, Attendance.enrolment_id).where(
            Attendance.session_id.in_(session_ids), Attendance.is_present
        )
    )
    return {(row.session_id, row.enrolment_id) for row in rows}


def _missed(held: Sequence[SessionView], there: set[tuple[str, str]], enrolment_id: str) -> int:
    """Sessions missed one after the other, counted back from the last one; those with nobody do not count."""
    count = 0
    for each in reversed(held):
        if (each.id, enrolment_id) in there:
            break
        count += each.present > 0
    return count

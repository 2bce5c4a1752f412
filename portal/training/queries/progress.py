"""Progress of learners, counted from what they did: of one, or of a whole class in a handful of queries."""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction

from sqlalchemy import ColumnElement, func, select

from portal.db import db
from portal.kernel.bilingual import Bilingual
from portal.training.models.attempts import Answer, Attempt
from portal.training.models.classes import Attendance, Cohort, Session
from portal.training.models.learners import Enrolment, Reading
from portal.training.models.outcomes import Override
from portal.training.queries import courses
from portal.training.queries.attempts import stands
from portal.training.queries.courses import Content
from portal.training.rules.attempts import Policy
from portal.training.rules.learners import UnknownEnrolment
from portal.training.rules.progress import Done, LessonRule, Progress, Reckoning, Rule, Tried, Word
from portal.training.rules.quizzes import FINAL, items_of_lesson


def progress_of(enrolment_id: str) -> Progress:
    """How far this learner is, and what is missing and why. Raises UnknownEnrolment."""
    found = _progress(Enrolment.id == enrolment_id)
    if enrolment_id not in found:
        raise UnknownEnrolment()
    return found[enrolment_id]


def progress_of_all(cohort_id: str) -> dict[str, Progress]:
    """By enrolment, of everybody in this class, those who left included."""
    return _progress(Enrolment.cohort_id == cohort_id)


def progress_of_several(enrolment_ids: Iterable[str]) -> dict[str, Progress]:
    """By enrolment, of several courses of one learner."""
    return _progress(Enrolment.id.in_(list(enrolment_ids)))


def rule_of(version_id: str, sessions_required: int = 0) -> Rule:
    """What this version asks, and how many meetings the class adds to it. Raises UnknownCourse."""
    content = courses.content(version_id)
    lessons = tuple(_lesson_rule(content, lesson, title) for lesson, title in content.titles.items())
    return Rule(lessons, Policy.of(content.course, FINAL), sessions_required)


def _lesson_rule(content: Content, lesson: str, title: Bilingual) -> LessonRule:
    """As the front matter of the lesson says; both languages say the same."""
    text = content.lessons[lesson, "zh"]
    items = items_of_lesson(lesson, content.items.values()) if text.asks_questions else ()
    asked = frozenset(item.id for item in items)
    return LessonRule(lesson, title, text.asks_reading or not items, asked, text.asks_pledge)


def _progress(which: ColumnElement[bool]) -> dict[str, Progress]:
    enrolled = db.session.execute(
        select(Enrolment.id, Enrolment.version_id, func.coalesce(Cohort.sessions_required, 0))
        .outerjoin(Cohort, Cohort.id == Enrolment.cohort_id)
        .where(which)
    ).all()
    if not enrolled:
        return {}
    asked = {(version, sessions) for _, version, sessions in enrolled}
    rules = {key: rule_of(*key) for key in asked}
    done: dict[str, Done] = defaultdict(Done)
    _add_readings(done, which)
    if any(lesson.questions for rule in rules.values() for lesson in rule.lessons):
        _add_right_answers(done, which)
    _add_attempts(done, which)
    _add_attendance(done, which)
    _add_words(done, which)
    reckoned = {key: Reckoning(rule) for key, rule in rules.items()}
    return {each: reckoned[version, sessions].of(done[each]) for each, version, sessions in enrolled}


def _add_readings(done: dict[str, Done], which: ColumnElement[bool]) -> None:
    rows = db.session.execute(
        select(Reading.enrolment_id, Reading.lesson, Reading.done_at.is_not(None))
        .join(Enrolment, Enrolment.id == Reading.enrolment_id)
        .where(which)
    )
    for enrolment_id, lesson, is_read in rows:
        done[enrolment_id].read[lesson] = bool(is_read)


def _add_right_answers(done: dict[str, Done], which: ColumnElement[bool]) -> None:
    rows = db.session.execute(
        select(Attempt.enrolment_id, Answer.item)
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .join(Answer, Answer.attempt_id == Attempt.id)
        .where(which, Attempt.submitted_at.is_not(None), Answer.credit == "1", stands())
        .distinct()
    )
    for enrolment_id, item in rows:
        done[enrolment_id].right.add(item)


def _add_attempts(done: dict[str, Done], which: ColumnElement[bool]) -> None:
    rows = db.session.execute(
        select(
            Attempt.enrolment_id, Attempt.policy, Attempt.possible, Attempt.earned, Attempt.passed,
            Attempt.submitted_at,
        )
        .join(Enrolment, Enrolment.id == Attempt.enrolment_id)
        .where(which, Attempt.quiz == FINAL, stands())
        .order_by(Attempt.number)
    )  # fmt: skip
    for enrolment_id, frozen, possible, earned, passed, submitted_at in rows:
        mark = Fraction(earned) if earned is not None else None
        done[enrolment_id].tried.append(
            Tried(Policy.read(frozen), possible, mark, bool(passed), submitted_at)
        )


def _add_attendance(done: dict[str, Done], which: ColumnElement[bool]) -> None:
    rows = db.session.execute(
        select(Attendance.enrolment_id, func.count())
        .join(Enrolment, Enrolment.id == Attendance.enrolment_id)
        .join(Session, Session.id == Attendance.session_id)
        .where(which, Attendance.is_present, Session.cancelled_at.is_(None))
        .group_by(Attendance.enrolment_id)
    )
    for enrolment_id, attended in rows:
        done[enrolment_id].attended = attended


def _add_words(done: dict[str, Done], which: ColumnElement[bool]) -> None:
    rows = db.session.execute(
        select(Override.enrolment_id, Override.requirement, Override.is_met, Override.reason, Override.at)
        .join(Enrolment, Enrolment.id == Override.enrolment_id)
        .where(which)
        .order_by(Override.at, Override.id)
    )
    for enrolment_id, requirement, is_met, reason, at in rows:
        done[enrolment_id].words[requirement] = Word(requirement, is_met, reason, at)

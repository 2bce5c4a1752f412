"""Training, counted by day, for reports: only learners count, never testers and staff."""

from collections import Counter
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, select

from portal import tallies
from portal.db import db
from portal.kernel.tally import Counts, Of
from portal.training.models.classes import Attendance, Cohort, Session
from portal.training.models.learners import Enrolment
from portal.training.models.outcomes import Completion

TRAINING: Final = "training"
LEARNER: Final = "learner"


def _first() -> datetime | None:
    return db.session.execute(select(func.min(Enrolment.enrolled_at))).scalar_one()


@tallies.source(TRAINING, _first)
def training_between(first: datetime, end: datetime) -> Counts:
    """``enrolled`` and ``completed`` by language, ``classes`` by the day they were made, ``meetings`` by the
    day they ended; ``taught`` and ``learned`` minutes: of meetings, and of everybody who was there."""
    found: Counter[Of] = Counter()
    enrolled = _by_language(select(Enrolment.lang, func.count().label("n")))
    for row in db.session.execute(
        enrolled.where(Enrolment.enrolled_at >= first, Enrolment.enrolled_at < end)
    ):
        found[Of("enrolled", row.lang, "")] = row.n
    completed = _by_language(
        select(Enrolment.lang, func.count().label("n")).join(
            Completion, Completion.enrolment_id == Enrolment.id
        )
    ).where(Completion.completed_at >= first, Completion.completed_at < end)
    for row in db.session.execute(completed):
        found[Of("completed", row.lang, "")] = row.n
    classes = select(func.count()).select_from(Cohort).where(Cohort.made_at >= first, Cohort.made_at < end)
    found[Of("classes", "", "")] = db.session.execute(classes).scalar_one()
    for row in db.session.execute(_meetings(first, end)):
        minutes = int((row.ends_at - row.starts_at).total_seconds()) // 60
        found[Of("meetings", "", "")] += 1
        found[Of("taught", "", "min")] += minutes
        found[Of("learned", "", "min")] += minutes * row.present
    return found


def _by_language(wanted: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return wanted.where(Enrolment.standing == LEARNER).group_by(Enrolment.lang)


def _meetings(first: datetime, end: datetime) -> Select[*tuple[Any, ...]]:
    present = (
        select(func.count())
        .select_from(Attendance)
        .join(Enrolment, Enrolment.id == Attendance.enrolment_id)
        .where(Attendance.session_id == Session.id, Attendance.is_present, Enrolment.standing == LEARNER)
        .scalar_subquery()
    )
    return select(Session.starts_at, Session.ends_at, present.label("present")).where(
        Session.ends_at >= first, Session.ends_at < end, Session.cancelled_at.is_(None)
    )

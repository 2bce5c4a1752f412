"""When and where a learner's classes meet."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal.db import db
from portal.kernel.bilingual import Bilingual
from portal.kernel.clock import CITY
from portal.training.models.classes import Attendance, Cohort, Session
from portal.training.models.courses import CourseVersion
from portal.training.models.learners import Enrolment


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting of a class as one learner sees it. ``was_there`` is None until somebody has said;
    ``zone`` is that of the class."""

    id: str
    enrolment_id: str
    course: Bilingual
    cohort: str
    number: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    is_cancelled: bool
    was_there: bool | None
    zone: ZoneInfo = CITY


def meetings_of(learner_ids: list[str]) -> list[Meeting]:
    """Of all classes these learners are in and have not left, in the order of time."""
    rows = db.session.execute(
        select(Session, Cohort, CourseVersion.title_zh, CourseVersion.title_en, Enrolment.id, Attendance)
        .join(Cohort, Cohort.id == Session.cohort_id)
        .join(CourseVersion, CourseVersion.id == Cohort.version_id)
        .join(Enrolment, Enrolment.cohort_id == Cohort.id)
        .outerjoin(
            Attendance,
            (Attendance.session_id == Session.id) & (Attendance.enrolment_id == Enrolment.id),
        )
        .where(Enrolment.learner_id.in_(learner_ids), Enrolment.left_at.is_(None))
        .order_by(Session.starts_at, Session.id)
    )
    return [
        Meeting(
            session.id, enrolment_id, Bilingual(zh, en), cohort.name, session.number, session.title,
            session.place or cohort.place, session.starts_at, session.ends_at,
            session.cancelled_at is not None, attended.is_present if attended else None,
            cohort.zone,
        )
        for session, cohort, zh, en, enrolment_id, attended in rows
    ]  # fmt: skip

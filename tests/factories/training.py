"""Courses and classes for tests of any room: the course for everyone that ships, and a cohort in it."""

from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from sqlalchemy.orm import Session

from portal.db import transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.training.models.classes import Cohort, CohortTrainer
from portal.training.models.courses import CourseVersion
from portal.training.models.following import FollowUp, FollowUpAnswer, FollowUpTurn
from portal.training.models.learners import Enrolment, Learner
from portal.training.rules.packs.course import zip_of_files
from portal.training.rules.packs.lint import lint

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TRAINER = Actor("usr_of_the_trainer", frozenset({Role.TRAINER}))
COURSES = Path(__file__).parents[2] / "courses"


@cache
def files_of(track: str) -> dict[str, bytes]:
    """The pack that ships for this track, by file name."""
    folder = COURSES / track
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@cache
def _published(track: str) -> dict[str, object]:
    data = zip_of_files(files_of(track))
    read, _findings = lint(files_of(track))
    assert read.course
    assert read.track
    return {
        "course": read.course.id, "version": read.course.version,
        "track": track, "audience": read.track.audience,
        "title_zh": read.course.title.zh, "title_en": read.course.title.en,
        "minutes": int(read.course.hours * 60), "pack": data, "sha256": sha256(data).hexdigest(),
    }  # fmt: skip


def a_version(track: str = "everyone", now: datetime = NOW) -> str:
    """The course that ships for this track, as ``publish`` leaves it (it is read once); its version's id."""
    version_id = new_id("crv")
    with transaction() as session:
        session.add(
            CourseVersion(
                id=version_id, published_at=now, published_by="usr_of_an_editor", **_published(track)
            )
        )
    return version_id


def a_cohort(session: Session, version_id: str, *, trainer: str = TRAINER.id, **changes: object) -> str:
    """A class of November 2026; its id."""
    cohort_id = new_id("coh")
    fields: dict[str, object] = {
        "name": "测试一班", "organisation_id": "", "place": "伊美区", "first_day": date(2026, 11, 1),
        "last_day": date(2026, 12, 31), "time_zone": "Asia/Shanghai", "join_code": cohort_id[-8:],
        "is_open": True, "sessions_required": 0, "made_by": trainer, "made_at": NOW,
    }  # fmt: skip
    session.add(Cohort(id=cohort_id, version_id=version_id, **{**fields, **changes}))
    session.flush()
    session.add(CohortTrainer(cohort_id=cohort_id, person_id=trainer, name="测试讲师", since=NOW))
    return cohort_id


def followed_up(session: Session, cohort_id: str, enrolment_id: str, months: int = 6) -> None:
    """This learner agreed to be asked after the class, was asked, and somebody of the class has answered."""
    session.add(FollowUp(enrolment_id=enrolment_id, words="test", agreed_at=NOW))
    session.flush()
    session.add(FollowUpTurn(enrolment_id=enrolment_id, months=months, asked_at=NOW, is_answered=True))
    session.flush()
    answer = {"pledge": "kept", "before": Mass.kg("6000"), "now": Mass.kg("5400")}
    session.add(FollowUpAnswer(id=new_id("fua"), cohort_id=cohort_id, months=months, **answer))


def an_enrolment(
    session: Session,
    version_id: str,
    cohort_id: str | None = None,
    *,
    name: str = "测试学员",
    **changes: object,
) -> str:
    """A learner without an account in this version; the enrolment's id."""
    learner_id, enrolment_id = new_id("lrn"), new_id("enr")
    session.add(Learner(id=learner_id, name=name, email="", lang="zh", made_at=NOW))
    session.flush()
    fields: dict[str, object] = {"standing": "learner", "lang": "zh", "enrolled_at": NOW, "seen_at": NOW}
    session.add(
        Enrolment(
            id=enrolment_id, learner_id=learner_id, version_id=version_id, cohort_id=cohort_id,
            **{**fields, **changes},
        )
    )  # fmt: skip
    session.flush()
    return enrolment_id

"""Courses as learners and trainers find them: every version that was published, with its pack read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from sqlalchemy import select

from portal.db import db
from portal.footprint.rules import library
from portal.kernel.bilingual import Bilingual
from portal.training.models.courses import CourseVersion
from portal.training.rules.courses import UnknownCourse, newest
from portal.training.rules.items import Item
from portal.training.rules.packs.course import Course, Pack, files_of_zip, read_course
from portal.training.rules.packs.faults import Notes
from portal.training.rules.packs.lessons import Lesson
from portal.training.rules.packs.lint import lint
from portal.training.rules.quizzes import Quiz, quizzes_of


@dataclass(frozen=True, slots=True)
class Listed:
    """A version of a course as a list shows it. ``time`` is what a learner needs for it."""

    id: str
    course: str
    version: str
    track: str
    audience: str
    title: Bilingual
    time: timedelta
    sha256: str
    published_at: datetime
    is_withdrawn: bool


@dataclass(frozen=True, slots=True)
class Content:
    """What a version teaches and asks. ``lessons`` are by lesson id and language, ``items`` by id."""

    pack: Pack
    course: Course
    lessons: Mapping[tuple[str, str], Lesson]
    items: Mapping[str, Item]

    @property
    def titles(self) -> dict[str, Bilingual]:
        """Of the lessons, by id."""
        return {
            name: Bilingual(self.lessons[name, "zh"].title, self.lessons[name, "en"].title)
            for module in self.course.modules
            for name in module.lessons
        }

    @property
    def quizzes(self) -> tuple[Quiz, ...]:
        return quizzes_of(self.course, self.items.values(), self.titles)


def published_factors() -> dict[str, Decimal]:
    """Factors of the newest footprint models by their key in the published tables."""
    return {factor.key: factor.value for model in library.models() for factor in model.factors.values()}


def catalogue() -> list[Listed]:
    """The newest version of every course that may be begun, by track and title."""
    rows = db.session.scalars(select(CourseVersion).where(CourseVersion.withdrawn_at.is_(None)))
    courses: dict[str, list[Listed]] = {}
    for row in rows:
        courses.setdefault(row.course, []).append(_listed(row))
    found = [newest(versions, lambda each: each.version) for versions in courses.values()]
    return sorted(found, key=lambda each: (each.track, each.course))


def versions_in_use() -> list[Listed]:
    """Every version that may still be begun, by course and time."""
    rows = db.session.scalars(
        select(CourseVersion)
        .where(CourseVersion.withdrawn_at.is_(None))
        .order_by(CourseVersion.course, CourseVersion.published_at)
    )
    return [_listed(row) for row in rows]


def newest_version(course: str) -> Listed:
    """The version of this course that is begun today. Raises UnknownCourse."""
    for each in catalogue():
        if each.course == course:
            return each
    raise UnknownCourse()


def versions(course: str) -> list[Listed]:
    """All that was ever published of it, newest first."""
    rows = db.session.scalars(
        select(CourseVersion)
        .where(CourseVersion.course == course)
        .order_by(CourseVersion.published_at.desc())
    )
    return [_listed(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A lesson of another course, in the version that is begun today."""

    course: str
    lesson: str
    title: Bilingual
    minutes: int


def read_with(content: Content) -> dict[str, list[Elsewhere]]:
    """By module: the lessons of other courses that are read with it. What is not published is left out."""
    wanted = {module.id: module.also for module in content.course.modules if module.also}
    if not wanted:
        return {}
    known = {each.course: each.id for each in catalogue()}
    found = {
        module: [_elsewhere(known.get(course), course, lesson) for course, lesson in places]
        for module, places in wanted.items()
    }
    return {module: [each for each in places if each] for module, places in found.items()}


def _elsewhere(version_id: str | None, course: str, lesson: str) -> Elsewhere | None:
    lessons = content(version_id).lessons if version_id else {}
    sides = [lessons[lesson, lang] for lang in ("zh", "en") if (lesson, lang) in lessons]
    if len(sides) < 2:
        return None
    return Elsewhere(course, lesson, Bilingual(*(each.title for each in sides)), sides[0].minutes)


def version(version_id: str) -> Listed:
    """Raises UnknownCourse."""
    row = db.session.get(CourseVersion, version_id)
    if row is None:
        raise UnknownCourse()
    return _listed(row)


def version_of(sha256: str) -> str | None:
    """The version that this pack became, by the digest of its ZIP file."""
    return db.session.scalar(select(CourseVersion.id).where(CourseVersion.sha256 == sha256))


def content(version_id: str) -> Content:
    """What this version teaches; read once per process, as it never changes. Raises UnknownCourse."""
    return _content(version(version_id).sha256)


def outline(listed: Listed) -> Course:
    """What a version is about, without its lessons and questions: enough for a list. Raises UnknownCourse."""
    return _outline(listed.sha256)


def media(version_id: str, name: str) -> bytes:
    """A picture or sound of this version, by its name below ``media/``. Raises UnknownCourse."""
    try:
        return content(version_id).pack.files[f"media/{name}"]
    except KeyError:
        raise UnknownCourse() from None


def pack_of(version_id: str) -> bytes:
    """The pack as it was published, a ZIP file. Raises UnknownCourse."""
    data = db.session.scalar(select(CourseVersion.pack).where(CourseVersion.id == version_id))
    if data is None:
        raise UnknownCourse()
    return data


@lru_cache(maxsize=32)
def _outline(sha256: str) -> Course:
    course = read_course(_files(sha256)["course.yml"], Notes("course.yml"))
    if course is None:  # publish() lets none in
        raise UnknownCourse()
    return course


@lru_cache(maxsize=32)
def _content(sha256: str) -> Content:
    pack, _findings = lint(_files(sha256))
    if pack.course is None:  # publish() lets none in
        raise UnknownCourse()
    return Content(
        pack,
        pack.course,
        {(lesson.id, lang): lesson for (_, lang), lesson in pack.lessons.items()},
        {item.id: item for item, _, _ in pack.items},
    )


def _files(sha256: str) -> dict[str, bytes]:
    data = db.session.execute(select(CourseVersion.pack).where(CourseVersion.sha256 == sha256)).scalar_one()
    return files_of_zip(data)


def _listed(row: CourseVersion) -> Listed:
    return Listed(
        id=row.id,
        course=row.course,
        version=row.version,
        track=row.track,
        audience=row.audience,
        title=Bilingual(row.title_zh, row.title_en),
        time=timedelta(minutes=row.minutes),
        sha256=row.sha256,
        published_at=row.published_at,
        is_withdrawn=row.withdrawn_at is not None,
    )

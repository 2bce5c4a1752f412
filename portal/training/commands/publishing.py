"""Publishing a version of a course, and taking one out of the catalogue."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from portal import audit
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.training import policy
from portal.training.models.courses import CourseVersion
from portal.training.queries import courses
from portal.training.rules.courses import (
    PackUnsound,
    UnknownCourse,
    VersionNotNewer,
    VersionTaken,
    newest,
    order_of,
)
from portal.training.rules.packs.course import Course, Track, zip_of_files
from portal.training.rules.packs.lint import lint
from portal.training.rules.scenarios import scenario_faults


def publish(actor: Actor, files: Mapping[str, bytes], now: datetime) -> str:
    """Make this pack a version that can be learned; its id. The same pack twice is one version.

    Raises NotAllowed, PackUnsound (the lint has findings), VersionTaken, VersionNotNewer.
    """
    if not policy.may_publish(actor):
        raise NotAllowed()
    data = zip_of_files(files)
    digest = sha256(data).hexdigest()
    # A demonstration publishes its shelf at every start: reading a pack anew takes a hundred times as long.
    if known := courses.version_of(digest):
        return known
    pack, findings = lint(files, courses.published_factors(), scenario_faults)
    if findings or not (pack.course and pack.track):
        raise PackUnsound(count=len(findings))
    course, track = pack.course, pack.track
    with transaction() as session:
        held = courses.versions(course.id)
        for each in held:
            if each.version == course.version:
                if each.sha256 == digest:
                    return each.id
                raise VersionTaken(version=each.version)
        if held:
            last = newest(held, lambda each: each.version).version
            if order_of(course.version) < order_of(last):
                raise VersionNotNewer(version=course.version, newest=last)
        row = _row(actor, track, course, data, now)
        session.add(row)
        audit.record(actor, "course.published", row.id, now, course=row.course, version=row.version)
        return row.id


def withdraw(actor: Actor, version_id: str, now: datetime) -> None:
    """Nobody begins this version any more; who is in it goes on. Raises NotAllowed, UnknownCourse."""
    if not policy.may_publish(actor):
        raise NotAllowed()
    with transaction() as session:
        row = session.get(CourseVersion, version_id)
        if row is None:
            raise UnknownCourse()
        if row.withdrawn_at is None:
            row.withdrawn_at = now
            audit.record(actor, "course.withdrawn", row.id, now)


def _row(actor: Actor, track: Track, course: Course, data: bytes, now: datetime) -> CourseVersion:
    return CourseVersion(
        id=new_id("crv"),
        course=course.id,
        version=course.version,
        track=track.id,
        audience=track.audience,
        title_zh=course.title.zh,
        title_en=course.title.en,
        minutes=int(course.hours * 60),
        pack=data,
        sha256=sha256(data).hexdigest(),
        published_at=now,
        published_by=actor.id,
    )

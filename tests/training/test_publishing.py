"""A course is published once and never changes, and what the database refuses about results."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from portal.db import transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.training.commands.publishing import publish, withdraw
from portal.training.models.attempts import Answer, Attempt
from portal.training.queries import courses
from portal.training.rules.courses import PackUnsound, UnknownCourse, VersionNotNewer, VersionTaken
from portal.training.rules.packs.course import files_of_zip
from tests.factories.training import NOW, a_cohort, a_version, an_enrolment, files_of

pytestmark = pytest.mark.usefixtures("any_app")
EDITOR = Actor("usr_of_an_editor", frozenset({Role.EDITOR}))


def with_version(version: str) -> dict[str, bytes]:
    files = dict(files_of("everyone"))
    files["course.yml"] = files["course.yml"].replace(b"version: 1.2.0", f"version: {version}".encode())
    return files


def test_a_pack_becomes_a_version_once_and_comes_back_byte_for_byte():
    version_id = publish(EDITOR, files_of("everyone"), NOW)
    assert publish(EDITOR, files_of("everyone"), NOW) == version_id
    assert files_of_zip(courses.pack_of(version_id)) == files_of("everyone")
    found = courses.content(version_id)
    assert len(found.lessons) == 20
    assert found.lessons["tree-and-carbon", "en"].title
    assert courses.newest_version("everyone").id == version_id
    assert courses.newest_version("everyone").time == timedelta(hours=3)
    assert courses.media(version_id, "tree.zh.svg") == files_of("everyone")["media/tree.zh.svg"]


def test_a_published_pack_is_known_by_its_digest_and_not_read_again(monkeypatch):
    version_id = publish(EDITOR, files_of("everyone"), NOW)
    monkeypatch.setattr("portal.training.commands.publishing.lint", _must_not_be_read)
    assert publish(EDITOR, files_of("everyone"), NOW) == version_id
    with pytest.raises(AssertionError):  # the control: another pack is read
        publish(EDITOR, with_version("1.10.0"), NOW)


def _must_not_be_read(*_: object):
    raise AssertionError


def test_a_version_is_never_another_pack_and_never_goes_back():
    a_version()
    files = with_version("1.2.0")
    files["course.yml"] += b"# another\n"
    with pytest.raises(VersionTaken):
        publish(EDITOR, files, NOW)
    publish(EDITOR, with_version("1.10.0"), NOW)
    publish_later = publish(EDITOR, with_version("1.11.0"), NOW)
    with pytest.raises(VersionNotNewer):
        publish(EDITOR, with_version("1.9.0"), NOW)
    assert courses.newest_version("everyone").id == publish_later


def test_an_unsound_pack_is_not_published_and_a_trainer_publishes_nothing():
    files = dict(files_of("everyone"))
    del files["lessons/02-stock-and-flow.en.md"]
    with pytest.raises(PackUnsound):
        publish(EDITOR, files, NOW)
    with pytest.raises(NotAllowed):
        publish(Actor("usr_x", frozenset({Role.TRAINER})), files_of("everyone"), NOW)
    assert courses.catalogue() == []


def test_a_withdrawn_version_leaves_the_catalogue_and_stays_readable():
    version_id = a_version()
    withdraw(EDITOR, version_id, NOW)
    with pytest.raises(UnknownCourse):
        courses.newest_version("everyone")
    assert courses.content(version_id).course.id == "everyone"


ATTEMPT = {
    "quiz": "final", "lang": "zh", "seed": 7, "policy": {"pass_percent": "80"}, "items": ["a"],
    "way": "screen", "actor_id": "usr_x", "started_at": NOW, "possible": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE training_course_version SET version = '9.9.9'",
        "DELETE FROM training_course_version",
        "UPDATE training_attempt SET earned = '1'",
        "UPDATE training_attempt SET passed = passed",
        "UPDATE training_answer SET credit = '1'",
        "DELETE FROM training_answer",
        "INSERT INTO training_answer (attempt_id, item, response, edition, saved_at) "
        "SELECT attempt_id, 'b', response, 1, saved_at FROM training_answer",
        "UPDATE training_enrolment SET learner_id = 'lrn_x'",
    ],
)
def test_results_are_never_rewritten(attack: str):
    version_id = a_version()
    with transaction() as session:
        enrolment_id = an_enrolment(session, version_id, a_cohort(session, version_id))
        session.add(Attempt(id="att_1", enrolment_id=enrolment_id, number=1, **ATTEMPT))
        session.flush()
        session.add(Answer(attempt_id="att_1", item="a", response=[0], edition=1, saved_at=NOW))
    with transaction() as session:  # while it is open, an answer may change: the control
        session.execute(text("UPDATE training_answer SET credit = '0'"))
        attempt = session.get_one(Attempt, "att_1")
        attempt.earned, attempt.passed, attempt.submitted_at = "0", False, NOW
    with pytest.raises(DatabaseError), transaction() as session:
        session.execute(text(attack))


def test_a_cohort_takes_one_version_only():
    version_id = a_version()
    other = publish(EDITOR, with_version("1.3.0"), NOW)
    with pytest.raises(DatabaseError), transaction() as session:
        an_enrolment(session, other, a_cohort(session, version_id))

"""Coming into a course: once each, by account or by a personal code, and never into somebody else's."""

from datetime import timedelta

import pytest

from portal.accounts.queries import person
from portal.db import transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.training.commands.enrolling import enrol, join, leave
from portal.training.models.classes import Cohort
from portal.training.models.courses import CourseVersion
from portal.training.queries import learners
from portal.training.rules.learners import (
    ClassClosed,
    CourseWithdrawn,
    NameNeeded,
    UnknownClass,
    UnknownEnrolment,
)
from tests.factories.accounts import person as somebody
from tests.factories.training import NOW, TRAINER, a_cohort, a_version

pytestmark = pytest.mark.usefixtures("any_app")
GUEST = Actor.guest()


def a_class(version_id: str, **changes: object) -> str:
    with transaction() as session:
        return a_cohort(session, version_id, **{"join_code": "FOREST7", **changes})


def test_a_person_begins_a_course_once_and_goes_on_after_leaving():
    version_id, actor = a_version(), Actor(somebody().id)
    first = enrol(actor, version_id, "zh", NOW)
    assert enrol(actor, version_id, "en", NOW) == first
    leave(actor, first, NOW)
    assert learners.enrolment_in(actor, [version_id]) is None
    assert enrol(actor, version_id, "zh", NOW) == first
    (found,) = learners.enrolments_of(actor)
    assert (found.left_at, found.standing, found.cohort_id) == (None, "learner", None)
    assert learners.learners_of(actor)[0].name == person(actor.id).name


def test_a_stranger_begins_nothing_alone_and_nobody_a_withdrawn_version():
    version_id = a_version()
    with pytest.raises(NotAllowed):
        enrol(GUEST, version_id, "zh", NOW)
    with transaction() as session:
        session.get_one(CourseVersion, version_id).withdrawn_at = NOW
    with pytest.raises(CourseWithdrawn):
        enrol(Actor(somebody().id), version_id, "zh", NOW)


def test_a_guest_joins_by_name_and_the_form_sent_twice_is_one_learner():
    a_class(a_version())
    made = new_id("lrn")
    first = join(GUEST, " forest7 ", "  王  芳 ", "zh", NOW, made)
    again = join(GUEST, "FOREST7", "王 芳", "zh", NOW + timedelta(seconds=2), made)
    assert (first.enrolment_id, first.learner_id) == (again.enrolment_id, again.learner_id)
    assert again.code  # the newer one works: it is the one that is seen
    holder = Actor.guest(first.learner_id)
    assert learners.learners_of(holder)[0].name == "王 芳"
    assert join(holder, "FOREST7", "", "zh", NOW).enrolment_id == first.enrolment_id
    # the control: another name, or much later, is somebody else, whatever id the form says
    assert join(GUEST, "FOREST7", "李明", "zh", NOW, made).learner_id != made
    assert join(GUEST, "FOREST7", "王 芳", "zh", NOW + timedelta(hours=1), made).learner_id != made


@pytest.mark.parametrize(
    ("code", "name", "refusal"),
    [("NOSUCH", "王芳", UnknownClass), ("FOREST7", "  ", NameNeeded), ("CLOSED", "王芳", ClassClosed)],
)
def test_what_a_door_refuses(code: str, name: str, refusal: type[Exception]):
    version_id = a_version()
    a_class(version_id)
    a_class(version_id, join_code="CLOSED", is_open=False)
    with pytest.raises(refusal):
        join(GUEST, code, name, "zh", NOW)
    assert learners.enrolments_of(GUEST) == []


def test_who_runs_the_class_tries_it_without_being_counted():
    version_id = a_version()
    account = somebody().id
    cohort_id = a_class(version_id, trainer=account)
    runs = Actor(account, frozenset({Role.TRAINER}))
    enrol(runs, version_id, "zh", NOW, cohort_id)
    assert learners.enrolments_of(runs)[0].standing == "staff"
    with pytest.raises(NotAllowed):
        enrol(TRAINER, version_id, "zh", NOW, cohort_id)
    other = Actor(somebody("other@example.cn").id, frozenset({Role.TRAINER}))
    join(other, "FOREST7", "", "zh", NOW)
    assert learners.enrolments_of(other)[0].standing == "learner"


def test_an_enrolment_is_its_learners_alone():
    version_id = a_version()
    a_class(version_id)
    joined = join(GUEST, "FOREST7", "王芳", "zh", NOW)
    assert learners.enrolment(Actor.guest(joined.learner_id), joined.enrolment_id).cohort == "测试一班"
    for stranger in (GUEST, Actor(somebody().id), Actor.guest(joined.enrolment_id)):
        with pytest.raises(UnknownEnrolment):
            learners.enrolment(stranger, joined.enrolment_id)
    with transaction() as session:
        session.get_one(Cohort, learners.class_with("FOREST7").id).closed_at = NOW
    with pytest.raises(ClassClosed):
        join(GUEST, "FOREST7", "李明", "zh", NOW)

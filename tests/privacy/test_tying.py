"""What a class of pupils does together: the group its pledges count in, and the course class it learns in."""

import pytest
from flask import Flask
from sqlalchemy import event, select

from portal.accounts.rules import WrongCredentials
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.pledges.queries import together as groups
from portal.privacy.commands import pupils, tying
from portal.privacy.jobs import seat_pledges_of_pupils
from portal.privacy.models import PupilClassTie
from portal.privacy.queries.pupils import Tie, Unseated, pupils_of, tie_of, unseated
from portal.privacy.rules import pupils as rules
from portal.training.models.classes import Cohort
from portal.training.models.learners import Enrolment
from portal.training.rules.learners import ClassClosed
from tests.browser import Browser
from tests.factories import accounts, pledges, training
from tests.privacy.test_pupils import a_class, entered, organisation

KEEPER = Actor.system("tests")


def a_course_class(**changes: object) -> tuple[str, str]:
    """Its id and the code that opens it."""
    version_id = training.a_version()
    with transaction() as session:
        cohort_id = training.a_cohort(session, version_id, **changes)
        return cohort_id, session.get_one(Cohort, cohort_id).join_code


def pupil(class_id: str, number: int = 1) -> Actor:
    (found,) = [each for each in pupils_of(class_id) if each.number == number]
    return Actor(found.person_id, frozenset({Role.CITIZEN}), is_pupil=True)


def test_all_pupils_come_into_the_course_class_under_their_animals(any_app: Flask):
    teacher = organisation(accounts.person())
    class_id = a_class(teacher)
    cohort_id, code = a_course_class()
    for _twice in range(2):
        tying.tie(teacher, class_id, "", code, "zh", clock.now())
    assert tie_of(class_id) == Tie(cohort_id=cohort_id)
    enrolled = db.session.scalars(select(Enrolment).where(Enrolment.cohort_id == cohort_id)).all()
    assert len(enrolled) == len({each.learner_id for each in enrolled}) == 3


def test_a_course_class_that_is_closed_changes_nothing(app: Flask):
    teacher = organisation(accounts.person())
    class_id = a_class(teacher)
    _cohort, code = a_course_class(is_open=False)
    group = pledges.a_group(teacher)
    with pytest.raises(ClassClosed):
        tying.tie(teacher, class_id, group.id, code, "zh", clock.now())
    assert tie_of(class_id) == Tie()


def seated() -> int:
    """How many pledges the round puts into the groups of their classes."""
    return sum(tying.seat_pledge(KEEPER, each, clock.now()) for each in unseated())


def test_what_pupils_pledge_counts_in_the_group_of_their_class_and_may_be_taken_out(any_app: Flask):
    teacher = organisation(accounts.person())
    class_id = a_class(teacher)
    group = pledges.a_group(teacher)
    pledge_id = pledges.a_pledge(pupil(class_id), name="", is_public=False)
    assert seated() == 0
    tying.tie(teacher, class_id, group.id, "", "zh", clock.now())
    assert seated() == 1
    assert [each.id for each in groups.groups_of_pledge(pledge_id)] == [group.id]
    assert seated() == 0
    pledges.together.leave_group(pupil(class_id), pledge_id, group.id, clock.now())
    assert seated() == 0, "who took it out is not put back"
    with pytest.raises(NotAllowed):
        tying.seat_pledge(teacher, Unseated(pupil(class_id).id, pledge_id, group.id), clock.now())


def test_one_pledge_that_cannot_be_seated_keeps_no_other_waiting(app: Flask, monkeypatch):
    teacher = organisation(accounts.person())
    class_id = a_class(teacher)
    group = pledges.a_group(teacher)
    first, second = (pledges.a_pledge(pupil(class_id, n), name="", is_public=False) for n in (1, 2))
    tying.tie(teacher, class_id, group.id, "", "zh", clock.now())
    join = pledges.together.join_group

    def fails_for_the_first(actor: Actor, pledge_id: str, *rest: object) -> str:
        if pledge_id == first:
            raise RuntimeError("a row that cannot be used")
        return join(actor, pledge_id, *rest)

    monkeypatch.setattr(tying.together, "join_group", fails_for_the_first)
    seat_pledges_of_pupils()
    assert not groups.groups_of_pledge(first)
    assert [each.id for each in groups.groups_of_pledge(second)] == [group.id]
    monkeypatch.undo()
    seat_pledges_of_pupils()
    assert [each.id for each in groups.groups_of_pledge(first)] == [group.id], "its turn comes again"


def test_a_class_of_any_size_is_asked_in_two_questions(app: Flask):
    teacher = organisation(accounts.person())
    class_id = a_class(teacher)
    group = pledges.a_group(teacher)
    tying.tie(teacher, class_id, group.id, "", "zh", clock.now())
    made = {pledges.a_pledge(pupil(class_id, n), name="", is_public=False) for n in (1, 2, 3)}
    asked: list[str] = []
    listen = ("before_cursor_execute", lambda _c, _u, statement, *_rest: asked.append(statement))
    event.listen(db.engine, *listen)
    try:
        found = unseated()
    finally:
        event.remove(db.engine, *listen)
    assert {each.pledge_id for each in found} == made
    assert len(asked) == 2, asked


def test_only_a_group_that_one_runs_and_only_ones_own_class(app: Flask):
    teacher = organisation(accounts.person())
    class_id = a_class(teacher)
    others = pledges.a_group(Actor(accounts.person("other@example.cn").id))
    with pytest.raises(rules.NotYourGroup):
        tying.tie(teacher, class_id, others.id, "", "zh", clock.now())
    with pytest.raises(rules.NoSuchClass):
        tying.tie(Actor("usr_stranger"), class_id, "", "", "zh", clock.now())


def test_a_guardian_says_no_and_one_place_is_forgotten(any_app: Flask):
    teacher = organisation(accounts.person())
    class_id = a_class(teacher)
    codes = pupils.give_codes(teacher, class_id, [1, 2, 3], clock.now())
    first, second, third = pupils_of(class_id)
    pupils.delete_place(teacher, class_id, 2, clock.now())
    assert [each.number for each in pupils_of(class_id)] == [1, 3]
    assert pupils_of(class_id)[1].place == third.place, "the others keep their animals"
    assert entered(third.place.login, codes[3])
    with pytest.raises(WrongCredentials):
        entered(second.place.login, codes[2])
    with pytest.raises(rules.NoSuchPlace):
        pupils.delete_place(teacher, class_id, 2, clock.now())
    assert first.number in pupils.give_codes(teacher, class_id, [1, 2], clock.now())
    pupils.delete_class(teacher, class_id, clock.now())
    assert db.session.query(PupilClassTie).count() == 0


def test_a_pupil_sees_what_the_class_does(app: Flask, browser: Browser):
    teacher = organisation(accounts.person())
    class_id = a_class(teacher)
    _cohort, code = a_course_class(name="低碳小课堂")
    tying.tie(teacher, class_id, pledges.a_group(teacher, "三年级二班的承诺").id, code, "zh", clock.now())
    login = pupils_of(class_id)[0].place.login
    slip = pupils.give_codes(teacher, class_id, [1], clock.now())[1]
    page = browser.open("/zh/pupils").fill("条上的名字", login).fill("条上的登录码", slip).submit("进入")
    assert page.h1 == "我的班级"
    assert "低碳小课堂" in page.main
    assert "三年级二班的承诺" in page.main
    assert Browser(app.test_client()).open("/zh/pupils/class").url.startswith("/zh/account/sign-in")

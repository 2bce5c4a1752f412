"""A class and its list of learners: taken in as a whole, undone as a whole, by its trainers only."""

from datetime import date

import pytest
from sqlalchemy import func, select

from portal.db import db, transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.training.commands import cohorts, rosters
from portal.training.models.learners import Learner, Reading
from portal.training.queries import cohorts as queries
from portal.training.queries import learners
from portal.training.rules.classes import (
    CohortClosed,
    CohortDraft,
    EndsBeforeItBegins,
    LastTrainer,
    Standing,
    UnknownCohort,
)
from portal.training.rules.learners import UnknownClass, hash_of
from portal.training.rules.rosters import Entry
from tests.factories import accounts
from tests.factories.training import NOW, TRAINER, a_cohort, a_version

DRAFT = CohortDraft("五营冬训", "五营", date(2026, 12, 1), date(2026, 12, 20), 2)
FILE = rosters.RosterFile("名单.xlsx", "0" * 64)
LIST = [Entry("王芳", "wang@example.cn", "zh"), Entry("李雷", "", "zh"), Entry("John Smith", "", "en")]
STRANGER = Actor("usr_of_another", frozenset({Role.TRAINER}))
AUDITOR = Actor("usr_of_an_auditor", frozenset({Role.AUDITOR}))


@pytest.fixture
def cohort_id(app) -> str:
    version_id = a_version()
    with transaction() as session:
        return a_cohort(session, version_id)


def test_a_class_is_opened_changed_closed_and_opened_again(any_app):
    actor = accounts.person("trainer@example.cn", Role.TRAINER).actor
    actor = Actor(actor.id, frozenset({Role.TRAINER}))
    made = cohorts.open_cohort(actor, new_id("coh"), a_version(), DRAFT, NOW)
    assert cohorts.open_cohort(actor, made, "another", DRAFT, NOW) == made
    found = queries.cohort(actor, made)
    assert (found.name, found.sessions_required, found.learners) == ("五营冬训", 2, 0)
    assert [trainer.name for trainer in found.trainers] == ["Li Hua"]
    old = found.join_code
    cohorts.renew_code(actor, made, NOW)
    assert learners.class_with(queries.cohort(actor, made).join_code).id == made
    with pytest.raises(UnknownClass):
        learners.class_with(old)
    cohorts.close_cohort(actor, made, NOW)
    with pytest.raises(CohortClosed):
        cohorts.change_cohort(actor, made, DRAFT, NOW)
    cohorts.reopen_cohort(actor, made, NOW)
    with pytest.raises(LastTrainer):
        cohorts.remove_trainer(actor, made, actor.id, NOW)


def test_a_class_does_not_end_before_it_begins(app):
    wrong = CohortDraft("班", "", date(2026, 12, 2), date(2026, 12, 1))
    with pytest.raises(EndsBeforeItBegins):
        cohorts.open_cohort(TRAINER, new_id("coh"), a_version(), wrong, NOW)


def test_nobody_else_sees_or_runs_a_class(cohort_id):
    assert queries.cohort(AUDITOR, cohort_id).id == cohort_id
    with pytest.raises(UnknownCohort):
        queries.cohort(STRANGER, cohort_id)
    for actor in (STRANGER, AUDITOR, Actor.guest()):
        with pytest.raises(NotAllowed):
            rosters.take_roster(actor, cohort_id, new_id("ros"), FILE, LIST, NOW)
    assert queries.members(cohort_id) == []


def test_a_list_is_taken_once_and_undone_but_for_those_who_have_begun(any_app):
    version_id = a_version()
    with transaction() as session:
        cohort_id = a_cohort(session, version_id)
    roster_id = new_id("ros")
    assert rosters.take_roster(TRAINER, cohort_id, roster_id, FILE, LIST, NOW) == 3
    assert rosters.take_roster(TRAINER, cohort_id, roster_id, FILE, LIST, NOW) == 0
    found = {each.name: each for each in queries.members(cohort_id)}
    assert set(found) == {"王芳", "李雷", "John Smith"}
    assert found["John Smith"].lang == "en"
    with transaction() as session:
        session.add(Reading(enrolment_id=found["李雷"].enrolment_id, lesson="why", opened_at=NOW))
    assert rosters.undo_roster(TRAINER, cohort_id, roster_id, NOW) == rosters.Undone(2, 1)
    assert [each.name for each in queries.members(cohort_id)] == ["李雷"]
    assert db.session.scalar(select(func.count()).select_from(Learner)) == 1
    (list_,) = queries.rosters(cohort_id)
    assert (list_.undone_at, list_.learners) == (NOW, 1)


def test_whoever_is_known_by_address_is_the_same_learner_in_every_class(app, cohort_id):
    with transaction() as session:
        other = a_cohort(session, queries.cohort(TRAINER, cohort_id).version_id)
    rosters.take_roster(TRAINER, cohort_id, new_id("ros"), FILE, LIST[:1], NOW)
    rosters.take_roster(TRAINER, other, new_id("ros"), FILE, [Entry("王 芳", "wang@example.cn", "zh")], NOW)
    assert queries.members(cohort_id)[0].learner_id == queries.members(other)[0].learner_id
    assert rosters.take_roster(TRAINER, other, new_id("ros"), FILE, LIST[:1], NOW) == 0


def test_codes_are_kept_as_digests_and_a_new_one_ends_the_old(cohort_id):
    rosters.take_roster(TRAINER, cohort_id, new_id("ros"), FILE, LIST[1:2], NOW)
    (learner,) = queries.members(cohort_id)
    first = rosters.give_codes(TRAINER, cohort_id, [learner.enrolment_id], NOW)[learner.enrolment_id]
    second = rosters.give_codes(TRAINER, cohort_id, [learner.enrolment_id], NOW)[learner.enrolment_id]
    kept = db.session.scalars(select(Learner.code_hash)).one()
    assert kept == hash_of(second) != hash_of(first)


def test_letters_wait_for_the_morning(cohort_id, at, sent_letters):
    night = at("2026-11-24T22:10:00+08:00")
    rosters.take_roster(TRAINER, cohort_id, new_id("ros"), FILE, LIST, night, writes=True)
    assert sent_letters() == []
    at("2026-11-25T08:00:01+08:00")
    (letter,) = sent_letters()
    assert letter["To"] == "wang@example.cn"
    assert "/zh/learn/join?code=" in letter.get_content()


def test_who_leaves_can_come_back_and_who_tests_is_not_counted(cohort_id):
    rosters.take_roster(TRAINER, cohort_id, new_id("ros"), FILE, LIST[:1], NOW)
    (learner,) = queries.members(cohort_id)
    rosters.remove_learner(TRAINER, cohort_id, learner.enrolment_id, NOW)
    assert queries.members(cohort_id) == []
    rosters.return_learner(TRAINER, cohort_id, learner.enrolment_id, NOW)
    rosters.set_standing(TRAINER, cohort_id, learner.enrolment_id, Standing.TESTER, NOW)
    assert queries.members(cohort_id)[0].standing == "tester"

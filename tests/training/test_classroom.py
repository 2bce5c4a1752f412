"""What trainers do in a class, as commands: who was there, a word that counts, paper, feedback, letters."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.audit import AuditEntry
from portal.db import db, transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.training.commands import feedback, ladder, nudging, overriding, papers, sessions
from portal.training.models.classes import Attendance, Cohort, SignInDevice, Trainer
from portal.training.models.learners import Enrolment, Learner
from portal.training.models.voices import FeedbackAnswer, FeedbackGiven
from portal.training.queries import feedback as voices
from portal.training.queries import sessions as held
from portal.training.queries.figures import figures_of
from portal.training.queries.matrix import decisions, row_of
from portal.training.queries.nudges import nudges_of
from portal.training.queries.papers import items_of, recorded
from portal.training.rules.attempts import Policy
from portal.training.rules.attendance import (
    NotInThisClass,
    NotOpenYet,
    SessionDraft,
    SessionIsCancelled,
    device_at,
)
from portal.training.rules.classes import CohortClosed
from portal.training.rules.feedback import USUAL, AlreadyAnswered, UnknownForm
from portal.training.rules.ladder import Level, NotTheNextStep, NotYourself
from portal.training.rules.nudging import NudgedToday
from portal.training.rules.papers import PaperTaken, key_of, read_answer
from tests.factories import accounts
from tests.factories.training import NOW, TRAINER, a_cohort, a_version, an_enrolment

OTHER = Actor("usr_of_another", frozenset({Role.TRAINER}))


@dataclass
class Class:
    version_id: str
    cohort_id: str
    people: list[str]

    def holder(self, at: int) -> Actor:
        """The learner as the phone that knows their code."""
        learner_id = db.session.get_one(Enrolment, self.people[at]).learner_id
        return Actor.guest(learner_id)


@pytest.fixture
def class_(app) -> Class:
    return a_class()


def a_class(people: int = 3, version_id: str = "") -> Class:
    version_id = version_id or a_version()
    with transaction() as session:
        cohort_id = a_cohort(session, version_id)
        enrolled = [an_enrolment(session, version_id, cohort_id, name=f"学员{n}") for n in range(people)]
    return Class(version_id, cohort_id, enrolled)


def a_session(of: Class, starts=NOW) -> str:
    draft = SessionDraft("开班", "", starts, starts + timedelta(hours=2))
    return sessions.add_session(TRAINER, of.cohort_id, new_id("ses"), draft, NOW)


def test_who_scans_is_there_once_and_the_trainer_has_the_last_word(any_app):
    of = a_class()
    session_id, phone = a_session(of), of.holder(0)
    assert held.enrolment_of(phone, of.cohort_id) == of.people[0]
    for _ in range(2):
        sessions.sign_in(phone, session_id, of.people[0], NOW)
    assert held.session(session_id).present == 1
    assert (
        sessions.tick(TRAINER, session_id, {of.people[0]: False, of.people[1]: True, "enr_x": True}, NOW) == 2
    )
    sessions.sign_in(phone, session_id, of.people[0], NOW)
    found = {
        each.enrolment_id: (each.is_present, each.way) for each in held.attended(held.session(session_id))
    }
    assert found == {
        of.people[0]: (False, "trainer"),
        of.people[1]: (True, "trainer"),
        of.people[2]: (None, ""),
    }


def test_nobody_signs_in_early_elsewhere_or_to_what_is_cancelled(class_):
    tomorrow = a_session(class_, NOW + timedelta(days=1))
    with pytest.raises(NotOpenYet):
        sessions.sign_in(class_.holder(0), tomorrow, class_.people[0], NOW)
    now = a_session(class_)
    with pytest.raises(NotInThisClass):
        sessions.sign_in(class_.holder(0), now, a_class(1, class_.version_id).people[0], NOW)
    sessions.cancel_session(TRAINER, now, NOW)
    with pytest.raises(SessionIsCancelled):
        sessions.sign_in(class_.holder(0), now, class_.people[0], NOW)
    with pytest.raises(NotAllowed):
        sessions.tick(OTHER, now, {class_.people[0]: True}, NOW)
    assert db.session.scalars(select(Attendance)).all() == []


def test_a_trainers_word_counts_has_a_reason_and_stays_on_record(class_):
    who = class_.people[0]
    with pytest.raises(overriding.ReasonNeeded):
        overriding.override(TRAINER, class_.cohort_id, who, "quiz:final", True, "ok", NOW)
    with pytest.raises(overriding.UnknownRequirement):
        overriding.override(TRAINER, class_.cohort_id, who, "quiz:other", True, "口头通过", NOW)
    with pytest.raises(NotAllowed):
        overriding.override(OTHER, class_.cohort_id, who, "quiz:final", True, "口头通过", NOW)
    overriding.override(TRAINER, class_.cohort_id, who, "quiz:final", True, "口头通过", NOW)
    later = NOW + timedelta(minutes=1)
    overriding.override(TRAINER, class_.cohort_id, who, "quiz:final", False, "认错人了", later)
    assert [(each.is_met, each.by) for each in decisions(who)] == [(False, "测试讲师"), (True, "测试讲师")]
    row = row_of(class_.cohort_id, who)
    assert row
    assert row.progress.final.override
    assert not row.progress.final.is_met
    decided = select(AuditEntry).where(AuditEntry.verb == "requirement.decided").order_by(AuditEntry.id)
    assert [each.facts["reason"] for each in db.session.scalars(decided)] == ["口头通过", "认错人了"]


def test_two_names_from_one_device_are_shown_to_the_trainer(any_app):
    of = a_class()
    session_id = a_session(of)
    for at, device in ((0, "phone a"), (1, "phone b"), (2, "phone a")):
        sessions.sign_in(of.holder(at), session_id, of.people[at], NOW, device=device)
    known = {each.name: each.beside for each in held.attended(held.session(session_id))}
    assert known == {"学员0": ("学员2",), "学员1": (), "学员2": ("学员0",)}
    with transaction() as books:
        digests = set(books.scalars(select(SignInDevice.device)))
    assert len(digests) == 2
    assert device_at(held.secret_of(session_id), "phone a") in digests
    assert device_at(held.secret_of(a_session(of)), "phone a") not in digests  # known at this session alone


def sheet_of(of: Class, at: int, right: bool = True) -> papers.Sheet:
    """A sheet with every answer that the key shows in letters, or with nothing but the first."""
    items = items_of(of.version_id, of.cohort_id, "A")
    keys = [key_of(item) for item in items]
    read = [
        read_answer(i, k, 1) if len(k) < 11 and "±" not in k and "/" not in k else None
        for i, k in zip(items, keys, strict=True)
    ]
    return papers.Sheet(
        of.people[at], f"学员{at}", tuple(read) if right else (read[0], *[None] * (len(read) - 1))
    )


def test_sheets_are_recorded_together_or_not_at_all(class_):
    sheets = [sheet_of(class_, 0), sheet_of(class_, 1, right=False)]
    passed = papers.record_sheets(TRAINER, class_.cohort_id, "A", "zh", sheets, NOW)
    done = recorded(class_.cohort_id, "A")
    policy = Policy(pass_percent=80, attempts=2, wait_hours=24)  # type: ignore[arg-type]
    assert passed == {each: policy.passes(done[each].earned, done[each].possible) for each in passed}
    assert passed[class_.people[1]] is False
    assert done[class_.people[0]].earned >= 1
    with pytest.raises(PaperTaken):
        papers.record_sheets(TRAINER, class_.cohort_id, "A", "zh", [sheet_of(class_, 2), sheets[0]], NOW)
    assert set(recorded(class_.cohort_id, "A")) == set(passed), "the other sheet was not kept either"
    figures = figures_of(class_.version_id, class_.cohort_id)
    assert (figures.whole["zh"].n, figures.whole["en"].n) == (2, 0)
    assert all(each.is_too_few and not each.may_be_translation for each in figures.items)


def test_testers_are_not_in_the_figures(class_):
    with transaction() as session:
        session.get_one(Enrolment, class_.people[0]).standing = "tester"
    papers.record_sheets(TRAINER, class_.cohort_id, "A", "zh", [sheet_of(class_, 0)], NOW)
    assert figures_of(class_.version_id, class_.cohort_id).whole["zh"].n == 0


def test_feedback_carries_no_name_and_is_its_owners_alone(class_):
    form_id = feedback.ask_class(
        TRAINER, class_.cohort_id, new_id("fbf"), "反馈", USUAL, NOW, NOW + timedelta(days=1)
    )
    feedback.answer_form(class_.holder(0), form_id, {0: "5", 3: "松树"}, NOW)
    with pytest.raises(AlreadyAnswered):
        feedback.answer_form(class_.holder(0), form_id, {0: "1"}, NOW)
    found = voices.form(form_id)
    assert found.given == 1
    assert voices.results(TRAINER, found) is None
    with pytest.raises(UnknownForm):
        voices.results(OTHER, found)
    given, answer = (
        db.session.scalars(select(FeedbackGiven)).one(),
        db.session.scalars(select(FeedbackAnswer)).one(),
    )
    assert given.enrolment_id not in repr((answer.id, answer.answers))
    assert not db.session.scalars(
        select(AuditEntry).where(AuditEntry.actor_id == "guest", AuditEntry.subject_id == form_id)
    ).all()


def test_a_word_goes_out_once_a_day_and_not_at_night(class_, at, sent_letters):
    with transaction() as session:
        learner = session.get_one(Learner, session.get_one(Enrolment, class_.people[0]).learner_id)
        learner.email = "wang@example.cn"
    night = at("2026-11-24T23:00:00+08:00")
    assert nudging.nudge(TRAINER, class_.cohort_id, class_.people[:2], "明天请带卷尺。", night) == 2
    with pytest.raises(NudgedToday):
        nudging.nudge(TRAINER, class_.cohort_id, class_.people[:2], "再说一次。", night + timedelta(hours=1))
    assert sent_letters() == []
    at("2026-11-25T08:00:00+08:00")
    (letter,) = sent_letters()
    assert "明天请带卷尺" in letter.get_content()
    assert [each.text for each in nudges_of(class_.people[1])] == ["明天请带卷尺。"]
    assert nudging.remind(Actor.system("training"), class_.cohort_id, class_.people, night) == 1


def test_nothing_changes_in_a_closed_class(class_):
    with transaction() as session:
        session.get_one(Cohort, class_.cohort_id).closed_at = NOW
    draft = SessionDraft("", "", NOW, NOW + timedelta(hours=1))
    for deed in (
        lambda: sessions.add_session(TRAINER, class_.cohort_id, new_id("ses"), draft, NOW),
        lambda: overriding.override(
            TRAINER, class_.cohort_id, class_.people[0], "sessions", True, "已到", NOW
        ),
        lambda: nudging.nudge(TRAINER, class_.cohort_id, class_.people, "你好", NOW),
        lambda: papers.record_sheets(TRAINER, class_.cohort_id, "A", "zh", [sheet_of(class_, 0)], NOW),
    ):
        with pytest.raises(CohortClosed):
            deed()


def test_steps_of_trainers_are_given_by_others_one_at_a_time(app):
    editor, who = Actor("usr_of_an_editor", frozenset({Role.EDITOR})), accounts.person().id
    with pytest.raises(NotTheNextStep):
        ladder.grant_step(editor, who, Level.TRAINER, "听课一次", NOW)
    ladder.grant_step(editor, who, Level.FACILITATOR, "协助两个班", NOW)
    ladder.grant_step(editor, who, Level.TRAINER, "听课一次", NOW + timedelta(days=1))
    with pytest.raises(NotYourself):
        ladder.grant_step(Actor(who, frozenset({Role.EDITOR})), who, Level.LEAD, "我自己", NOW)
    with pytest.raises(NotAllowed):
        ladder.grant_step(
            Actor(who, frozenset({Role.TRAINER})), TRAINER.id, Level.FACILITATOR, "还不是首席", NOW
        )
    assert [row.level for row in db.session.scalars(select(Trainer).order_by(Trainer.since))] == [
        "facilitator", "trainer",
    ]  # fmt: skip

"""What became of a class: asked once, only who agreed, by day; answers have no name and come in fives."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from portal import consents
from portal.db import db, transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass
from portal.privacy.commands.consenting import withdraw
from portal.privacy.queries.consents import changes, standing
from portal.privacy.queries.subjects import subject_of
from portal.training.commands import following
from portal.training.commands.enrolling import leave
from portal.training.commands.linking import erase
from portal.training.models.following import FollowUp, FollowUpAnswer, FollowUpTurn
from portal.training.models.learners import Enrolment, Learner
from portal.training.queries.cohorts import cohort_by_id
from portal.training.queries.following import consents_of, due, figures_after
from portal.training.rules.following import (
    AnsweredBefore,
    FootprintTooLarge,
    Kept,
    NotAsked,
    NotInAClass,
    Told,
    months_after,
    stages_of,
    sums,
)
from portal.training.rules.learners import UnknownEnrolment
from portal.web.links import key_for
from tests.browser import Browser
from tests.factories import accounts
from tests.factories.training import NOW, TRAINER, a_cohort, a_version, an_enrolment

SYSTEM = Actor.system("training")
LAST = date(2026, 8, 31)
PROMISED = Told(Kept.KEPT, Mass.kg("6000"), Mass.kg("5400"))


def a_class(people: int, **changes: object) -> tuple[str, list[str]]:
    version_id = a_version()
    with transaction() as session:
        cohort_id = a_cohort(session, version_id, last_day=LAST, first_day=date(2026, 8, 1), **changes)
        return cohort_id, [an_enrolment(session, version_id, cohort_id) for _ in range(people)]


def phone(enrolment_id: str) -> Actor:
    return Actor.guest(db.session.get_one(Enrolment, enrolment_id).learner_id)


def with_address(enrolment_id: str, email: str) -> None:
    with transaction() as session:
        learner = session.get_one(Learner, session.get_one(Enrolment, enrolment_id).learner_id)
        learner.email = email


@pytest.mark.parametrize(
    ("day", "months", "after"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
        (date(2027, 2, 28), -6, date(2026, 8, 28)),
    ],
)
def test_a_stage_opens_on_the_same_day_or_the_last_of_a_shorter_month(day, months, after):
    assert months_after(day, months) == after


def test_sums_come_from_five_on_and_a_mean_needs_five_pairs():
    assert sums([PROMISED] * 4) is None
    found = sums([PROMISED] * 4 + [Told(Kept.NONE)])
    assert found is not None
    assert (found.n, found.pledges[Kept.KEPT], found.promised, found.pairs) == (5, 4, 4, 4)
    assert (found.before, found.change_percent, found.kept_share) == (None, None, None)
    found = sums([PROMISED] * 5 + [replace(PROMISED, now=Mass.g(1))])
    assert found is not None
    assert (found.before, found.now) == (Mass.kg("6000"), Mass.g(4_500_001)), "rounded up, never down"
    assert found.change_percent == 24, "24.99…: rounded towards the worse"
    with pytest.raises(FootprintTooLarge):
        replace(PROMISED, now=Mass.t("200.001")).checked()


def asked(now: datetime) -> int:
    """How many the round asks."""
    return sum(following.ask(SYSTEM, turn.enrolment_id, turn.months, now) for turn in due(now))


def test_who_agreed_is_asked_once_and_nobody_else(any_app, at, sent_letters):
    _cohort, (agreed, silent, ended, gone) = a_class(4)
    now = at("2026-09-01T10:00:00+08:00")
    for each in (agreed, ended, gone):
        following.agree(phone(each), each, now)
        with_address(each, f"{each.lower()}@example.org")
    following.withdraw(phone(ended), ended, now)
    with transaction() as session:
        session.get_one(Enrolment, gone).left_at = now
    with pytest.raises(UnknownEnrolment):
        following.agree(phone(silent), agreed, now)
    assert asked(at("2027-02-27T12:00:00+08:00")) == 0, "a day too early"
    night = at("2027-02-28T22:30:00+08:00")
    assert [asked(night) for _ in range(2)] == [1, 0]
    assert sent_letters() == [], "people are asleep"
    at("2027-03-01T08:00:00+08:00")
    (letter,) = sent_letters()
    assert letter["To"] == f"{agreed.lower()}@example.org"
    assert f"/zh/learn/follow-up/{agreed}/6?k={key_for(agreed)}" in letter.get_body(("plain",)).get_content()
    with pytest.raises(NotAllowed):
        following.ask(TRAINER, agreed, 6, night)
    assert asked(at("2027-08-31T09:00:00+08:00")) == 1, "and again after twelve months"


def test_a_letter_that_is_wanted_no_more_is_not_sent(app, at, sent_letters):
    _cohort, (who,) = a_class(1)
    following.agree(phone(who), who, at("2026-09-01T10:00:00+08:00"))
    with_address(who, "li@example.org")
    night = at("2027-03-01T23:00:00+08:00")
    assert asked(night) == 1
    following.withdraw(phone(who), who, night)
    at("2027-03-02T09:00:00+08:00")
    assert sent_letters() == []


def test_an_answer_is_given_once_in_time_and_leads_back_to_nobody(any_app, at):
    cohort_id, (who, other) = a_class(2)
    now = at("2027-03-01T10:00:00+08:00")
    with pytest.raises(NotAsked):
        following.answer(phone(who), who, 6, PROMISED, now)
    for each in (who, other):
        following.agree(phone(each), each, now)
    asked(now)
    following.answer(Actor.guest(who), who, 6, PROMISED, now)  # by the key of the letter
    with pytest.raises(AnsweredBefore):
        following.answer(phone(who), who, 6, PROMISED, now)
    with pytest.raises(NotAsked):
        following.answer(phone(other), other, 12, PROMISED, now)
    with pytest.raises(NotAsked):
        following.answer(phone(other), other, 6, PROMISED, now + timedelta(days=42))
    leave(phone(other), other, now)
    with pytest.raises(NotAsked):
        following.answer(phone(other), other, 6, PROMISED, now)
    (row,) = db.session.scalars(select(FollowUpAnswer))
    assert (row.cohort_id, row.pledge, row.before) == (cohort_id, "kept", Mass.kg("6000"))
    assert who not in row.id
    with transaction() as session:
        alone = an_enrolment(session, cohort_by_id(cohort_id).version_id)
    with pytest.raises(NotInAClass):
        following.agree(phone(alone), alone, now)
    assert consents_of(list(phone(who).keys)) == [who]


def test_who_is_erased_is_asked_no_more(app, at):
    _cohort, (who,) = a_class(1)
    now = at("2026-09-01T10:00:00+08:00")
    following.agree(phone(who), who, now)
    erase(phone(who), now)
    assert db.session.get_one(FollowUp, who).ended_at == now
    assert asked(at("2027-03-01T10:00:00+08:00")) == 0


def test_figures_wait_until_the_questions_are_closed(app, at):
    cohort_id, people = a_class(6)
    now = at("2027-03-01T10:00:00+08:00")
    for each in people:
        following.agree(phone(each), each, now)
    asked(now)
    for each in people[:5]:
        following.answer(phone(each), each, 6, PROMISED, now)
    cohort, (first, _second) = cohort_by_id(cohort_id), stages_of(LAST)
    assert figures_after(cohort, date(2027, 2, 27)) == []
    (open_,) = figures_after(cohort, first.last_day)
    assert (open_.asked, open_.answered, open_.sums) == (6, 5, None)
    (closed,) = figures_after(cohort, first.closes)
    assert closed.sums
    assert (closed.sums.change_percent, closed.sums.kept_share) == (10, 1)


# --- The last belt: the database itself, with nobody's help --------------------------------------------

_ATTACKS = {
    "each answer comes from somebody who was asked":
        "INSERT INTO training_follow_up_answer (id, cohort_id, months, pledge)"
        " VALUES ('fua_x', :cohort, 6, 'kept')",
    "who has answered has answered":
        "UPDATE training_follow_up_turn SET is_answered = FALSE WHERE enrolment_id = :who",
    "training_follow_up_turn rows are never deleted": "DELETE FROM training_follow_up_turn",
    "training_follow_up_turn keeps enrolment_id, months, asked_at":
        "UPDATE training_follow_up_turn SET months = 12 WHERE enrolment_id = :who",
    "training_follow_up_answer rows are never edited":
        "UPDATE training_follow_up_answer SET pledge = 'partly'",
    "training_follow_up_answer rows are never deleted": "DELETE FROM training_follow_up_answer",
}  # fmt: skip


def test_the_database_refuses_what_no_command_does(any_app, at):
    cohort_id, (who, other, silent) = a_class(3)
    now = at("2027-03-01T10:00:00+08:00")
    for each in (who, other):
        following.agree(phone(each), each, now)
    asked(now)
    following.answer(phone(who), who, 6, PROMISED, now)
    for sentence, attack in _ATTACKS.items():
        with pytest.raises(IntegrityError, match=sentence), transaction() as session:
            session.execute(text(attack).bindparams(**{
                name: value for name, value in (("cohort", cohort_id), ("who", who)) if f":{name}" in attack
            }))  # fmt: skip
    with pytest.raises(IntegrityError, match="nobody is asked who has not agreed"), transaction() as session:
        session.execute(insert(FollowUpTurn).values(
            enrolment_id=silent, months=6, asked_at=now, is_answered=False
        ))  # fmt: skip
    # The control: what a command would do goes through, so it is the sentences that refused.
    with transaction() as session:
        session.execute(insert(FollowUp).values(enrolment_id=silent, words="x", agreed_at=now))
        session.execute(insert(FollowUpTurn).values(
            enrolment_id=silent, months=6, asked_at=now, is_answered=True
        ))  # fmt: skip
        session.execute(insert(FollowUpAnswer).values(
            id="fua_z", cohort_id=cohort_id, months=6, pledge="none"
        ))  # fmt: skip
        session.get_one(FollowUpTurn, (other, 6)).is_answered = True
    perhaps = insert(FollowUpAnswer).values(id="fua_y", cohort_id=cohort_id, months=6, pledge="perhaps")
    with pytest.raises(IntegrityError, match="a_pledge_is_told_of_in_known_words"), transaction() as session:
        session.execute(perhaps)


# --- On the page ---------------------------------------------------------------------------------------


def test_from_the_letter_to_the_trainers_figures(app, browser, at):
    cohort_id, people = a_class(5)
    now = at("2027-03-01T10:00:00+08:00")
    for each in people:
        following.agree(phone(each), each, now)
    asked(now)
    browser.open(f"/en/learn/follow-up/{people[0]}/6", expect=404)
    page = browser.open(f"/en/learn/follow-up/{people[0]}/6?k={key_for(people[0])}")
    page.choose("Yes, all of it").fill("Your footprint now", "300000")
    page = page.submit("Send without my name", expect=422)
    assert page.errors == [
        "Your footprint now, in kg a year: That is more than 200 t a year for one person. Is it in kilograms?"
    ]
    assert page.value("Your footprint now") == "300000", "what was typed stays"
    page = page.fill("Your footprint now", "5400").fill("Your footprint at", "6000")
    assert page.submit("Send without my name").h1 == "What became of it?"
    row = db.session.scalars(select(FollowUpAnswer)).one()
    assert (row.before, row.now) == (Mass.kg("6000"), Mass.kg("5400"))
    for each in people[1:]:
        following.answer(phone(each), each, 6, PROMISED, now)
    app.extensions["portal.person"] = lambda: Actor(TRAINER.id, frozenset({Role.TRAINER}))
    assert "5 of 5" in browser.open(f"/en/teach/{cohort_id}/follow-up").main
    at("2027-04-15T10:00:00+08:00")
    for path, words in ((f"/en/teach/{cohort_id}/questions", "10 % less"),
                        (f"/zh/teach/{cohort_id}/follow-up", "减少10%")):  # fmt: skip
        assert words in browser.open(path).main.replace("\u00a0", " ")
    told = browser.open(f"/en/teach/{cohort_id}/follow-up.csv").html.splitlines()[1]
    assert told == "6,2027-02-28,2027-04-10,5,5,5,0,0,0,5,6000000,5400000"


def test_a_learner_agrees_and_ends_it_on_the_page_of_the_course(app, at):
    _cohort, (who,) = a_class(1)
    at("2026-09-01T10:00:00+08:00")
    learner_id = next(iter(phone(who).keys))
    client = app.test_client()
    client.set_cookie("learner", f"{learner_id}.{key_for(f'device:{learner_id}')}")
    page = Browser(client).open(f"/en/learn/{who}").submit("Yes, ask me")
    assert "Next time: 28 February 2027." in page.main
    page = page.submit("Do not ask me any more")
    assert "May we ask you" in page.main
    assert consents_of([learner_id]) == []
    told = consents.said("", [who])
    assert sorted(each.is_given for each in told) == [False, True]
    assert {each.words for each in told} == {consents.AFTER_CLASS.words}, "the words that stood there"


def test_what_was_agreed_to_stands_and_ends_with_all_other_consents(app):
    _cohort, (who,) = a_class(1)
    person = accounts.person()
    with transaction() as session:
        learner = session.get_one(Learner, session.get_one(Enrolment, who).learner_id)
        learner.person_id = person.id
    following.agree(person.actor, who, NOW)
    subject = subject_of(person.id)
    (given,) = (each for each in standing(subject) if each.purpose.id == "class_follow_up")
    assert [(place.thing, place.words) for place in given.places] == [(who, consents.AFTER_CLASS.words)]
    assert withdraw(person.actor, "class_follow_up", NOW) == 1
    told = [each.is_given for each in changes(subject_of(person.id)) if each.thing == who]
    assert sorted(told) == [False, True]
    assert not consents_of(subject.learners)

"""A class in its room: phones that scan the wall, sheets typed in, a word, feedback, paper to print."""

from datetime import timedelta

import pytest
from flask import Flask

from portal.db import db, transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.ids import new_id
from portal.training.commands import rosters, sessions
from portal.training.commands.nudging import nudge
from portal.training.models.learners import Enrolment, Learner
from portal.training.queries import sessions as held
from portal.training.queries.papers import items_of
from portal.training.rules.attendance import SessionDraft, code_at
from portal.training.rules.papers import key_of
from tests.browser import Browser
from tests.factories.training import NOW, TRAINER, a_cohort, a_version, an_enrolment

AT = "2026-11-23T10:00:00+08:00"  # NOW


class Room:
    """A class of two with a session that is on."""

    def __init__(self) -> None:
        self.version_id = a_version()
        with transaction() as session:
            self.cohort_id = a_cohort(session, self.version_id)
            self.people = [
                an_enrolment(session, self.version_id, self.cohort_id, name=n) for n in ("李雷", "王芳")
            ]
        draft = SessionDraft("开班", "", NOW - timedelta(minutes=5), NOW + timedelta(hours=2))
        self.session_id = sessions.add_session(TRAINER, self.cohort_id, new_id("ses"), draft, NOW)

    def code(self, seconds: int = 0) -> str:
        return code_at(held.secret_of(self.session_id), NOW + timedelta(seconds=seconds))

    @property
    def present(self) -> int:
        return held.session(self.session_id).present


@pytest.fixture
def room(app, at) -> Room:
    at(AT)
    return Room()


def as_(app: Flask, actor: Actor | None) -> None:
    """Whoever asks from now on; None is a guest."""
    app.extensions["portal.person"] = lambda: actor


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_learner_without_e_mail_scans_the_wall_and_types_the_code_of_the_slip(app, room, at, lang):
    phone, slip = Browser(app.test_client()), rosters.give_codes(TRAINER, room.cohort_id, room.people, NOW)
    phone.client.get(f"/attend/{room.session_id}/{room.code(-60)}")
    late = phone.open(f"/{lang}/attend/{room.session_id}")
    assert {"zh": "此码已过期", "en": "This code is over"}[lang] in late.main
    scanned = phone.client.get(
        f"/attend/{room.session_id}/{room.code(-20)}", headers={"Accept-Language": lang}
    )
    assert scanned.status_code == 302
    at("2026-11-23T10:09:00+08:00")
    page = phone.open(f"/{lang}/attend/{room.session_id}")
    label, button = {"zh": ("您的个人码", "我已到场"), "en": ("Your personal code", "I am here")}[lang]
    wrong = page.fill(label, "ABC-DEF-GHJ").submit(button, expect=409)
    assert wrong.value(label) == "ABC-DEF-GHJ"
    assert room.present == 0
    done = wrong.fill(label, slip[room.people[0]].lower()).submit(button)
    assert done.h1 == {"zh": "签到成功", "en": "You are signed in"}[lang]
    assert room.present == 1


def test_a_ticket_is_this_phones_alone(app, room):
    first, second = Browser(app.test_client()), Browser(app.test_client())
    first.client.get(f"/attend/{room.session_id}/{room.code()}")
    assert "I am here" in first.open(f"/en/attend/{room.session_id}").buttons
    assert "I am here" not in second.open(f"/en/attend/{room.session_id}").buttons


def test_sheets_are_marked_before_they_are_recorded(app, room, browser):
    as_(app, TRAINER)
    items = items_of(room.version_id, room.cohort_id, "A")
    page = browser.open(f"/en/teach/{room.cohort_id}/paper/A/entry")
    letters = [n for n, item in enumerate(items, 1) if item.task.__class__.__name__ == "Single"]
    for n in letters:
        page.fill(f"王芳, question {n}", key_of(items[n - 1]))
    page.fill(f"李雷, question {letters[0]}", "Z")
    wrong = page.submit("Mark them first", expect=422)
    assert wrong.errors == [f"李雷: “Z” is no answer to question {letters[0]}."]
    assert "Record these sheets" not in wrong.buttons
    marked = wrong.fill(f"李雷, question {letters[0]}", "").submit("Mark them first")
    assert f"{len(letters)} / {len(items)} not passed" in marked.main
    done = marked.submit("Record these sheets")
    assert "One sheet is recorded" in done.main
    assert "王芳" not in done.main
    figures = browser.open(f"/en/teach/{room.cohort_id}/questions")
    # In the language of the class, whatever the trainer reads in.
    assert [row["n"] for row in figures.table("The whole quiz")] == ["1", "0"]
    assert "too few answers" in figures.main
    grid = browser.open(f"/en/teach/{room.cohort_id}/progress")
    assert f"{len(letters) * 100 / len(items):.1f}"[:2] in grid.main


def test_a_word_of_the_trainer_stands_on_the_learners_page(app, room, browser):
    as_(app, TRAINER)
    page = browser.open(f"/en/teach/{room.cohort_id}/progress/{room.people[1]}")
    assert page.h1 == "王芳"
    page = page.choose("Requirement", "Final quiz").choose("It counts as met")
    page = page.fill("Reason", "Aloud in class").submit("Decide")
    assert "Trainer’s word: Aloud in class" in page.main
    assert "测试讲师" in page.main
    asked = browser.open(f"/en/teach/{room.cohort_id}/feedback").submit("Ask them")
    form_id = next(href for href in asked.links.values() if "/feedback/fbf_" in href).rpartition("/")[2]
    nudge(TRAINER, room.cohort_id, room.people[1:], "Bring a tape.", NOW)
    learner_id = db.session.get_one(Enrolment, room.people[1]).learner_id
    app.extensions["portal.person"] = lambda: Actor("usr_of_wang_fang")
    with transaction() as session:
        session.get_one(Learner, learner_id).person_id = "usr_of_wang_fang"
    mine = browser.open(f"/en/learn/{room.people[1]}")
    assert "Bring a tape." in mine.main
    assert "Aloud in class" in mine.main
    given = browser.open(f"/en/feedback/{form_id}").fill("What did you gain most from?", "Larch.")
    assert given.submit("Send without my name").h1 == "Thank you"
    assert "Answer without your name" not in browser.open(f"/en/learn/{room.people[1]}").main


def test_auditors_look_and_change_nothing(app, room, browser):
    as_(app, Actor("usr_of_an_auditor", frozenset({Role.AUDITOR})))
    for path in ("", "/learners", "/sessions", "/progress", "/questions", "/settings", "/share"):
        page = browser.open(f"/en/teach/{room.cohort_id}{path}")
        assert not [b for b in page.buttons if b not in ("Search",)], path
    for kind, first in (("csv", "\ufeffName,Counts as"), ("xlsx", "PK")):
        answer = browser.client.get(f"/en/teach/{room.cohort_id}/progress.{kind}")
        assert answer.data.decode("utf-8", "ignore").startswith(first)


def test_the_calendar_opens_by_its_address_alone(app, room, browser):
    as_(app, TRAINER)
    page = browser.open(f"/en/teach/{room.cohort_id}/share")
    address = next(line for line in page.main.splitlines() if "sessions.ics" in line)
    as_(app, None)
    path = address.partition("://")[2].partition("/")[2]
    feed = browser.client.get(f"/{path}").get_data(as_text=True)
    assert "DTSTART;TZID=Asia/Shanghai:20261123T095500" in feed
    assert browser.client.get(f"/{path.partition('?')[0]}?k=other").status_code == 404


def test_paper_of_the_class_is_printed(app, room, browser):
    as_(app, TRAINER)
    base = f"/zh/teach/{room.cohort_id}"
    for path in ("poster.pdf", f"sessions/{room.session_id}/sheet.pdf", "paper/A/both.pdf?key=1"):
        answer = browser.client.get(f"{base}/{path}")
        assert answer.data.startswith(b"%PDF"), path
        assert answer.headers["Cache-Control"] == "no-store"

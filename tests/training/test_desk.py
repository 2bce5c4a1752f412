"""The classroom as trainers use it, page by page, in both languages."""

from io import BytesIO

import pytest
from flask import Flask

from portal.kernel.actor import Actor, Role
from portal.training.queries import cohorts as queries
from tests.factories import accounts
from tests.factories.training import a_version

LIST = (
    "2026年培训班名单,,\r\n序号,姓名,邮箱\r\n1,王　芳,wang@example.cn\r\n"
    "2,李雷,\r\n3,李 雷,\r\n4,,x@example.cn\r\n"
).encode("gb18030")
START = "2026-11-26T08:10:00+08:00"


@pytest.fixture
def trainer(app, browser, at) -> Actor:
    at(START)
    return as_(app, "trainer@example.cn")


def as_(app: Flask, email: str, *roles: Role) -> Actor:
    """Whoever asks from now on is this person; the way through the second factor is tested with accounts."""
    who = accounts.person(email, Role.TRAINER)
    found = Actor(who.id, frozenset(roles or {Role.TRAINER}))
    app.extensions["portal.person"] = lambda: found
    return found


def a_class(browser, name: str = "五营冬训"):
    """A class made as a trainer makes one; the page that asks for the list."""
    a_version()
    page = browser.open("/en/teach/new")
    return page.fill("Name of the class", name).fill("How many sessions", "1").submit("Open the class")


def test_a_class_is_made_from_a_messy_list_and_the_list_is_undone(trainer, browser):
    page = a_class(browser)
    assert page.h1 == "The list of learners"
    page = page.fill("File", (BytesIO(LIST), "名单.csv")).submit("Look at it first")
    assert "3 learners would be enrolled" in page.main
    assert "GB18030" in page.main
    rows = page.table("Rows of the list")
    assert [row["Name"] for row in rows] == ["王芳", "李雷", "李雷", "–"]
    assert "row 4" in rows[2]["Result"]
    assert "name is missing" in rows[3]["Result"]
    wrong = page.submit("Enrol them", expect=422)
    page = wrong.tick("Leave out the rows").submit("Enrol them")
    assert "3 learners are enrolled" in page.main
    assert "needs a slip" in page.main
    found = browser.open(page.url.split("?")[0] + "?q=李")
    assert len(found.table("2 learners")) == 2
    page = browser.open(page.url).submit("Undo this list")
    assert "3 learners were taken out" in page.main
    assert "Nobody yet" in page.main


def test_a_trainer_without_classes_is_told_what_to_do(trainer, browser):
    page = browser.open("/en/teach")
    assert "No class yet" in page.main
    wrong = browser.open("/en/teach/new").fill("First day", "tomorrow").submit("Open the class", expect=422)
    assert any("2026-12-31" in error for error in wrong.errors)
    assert wrong.value("First day") == "tomorrow"


def test_others_find_nothing(app, trainer, browser):
    a_class(browser)
    (cohort,) = queries.cohorts_of(trainer)
    as_(app, "other@example.cn")
    for path in ("", "/learners", "/progress", "/sessions", "/settings", "/roster"):
        assert browser.open(f"/en/teach/{cohort.id}{path}", expect=404)
    assert "No class yet" in browser.open("/en/teach").main


def test_people_sign_in_from_the_wall(trainer, browser, at):
    page = (
        a_class(browser)
        .fill("Or type the names", "王芳\n李雷")
        .submit("Look at it first")
        .submit("Enrol them")
    )
    (cohort,) = queries.cohorts_of(trainer)
    page = browser.open(f"/en/teach/{cohort.id}/sessions")
    page = page.fill("Day", "2026-11-26").fill("From", "09:00").fill("To", "11:00").submit("Add this session")
    link = next(href for href in page.links.values() if "/sessions/ses_" in href)
    wall = browser.open(f"{link}/wall")
    assert "0 of 2" in wall.main
    ticked = browser.open(link).tick("王芳").fill("Head-count", "2").submit("Save")
    assert "Saved: one learner changed" in ticked.main
    assert "by the trainer" in ticked.main
    assert "1 of 2" in browser.open(f"{link}/wall").main
    today = browser.open(f"/en/teach/{cohort.id}")
    assert "2026-11-26 09:00" in today.main

"""A class in a real browser, in each language in turn: a trainer opens it, a learner joins with the code on a
phone, reads, is cut off in the middle of the quiz, passes, and anybody checks the certificate and the badge.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.training.forms.responses import fields_of
from portal.training.models.attempts import Attempt
from portal.training.models.learners import Enrolment
from portal.training.queries.attempts import attempt
from portal.training.rules.solutions import right_response
from portal.web import catalogues
from tests.conftest import portal_on
from tests.factories import accounts
from tests.factories.training import a_version
from tests.looks.chromium import follow, look
from tests.server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PHONE = 390
NAMES = {"zh": "测试学员王芳", "en": "Test learner Anne"}
CLASSES = {"zh": "五营一班", "en": "Wuying, second class"}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_class_is_opened_joined_on_a_phone_passed_and_its_badge_checked(
    live_server: Callable[..., LiveServer], sqlite_url: str, visit: Callable[..., "Page"], tmp_path: Path
) -> None:
    with portal_on(sqlite_url, tmp_path) as app:
        a_version()
        who = accounts.person("trainer@example.cn", Role.TRAINER, second_factor=True)
        server = live_server(sqlite_url, SECRET_KEY=app.config["PORTAL"].secret_keys[0])
        server.start_worker()
        trainer = visit("zh", 1280)
        sign_in(trainer, server.url, who)
        for lang in ("zh", "en"):
            code = open_class(trainer, server.url, lang)
            learner = visit(lang, PHONE)
            join(learner, server.url, lang, code)
            read_everything(learner)
            pass_the_quiz(app, learner)
            check_the_outcome(learner, server.url, lang, tmp_path)


def sign_in(page: "Page", url: str, who: accounts.Somebody) -> None:
    page.goto(f"{url}/zh/account/sign-in")
    page.fill("[name=email]", who.email)
    page.fill("[name=password]", who.password)
    follow(page, "main form button")
    page.fill("[name=code]", accounts.code(clock.now()))
    follow(page, "main form button")


def open_class(page: "Page", url: str, lang: str) -> str:
    """The class, opened by its trainer; the code that is on its poster."""
    page.goto(f"{url}/{lang}/teach/new")
    page.fill("[name=name]", CLASSES[lang])
    follow(page, "main form button")
    page.goto(page.url.replace("/roster", "/share"))
    poster = page.request.get(url + str(page.locator("main a[href$='.pdf']").get_attribute("href")))
    assert poster.body().startswith(b"%PDF")
    return page.locator(".join-code").inner_text()


def join(page: "Page", url: str, lang: str, code: str) -> None:
    """With the code and a name; the personal code is shown, then what the course asks."""
    page.goto(f"{url}/{lang}/learn/join")
    page.fill("[name=code]", code)
    page.fill("[name=name]", NAMES[lang])
    follow(page, "form[action$='/learn/join'] button")
    assert NAMES[lang] in page.inner_text(".slip")
    look(page, f"class-{lang}-slip")
    follow(page, "form[action$='/learn/slip'] button")
    assert CLASSES[lang] in page.inner_text("main")


def read_everything(page: "Page") -> None:
    """Lesson by lesson, as the buttons lead, until the course has nothing left to read."""
    follow(page, "main .buttons a")
    while "/lessons/" in page.url:
        follow(page, "main .lesson-end form button")


def pass_the_quiz(app: Flask, page: "Page") -> None:
    """Every question rightly, one of them in a dead spot; then checked and handed in."""
    follow(page, "main .buttons a")
    follow(page, "form[action$='/quizzes/final'] button")
    asked = questions_of(app, page.url)
    for number, fields in enumerate(asked, start=1):
        page.context.set_offline(number == 2)
        box = page.locator(f"[data-question='{number}']")
        if box.locator("[data-steps]").count():
            arrange(box, fields)
        else:
            for name, value in fields:
                put(box, name, value)
        if number == 2:
            waiting = page.locator("form.quiz").get_attribute("data-waiting")
            box.locator("[data-state]", has_text=waiting).wait_for()
    page.context.set_offline(False)
    saved = page.locator("[data-state]", has_text=page.locator("form.quiz").get_attribute("data-saved"))
    saved.nth(len(asked) - 1).wait_for()
    follow(page, "button[name=save][value=all]")
    follow(page, "form[action$='/hand-in'] button")
    assert "100" in page.inner_text(".result-mark")


def questions_of(app: Flask, address: str) -> list[list[tuple[str, str]]]:
    """Of each question of this attempt, the fields that answer it rightly, as (name, value)."""
    attempt_id = address.rpartition("/")[2]
    with app.app_context():
        row = db.session.get_one(Attempt, attempt_id)
        learner_id = db.session.get_one(Enrolment, row.enrolment_id).learner_id
        found = attempt(Actor.guest(learner_id), attempt_id)
    return [
        [
            (name, value)
            for name, values in fields_of(item, right_response(item, found.lang), f"q{number}").items()
            for value in values
        ]
        for number, item in enumerate(found.items, start=1)
    ]


def arrange(box: "Locator", fields: list[tuple[str, str]]) -> None:
    """Move every step up, the first one first, until it stands at its place."""
    for name, rank in sorted(fields, key=lambda field: int(field[1])):
        step = box.locator("li.item-step", has=box.page.locator(f"[name='{name}']"))
        place = "step => [...step.parentNode.children].indexOf(step) + 1"
        while step.evaluate(place) > int(rank):
            step.locator("button").first.click()


def put(box: "Locator", name: str, value: str) -> None:
    """Choose or type a value, as a person does: by the label of a choice, in a list, in a field."""
    field = box.locator(f"[name='{name}']")
    if not field.count():
        return  # the only unit there is: printed beside the field, not chosen
    kind = field.first.evaluate("field => field.type")
    if kind in ("radio", "checkbox"):
        chosen = box.locator(f"[name='{name}'][value='{value}']")
        if not chosen.is_checked():
            box.locator(f"label[for='{chosen.get_attribute('id')}']").click()
    elif kind == "select-one":
        field.select_option(value)
    else:
        field.fill(value)


def check_the_outcome(page: "Page", url: str, lang: str, folder: Path) -> None:
    """The certificate is valid by its number, for a stranger's eyes without the name; the badge holds."""
    words = catalogues.texts(lang).gettext
    follow(page, "main a[href*='/certificates/']")
    number = page.url.rpartition("/")[2].partition("?")[0]
    # The page keeps looking until a checkpoint is signed over the certificate.
    badge = page.request.get(f"{url}/certificates/{number}/badge.json")
    for _ in range(60):
        if badge.ok:
            break
        page.wait_for_timeout(500)
        badge = page.request.get(f"{url}/certificates/{number}/badge.json")
    assert badge.ok
    page.goto(f"{url}/{lang}/certificates")
    page.fill("input[name=number]", number)
    follow(page, "main form button")
    main = page.inner_text("main")
    assert words("Valid") in main
    assert CLASSES[lang] in main
    look(page, f"class-{lang}-certificate")
    file = folder / f"badge-{lang}.json"
    file.write_bytes(badge.body())
    page.goto(f"{url}/{lang}/badges/check")
    page.set_input_files("input[type=file]", file)
    follow(page, "main form button")
    answers = page.locator("section[aria-labelledby=answers]")
    assert answers.get_by_text(re.compile(f"^{words('Yes')}$")).count() == 3
    look(page, f"class-{lang}-badge")

"""A learner's pages in both languages: found, read, taken, and nobody else's."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask

from portal.certificates import queries as certificates
from portal.certificates.commands import issue
from portal.certificates.jobs import folder
from portal.certificates.models import CertificateDocument
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.training.commands.attempting import save, start, submit
from portal.training.commands.publishing import publish
from portal.training.models.learners import Learner
from portal.training.models.outcomes import Completion
from portal.training.queries import learners
from portal.training.queries.attempts import attempt, attempts_of
from portal.training.rules.responses import stored
from portal.training.rules.solutions import right_response
from tests.accounts.test_views import sign_in
from tests.browser import Browser, Page
from tests.factories import accounts
from tests.factories.certificates import certified
from tests.factories.certificates import course as a_course
from tests.factories.certificates import pledge as a_pledge
from tests.factories.training import NOW, a_cohort, a_version, files_of


@pytest.fixture(params=["zh", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def a_class(**changes: object) -> str:
    version_id = a_version()
    with transaction() as session:
        a_cohort(session, version_id, **{"join_code": "FOREST7", **changes})
    return version_id


def fill(page: Page, **values: str) -> Page:
    """Type into fields by their names, whatever the language calls them."""
    for name, value in values.items():
        (field,) = (each for each in page.root.iter("input") if each.get("name") == name)
        page._typed[id(field)] = [value]
    return page


def press(page: Page, action: str, *, expect: int = 200, button: int = 0) -> Page:
    """A button of the form that goes to this address."""
    form = next(f for f in page.root.iter("form") if re.search(action, f.get("action", "")))
    words = ["".join(each.itertext()) for each in form.iter("button")][button]
    return page.submit(" ".join(words.split()), expect=expect)


def test_a_class_comes_in_at_once_and_who_guesses_codes_waits(app: Flask, at: Callable[[str], datetime]):
    """Forty phones behind one address, three requests each; then more than a minute allows."""
    at("2026-11-23T02:00:00Z")
    a_class()
    for number in range(40):
        joined(Browser(app.test_client()), name=f"学员{number}")
    asked = [app.test_client().get("/zh/learn/code").status_code for _ in range(241)]
    assert asked == [200] * 240 + [429]


def joined(browser: Browser, lang: str = "zh", name: str = "王芳") -> tuple[Page, Actor, str]:
    """The page of progress of somebody new in the class, the learner as an actor, and the enrolment."""
    page = fill(browser.open(f"/{lang}/learn/join?code=forest7"), name=name)
    slip = press(page, "/learn/join$")
    page = press(slip, "/learn/slip$")
    enrolment_id = re.search(r"/learn/(enr_\w+)", page.url)
    assert enrolment_id
    with transaction() as session:
        learner = session.query(Learner).filter_by(name=name).one()
        return page, Actor.guest(learner.id), enrolment_id[1]


def test_the_catalogue_leads_to_a_course_and_its_lessons_without_an_account(browser: Browser, lang: str):
    a_version()
    a_version("technicians")
    page = browser.open(f"/{lang}/training")
    title = {"zh": "人人懂碳汇与碳中和", "en": "Carbon sinks and carbon neutrality for everyone"}[lang]
    course = page.click(title)
    assert title in course.h1
    assert "80" in course.main
    lesson = browser.open(f"/{lang}/training/everyone/lessons/tree-and-carbon")
    (picture, *_) = (img for figure in lesson.root.iter("figure") for img in figure.iter("img"))
    drawn = browser.client.get(picture.get("src", ""))
    assert drawn.mimetype == "image/svg+xml"
    assert len(lesson.html) + len(drawn.data) < 100_000
    assert "/lessons/stock-and-flow" in lesson.html
    asked = press(course, "/begin$")
    assert "/sign-in" in asked.url


def test_a_wide_drawing_fits_and_comes_once_more_in_a_readable_size(browser: Browser):
    a_version()
    wide = browser.open("/en/training/everyone/lessons/stock-and-flow").root.find(".//figure")
    assert [each.tag for each in wide] == ["img", "figcaption", "details"]
    fitting, larger = wide.iter("img")
    assert (fitting.get("src"), fitting.get("alt")) == (larger.get("src"), larger.get("alt"))
    assert wide.findtext("details/summary") == "Show the drawing larger"
    a_version("media")
    narrow = browser.open("/en/training/carbon-reporting/lessons/charts-and-maps").root.find(".//figure")
    assert [each.tag for each in narrow] == ["img", "figcaption"], "the control: its words can be read"


def test_an_empty_catalogue_says_what_can_be_done(browser: Browser, lang: str):
    assert f"/{lang}/learn/join" in browser.open(f"/{lang}/training").links.values()


def test_both_languages_stand_side_by_side_once_chosen(browser: Browser):
    a_version()
    address = "/zh/training/everyone/lessons/tree-and-carbon"
    assert 'class="lesson lesson-both"' not in browser.open(address).html
    both = browser.open(f"{address}?show=both")
    assert 'class="lesson lesson-both"' in both.html
    blocks = [each for each in both.root.iter("div") if each.get("class") == "lesson-block"]
    assert {each.get("lang") for each in blocks} == {"zh-CN", "en"}
    assert 'class="lesson lesson-both"' in browser.open(address).html  # the choice is kept
    browser.open(f"{address}?show=en")
    assert 'class="lesson lesson-both"' not in browser.open(address).html


def test_a_guest_joins_reads_and_sees_why_it_is_not_complete(browser: Browser, lang: str):
    a_class(sessions_required=1)
    page, actor, enrolment_id = joined(browser, lang)
    assert {"zh": "还没有", "en": "Not taken yet"}[lang] in page.main
    lesson = browser.open(f"/{lang}/learn/{enrolment_id}/lessons/tree-and-carbon")
    after = press(lesson, "/lessons/tree-and-carbon$")
    assert after.url.endswith("/lessons/stock-and-flow")
    again = browser.open(f"/{lang}/learn/{enrolment_id}")
    assert {"zh": "10 课已读 1 课", "en": "1 of 10 lessons read"}[lang] in again.main
    assert learners.enrolment(actor, enrolment_id).certificate is None


def test_the_personal_code_brings_back_and_a_new_one_ends_the_old(app: Flask, browser: Browser):
    a_class()
    page = press(fill(browser.open("/en/learn/join?code=FOREST7"), name="王芳"), "/learn/join$")
    code = re.search(r"\b\w{3}-\w{3}-\w{3}\b", page.main)
    assert code
    other = Browser(app.test_client())
    back = press(fill(other.open("/en/learn/code"), code=code[0].lower().replace("-", " ")), "/learn/code$")
    assert "王芳" in back.main
    press(back, "/learn/code/new$")
    third = fill(Browser(app.test_client()).open("/en/learn/code"), code=code[0])
    press(third, "/learn/code$", expect=404)
    gone = press(other.open("/en/learn"), "/learn/forget$")
    assert "王芳" not in gone.main


def test_a_quiz_is_answered_without_a_program_handed_in_and_explained(browser: Browser, lang: str):
    a_class()
    _, actor, enrolment_id = joined(browser, lang)
    page = press(browser.open(f"/{lang}/learn/{enrolment_id}/quizzes/forests"), "/quizzes/forests$")
    (tried,) = attempts_of(enrolment_id)
    radio = next(each for each in page.root.iter("input") if each.get("type") == "radio")
    page._typed[id(radio)] = [radio.get("value", "")]
    check = press(page, tried.id, button=-1)
    assert len(attempt(actor, tried.id).answers) == 1
    open_ones = len(attempt(actor, tried.id).unanswered)
    assert f"{open_ones}" in check.main
    result = press(check, "/hand-in$")
    assert "%" in result.main
    assert attempt(actor, tried.id).submitted_at is not None


def test_a_number_in_words_is_refused_beside_its_question_and_kept(browser: Browser):
    a_class()
    _, actor, enrolment_id = joined(browser)
    attempt_id = start(actor, enrolment_id, "forests", "zh", NOW)
    page = browser.open(f"/zh/learn/attempts/{attempt_id}")
    beyond = browser.open(f"/zh/learn/attempts/{attempt_id}?q=000199")
    asked = [{each.get("name") for each in one.root.iter("input")} for one in (page, beyond)]
    assert asked[0] == asked[1], "where there is no such question, all of them"
    field = next(each for each in page.root.iter("input") if each.get("name", "").endswith("-number"))
    page._typed[id(field)] = ["很多很多"]
    refused = press(page, attempt_id, button=-1, expect=422)
    assert "很多很多" in refused.html
    # Without a program the page begins at its top again, so what is wrong is said there, with the way to it.
    (target,) = {href for href in refused.links.values() if href.startswith("#q")}
    number = field.get("name", "").removesuffix("-number")
    assert target == f"#{number}"
    assert refused.errors
    assert attempt(actor, attempt_id).answers == {}


def test_somebody_elses_learning_is_not_found(app: Flask, browser: Browser):
    a_class()
    _, actor, enrolment_id = joined(browser)
    attempt_id = start(actor, enrolment_id, "final", "zh", NOW)
    stranger = Browser(app.test_client())
    for path in (
        f"/zh/learn/{enrolment_id}",
        f"/zh/learn/attempts/{attempt_id}",
        "/zh/learn/data/export.zip",
    ):
        stranger.open(path, expect=404)
    assert browser.open(f"/zh/learn/attempts/{attempt_id}").h1  # the control: the learner's own device


def test_the_record_is_taken_along_and_erased(app: Flask, browser: Browser):
    a_class()
    _, actor, enrolment_id = joined(browser)
    attempt_id = start(actor, enrolment_id, "final", "zh", NOW)
    item = next(each for each in attempt(actor, attempt_id).items if right_response(each, "zh") is not None)
    save(actor, attempt_id, item.id, stored(right_response(item, "zh")), 1, NOW)  # type: ignore[arg-type]
    submit(actor, attempt_id, NOW)
    packed = zipfile.ZipFile(io.BytesIO(browser.client.get("/zh/learn/data/export.zip").data))
    told = json.loads(packed.read("training.json"))
    assert told["learners"][0]["name"] == "王芳"
    assert told["courses"][0]["attempts"][0]["answers"][0]["item"] == item.id
    assert "1/1" in packed.read("attempts.csv").decode() or "final,1" in packed.read("attempts.csv").decode()
    page = browser.open("/zh/learn/data")
    press(page, "/erase$", expect=422)  # the box is not ticked
    box = next(each for each in page.root.iter("input") if each.get("name") == "confirmed")
    page._typed[id(box)] = ["y"]
    press(page, "/erase$")
    assert learners.learners_of(actor) == []
    with transaction() as session:
        row = session.get_one(Learner, next(iter(actor.keys)))
        assert (row.name, row.code_hash, row.erased_at is not None) == ("", None, True)
    assert len(attempts_of(enrolment_id)) == 1  # the marks stay, without a name


def test_certificates_are_taken_along_as_pdf_and_text(app: Flask, browser: Browser):
    version_id = a_class()
    _, actor, enrolment_id = joined(browser)
    with transaction() as session:
        learner_id = next(iter(actor.keys))
        number = issue(Actor.system("training"), a_course(holder_name="王芳"), NOW)
        session.add(
            Completion(
                id="cmp_1", enrolment_id=enrolment_id, learner_id=learner_id, version_id=version_id,
                award="completion", certificate=number, completed_at=NOW,
            )
        )  # fmt: skip
    kept = certificates.by_number(number)
    packed = zipfile.ZipFile(io.BytesIO(browser.client.get("/zh/learn/data/export.zip").data))
    assert packed.read(f"certificates/{number}.json").decode() == kept.payload
    assert f"certificates/{number}.pdf" not in packed.namelist()  # it is not printed yet
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / "one.pdf").write_bytes(b"%PDF-1.7 demonstration")
    with transaction() as session:
        session.add(
            CertificateDocument(
                certificate_id=kept.id, variant="named", file="one.pdf", sha256="0" * 64, rendered_at=NOW
            )
        )
    packed = zipfile.ZipFile(io.BytesIO(browser.client.get("/zh/learn/data/export.zip").data))
    assert packed.read(f"certificates/{number}.pdf").startswith(b"%PDF")


def test_learning_with_a_code_becomes_part_of_an_account(app: Flask, browser: Browser):
    a_class()
    _, actor, enrolment_id = joined(browser)
    who = accounts.person("wang@example.cn")
    sign_in(browser, who)
    press(browser.open("/zh/account/training"), "/learn/link$")
    assert learners.enrolment(who.actor, enrolment_id).person_id == who.id
    assert learners.learners_of(actor) == []  # the device alone is no door any more
    assert browser.open(f"/zh/learn/{enrolment_id}").h1


def test_meetings_come_as_a_calendar_for_who_has_the_address(app: Flask, browser: Browser):
    a_class()
    joined(browser)
    feed = re.search(
        r"http\S+?(/learn/calendar/\S+?\.ics\?lang=zh&amp;k=\w+)", browser.open("/zh/learn").html
    )
    assert feed
    answer = browser.client.get(feed[1].replace("&amp;", "&"))
    assert answer.data.startswith(b"BEGIN:VCALENDAR")
    assert browser.client.get(feed[1].replace("&amp;", "&")[:-2]).status_code == 404


def test_a_lesson_may_be_completed_by_a_real_pledge_alone(app: Flask, browser: Browser):
    files = {**files_of("everyone")}
    for side in ("zh", "en"):
        name = f"lessons/09-my-pledge.{side}.md"
        files[name] = files[name].replace(b"completion: read", b"completion: pledge")
    files["course.yml"] = files["course.yml"].replace(b"version: 1.2.0", b"version: 1.9.0")
    version_id = publish(Actor.system("test"), files, NOW)
    with transaction() as session:
        a_cohort(session, version_id, join_code="FOREST7")
    _page, _actor, enrolment_id = joined(browser, "en")
    address = f"/en/learn/{enrolment_id}/lessons/my-pledge"
    wrong = certified(a_course()).number
    for typed, words in (("", "number"), ("ABCD", "number"), (wrong, "no certificate of a pledge")):
        page = fill(browser.open(address), number=typed).submit("This is my pledge", expect=422)
        assert words in page.main
    assert "A pledge is still to be made" in browser.open(f"/en/learn/{enrolment_id}").main
    page = fill(browser.open(address), number=certified(a_pledge()).number).submit("This is my pledge")
    assert "You are done with this lesson" in browser.open(address).main

"""Training as learners, trainers and authors see it, with the demonstration class, on a phone and a desk."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from portal.accounts import rules, totp
from portal.accounts.commands.demo import DemoSignIn, seed_demo_people
from portal.accounts.keys import Keys
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.ops import seed_training
from tests.certificates.test_badges_of_others import badge, did_document, signed
from tests.conftest import portal_on
from tests.looks.chromium import follow, look
from tests.server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Page

TEACH = (
    "",
    "/learners",
    "/roster",
    "/share",
    "/sessions",
    "/progress",
    "/paper",
    "/paper/A/sheets",
    "/follow-up",
    "/questions",
    "/feedback",
    "/settings",
)
WRITE = ("/bank", "/plan/course", "/plan/track", "/media", "/history", "/changes", "/export", "/import")


@pytest.fixture
def school(
    live_server: Callable[..., LiveServer], sqlite_url: str, tmp_path: Path
) -> tuple[str, dict[str, DemoSignIn]]:
    """The address of a portal with the demonstration class, and its people by role."""
    with portal_on(sqlite_url, tmp_path) as app:
        secrets = app.config["PORTAL"].secret_keys
        keys = Keys(secrets)
        people = seed_demo_people(Actor.system("demo"), clock.now(), keys, is_demo=True)
        seed_training.seed(clock.now())
    by_role = {person.email.partition("@")[0]: person for person in people}
    # With the same secret, which opens the second factors.
    return live_server(sqlite_url, SECRET_KEY=secrets[0]).url, by_role


def sign_in(page: "Page", url: str, who: DemoSignIn) -> None:
    page.goto(f"{url}/en/account/sign-in")
    page.fill("[name=email]", who.email)
    page.fill("[name=password]", who.password)
    follow(page, "main form button")
    if who.totp_secret:
        code = totp.code_at(base64.b32decode(who.totp_secret), rules.step_of(clock.now()))
        page.fill("[name=code]", code)
        follow(page, "main form button")


def first_link(page: "Page", part: str) -> str:
    """The address of the first link in the page's main part that has this in it."""
    return str(page.locator(f"main a[href*='{part}']").first.get_attribute("href")).partition("?")[0]


def badges_to_check() -> dict[str, tuple[object, object]]:
    """Badges of others by the answer to who signed them, each with the file of keys handed in beside it."""
    theirs = signed(badge())
    changed = {**theirs, "validFrom": "2026-02-02T00:00:00Z"}
    return {"on-trust": (theirs, did_document()), "no": (changed, did_document()), "unknown": (theirs, None)}


def upload(name: str, content: object) -> "FilePayload":
    return {"name": name, "mimeType": "application/json", "buffer": json.dumps(content).encode()}


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "width"), [("zh", 360), ("en", 1280)])
def test_every_page_of_a_learner_can_be_read(
    school: tuple[str, dict[str, DemoSignIn]], visit: Callable[..., "Page"], lang: str, width: int
) -> None:
    (url, people), page = school, visit(lang, width)

    def see(path: str, name: str) -> None:
        page.goto(f"{url}{path}")
        look(page, f"learner-{lang}-{width}-{name}")

    see(f"/{lang}/training", "catalogue")
    see(f"/{lang}/training/everyone", "course")
    see(f"/{lang}/training/everyone/lessons/tree-and-carbon?show=both", "lesson")
    figure = page.locator(".lesson-block figure").first
    assert figure.evaluate("each => each.scrollWidth <= each.clientWidth"), "the drawing fits"
    larger = figure.locator("summary")
    assert larger.is_visible() == (width == 360)
    if larger.is_visible():
        larger.press("Enter")
        look(page, f"learner-{lang}-{width}-larger")
    see(f"/{lang}/learn/join", "join")
    see(f"/{lang}/learn/code", "code")
    see(f"/{lang}/badges/check", "badge")
    for name, (credential, key_file) in badges_to_check().items():
        page.goto(f"{url}/{lang}/badges/check")
        page.set_input_files("[name=file]", upload("badge.json", credential))
        page.set_input_files("[name=keys]", upload("did.json", key_file) if key_file else [])
        follow(page, "main form button")
        look(page, f"learner-{lang}-{width}-badge-{name}")
    sign_in(page, url, people["citizen"])
    page.goto(f"{url}/{lang}/training/everyone")
    follow(page, "form[action$='/begin'] button")
    look(page, f"learner-{lang}-{width}-progress")
    course = page.url.partition("?")[0].removeprefix(url)
    see(f"{course}/lessons/stock-and-flow", "lesson-to-finish")
    see(f"{course}/quizzes/final", "quiz")
    follow(page, "main form button")
    look(page, f"learner-{lang}-{width}-attempt")
    attempt = page.url.partition("?")[0].removeprefix(url)
    see(f"{attempt}?q=2", "one-question")
    see(f"{attempt}/hand-in", "hand-in")
    follow(page, "main form button")
    look(page, f"learner-{lang}-{width}-result")
    see(f"/{lang}/account/training", "record")
    see(f"/{lang}/learn/data", "data")


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "width"), [("zh", 360), ("en", 1280)])
def test_every_page_of_trainers_and_authors_can_be_read(
    school: tuple[str, dict[str, DemoSignIn]], visit: Callable[..., "Page"], lang: str, width: int
) -> None:
    url, people = school

    def see(path: str, name: str) -> None:
        page.goto(f"{url}{path}")
        look(page, f"{name}-{lang}-{width}")

    page = visit(lang, width)
    sign_in(page, url, people["trainer"])
    for path in ("", "/new", "/ladder"):
        see(f"/{lang}/teach{path}", f"teach{path}")
    page.goto(f"{url}/{lang}/teach")
    group = first_link(page, "/teach/coh")
    for path in TEACH:
        see(f"{group}{path}", f"class{path}")
    page.goto(f"{url}{group}/sessions")
    session = first_link(page, "/sessions/ses")
    see(session, "session")
    see(f"{session}/wall", "wall")
    page.goto(f"{url}{group}/progress")
    see(first_link(page, "/progress/enr"), "learner")

    page = visit(lang, width)
    sign_in(page, url, people["author"])
    see(f"/{lang}/author", "author")
    follow(page, "form[action*='/author/from/'] button")
    draft = page.url.removeprefix(url).partition("/plan")[0]
    see(draft, "draft")
    see(first_link(page, "/lessons/"), "draft-lesson")
    for path in WRITE:
        see(f"{draft}{path}", f"draft{path}")
    page.goto(f"{url}{draft}/bank")
    see(first_link(page, "/bank/"), "draft-item")

"""An organiser's story, told to a real browser: estimate, twenty phones, a file, the difference, frozen.

Every page it passes is looked at: it fits a phone, axe-core finds nothing, and a picture is kept.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from portal.footprint.rules.activity import COLUMNS
from tests.conftest import portal_on
from tests.factories import accounts
from tests.factories.events import JOURNEYS
from tests.looks.chromium import assert_fits, look
from tests.server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

NARROW = 390
TITLES = {"zh": "林业碳汇年会", "en": "Forest carbon conference"}
POSTER = {"zh": "打印海报", "en": "Poster to print"}


@pytest.fixture
def portal(live_server: Callable[..., LiveServer], sqlite_url: str) -> LiveServer:
    server = live_server(sqlite_url)
    server.flask("demo", "seed")
    return server


@pytest.fixture
def organiser(sqlite_url: str, tmp_path: Path) -> accounts.Somebody:
    """Somebody with an account, made on the database before the server opens it."""
    with portal_on(sqlite_url, tmp_path / "making"):
        return accounts.person("organiser@example.org")


def answer(portal: LiveServer, lang: str, code: str, journey: tuple[str, ...]) -> None:
    """One phone without JavaScript: the third screen, sent with what the first two asked."""
    said = dict(zip(("band", "km", "mode", "cabin", "occupants"), journey, strict=True))
    phone, address = requests.Session(), f"{portal.url}/{lang}/journey/{code}"
    page = phone.get(address, params={"at": "3", **said}, timeout=60).text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token, page[:2000]
    done = phone.post(address, data={**said, "csrf_token": token[1]}, timeout=60)
    assert done.url.endswith("/done"), done.status_code


def fly(portal: LiveServer, code: str, phone: "Page", lang: str, javascript: bool) -> None:
    """One phone that answers on screen; without scripts axe-core cannot look, but the page still fits."""
    said = []

    def see() -> None:
        said.append(phone.inner_text("h1"))
        name = f"event-{lang}-phone-{len(said)}"
        look(phone, name) if javascript else assert_fits(phone)

    phone.goto(f"{portal.url}/r/{code}")
    see()
    phone.locator("label[for^=band-]").nth(3).click()
    phone.locator("main form button").click()
    see()
    phone.locator("input[value=air] + label").click()
    phone.locator("main form button").click()
    see()
    phone.locator("label[for^=cabin-]").first.click()
    phone.locator("main form button").click()
    phone.wait_for_url("**/done")
    see()
    assert len(set(said)) == 4


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("lang", "width"), [("zh", NARROW), ("en", 1280)])
def test_from_an_estimate_to_a_frozen_event_and_its_offset(
    organiser: accounts.Somebody,
    portal: LiveServer,
    visit: Callable[..., "Page"],
    tmp_path: Path,
    lang: str,
    width: int,
) -> None:
    page = visit(lang, width)

    def see(name: str) -> None:
        look(page, f"event-{lang}-{width}-{name}")

    def go(path: str) -> None:
        page.goto(f"{portal.url}/{lang}{path}")

    def press() -> None:
        page.locator("main form button[type=submit]").last.click()
        page.wait_for_load_state()

    go("/account/sign-in")
    page.fill("input[name=email]", organiser.email)
    page.fill("input[name=password]", organiser.password)
    page.locator("main form button").first.click()
    page.wait_for_load_state()
    go("/events")
    see("01-no-events")
    page.locator("main a.button-primary, main .empty a").first.click()
    page.fill("input[name=title]", TITLES[lang])
    see("02-new")
    press()
    event = re.sub(r".*/events/", "/events/", page.url)
    see("03-nothing")

    go(f"{event}/estimate")
    # By keyboard alone: the first field is reached, typed into and sent with Enter.
    page.locator("[name=q-people]").focus()
    page.keyboard.type("40")
    page.keyboard.press("Tab")
    page.keyboard.type("1")
    see("04-questions")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{event}")
    see("05-estimate-only")

    go(f"{event}/attendees")
    press()
    see("06-survey")
    code = re.search(r"/r/([0-9A-Z]{10})", page.inner_text("main"))
    assert code
    for javascript in (True, False):
        fly(portal, code[1], visit(lang, NARROW, javascript=javascript), lang, javascript)
    for journey in JOURNEYS[2:]:
        answer(portal, lang, code[1], journey)
    page.reload()
    assert "20" in page.inner_text("main")
    see("07-answers")
    page.get_by_role("link", name=POSTER[lang]).click()
    see("08-poster")

    go(f"{event}/activities")
    see("09-files")
    file = tmp_path / "data.csv"
    head = ",".join(title.in_(lang) for title in COLUMNS.values())
    file.write_text(f'{head}\nkwh,"2,345.6",kWh,hall,meter\nnights,-31,room-nights,staff,bill\n', "utf-8")
    page.set_input_files("input[name=file]", file)
    press()
    see("10-dry-run-refused")
    go(f"{event}/activities")
    file.write_text(f'{head}\nkwh,"2,345.6",kWh,hall,meter\nnights,31,room-nights,staff,bill\n', "utf-8")
    page.set_input_files("input[name=file]", file)
    press()
    see("11-dry-run")
    press()
    see("12-imported")
    go(f"{event}/take-over")
    page.locator("label[for=reports]").click()
    page.locator("label[for=activities]").click()
    see("13-take-over")
    press()
    see("14-difference")
    assert page.locator("main table").count() >= 4

    go(f"{event}/freeze")
    page.fill("textarea[name=exclusions]", "–")
    page.locator("label[for=confirmed]").click()
    see("15-freeze")
    press()
    see("16-frozen")
    digest = re.search(r"\b[0-9a-f]{64}\b", page.inner_text("main"))
    assert digest
    offset = page.locator(f"main a[href*='/{lang}/offset?event=']").first
    offset.click()
    assert event.removeprefix("/events/") in page.url
    see("17-offset")
    exported = page.request.get(f"{portal.url}/{lang}{event}/inventory-actual.csv").text()
    assert digest[0] in exported

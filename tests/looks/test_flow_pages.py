"""Every page of the question flow, looked at: it fits a phone, axe-core finds nothing, a picture is kept."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.looks.chromium import look
from tests.server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

SAID = "form=full&q-heating=district&q-home_area=80&q-people=3&q-electricity="
PAGES = {
    "choose": "",
    "group": "/event-cn?at=share_local",
    "wrong": f"/household-cn?at=car_km&do=next&{SAID}&q-car_km=x",
    "straight": f"/household-cn?at=heat_need&{SAID}&form=expert".replace("form=full&", ""),
    "factors": f"/household-cn?at=factors&find=heat&do=find&{SAID}&own-heat=9999",
    "check": f"/household-cn?at=check&{SAID}&own-heat=100",
    "later": f"/household-cn/later?{SAID}",
    "resume": "/resume",
    "review": "/household-cn/review?version=1.0.0&q-home_area=80",
}


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "width"), [("zh", 390), ("en", 390), ("zh", 1280), ("en", 1280)])
def test_every_page_of_the_flow_can_be_read(
    live_server: Callable[..., LiveServer],
    sqlite_url: str,
    visit: Callable[..., "Page"],
    lang: str,
    width: int,
) -> None:
    page, portal = visit(lang, width), live_server(sqlite_url)
    for name, path in PAGES.items():
        page.goto(f"{portal.url}/{lang}/calculator{path}")
        look(page, f"flow-{name}-{lang}-{width}")
    page.goto(f"{portal.url}/{lang}/calculator{PAGES['later']}")
    page.click("main form button")
    page.locator(".draft-code").wait_for()
    look(page, f"flow-kept-{lang}-{width}")
    page.goto(f"{portal.url}/{lang}/calculator/resume")
    page.fill("input[name=code]", "ABCD")
    page.click("main form >> nth=0 >> button")
    page.locator("[data-error-summary]").wait_for()
    look(page, f"flow-slip-{lang}-{width}")

"""Campaigns as they are seen: with no, three and forty answers, on a phone and a desk, in both languages."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import portal_on
from tests.factories import accounts
from tests.factories.groups import a_campaign, answers_of
from tests.looks.chromium import follow, look
from tests.server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

COUNTS = (0, 3, 40)


@pytest.fixture
def school(
    live_server: Callable[..., LiveServer], sqlite_url: str, tmp_path: Path
) -> tuple[str, accounts.Somebody, dict[int, str]]:
    """The address of a portal, its teacher, and campaigns by how many have answered."""
    with portal_on(sqlite_url, tmp_path):
        teacher = accounts.person("teacher@example.org")
        made = {count: a_campaign(teacher.actor, closes=date(2099, 12, 31)) for count in COUNTS}
        for count, campaign_id in made.items():
            answers_of(campaign_id, count)
    return live_server(sqlite_url).url, teacher, made


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "width"), [("zh", 390), ("en", 1280), ("zh", 1280), ("en", 390)])
def test_every_page_of_a_campaign_is_readable(
    school: tuple[str, accounts.Somebody, dict[int, str]],
    visit: Callable[..., "Page"],
    lang: str,
    width: int,
) -> None:
    url, teacher, made = school
    page = visit(lang, width)

    def see(path: str, name: str) -> None:
        page.goto(f"{url}/{lang}{path}")
        look(page, f"campaign-{lang}-{width}-{name}")

    for count, campaign_id in made.items():
        see(f"/campaigns/{campaign_id}", f"{count}-answers")
    see(f"/campaigns/{made[0]}/poster", "poster")

    page.goto(f"{url}/{lang}/campaigns/{made[3]}")
    page.locator("main a[href*='/calculator/']").click()
    for _ in range(80):
        if "/take-part" in page.url:
            break
        unsure = page.locator("main form button[name=do][value=unsure]")
        (unsure if unsure.count() else page.locator("main form button.button-primary")).first.click()
    look(page, f"campaign-{lang}-{width}-take-part")
    # With the keyboard alone: the first radio of the sub-groups, then the button.
    page.locator("input[name=group]").first.focus()
    page.keyboard.press("Space")
    page.locator("main form button.button-primary").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/receipt?*")
    look(page, f"campaign-{lang}-{width}-receipt")

    page.goto(f"{url}/{lang}/account/sign-in")
    page.fill("input[name=email]", teacher.email)
    page.fill("input[name=password]", teacher.password)
    page.locator("main form button.button-primary").first.click()
    page.wait_for_load_state()
    see("/account/campaigns", "mine")
    see(f"/campaigns/{made[40]}", "organiser")
    see("/account/campaigns/new", "new")
    follow(page, "main form button.button-primary")
    look(page, f"campaign-{lang}-{width}-mistakes")
    assert page.locator("[data-error-summary]").count() == 1

"""A real browser: Debian's Chromium driven by Playwright, cut off from every host but this one.

``chromium_page`` is one desktop page in Chinese. ``visit`` opens further visitors: another language, a phone,
no JavaScript. Whatever a page writes to its console as an error, the content security policy's refusals
included, fails the test that saw it.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from portal.config import ROOT
from tests.patience import PATIENCE

if TYPE_CHECKING:  # loaded by the tests that use it only: it takes a while
    from flask.testing import FlaskClient
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route

SHOTS = ROOT / ".looks"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
PHONE, DESKTOP = 360, 1440
ADDRESS = "http://127.0.0.1:9"  # nobody listens: for pages that are answered in this process

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


def executable() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser process, one per test file: Playwright's loop must not outlive the tests that use it."""
    program = executable()
    if program is None:
        what = "Chromium (apt-get install chromium)"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"missing: {what}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS, headless=True)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """``visit(lang="en", width=360, javascript=False)``: a page of a new visitor without cookies."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # That an error page answered with its status is no fault of the page.
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(f"{message.location.get('url', '')}: {message.text}")

    def open_page(lang: str = "zh", width: int = DESKTOP, *, javascript: bool = True) -> Page:
        context = chromium.new_context(
            locale=LOCALES[lang],
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
            accept_downloads=True,
        )
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints, "the browser complains:\n" + "\n".join(complaints)


@pytest.fixture
def chromium_page(visit: Callable[..., Page]) -> Page:
    return visit()


def answered_by(client: FlaskClient) -> Callable[[Route], None]:
    """What the browser asks for is asked of the portal in this process; what never changes, once."""
    kept: dict[str, tuple[int, dict[str, str], bytes]] = {}

    def answer(route: Route) -> None:
        parts = urlsplit(route.request.url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        reply = kept.get(path)
        if reply is None:
            told = client.get(path, buffered=True)
            reply = told.status_code, dict(told.headers), told.data
        if path.startswith("/static/"):
            kept[path] = reply
        status, headers, body = reply
        route.fulfill(status=status, headers=headers, body=body)

    return answer


def assert_accessible(page: Page) -> None:
    """No violation of WCAG 2.2 A or AA that axe-core can find on the page as it is now."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    lines = [
        f"{v['id']} ({v['impact']}): {v['help']}\n    {node['html'][:200]}"
        for v in found
        for node in v["nodes"]
    ]
    assert not found, f"{page.url} has {len(found)} accessibility violations:\n" + "\n".join(lines)


def assert_fits(page: Page) -> None:
    """Nothing hangs over the right edge: a phone's reader never scrolls sideways."""
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{page.url} is {over} px wider than its window of {page.viewport_size}"


def shoot(page: Page, name: str) -> Path:
    """A screenshot of the whole page under ``.looks/``, which git ignores."""
    SHOTS.mkdir(exist_ok=True)
    file = SHOTS / (re.sub(r"[^\w.-]+", "-", name).strip("-") + ".png")
    page.screenshot(path=file, full_page=True, animations="disabled")
    return file


def follow(page: Page, what: str) -> None:
    """Press the first of what the selector finds and wait for the page that it leads to.

    A click alone returns while the old page is still being left, and nothing can be asked of that one.
    """
    with page.expect_navigation():
        page.locator(what).first.click()


def look(page: Page, name: str) -> None:
    """What every page of a story must pass; its picture when it fails, or for people who ask to look."""
    page.wait_for_load_state()
    try:
        assert_fits(page)
        assert_accessible(page)
    except AssertionError:
        shoot(page, name)
        raise
    if os.environ.get("LOOKS"):
        shoot(page, name)

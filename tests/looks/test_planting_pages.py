"""Pages of plantings and of retirements in one's own name: they fit a phone, and axe-core finds nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from portal.kernel import clock
from portal.ops import seed_planting
from tests.conftest import portal_on
from tests.factories.registry import make_lot
from tests.looks.chromium import look
from tests.server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGES = {
    "empty": "/planting",
    "all": "/planting",
    "open": "/planting/DEMO-2027-SPRING",
    "past": "/planting/DEMO-2025-SPRING",
    "quote": "/planting/DEMO-2027-SPRING/quote?seedlings=10&kg=250",
    "wrong": "/planting/DEMO-2027-SPRING/quote?seedlings=many",
    "named": "/offset/named",
    "named-wrong": "/offset/named/quote?lot=LOT-A&tonnes=0",
    "named-quote": "/offset/named/quote?lot=LOT-A&tonnes=5",
}


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "width"), [("zh", 360), ("en", 1440)])
def test_every_page_of_a_planting_can_be_read(
    live_server: Callable[..., LiveServer],
    sqlite_url: str,
    tmp_path: Path,
    visit: Callable[..., "Page"],
    lang: str,
    width: int,
) -> None:
    page, portal = visit(lang, width), live_server(sqlite_url)
    for name, path in PAGES.items():
        if name == "all":
            with portal_on(sqlite_url, tmp_path):
                make_lot(10)
                seed_planting.seed(clock.now())
        page.goto(f"{portal.url}/{lang}{path}")
        look(page, f"planting-{name}-{lang}-{width}")

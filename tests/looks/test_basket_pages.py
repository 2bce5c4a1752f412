"""The basket, prices and the money, looked at: they fit a phone, axe-core finds nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from portal.kernel.money import Money
from tests.conftest import portal_on
from tests.factories import shop
from tests.factories.registry import make_lot, priced
from tests.looks.chromium import follow, look
from tests.server import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def stocked(sqlite_url: str, tmp_path: Path) -> str:
    """A portal with two lots in two currencies and one order."""
    with portal_on(sqlite_url, tmp_path):
        make_lot(code="LOT-A", project="0001")
        make_lot(code="LOT-B", project="0002")
        priced("LOT-A", Money.of("12.00", "USD"))
        shop.paid(250)
    return sqlite_url


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "width"), [("zh", 360), ("en", 1440)])
def test_every_page_from_choosing_to_paying_can_be_read(
    live_server: Callable[..., LiveServer],
    stocked: str,
    visit: Callable[..., "Page"],
    lang: str,
    width: int,
) -> None:
    page, portal = visit(lang, width), live_server(stocked)
    page.goto(f"{portal.url}/{lang}/basket")
    look(page, f"basket-empty-{lang}-{width}")
    for lot in ("LOT-A", "LOT-B"):
        page.goto(f"{portal.url}/{lang}/offset/quote?kg=250&lot={lot}")
        page.click("aside form button")
    page.locator(".basket-line").nth(1).wait_for()
    look(page, f"basket-{lang}-{width}")
    page.goto(f"{portal.url}/{lang}/basket/checkout")
    look(page, f"basket-checkout-{lang}-{width}")
    page.goto(f"{portal.url}/{lang}/basket")
    follow(page, "button[name=remove]")
    look(page, f"basket-removed-{lang}-{width}")
    for name in ("offset", "offset?vintage=1999", "prices", "money"):
        page.goto(f"{portal.url}/{lang}/{name}")
        look(page, f"{name}-{lang}-{width}")

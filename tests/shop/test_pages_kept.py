"""What buyers see first is kept for strangers: never old, and nobody gets another's token or order."""

import re
from unittest import mock

import pytest
from flask import Flask

from portal.kernel.money import Money
from portal.web import frame
from tests.browser import Browser, Page
from tests.factories.registry import hold, make_lot, priced

QUOTE = "/en/offset/quote?kg=250&lot=LOT-A"


def own(page: Page) -> set[str]:
    """Tokens and order ids on the page."""
    return set(re.findall(r'name="(?:csrf_token|order_id)"[^>]*value="([^"]+)"', page.html))


def buy(page: Page) -> Page:
    page = page.fill("Name on the certificate", "Forest friends").fill("E-mail address", "a@example.cn")
    return page.submit("Reserve and pay ¥20.71")


def written(browser: Browser, address: str) -> int:
    """How many templates the page took beyond those of the frame."""
    counted = mock.Mock(wraps=frame.render_template)
    rooms = [
        mock.patch(f"portal.shop.views.{name}.render_template", counted) for name in ("orders", "checkout")
    ]
    with rooms[0], rooms[1]:
        browser.open(address)
    return counted.call_count


def test_two_strangers_read_one_page_and_each_buys_with_an_order_of_their_own(app: Flask):
    make_lot()
    one, other = (Browser(app.test_client()) for _ in range(2))
    first, second = one.open(QUOTE), other.open(QUOTE)
    assert len(own(first)) == len(own(second)) == 2
    assert not own(first) & own(second)
    assert first.text == second.text
    assert written(Browser(app.test_client()), QUOTE) == 0
    assert [buy(page).h1 for page in (second, first)] == ["Test payment"] * 2


def test_without_a_place_of_their_own_a_stranger_would_get_somebodys_token(
    app: Flask, monkeypatch: pytest.MonkeyPatch
):
    """The control of the test above."""
    make_lot()
    monkeypatch.setattr(frame, "_emptied", lambda page, places: page)
    one, other = (Browser(app.test_client()) for _ in range(2))
    assert own(one.open(QUOTE)) == own(other.open(QUOTE))


def test_prices_and_what_is_left_are_never_old(browser: Browser):
    make_lot(20)
    make_lot(1, "LOT-B", "0002")
    assert "at least 20 t" in browser.open("/en/offset").main
    assert written(browser, "/en/offset") == 0
    hold(50)
    page = browser.open("/en/offset")
    assert "at least 19 t" in page.main
    hold(500, "LOT-B")
    page = browser.open("/en/offset?lot=LOT-B")
    assert "500 kg CO₂e" in page.main
    hold(500, "LOT-B")
    assert "sold out" in browser.open("/en/offset?lot=LOT-B").main
    priced("LOT-A", Money(9_900, "CNY"))
    assert "¥99.00" in browser.open("/en/offset").main
    assert "¥25" in browser.open(QUOTE).main


def test_who_has_something_in_hand_is_no_stranger(browser: Browser):
    make_lot()
    page = browser.open(QUOTE)
    page = page.submit("Put it into the basket")
    assert "Your basket (1)" in browser.open("/en/offset").main
    assert written(browser, "/en/offset") == 1
    assert "Your basket" not in Browser(browser.client.application.test_client()).open("/en/offset").main


def test_an_order_says_what_it_cost_though_many_cost_the_same(app: Flask):
    make_lot()
    pages = []
    for _ in range(2):
        page = buy(Browser(app.test_client()).open(QUOTE)).submit("Pay with test money")
        pages.append(page)
    assert pages[0].table("Price") == pages[1].table("Price")
    assert pages[0].table("Price")[-1] == {"Item": "Total", "Amount": "¥20.71"}
    assert len({page.url for page in pages}) == 2

"""The basket's pages, in both languages and without a script: put in, change, take out, pay for all."""

import json
import re
from urllib.parse import unquote

import pytest
from flask import Flask

from portal.accounts.commands import organisations
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.registry.queries import register
from portal.registry.rules.ledger import ProjectType
from portal.shop.provider import ProviderUnavailable
from portal.shop.rules.basket import Basket
from portal.shop.rules.states import OrderState
from portal.shop.till import till
from portal.web.links import key_for
from tests.browser import Browser, Page
from tests.factories import shop
from tests.factories.accounts import person, sign_in
from tests.factories.events import ORGANISER, a_frozen_event, an_estimated_event
from tests.factories.footprint import a_footprint
from tests.factories.registry import make_lot, priced

CREDIT_CODE = "91110000600037341L"
PLEDGE = "plg_01M825M1YS7CEW2ABDHNHW73N4"


@pytest.fixture(autouse=True)
def lots(app: Flask) -> None:
    make_lot(code="LOT-A", project="0001")
    make_lot(1, code="LOT-B", project="0002")


def put_in(browser: Browser, kg: int = 250, lot: str = "LOT-A", more: str = "") -> Page:
    page = browser.open(f"/en/offset/quote?kg={kg}&lot={lot}{more}")
    return page.submit("Put it into the basket")


def order_of(page: Page) -> str:
    found = re.search(r"ord_[0-9A-Z]{26}", page.url)
    assert found, page.url
    return found[0]


def kept(browser: Browser) -> Basket:
    cookie = browser.client.get_cookie("basket")
    return Basket.read(unquote(cookie.value)) if cookie else Basket()


def paying(page: Page) -> Page:
    page.fill("Name on the certificate", "Forest friends").fill("E-mail address", "a@example.cn")
    page.tick("Retire the credits at once")
    return page.submit(next(each for each in page.buttons if each.startswith("Reserve and pay")))


# -- putting in, changing, taking out ------------------------------------------------------------


def test_two_projects_come_together_and_are_paid_for_once(browser: Browser) -> None:
    put_in(browser)
    page = put_in(browser, 100, "LOT-B")
    assert page.h1 == "Your basket"
    assert page.table("Price") == [
        {"Item": "Credits, 350 kg CO₂e", "Amount": "¥28.00"},
        {"Item": "Registry fee", "Amount": "¥0.70"},
        {"Item": "Payment fee", "Amount": "¥0.29"},
        {"Item": "Total", "Amount": "¥28.99"},
    ]
    page = page.click("Go to pay ¥28.99")
    assert [row["Amount"] for row in page.table("Your credits")] == ["¥20.00", "¥8.00"]
    assert all("¥80.00 per tonne" in row["Project"] for row in page.table("Your credits"))
    page = paying(page).submit("Pay with test money")
    order = shop.seen(order_of(page))
    assert order.state is OrderState.RETIRED
    assert [(line.lots, line.mass) for line in order.lines] == [
        (("LOT-A",), Mass.kg(250)), (("LOT-B",), Mass.kg(100)),
    ]  # fmt: skip
    assert len(order.certificates) == 2
    assert kept(browser) == Basket(), "what is ordered is no longer in the basket"
    assert browser.open("/en/basket").main.count("Nothing is in your basket") == 1


def test_amounts_are_changed_and_lines_taken_out_and_put_back(browser: Browser) -> None:
    put_in(browser)
    page = put_in(browser, 100, "LOT-B")
    page._typed[id(_control(page, "kg_1"))] = ["60"]
    page = page.submit("Save the changes")
    assert "The basket is up to date." in page.text
    assert [each.mass.kg_down for each in kept(browser).lines] == [250, 60]
    page = _press(page, "remove", "LOT-A")
    assert [each.lot for each in kept(browser).lines] == ["LOT-B"]
    page = page.submit("Undo")
    assert {each.lot: each.mass.kg_down for each in kept(browser).lines} == {"LOT-A": 250, "LOT-B": 60}


def _control(page: Page, name: str):  # type: ignore[no-untyped-def]
    return next(each for each in page.root.iter("input") if each.get("name") == name)


def _press(page: Page, name: str, value: str) -> Page:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', page.html)
    assert token
    return page.browser._go("POST", "/en/basket", {"csrf_token": token[1], name: value}, 200)


@pytest.mark.parametrize("typed", ["", "0", "-5", "1e9", "x" * 300, "0.5", "1000001", "{{7*7}}"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_slip_is_said_and_what_was_typed_is_kept(browser: Browser, typed: str, lang: str) -> None:
    put_in(browser)
    page = browser.open(f"/{lang}/basket")
    page._typed[id(_control(page, "kg_0"))] = [typed]
    page = page.submit("Save the changes" if lang == "en" else "保存修改", expect=422)
    assert _control(page, "kg_0").get("value", "") == typed
    assert page.errors or "notice-error" in page.html
    assert kept(browser).mass == Mass.kg(250), "nothing was half changed"


def test_an_unknown_lot_or_a_forged_cookie_changes_nothing(browser: Browser) -> None:
    for text in ("l=LOT-Z%3A5", "c=EUR&l=LOT-A%3A5", "l=%00%3A5", "💥", "l=LOT-A%3A999999999"):
        browser.client.set_cookie("basket", text)
        for path in ("/en/basket", "/zh/basket", "/en/basket/checkout", "/en/offset"):
            page = browser.open(path)
            assert "Reserve and pay" not in page.main, (text, path)
    browser.client.set_cookie("basket", "l=LOT-Z%3A5&l=LOT-A%3A250")
    page = browser.open("/en/basket")
    assert "There is no lot LOT-Z." in page.main
    assert "Please change the lines that are marked first." in page.main
    page = _press(page, "remove", "LOT-Z")
    assert "Go to pay ¥20.71" in page.main


# -- stock, prices, purposes ---------------------------------------------------------------------


def test_what_is_no_longer_left_is_marked_before_paying(browser: Browser) -> None:
    put_in(browser)
    put_in(browser, 900, "LOT-B")
    shop.placed(500, "LOT-B")
    page = browser.open("/en/basket")
    assert "Only 500 kg are left." in page.main
    assert "Go to pay" not in page.main


def test_somebody_is_faster_between_the_price_and_the_button(browser: Browser) -> None:
    put_in(browser)
    page = put_in(browser, 900, "LOT-B").click(_pay_link(browser))
    shop.placed(500, "LOT-B")
    page.fill("Name on the certificate", "B").fill("E-mail address", "b@example.cn")
    page = page.submit(next(each for each in page.buttons if each.startswith("Reserve")), expect=409)
    assert "Somebody was faster" in page.main
    assert page.value("Name on the certificate") == "B"
    assert register.lot("LOT-A").free == Mass.t(10), "no line is reserved without the others"
    assert kept(browser).mass == Mass.kg(1_150)


def _pay_link(browser: Browser) -> str:
    return next(words for words in browser.open("/en/basket").links if words.startswith("Go to pay"))


def test_a_new_price_is_shown_before_it_is_paid(browser: Browser) -> None:
    put_in(browser)
    page = browser.open("/en/basket/checkout")
    priced("LOT-A", Money.cny("90.00"))
    page.fill("Name on the certificate", "B").fill("E-mail address", "b@example.cn")
    page = page.submit("Reserve and pay ¥20.71", expect=409)
    assert "The price has changed" in page.main
    assert "Reserve and pay ¥23.23" in page.buttons


def test_each_currency_has_its_own_prices(browser: Browser) -> None:
    priced("LOT-A", Money.of("12.00", "USD"))
    put_in(browser)
    page = browser.open("/en/basket").choose("Prices in", "USD").submit("Save the changes")
    assert page.table("Price")[-1]["Amount"] == "$3.12"
    page = paying(browser.open("/en/basket/checkout")).submit("Pay with test money")
    assert shop.seen(order_of(page)).total == Money.of("3.12", "USD")
    page = put_in(browser, 100, "LOT-B")
    page = page.choose("Prices in", "USD").submit("Save the changes")
    assert "Lot LOT-B has no price in USD." in page.main


def test_below_the_minimum_says_so_before_paying(browser: Browser) -> None:
    browser.client.set_cookie("basket", "l=LOT-A%3A10")
    page = browser.open("/en/basket")
    assert "The least that can be charged is ¥4.00" in page.main
    assert "charges at least ¥4.00" in page.main


def test_a_pledge_is_kept_and_not_mixed_with_another(browser: Browser) -> None:
    put_in(browser, more=f"&purpose={PLEDGE}")
    assert kept(browser).purpose == PLEDGE
    page = browser.open("/en/offset/quote?kg=50&lot=LOT-B&purpose=plg_01M825M1YS7CEW2ABDHNHW73N5")
    page = page.submit("Put it into the basket", expect=422)
    assert "one order counts towards one thing" in page.main
    page = paying(browser.open("/en/basket/checkout")).submit("Go back without paying")
    assert shop.seen(order_of(page)).purpose == PLEDGE


# -- guests, persons, companies ------------------------------------------------------------------


def test_the_basket_survives_signing_in_and_another_language(app: Flask, browser: Browser) -> None:
    put_in(browser)
    assert "250" in browser.open("/zh/basket").main
    sid = sign_in(person())
    with browser.client.session_transaction() as session:
        session["sid"] = sid
    assert kept(browser).mass == Mass.kg(250)


def test_a_lapsed_order_goes_back_into_the_basket(browser: Browser) -> None:
    put_in(browser, more=f"&purpose={PLEDGE}")
    put_in(browser, 100, "LOT-B")
    page = paying(browser.open("/en/basket/checkout")).submit("Go back without paying")
    page = page.submit("Cancel the order").submit("Put it into the basket again")
    assert {each.lot: each.mass.kg_down for each in kept(browser).lines} == {"LOT-A": 250, "LOT-B": 100}
    assert kept(browser).purpose == PLEDGE


def test_nothing_is_lost_when_the_provider_is_away(
    app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in(browser)

    def away(*_args: object, **_named: object) -> None:
        raise ProviderUnavailable()

    monkeypatch.setattr(till(), "open_payment", away)
    page = browser.open("/en/basket/checkout")
    page.fill("Name on the certificate", "B").fill("E-mail address", "b@example.cn")
    page.submit("Reserve and pay ¥20.71", expect=503)
    assert kept(browser).mass == Mass.kg(250)
    db.session.rollback()
    assert register.lot("LOT-A").free == Mass.t(10)


def test_the_same_page_twice_is_one_order(browser: Browser) -> None:
    put_in(browser)
    page = browser.open("/en/basket/checkout")
    page.fill("Name on the certificate", "B").fill("E-mail address", "b@example.cn")
    first, second = (page.submit("Reserve and pay ¥20.71") for _ in range(2))
    assert first.url == second.url
    assert register.lot("LOT-A").free == Mass.t(10) - Mass.kg(250)


def test_a_member_buys_for_the_organisation_and_nobody_else_does(app: Flask, browser: Browser) -> None:
    page = browser.open("/en/offset/quote?kg=250")
    assert "Who buys?" not in page.main, "a guest has no choice"
    owner = person()
    org = organisations.create_organisation(
        owner.actor, Bilingual("松木公司", "Pine Ltd"), CREDIT_CODE, clock.now()
    )
    app.extensions["portal.person"] = lambda: Actor(owner.id, organisations={org: "owner"})
    page = browser.open("/en/offset/quote?kg=250")
    assert page.value("E-mail address") == owner.email, "who is signed in need not write it again"
    page = page.choose("Who buys?", "Pine Ltd").submit("Reserve and pay ¥20.71").submit("Pay with test money")
    assert shop.seen(order_of(page)).organisation_id == org
    page = browser.open("/en/offset/quote?kg=250")
    app.extensions["portal.person"] = lambda: Actor("usr_other")
    page = page.choose("Who buys?", "Pine Ltd").submit("Reserve and pay ¥20.71", expect=422)
    assert any(error.startswith("Who buys?") for error in page.errors)


# -- choosing ------------------------------------------------------------------------------------


def test_choosing_by_type_project_and_vintage(browser: Browser) -> None:
    make_lot(code="LOT-R", project="0003", kind=ProjectType.REDD)
    page = browser.open("/en/offset").choose("Type of project", "Avoided deforestation and degradation")
    page = page.submit("Show")
    assert "lot=LOT-R" in json.dumps(list(page.links.values()))
    assert "LOT-A" not in json.dumps(list(page.links.values()))
    page = browser.open("/en/offset?vintage=1999")
    assert page.h1 == "No credits like these"
    assert browser.open("/en/offset?project=HLYC-0002&vintage=2024").main.count("1,000 kg CO₂e") == 1
    assert browser.open("/zh/offset?type=nonsense").h1


def test_the_city_says_why(browser: Browser) -> None:
    page = browser.open("/en/offset")
    assert "Why the city recommends this first" in page.main
    assert "New forest takes carbon dioxide out of the air: a removal." in page.main
    page = browser.open("/en/offset?lot=LOT-B")
    assert "What speaks for this" in page.main


def test_some_lines_of_a_footprint_and_then_the_rest(browser: Browser) -> None:
    footprint_id = a_footprint(people="1", home_area="40")
    here = f"/en/offset?footprint={footprint_id}&k={key_for(footprint_id)}"
    page = browser.open(here)
    parts = re.findall(r'name="part" id="part-\d+" value="(\w+)"', page.html)
    assert len(parts) > 1
    one = browser.open(here.replace("offset?", "offset/quote?") + f"&part={parts[0]}")
    two = browser.open(here.replace("offset?", "offset/quote?") + f"&part={parts[0]}&part={parts[1]}")
    first, both = kilograms(one), kilograms(two)
    assert 0 < first < both
    shop.paid(first, purpose=footprint_id)
    page = browser.open(here)
    assert f"Retired for it so far: {first:,} kg CO₂e." in page.main
    assert any(words.startswith("Cover the rest") for words in page.links)


def kilograms(page: Page) -> int:
    return int("".join(re.findall(r"\d", page.table("Price")[0]["Item"].partition(" kg")[0])))


def test_the_frozen_inventory_of_an_event_is_covered_by_its_organiser_alone(
    app: Flask, browser: Browser
) -> None:
    event_id = a_frozen_event()
    assert browser.open(f"/en/offset?event={event_id}", expect=404)
    app.extensions["portal.person"] = lambda: ORGANISER
    page = browser.open(f"/en/offset?event={event_id}")
    assert "The inventory of your event" in page.main
    lines = re.findall(r'name="part" id="part-\d+" value="(\w+)"', page.html)
    page = browser.open(f"/en/offset/quote?event={event_id}&part={lines[0]}")
    page.fill("Name on the certificate", "B").fill("E-mail address", "b@example.cn")
    page = page.submit(next(each for each in page.buttons if each.startswith("Reserve")))
    assert shop.seen(order_of(page.submit("Go back without paying"))).purpose == event_id
    page = browser.open(f"/en/offset?event={an_estimated_event()}", expect=409)
    assert "The inventory of your event" not in page.main, "an estimate is not what is covered"


def test_prices_are_kept_at_the_time_of_the_quote(browser: Browser) -> None:
    order_id = shop.opened(250)
    priced("LOT-A", Money.cny("200.00"))
    shop.pay(order_id)
    assert shop.seen(order_id).total == Money.cny("20.71")
    assert clock.now()

"""Seedlings and credits of several projects in one basket, one order and one payment; by the API too."""

import re
from typing import Any

import pytest
from flask import Flask

from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.shop.queries import planting as plantings
from portal.shop.rules.basket import Basket, BasketLine, SeedlingsWanted
from portal.shop.rules.quotes import TooManyLines
from portal.shop.rules.seedlings import HowManySeedlings
from portal.shop.rules.states import OrderState
from portal.shop.rules.terms import TERMS
from tests.browser import Browser, Page
from tests.factories import shop
from tests.factories.planting import CODE, make_planting
from tests.factories.registry import make_lot

WORDS = {
    "zh": "放入购物篮",
    "en": "Put it into the basket",
}


@pytest.fixture(autouse=True)
def stock(app: Flask) -> None:
    make_lot(10)
    make_planting(50)


def with_seedlings(browser: Browser, lang: str = "en", number: int = 5) -> Page:
    page = browser.open(f"/{lang}/planting/{CODE}/quote?seedlings={number}")
    return page.submit(WORDS[lang])


@pytest.mark.parametrize("lang", WORDS)
def test_they_come_together_and_are_paid_for_once(browser: Browser, lang: str) -> None:
    browser.open(f"/{lang}/offset/quote?kg=250&lot=LOT-A").submit(WORDS[lang])
    page = with_seedlings(browser, lang)
    assert page.url == f"/{lang}/basket"
    assert "250" in page.main
    page = browser.open(f"/{lang}/basket/checkout")
    name, email = {"zh": ("证书上的名称", "电子邮箱"), "en": ("Name on the certificate", "E-mail address")}[
        lang
    ]
    (pay,) = [button for button in page.buttons if "¥" in button]
    page = page.fill(name, "Li").fill(email, "li@example.cn").submit(pay)
    page = page.submit({"zh": "测试", "en": "Pay with test money"}[lang])
    order_id = str(re.search(r"ord_\w{26}", page.url)[0])  # type: ignore[index]
    order = shop.seen(order_id)
    assert order.mass == Mass.kg("250")
    assert [each.seedlings for each in plantings.seedlings_of(order_id)] == [5]
    assert order.paid_at
    assert browser.open(f"/{lang}/basket").main.count("LOT-A") == 0


def test_numbers_are_changed_taken_out_and_put_back(browser: Browser) -> None:
    page = with_seedlings(browser)
    page = page.fill("Seedlings at Demonstration parcel seven", "7").submit("Save the changes")
    assert page.value("Seedlings at Demonstration parcel seven") == "7"
    page = page.submit("Take out Demonstration parcel seven")
    assert "Nothing is in your basket" in page.main
    assert page.submit("Undo").value("Seedlings at Demonstration parcel seven") == "7"


def test_more_than_there_are_places_is_said_before_paying(browser: Browser) -> None:
    page = with_seedlings(browser)
    page = page.fill("Seedlings at Demonstration parcel seven", "51").submit("Save the changes")
    assert "Only 50 seedlings can still be funded here." in page.main
    assert browser.open("/en/basket/checkout").url == "/en/basket"


def test_the_rules_of_one_line_a_planting_and_of_the_most_lines() -> None:
    basket = Basket().with_seedlings(SeedlingsWanted("A", 3)).with_seedlings(SeedlingsWanted("A", 4))
    assert basket.seedlings == (SeedlingsWanted("A", 7),)
    assert Basket.read(basket.with_line(BasketLine("LOT-A", Mass.kg("2"))).text).seedlings == basket.seedlings
    with pytest.raises(HowManySeedlings):
        basket.with_seedlings(SeedlingsWanted("A", 10_000))
    full = basket
    for number in range(TERMS.lines - 1):
        full = full.with_line(BasketLine(f"LOT-{number}", Mass.kg("1")))
    for one_more in (
        lambda: full.with_line(BasketLine("LOT-Z", Mass.kg("1"))),
        lambda: full.with_seedlings(SeedlingsWanted("B", 1)),
    ):
        with pytest.raises(TooManyLines):
            one_more()
    for text in ("A:0", "A:-1", "A:1e3", ":5", "A:", "A:９", "A:1000000"):
        assert SeedlingsWanted.read(text) is None, text


def ordered(app: Flask, **asked: Any) -> Any:
    body = {"beneficiary": {"name": "Li"}, "email": "li@example.cn", "lang": "en"} | asked
    headers = {"Idempotency-Key": new_id("key")}
    return app.test_client().post("/api/v1/orders", json=body, headers=headers)


def test_the_api_takes_seedlings_beside_credits_and_alone(app: Flask) -> None:
    seedlings = [{"planting": CODE, "seedlings": 4}]
    both = ordered(app, lines=[{"kg": 100}], seedlings=seedlings)
    assert both.status_code == 201, both.json
    assert [(each["planting"], each["seedlings"]) for each in both.json["seedlings"]] == [(CODE, 4)]
    assert both.json["lines"][0]["kg"] == 100
    alone = ordered(app, seedlings=seedlings)
    assert (alone.status_code, alone.json["lines"]) == (201, [])
    assert shop.seen(alone.json["id"]).state is OrderState.AWAITING_PAYMENT
    assert plantings.campaign(CODE).left == 42


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"seedlings": [{"planting": CODE, "seedlings": 51}]}, 409),
        ({"seedlings": [{"planting": "NONE", "seedlings": 1}]}, 404),
        ({"seedlings": [{"planting": CODE, "seedlings": 0}]}, 422),
        ({"seedlings": [{"planting": CODE, "seedlings": 1}], "budget_minor": 5000}, 422),
        ({"seedlings": []}, 422),
    ],
)
def test_the_api_says_what_is_wrong_and_keeps_nothing(app: Flask, asked: Any, status: int) -> None:
    assert ordered(app, **asked).status_code == status
    assert plantings.campaign(CODE).left == 50

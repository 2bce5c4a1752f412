"""Can a buyer read the pay page, and does it lead where the merchant said?"""

import re
import time
from collections.abc import Iterator

import html5lib
import pytest
import requests

from standin.page import TEXTS
from standin.server import StandIn, running


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with running(seed=1) as server:
        yield server


def session_of(stand_in: StandIn, locale: str = "en") -> dict[str, str]:
    product = {"name": "<script>250 kg</script>"}
    return stand_in.bank.open_session(
        {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {"currency": "cny", "unit_amount": 123456, "product_data": product},
                }
            ],
            "success_url": "http://portal.example/paid?s={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://portal.example/back",
            "locale": locale,
            "expires_at": int(time.time()) + 1900,
        }
    )


@pytest.mark.parametrize(("locale", "words"), [("zh", "这是模拟的支付服务"), ("en", "This is a stand-in")])
def test_the_page_says_in_the_readers_language_that_it_is_a_stand_in(
    stand_in: StandIn, locale: str, words: str
) -> None:
    page = requests.get(session_of(stand_in, locale)["url"], timeout=60)
    page.encoding = "utf-8"
    assert words in page.text
    assert "CNY 1,234.56" in page.text
    assert "<script>" not in page.text
    html5lib.HTMLParser(strict=True).parse(page.text)


@pytest.mark.parametrize(
    ("outcome", "leads_to", "status"),
    [
        ("paid", "http://portal.example/paid?s={id}", "complete"),
        ("failed", "/pay/{id}?declined", "open"),
        ("cancelled", "http://portal.example/back", "open"),
    ],
)
def test_each_button_leads_on(stand_in: StandIn, outcome: str, leads_to: str, status: str) -> None:
    session = session_of(stand_in)
    answer = requests.post(session["url"], data={"outcome": outcome}, allow_redirects=False, timeout=60)
    assert (answer.status_code, answer.headers["Location"]) == (303, leads_to.format(id=session["id"]))
    assert stand_in.bank.session(session["id"])["status"] == status


def test_an_expired_session_shows_no_button_and_takes_no_money(stand_in: StandIn) -> None:
    session = session_of(stand_in)
    stand_in.bank.expire(session["id"])
    url = f"{stand_in.url}/pay/{session['id']}"
    answer = requests.post(url, data={"outcome": "paid"}, allow_redirects=False, timeout=60)
    assert (answer.status_code, "<button" in answer.text) == (200, False)
    assert stand_in.bank.session(session["id"])["payment_status"] == "unpaid"


def test_nonsense_is_refused(stand_in: StandIn) -> None:
    assert requests.post(session_of(stand_in)["url"], data={"outcome": "x"}, timeout=60).status_code == 400
    assert requests.get(f"{stand_in.url}/pay/cs_test_none", timeout=60).status_code == 404


WAYS = {
    ("pending", "arrives", "dispute", "won"): [],
    ("pending", "bounces"): [],
    ("paid", "dispute", "lost"): [],
    ("paid", "refund"): [],
    ("paid", "slow_refund", "refund_failed"): ["refund", "slow_refund", "dispute"],
    ("paid", "slow_refund", "refund_done"): [],
}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_what_can_happen_to_a_payment_is_pressed_by_hand(
    stand_in: StandIn, way: tuple[str, ...], lang: str
) -> None:
    url = f"{stand_in.url}/pay/{session_of(stand_in, lang)['id']}"
    first, *deeds = way
    requests.post(url, {"outcome": first}, allow_redirects=False, timeout=60)
    for deed in deeds:
        page = requests.get(url, timeout=60).text
        assert f'name="deed" value="{deed}">{TEXTS[lang][deed]}<' in page
        assert requests.post(url, {"deed": deed}, timeout=60).status_code == 200
    left = requests.get(url, timeout=60).text
    assert re.findall('name="deed" value="([a-z_]+)"', left) == WAYS[way]
    assert requests.post(url, {"deed": "won"}, timeout=60).status_code == 400, "what cannot happen is refused"

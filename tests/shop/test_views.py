"""The shop's pages, in both languages: choose, quote, pay, certificate, and everything that goes wrong."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal import jobs
from portal.certificates import queries as papers
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.registry.queries import register
from portal.registry.rules.ledger import ProjectType
from portal.shop.commands import settlement
from portal.shop.provider import ProviderUnavailable
from portal.shop.queries import orders as queries
from portal.shop.rules.states import OrderState
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import till
from portal.shop.words.orders import words_of
from portal.web.i18n import speak
from portal.web.links import key_for
from tests.browser import Browser, Page
from tests.factories import shop
from tests.factories.footprint import a_footprint
from tests.factories.proposals import accept_all
from tests.factories.registry import make_lot

S = OrderState


@pytest.fixture(autouse=True)
def lot(app: Flask) -> str:
    return make_lot()


def order_of(page: Page) -> str:
    found = re.search(r"ord_[0-9A-Z]{26}", page.url)
    assert found, page.url
    return found[0]


def state(order_id: str) -> OrderState:
    db.session.rollback()
    return shop.seen(order_id).state


def filled(browser: Browser, path: str = "/en/offset/quote?kg=250", **changes: Any) -> Page:
    page = (
        browser.open(path)
        .fill("Name on the certificate", "Forest friends")
        .fill("E-mail address", "a@example.cn")
    )
    return page.tick("Retire the credits at once") if changes.get("consent", True) else page


def bought(browser: Browser, **changes: Any) -> Page:
    """The sandbox's page of a new order."""
    return filled(browser, **changes).submit("Reserve and pay ¥20.71")


# -- the whole way -----------------------------------------------------------------------------


def test_from_choosing_to_the_certificate(browser: Browser) -> None:
    page = browser.open("/en/offset")
    assert "Demonstration data" in page.main
    quick = next(href for words, href in page.links.items() if words.startswith("250 kg"))
    page = browser.open(quick)
    assert page.table("Price") == [
        {"Item": "Credits, 250 kg CO₂e", "Amount": "¥20.00"},
        {"Item": "Registry fee", "Amount": "¥0.50"},
        {"Item": "Payment fee", "Amount": "¥0.21"},
        {"Item": "Total", "Amount": "¥20.71"},
    ]
    assert "About what 2 to 5 seedlings take up in 40 years" in page.main
    page.fill("Name on the certificate", "Forest friends").fill("E-mail address", "a@example.cn")
    page = page.tick("Retire the credits at once").submit("Reserve and pay ¥20.71")
    assert page.h1 == "Test payment"
    page = page.submit("Pay with test money")
    assert page.h1 == "Your credits are retired"
    order_id = order_of(page)
    (paper,) = papers.for_order(order_id)
    assert f"/c/{paper.number}/{paper.key}" in page.links.values()
    assert "HLYC-0001-ARR-2024-1-1-10/g1-250000" in page.main
    assert paper.mass == Mass.kg(250)


def test_the_same_in_chinese(browser: Browser) -> None:
    page = browser.open("/zh/offset/quote?kg=250")
    assert page.lang == "zh-CN"
    fields = dict(
        re.findall(r'<input[^>]*name="(order_id|quote_hash|csrf_token)"[^>]*value="([^"]*)"', page.html)
    )
    answer = browser.client.post(
        "/zh/offset/quote",
        data=fields
        | {
            "kg": "250",
            "lot": "LOT-A",
            "name": "王家",
            "email": "w@example.cn",
            "payment": "card",
            "consent": "y",
        },
    )
    assert answer.status_code == 303
    assert answer.location.startswith("/zh/sandbox/")
    page = browser.open(answer.location)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', page.html)
    assert token
    done = browser.client.post(answer.location, data={"outcome": "paid", "csrf_token": token[1]})
    page = browser.open(done.location)
    assert state(order_of(page)) is S.RETIRED
    assert shop.seen(order_of(page)).lang == "zh"


def test_by_budget(browser: Browser) -> None:
    page = browser.open("/en/offset?by=budget").fill("Budget in yuan", "50").submit("Show the price")
    assert page.table("Price")[0]["Item"] == "Credits, 603 kg CO₂e"
    assert page.table("Price")[-1]["Amount"] == "¥49.95"


def test_from_a_footprint_rounded_up(browser: Browser) -> None:
    footprint_id = a_footprint(people="1", home_area="40")
    page = browser.open(f"/en/offset?footprint={footprint_id}&k={key_for(footprint_id)}")
    page = page.click("Cover it all")
    page.fill("Name on the certificate", "B").fill("E-mail address", "b@example.cn")
    total = page.table("Price")[-1]["Amount"]
    page = page.submit(f"Reserve and pay {total}").submit("Go back without paying")
    order = shop.seen(order_of(page))
    assert order.purpose == footprint_id
    assert order.mass.grams % 1000 == 0


def test_somebody_elses_footprint_is_not_there(browser: Browser) -> None:
    footprint_id = a_footprint()
    mine = browser.open(f"/en/offset?footprint={footprint_id}", expect=404)
    nobodys = browser.open(f"/en/offset?footprint={new_id('fpr')}", expect=404)
    assert mine.main == nobodys.main


def test_a_pledge_is_kept_as_the_purpose(browser: Browser) -> None:
    page = bought(browser, path="/en/offset/quote?kg=250&purpose=plg_01M825M1YS7CEW2ABDHNHW73N4").submit(
        "Pay with test money"
    )
    assert shop.seen(order_of(page)).purpose == "plg_01M825M1YS7CEW2ABDHNHW73N4"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_amounts_that_cannot_be_are_said_in_both_languages(browser: Browser, lang: str) -> None:
    nonsense = [
        "",
        "NaN",
        "Infinity",
        "-5",
        "0",
        "１２",
        "1e9",
        "1_000",
        "1.234,5",
        "x" * 5000,
        "%(x)s",
        "{{7*7}}",
    ]
    too_much = ["1000000000", "1000001"]
    for name, typed in [("kg", each) for each in (*nonsense, *too_much, "0.5")] + [
        ("budget", each) for each in nonsense
    ]:
        answer = browser.client.get(f"/{lang}/offset/quote", query_string={name: typed})
        assert answer.status_code == 422, (name, typed)
        page = Page(browser, f"/{lang}/offset/quote", answer)
        assert len(page.errors) == 1, (name, typed)


def test_too_little_says_the_minimum(browser: Browser) -> None:
    page = browser.open("/en/offset/quote?kg=10", expect=422)
    assert page.errors == [
        "Kilograms: The least that can be charged is ¥4.00, which buys 49 kg CO₂e of these credits."
    ]
    assert "at least ¥4.00" in browser.open("/en/offset").main, "shown before, not only after"


def test_what_is_missing_is_asked_for_and_what_was_typed_is_kept(browser: Browser) -> None:
    page = (
        browser.open("/en/offset/quote?kg=250")
        .fill("Name on the certificate", "<b>O'Neil</b>")
        .fill("E-mail address", "nonsense")
    )
    page = page.submit("Reserve and pay ¥20.71", expect=422)
    assert page.errors == ["E-mail address: Write an e-mail address like name@example.com."]
    assert page.value("Name on the certificate") == "<b>O'Neil</b>"
    assert register.lot("LOT-A").free == Mass.t(10)


def test_a_name_of_200_000_characters_is_refused(browser: Browser) -> None:
    page = (
        filled(browser)
        .fill("Name on the certificate", "长" * 200_000)
        .submit("Reserve and pay ¥20.71", expect=422)
    )
    assert page.errors == ["Name on the certificate: Please use at most 120 characters."]


def test_a_double_click_is_one_order(browser: Browser) -> None:
    page = filled(browser)
    first = page.submit("Reserve and pay ¥20.71")
    again = page.submit("Reserve and pay ¥20.71")
    assert first.url == again.url
    assert register.lot("LOT-A").free == Mass.kg(9_750)


def test_the_last_units_are_sold_once_and_the_loser_is_told(browser: Browser) -> None:
    page = filled(browser)
    shop.placed(9_900)
    page = page.submit("Reserve and pay ¥20.71", expect=409)
    assert page.h1 == "Not enough is left"
    assert "only 100 kg CO₂e are left" in page.main
    assert "Nothing was reserved and nothing was charged." in page.main
    page = page.submit("Show the price of 100 kg CO₂e", expect=409)
    assert page.value("Name on the certificate") == "Forest friends"
    page = page.submit("Reserve and pay ¥8.29")
    assert page.h1 == "Test payment"


def test_a_changed_price_is_shown_before_anything_is_bought(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = filled(browser)
    form = re.sub(r"[0-9a-f]{64}", "0" * 64, page.html)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', form)
    assert token
    answer = browser.client.post(
        "/en/offset/quote",
        data={
            "csrf_token": token[1],
            "order_id": new_id("ord"),
            "quote_hash": "0" * 64,
            "kg": "250",
            "name": "A",
            "email": "a@example.cn",
            "payment": "card",
        },
    )
    assert answer.status_code == 409
    assert "The price has changed" in answer.text
    assert register.lot("LOT-A").free == Mass.t(10)


def test_a_provider_that_is_away_charges_nothing_and_keeps_what_was_typed(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_facts: Any) -> Any:
        raise ProviderUnavailable()

    page = filled(browser)
    provider = browser.client.application.extensions["portal.till"].sandbox
    monkeypatch.setattr(provider, "open_session", away)
    page = page.submit("Reserve and pay ¥20.71", expect=503)
    assert "Nothing was charged" in page.main
    assert register.lot("LOT-A").free == Mass.t(10), "nothing stays held"
    assert page.value("Name on the certificate") == "Forest friends"
    monkeypatch.undo()
    assert page.submit("Reserve and pay ¥20.71").h1 == "Test payment"


def test_sold_out_lots_and_other_projects(browser: Browser) -> None:
    make_lot(code="LOT-B", project="0002", kind=ProjectType.REDD, batch=2)
    shop.placed(10_000)
    page = browser.open("/en/offset?lot=LOT-A")
    assert "sold out" in page.main
    assert "Avoided deforestation and degradation" in page.main
    browser.open("/en/offset?lot=LOT-Z", expect=404)
    browser.open("/en/offset/quote?kg=250&lot=%27%3B--", expect=404)


# -- one order ---------------------------------------------------------------------------------


def test_a_failed_payment_may_be_tried_again(browser: Browser) -> None:
    page = bought(browser).submit("Let the payment fail")
    assert page.h1 == "The payment did not go through"
    page = page.submit("Pay ¥20.71").submit("Pay with test money")
    assert page.h1 == "Your credits are retired"


def test_leaving_the_payment_page_keeps_the_reservation_until_it_is_cancelled(browser: Browser) -> None:
    page = bought(browser).submit("Go back without paying")
    assert page.h1 == "Your credits are reserved"
    assert register.lot("LOT-A").free == Mass.kg(9_750)
    page = page.submit("Cancel the order")
    assert page.h1 == "This order was cancelled"
    assert register.lot("LOT-A").free == Mass.t(10)
    assert "Start again" in page.links


def test_coming_back_asks_the_provider(browser: Browser) -> None:
    page = bought(browser)
    session_id = page.url.rsplit("/", 1)[1]
    order_id = shop.seen(till().sandbox.page(session_id).session.order_id or "").id
    till().sandbox.play(session_id, "paid")
    page = browser.open(f"/en/orders/{order_id}/back?k={key_for(order_id)}")
    assert page.h1 == "Your credits are retired"


def test_somebody_elses_order_looks_like_a_missing_one(client: FlaskClient) -> None:
    order_id, missing = shop.paid(250), new_id("ord")
    wrong = key_for(new_id("ord"))
    for path in ("", "/back"):
        theirs, none = (client.get(f"/en/orders/{one}{path}?k={wrong}") for one in (order_id, missing))
        assert (theirs.status_code, none.status_code) == (404, 404)
        assert theirs.text.replace(order_id, "") == none.text.replace(missing, "")


def test_an_order_can_be_withdrawn_in_the_cooling_off_days(browser: Browser) -> None:
    page = bought(browser, consent=False).submit("Pay with test money")
    assert page.h1 == "Thank you, your payment has arrived"
    page = page.submit("Withdraw and get the money back")
    assert page.h1 == "You get your money back"
    jobs.drain()
    page = browser.open(page.url)
    assert page.h1 == "Your money was given back"


def test_a_bank_transfer_says_what_to_transfer(browser: Browser, sent_letters: Any) -> None:
    page = filled(browser)
    page = page.choose("Bank transfer (no payment fee, held for you for 7 days)").submit(
        "Reserve and pay ¥20.71"
    )
    assert page.h1 == "Your credits are reserved"
    assert "¥20.50" in page.main
    (letter,) = sent_letters()
    assert order_of(page) in letter.get_content()


def test_the_account_to_transfer_to_is_on_the_page_and_in_the_letter(
    app: Flask, browser: Browser, sent_letters: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = "伊春森林碳汇平台, 示例银行, 1234 5678"
    monkeypatch.setattr(app.jinja_env.globals["site"], "bank_account", account)
    page = filled(browser).choose("Bank transfer (no payment fee, held for you for 7 days)")
    page = page.submit("Reserve and pay ¥20.71")
    assert account in page.main
    (letter,) = sent_letters()
    assert account in letter.get_content()


def test_without_an_account_no_transfer_is_offered_or_taken(
    app: Flask, browser: Browser, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = filled(browser).choose("Bank transfer (no payment fee, held for you for 7 days)")
    monkeypatch.setitem(app.config, "PORTAL", replace(app.config["PORTAL"], env="production"))
    page = page.submit("Reserve and pay ¥20.71", expect=422)
    assert page.errors
    assert "Bank transfer" not in page.main
    answer = ordered(client, payment="transfer")
    assert answer.status_code == 422
    assert "不接受银行转账" in answer.json["title"]
    assert register.lot("LOT-A").free == Mass.kg(10_000)


def test_text_of_users_is_only_text(browser: Browser) -> None:
    name = "<script>alert(1)</script>{{7*7}}%(x)s"
    page = (
        filled(browser)
        .fill("Name on the certificate", name)
        .submit("Reserve and pay ¥20.71")
        .submit("Pay with test money")
    )
    assert name in page.main
    assert "<script>alert" not in page.html


def test_an_order_page_in_the_other_language(browser: Browser) -> None:
    order_id = shop.paid(250)
    page = browser.open(f"/zh/orders/{order_id}?k={key_for(order_id)}")
    assert page.lang == "zh-CN"
    assert f"/en/orders/{order_id}?k=" in page.html


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_state_has_its_page(browser: Browser, monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    order_id = shop.placed(250)
    real = queries.order
    for state in OrderState:
        monkeypatch.setattr(queries, "order", lambda *args, state=state: replace(real(*args), state=state))
        page = browser.open(f"/{lang}/orders/{order_id}?k={key_for(order_id)}")
        assert page.h1 == words(state, lang), state


def words(state: OrderState, lang: str) -> str:
    speak(lang)
    return words_of(state).title


# -- the hook ----------------------------------------------------------------------------------


def test_the_hook_takes_nothing_while_there_is_no_provider_that_signs(client: FlaskClient) -> None:
    assert client.post("/hooks/stripe", data=b"{}").status_code == 400


# -- accounts and desk -------------------------------------------------------------------------


def as_staff(app: Flask, *roles: Role) -> Actor:
    """From here on every visitor of this application is signed in with these roles."""
    who = Actor("usr_01M825M1YS7CEW2ABDHNHW73N4", roles=frozenset(roles))
    app.extensions["portal.person"] = lambda: who
    return who


def test_the_desk_is_for_staff(app: Flask, client: FlaskClient) -> None:
    order_id = shop.paid(250)
    for path in ("/en/desk/orders", f"/en/desk/orders/{order_id}"):
        assert client.get(path).status_code == 302, "a guest is asked to sign in"
    as_staff(app, Role.EDITOR)
    for path in ("/en/desk/orders", f"/en/desk/orders/{order_id}"):
        assert client.get(path).status_code == 403


def test_the_auditor_reads_and_does_nothing(app: Flask, browser: Browser) -> None:
    order_id = shop.paid(250)
    as_staff(app, Role.AUDITOR)
    page = browser.open(f"/en/desk/orders/{order_id}")
    assert page.table("Cash journal")[0]["Amount"] == "¥16.00"
    assert page.buttons == []
    for path in ("transfer", "refund", "retry", "calm"):
        assert browser.client.post(f"/en/desk/orders/{order_id}/{path}").status_code in (400, 403)
    assert state(order_id) is S.RETIRED


def test_finance_confirms_a_transfer(app: Flask, browser: Browser) -> None:
    order_id = shop.placed(250, payment=PaymentKind.TRANSFER)
    as_staff(app, Role.FINANCE)
    page = browser.open(f"/en/desk/orders/{order_id}")
    page = (
        page.fill("The bank's number of the transfer", "B-17")
        .fill("Amount received", "20.50")
        .submit("Propose to book it")
    )
    assert "another person has accepted it" in page.main
    assert state(order_id) is S.AWAITING_TRANSFER
    assert accept_all() == 1
    page = browser.open(f"/en/desk/orders/{order_id}")
    assert state(order_id) is S.RETIRED
    assert page.table("Payments")[0]["Payment number"] == "transfer:B-17"


def test_finance_refunds_with_a_reason(app: Flask, browser: Browser) -> None:
    order_id = shop.paid(250)
    as_staff(app, Role.FINANCE)
    page = browser.open(f"/en/desk/orders/{order_id}").submit("Propose to refund all of it", expect=422)
    page = page.fill("Reason", "goodwill").submit("Propose to refund all of it")
    assert "Waits for a second person" in page.main
    assert accept_all() == 1
    jobs.drain()
    assert state(order_id) is S.REFUNDED_VOID


def test_what_needs_attention_comes_first(app: Flask, browser: Browser) -> None:
    shop.paid(250)
    wrong = shop.placed(250, payment=PaymentKind.TRANSFER)
    who = as_staff(app, Role.FINANCE)
    settlement.confirm_transfer(replace(who, proposer="usr_first"), wrong, "B-1", Money.cny(1), clock.now())
    till().look(wrong, clock.now() + timedelta(days=8))
    page = browser.open("/en/desk/orders")
    (row,) = page.table("Needs attention")
    assert (row["Order"], row["Reason"].split(" TEST")[0]) == (
        wrong,
        "Another amount was paid than was asked for",
    )
    assert len(page.table("All orders")) == 2
    page = browser.open("/en/desk/orders?state=retired")
    assert len(page.table("All orders")) == 1
    page = browser.open("/en/desk/orders?search=friends%40example.cn")
    assert len(page.table("All orders")) == 2
    page = browser.open(f"/en/desk/orders/{wrong}").fill("Reason", "called them").submit("Nothing more to do")
    assert shop.seen(wrong).attention == ""


def test_a_guests_order_goes_into_an_account(app: Flask, browser: Browser) -> None:
    order_id = shop.paid(250)
    as_staff(app)
    assert "No orders yet" in browser.open("/en/account/orders").main
    page = browser.open(f"/en/orders/{order_id}?k={key_for(order_id)}").submit(
        "Keep this order in my account"
    )
    assert len(browser.open("/en/account/orders").table("My orders")) == 1
    assert browser.open(f"/en/orders/{order_id}").h1 == page.h1, "now without the link"


# -- programs ----------------------------------------------------------------------------------


def ordered(client: FlaskClient, key: str = "a key of a program", **changes: Any) -> Any:
    asked = {
        "lines": [{"kg": 250}],
        "beneficiary": {"name": "Forest friends"},
        "email": "a@example.cn",
        "lang": "en",
        "consent_retire_now": True,
    } | changes
    return client.post("/api/v1/orders", json=asked, headers={"Idempotency-Key": key})


def test_a_program_orders_and_looks(client: FlaskClient) -> None:
    answer = ordered(client)
    assert answer.status_code == 201
    told = answer.json
    assert told["state"] == "awaiting_payment"
    assert (told["amount_minor"], told["currency"]) == (2071, "CNY")
    assert told["pay_url"].startswith("http://127.0.0.1:5000/en/sandbox/")
    shop.pay(told["id"])
    seen = client.get(f"/api/v1/orders/{told['id']}", headers={"Authorization": f"Bearer {told['token']}"})
    assert seen.json["state"] == "retired"
    assert seen.json["certificates"] == [papers.for_order(told["id"])[0].number]
    assert "token" not in seen.json


def test_the_same_key_is_the_same_order_and_other_contents_are_refused(client: FlaskClient) -> None:
    first, again = ordered(client), ordered(client)
    assert first.json["id"] == again.json["id"]
    assert first.json["pay_url"] == again.json["pay_url"]
    assert ordered(client, lines=[{"kg": 251}]).status_code == 409
    assert register.lot("LOT-A").free == Mass.kg(9_750)


def test_a_program_is_told_how_much_is_left(client: FlaskClient) -> None:
    answer = ordered(client, lines=[{"kg": 6_000}, {"kg": 6_000}])
    assert answer.status_code == 409
    assert answer.json["left_kg"] == 10_000
    assert answer.mimetype == "application/problem+json"


def test_a_program_orders_by_budget_and_by_project(client: FlaskClient) -> None:
    assert ordered(client, "key by budget", lines=None, budget_minor=5000).json["lines"][0]["kg"] == 603
    assert ordered(client, "key by project", lines=[{"kg": 100, "project": "HLYC-0001"}]).status_code == 201
    assert ordered(client, "key by transfer", payment="transfer").json["pay_url"] is None


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"lines": [{"kg": 0}]}, 422),
        ({"lines": [{"kg": -1}]}, 422),
        ({"lines": [{"kg": 1.5}]}, 422),
        ({"lines": [{"kg": "250"}]}, 422),
        ({"lines": [{"kg": True}]}, 422),
        ({"lines": [{"kg": 10**9}]}, 422),
        ({"lines": [{"kg": 10}]}, 422),
        ({"lines": []}, 422),
        ({"lines": [{"kg": 100}] * 21}, 422),
        ({"lines": None}, 422),
        ({"budget_minor": 5000}, 422),
        ({"lines": [{"kg": 250, "lot": "LOT-Z"}]}, 404),
        ({"lines": [{"kg": 250, "project": "nowhere"}]}, 404),
        ({"email": "nonsense"}, 422),
        ({"beneficiary": {"name": "x" * 200_000}}, 422),
        ({"beneficiary": {"name": "​"}}, 422),
        ({"purpose": "<script>"}, 422),
        ({"lang": "fr"}, 422),
        ({"currency": "XXX"}, 422),
        ({"currency": "USD"}, 422),
        ({"id": "ord_1"}, 422),
        ({"price": 1}, 422),
        ({"state": "paid"}, 422),
    ],
)
def test_a_program_is_told_what_is_wrong(client: FlaskClient, changes: dict[str, Any], status: int) -> None:
    answer = ordered(client, **changes)
    assert answer.status_code == status, answer.json
    assert answer.json["title"]
    assert register.lot("LOT-A").free == Mass.t(10)


def test_a_write_needs_a_key(client: FlaskClient) -> None:
    assert client.post("/api/v1/orders", json={"lines": [{"kg": 250}]}).status_code == 422


def test_an_order_of_somebody_else_is_not_there_for_a_program(client: FlaskClient) -> None:
    order_id = ordered(client).json["id"]
    for token in ("", "x", key_for(new_id("ord")), "é"):
        theirs = client.get(
            f"/api/v1/orders/{order_id}",
            headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")},
        )
        none = client.get(f"/api/v1/orders/{new_id('ord')}")
        assert theirs.status_code == none.status_code == 404
        assert theirs.json == none.json


# -- operators ---------------------------------------------------------------------------------


def test_reconcile_heals_and_reports(app: Flask) -> None:
    order_id = shop.opened(250)
    till().sandbox.play(str(shop.seen(order_id).session_id), "paid")
    done = app.test_cli_runner().invoke(args=["shop", "reconcile", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output.splitlines()[-1])
    assert told["moved"] == [order_id]
    assert state(order_id) is S.RETIRED
    assert (
        json.loads(
            app.test_cli_runner().invoke(args=["shop", "reconcile", "--json"]).output.splitlines()[-1]
        )["moved"]
        == []
    )

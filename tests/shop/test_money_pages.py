"""Desks of prices and pay-outs, and what everybody can read of both: pages and files, in both languages."""

import csv
import io

import pytest
from flask import Flask

from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.money import Money
from portal.registry.queries import register
from tests.browser import Browser
from tests.factories import shop
from tests.factories.payouts import confirm, named, recorded
from tests.factories.registry import make_lot, priced

PAPER = "The bank’s paper about the transfer"
SLIP = b"%PDF-1.7 a bank's slip"


@pytest.fixture(autouse=True)
def lot(app: Flask) -> str:
    return make_lot()


def sit_down(app: Flask, who: str = "usr_first", *roles: Role) -> Browser:
    app.extensions["portal.person"] = lambda: Actor(who, frozenset(roles or (Role.FINANCE,)))
    app.extensions["portal.proof"] = lambda: None  # they have just signed in
    return Browser(app.test_client())


def rows_of(browser: Browser, path: str) -> list[dict[str, str]]:
    answer = browser.client.get(path, buffered=True)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


# -- prices --------------------------------------------------------------------------------------


def test_one_proposes_a_price_another_accepts_it_and_everybody_reads_it(app: Flask) -> None:
    page = sit_down(app).open("/en/desk/prices").fill("Price per tonne", "90").fill("Reason", "New costs")
    page = page.submit("Propose")
    assert "Proposed." in page.text
    assert "Accept" not in page.buttons, "nobody accepts their own"
    page = sit_down(app, "usr_second").open("/en/desk/prices").submit("Accept")
    assert page.table("In force")[0]["Per tonne"] == "¥90.00"
    assert register.price_of("LOT-A") == Money.cny("90.00")
    visitor = Browser(app.test_client())
    told = visitor.open("/en/prices").table("Every price that was ever in force")
    assert [(row["Per tonne"], row["Reason"]) for row in told] == [
        ("¥90.00", "New costs"), ("¥80.00", "when the lot was opened"),
    ]  # fmt: skip
    assert visitor.open("/zh/prices?lot=LOT-A&currency=CNY").h1
    rows = rows_of(visitor, "/prices.csv?lot=LOT-A")
    assert [(row["minor_per_t"], bool(row["until"])) for row in rows] == [("9000", False), ("8000", True)]
    assert visitor.open("/en/lots/LOT-A").main.count("¥90.00") == 1


def test_a_slip_at_the_desk_of_prices_keeps_what_was_typed(app: Flask) -> None:
    desk = sit_down(app)
    for typed, reason in (("x", "r"), ("0", "r"), ("80", "r"), ("90", "")):
        page = desk.open("/en/desk/prices").fill("Price per tonne", typed).fill("Reason", reason)
        page = page.submit("Propose", expect=422)
        assert page.errors
        assert page.value("Price per tonne") == typed
    page = desk.open("/en/desk/prices").fill("Price per tonne", "90").fill("Reason", "r")
    page = page.fill("From the day", "2020-01-01").submit("Propose", expect=422)
    assert page.errors[0].startswith("From the day: A price can begin today")


def test_a_price_that_nobody_has_is_an_empty_page(app: Flask, browser: Browser) -> None:
    assert "No prices found" in browser.open("/en/prices?lot=LOT-Z").main
    assert browser.open("/zh/prices?currency=%3Cx%3E").h1


# -- pay-outs ------------------------------------------------------------------------------------


def test_one_records_a_payout_another_confirms_it_and_everybody_reads_it(app: Flask) -> None:
    order_id = shop.paid(250)
    visitor = Browser(app.test_client())
    table = visitor.open("/en/money").table("All orders so far")
    assert table[0] == {
        "Party": "Forest owner", "Came in": "¥16.00", "Given back to buyers": "¥0.00",
        "Paid out": "¥0.00", "Still owed": "¥16.00",
    }  # fmt: skip
    named()
    desk = sit_down(app)
    page = (
        desk.open("/en/desk/payouts")
        .fill("Amount paid out", "16")
        .fill(PAPER, (io.BytesIO(SLIP), "slip.pdf"))
    )
    page = page.fill("The bank's number of the transfer", "BANK-7731").submit("Record")
    assert "Recorded." in page.text
    assert not any(words.startswith("Confirm") for words in page.buttons)
    page = sit_down(app, "usr_second").open("/en/desk/payouts").submit("Confirm")
    assert page.table("Decided")[0]["State"] == "Confirmed by a second person"
    app.extensions["portal.person"] = lambda: None
    page = visitor.open("/en/money")
    assert page.table("All orders so far")[0]["Still owed"] == "¥0.00"
    assert page.table("Confirmed pay-outs")[0]["Amount"] == "¥16.00"
    assert "BANK-7731" not in page.html, "the bank's number is the staff's"
    month = f"{clock.today():%Y-%m}"
    rows = rows_of(visitor, "/money/months.csv")
    assert rows[0] == {
        "month": month, "party": "forest_owner", "currency": "CNY", "came_in_minor": "1600",
        "paid_out_minor": "1600", "closed": "1", "test": "1",
    }  # fmt: skip
    assert [row["amount_minor"] for row in rows_of(visitor, "/money/payouts.csv")] == ["1600"]
    page = sit_down(app, "usr_second").open(f"/en/orders/{order_id}")
    assert page.table("Where your money is now")[0]["Paid out"] == f"paid out for {month}"


def test_a_slip_at_the_desk_of_payouts_keeps_what_was_typed(app: Flask) -> None:
    shop.paid(250)
    named()
    desk = sit_down(app)
    for amount, month, number, status in (
        ("x", "2026-01", "B", 422), ("1", "2026-13", "B", 422), ("1", "2026-01", "", 422),
        ("16.01", "2026-01", "B", 409),
    ):  # fmt: skip
        page = desk.open("/en/desk/payouts").fill("Amount paid out", amount).fill("For the month", month)
        page = page.fill(PAPER, (io.BytesIO(SLIP), "slip.pdf"))
        page = page.fill("The bank's number of the transfer", number).submit("Record", expect=status)
        assert page.errors
        assert "is kept; choose a file only to replace it" in page.text
        assert page.value("Amount paid out") == amount


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_two_name_an_account_and_everybody_reads_what_a_project_is_owed(app: Flask, lang: str) -> None:
    words = {
        "en": (
            "Account holder",
            "Bank",
            "Last four characters of the account",
            "Reason",
            "Propose",
            "Accept",
        ),
        "zh": ("户名", "开户银行", "账号末四位", "原因", "提交提议", "接受"),
    }[lang]
    shop.paid(250)
    page = sit_down(app).open(f"/{lang}/desk/payouts")
    assert "HLYC-0001" in page.main
    page = sit_down(app).open(f"/{lang}/desk/payouts/accounts")
    for label, typed in zip(words[:4], ("A collective", "A bank", "12", "Contract 7"), strict=True):
        page = page.fill(label, typed)
    page = page.submit(words[4], expect=422)
    assert page.value(words[0]) == "A collective"
    page = page.fill(words[2], "12ab").submit(words[4])
    assert "A collective" in page.main
    page = sit_down(app, "usr_second").open(page.url).submit(words[5])
    assert page.url == f"/{lang}/desk/payouts/accounts"
    assert "12AB" in page.main
    confirm(recorded("10.00"))
    page = sit_down(app).open(f"/{lang}/desk/payouts")
    assert page.main.count("A collective") == 2, "with what it is owed and with what it was paid"
    (row,) = rows_of(sit_down(app), f"/{lang}/desk/payouts/owed.csv")
    assert (row["for"], row["code"], row["owed_minor"], row["holder"]) == (
        "project", "HLYC-0001", "600", "A collective",
    )  # fmt: skip
    app.extensions["portal.person"] = lambda: None
    page = Browser(app.test_client()).open(f"/{lang}/money")
    assert "A collective" not in page.html
    assert page.main.count("¥6.00") == 2, "of the party and of its one project"
    (row,) = rows_of(Browser(app.test_client()), "/money/projects.csv")
    assert (row["came_in_minor"], row["paid_out_minor"], row["closed"]) == ("1600", "1000", "0")


def test_the_banks_paper_is_for_the_till_and_auditors(app: Flask) -> None:
    shop.paid(250)
    named()
    page = sit_down(app).open("/en/desk/payouts").fill("Amount paid out", "1")
    page = page.fill(PAPER, (io.BytesIO(b"MZ\x90\x00\xff"), "slip.exe")).fill(
        "The bank's number of the transfer", "BANK-7731"
    )
    page = page.submit("Record", expect=422)
    assert any("PDF, PNG, JPEG or plain text" in error for error in page.errors)
    page = (
        page.fill(PAPER, (io.BytesIO(SLIP), "slip.pdf"))
        .fill("Amount paid out", "")
        .submit("Record", expect=422)
    )
    page = page.fill("Amount paid out", "1").submit("Record")
    place = page.links["Download: BANK-7731"]
    for role, status in ((Role.AUDITOR, 200), (Role.EDITOR, 403), (Role.CITIZEN, 403)):
        answer = sit_down(app, "usr_x", role).client.get(place)
        assert answer.status_code == status
        if status == 200:
            assert answer.data == SLIP
            assert answer.headers["Content-Disposition"].startswith("attachment")


def test_what_cannot_be_confirmed_any_more_is_said(app: Flask) -> None:
    shop.paid(250)
    named()
    recorded("16.00", "BANK-7731")
    page = sit_down(app, "usr_third").open("/en/desk/payouts")
    confirm(recorded("1.00", "B-2"))
    page = page.submit("Confirm")
    assert "Only ¥15.00 is held for this party" in page.text


@pytest.mark.parametrize("path", ["/en/desk/prices", "/en/desk/payouts"])
def test_auditors_read_and_others_do_not(app: Flask, path: str) -> None:
    shop.paid(250)
    page = sit_down(app, "usr_auditor", Role.AUDITOR).open(path)
    assert "Propose" not in page.buttons
    assert "Record" not in page.buttons
    answer = sit_down(app, "usr_x", Role.CITIZEN).client.get(path)
    assert answer.status_code == 403


def test_before_the_first_purchase_the_page_says_so(browser: Browser) -> None:
    assert "No money has come in yet" in browser.open("/en/money").main
    assert browser.open("/zh/money").h1 == "款项去向"


# -- programs ------------------------------------------------------------------------------------


def test_a_program_buys_at_the_list_of_its_currency(app: Flask, browser: Browser) -> None:
    priced("LOT-A", Money.of("12.00", "EUR"))
    body = {
        "lines": [{"kg": 250, "lot": "LOT-A"}], "currency": "EUR", "beneficiary": {"name": "B"},
        "email": "b@example.cn", "lang": "en",
    }  # fmt: skip

    def order(key: str, **changes: object) -> tuple[int, dict[str, object]]:
        answer = browser.client.post("/api/v1/orders", json=body | changes, headers={"Idempotency-Key": key})
        return answer.status_code, answer.get_json()

    status, said = order("a program buys one")
    assert (status, said["currency"], said["amount_minor"]) == (201, "EUR", 311)
    assert order("a program buys two", currency="USD")[0] == 422
    assert order("a program buys three", lines=[{"kg": 250}])[1]["currency"] == "EUR"

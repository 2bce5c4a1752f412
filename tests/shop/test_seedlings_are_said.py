"""Wherever an order is summed up, its seedlings stand beside its kilograms, and alone without any."""

import csv
import re
from collections.abc import Callable
from email.message import EmailMessage
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from flask import Flask

from portal.certificates import queries as certificates
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.shop.commands import billing
from portal.shop.queries import planting as plantings
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import till
from portal.web import press
from portal.web.links import key_for
from tests.browser import Browser
from tests.factories import accounts, shop
from tests.factories.certificates import sequence_and_sign
from tests.factories.planting import CODE, make_planting, seedlings_quote
from tests.factories.registry import make_lot
from tests.shop.test_billing import FINANCE, TO
from tests.shop.test_papers import words_of_pdf
from tests.shop.test_views import as_staff

LANGS = pytest.mark.parametrize("lang", ["zh", "en"])
FIVE = {"zh": "5 株苗木", "en": "5 seedlings"}
BOTH = {"zh": "250 kg CO₂e + 5 株苗木", "en": "250 kg CO₂e + 5 seedlings"}
ALSO = {"zh": "本订单还资助 5 株苗木", "en": "The order also funds 5 seedlings"}
STATES = {"zh": ("已注销", "已生效"), "en": ("Retired", "Final")}  # of credits, and of seedlings alone
WHERE = {"zh": ("示范地块七", "红松", "二〇二七年春季"), "en": ("Demonstration parcel seven", "Korean pine")}


@pytest.fixture(autouse=True)
def stock(app: Flask, at: Callable[[str], object]) -> None:
    at("2026-06-01T12:00:00+08:00")
    make_lot()
    make_planting()


@LANGS
def test_letters_name_the_seedlings_beside_the_credits(
    sent_letters: Callable[[], list[EmailMessage]], lang: str
) -> None:
    waiting = shop.paid(quote=seedlings_quote(5, 250), lang=lang, consent=False)
    by_transfer = seedlings_quote(5, 250, payment=PaymentKind.TRANSFER)
    transfer = shop.placed(quote=by_transfer, lang=lang, payment=PaymentKind.TRANSFER)
    certified = shop.paid(quote=seedlings_quote(5, 250), lang=lang)
    without = shop.paid(250, lang=lang, consent=False)
    sequence_and_sign()
    sent_letters()
    till().finish([certified], clock.now())
    told = [each.get_content() for each in sent_letters()]
    for order_id in (waiting, transfer, certified):
        about = [each for each in told if order_id in each]
        assert about
        assert all(ALSO[lang] in each for each in about)
    (credits_alone,) = (each for each in told if without in each)
    assert ALSO[lang][:6] not in credits_alone


@LANGS
def test_lists_of_orders_name_both(app: Flask, browser: Browser, lang: str) -> None:
    somebody = accounts.person("wang@example.cn")
    both = shop.paid(quote=seedlings_quote(5, 250), actor=somebody.actor)
    alone = shop.paid(quote=seedlings_quote(5), actor=somebody.actor)
    page = browser.open("/en/account/sign-in")
    page.fill("E-mail address", somebody.email).fill("Password", somebody.password).submit("Sign in")
    lists = [browser.open(f"/{lang}/account/orders").main]
    as_staff(app, Role.FINANCE)
    desk = Browser(app.test_client())
    lists.append(desk.open(f"/{lang}/desk/orders").main)
    for said in lists:
        assert said.count(BOTH[lang]) == 1
        assert said.count(FIVE[lang]) == 2
        assert said.count("kg") == 1
        assert STATES[lang][1] in said
    assert [lists[0].count(state) for state in STATES[lang]] == [1, 1]
    assert BOTH[lang] in desk.open(f"/{lang}/desk/orders/{both}").main
    page = desk.open(f"/{lang}/desk/orders/{alone}").main
    assert FIVE[lang] in page
    assert "kg" not in page


@LANGS
@pytest.mark.skipif(not press.has_pango(), reason="PDF needs Pango")
def test_a_receipt_and_an_invoice_have_a_line_for_the_seedlings(browser: Browser, lang: str) -> None:
    for kilograms in (250, 0):
        order_id = shop.paid(quote=seedlings_quote(5, kilograms), lang=lang)
        invoice = billing.issue_invoice(FINANCE, order_id, TO, clock.now())
        for paper in ("receipt.pdf", f"papers/{invoice}.pdf"):
            path = f"/{lang}/orders/{order_id}/{paper}?k={key_for(order_id)}"
            words = re.sub(r"\s+", "", words_of_pdf(browser, path))
            for said in (FIVE[lang], *WHERE[lang], "¥12.00", "¥60.00"):
                assert said.replace(" ", "") in words, words
            assert ("kg" in words) == bool(kilograms)


@LANGS
def test_the_yearly_statement_has_the_seedlings_of_every_order(browser: Browser, lang: str) -> None:
    somebody = accounts.person("wang@example.cn")
    page = browser.open("/en/account/sign-in")
    page.fill("E-mail address", somebody.email).fill("Password", somebody.password).submit("Sign in")
    both = shop.paid(quote=seedlings_quote(5, 250), actor=somebody.actor)
    alone = shop.paid(quote=seedlings_quote(5), actor=somebody.actor)
    year = clock.today().year
    page = browser.open(f"/{lang}/account/statement?year={year}")
    assert page.main.count(FIVE[lang]) == 2
    assert all(state in page.main for state in STATES[lang])
    assert all(page.main.count(said) == 2 for said in WHERE[lang])
    sheet = browser.client.get(f"/{lang}/account/statement.csv?year={year}").get_data(as_text=True)
    head, *rows = csv.reader(StringIO(sheet.removeprefix("\ufeff")))
    assert head[-1] == {"zh": "苗木株数", "en": "Seedlings"}[lang]
    planted = {row[0]: row for row in rows if row[-1] == "5"}
    assert planted.keys() == {both, alone}
    assert {len(row) for row in rows} == {len(head)}
    (paper,) = certificates.for_order(alone)
    assert paper.number in planted[alone]


def test_an_auditors_pack_has_what_every_order_funds(app: Flask, browser: Browser) -> None:
    both, alone = (shop.paid(quote=seedlings_quote(5, kilograms)) for kilograms in (250, 0))
    as_staff(app, Role.AUDITOR)
    answer = browser.client.get(f"/en/desk/auditor/pack/{clock.today().year}.zip", buffered=True)
    pack = ZipFile(BytesIO(answer.data))
    sheet = csv.DictReader(StringIO(pack.read("order-seedlings.csv").decode()))
    rows = {row["order_id"]: row for row in sheet}
    assert rows.keys() == {both, alone}
    (line,) = plantings.seedlings_of(alone)
    told = {"planting": CODE, "seedlings": "5", "amount_minor": "6000", "certificate": str(line.certificate)}
    assert rows[alone].items() >= told.items()
    read_me = pack.read("README.txt").decode()
    assert all(name in read_me for name in pack.namelist() if name != "README.txt")


def test_the_seedlings_of_many_orders_are_those_of_each() -> None:
    make_planting(code="OTHER")
    ids = [shop.paid(quote=seedlings_quote(number, code=code)) for number, code in ((5, CODE), (7, "OTHER"))]
    none = shop.paid(100)
    found = plantings.seedlings_in([*ids, none])
    assert found == {order_id: plantings.seedlings_of(order_id) for order_id in ids}
    assert plantings.seedlings_in([]) == {}

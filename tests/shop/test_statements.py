"""The yearly statement: every order, range and refund of one's own, and sums that mix nothing."""

import csv
from collections.abc import Callable
from dataclasses import replace
from io import StringIO

import pytest
from flask import Flask

from portal.certificates.rules.claims import Effect
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotFound
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.registry.rules.ledger import ProjectType
from portal.shop.commands import refunds
from portal.shop.queries import statements as queries
from portal.shop.queries.statements import Statement
from portal.shop.till import till
from tests.browser import Browser
from tests.factories import accounts, shop
from tests.factories.registry import make_lot

At = Callable[[str], object]
PERSON = Actor("usr_01M825M1YS7CEW2ABDHNHW73N5")
OTHER = Actor("usr_01M825M1YS7CEW2ABDHNHW73N6")
COMPANY = "org_01M825M1YS7CEW2ABDHNHW73N7"


def stated(actor: Actor = PERSON, whose: str = "", year: int = 2026, counts_tests: bool = True) -> Statement:
    return queries.statement(actor, whose, year, counts_tests=counts_tests)


@pytest.mark.usefixtures("app")
def test_every_order_of_the_civil_year_and_no_other(at: At) -> None:
    at("2026-01-01T00:00:00+08:00")
    make_lot()
    at("2026-12-31T23:59:59+08:00")
    last = shop.paid(100, actor=PERSON)
    shop.paid(50, actor=OTHER)
    at("2027-01-01T00:00:00+08:00")
    first = shop.placed(25, actor=PERSON)
    assert [order.id for order in stated().orders] == [last]
    assert [order.id for order in stated(year=2027).orders] == [first]
    assert queries.years_of(PERSON, "", clock.today()) == [2027, 2026]


@pytest.mark.usefixtures("app")
def test_removal_and_avoidance_are_never_one_number(at: At) -> None:
    at("2026-06-01T12:00:00+08:00")
    make_lot()
    make_lot(code="LOT-B", project="0002", kind=ProjectType.REDD)
    shop.paid(100, "LOT-A", actor=PERSON)
    shop.paid(70, "LOT-B", actor=PERSON)
    found = stated()
    assert found.retired == {Effect.REMOVAL: Mass.kg(100), Effect.AVOIDANCE: Mass.kg(70)}
    assert stated(counts_tests=False).retired == {}
    ranges = [part for order in found.orders for line in order.lines for part in line.ranges]
    assert sum(part.mass.grams for part in ranges) == 170_000


@pytest.mark.usefixtures("app")
def test_what_was_refunded_is_told_and_not_counted(at: At) -> None:
    at("2026-06-01T12:00:00+08:00")
    make_lot()
    kept, returned = shop.paid(100, actor=PERSON), shop.paid(50, actor=PERSON)
    till().pay_back(refunds.request_refund(shop.SYSTEM, returned, "asked", clock.now()), clock.now())
    found = stated()
    assert found.retired == {Effect.REMOVAL: Mass.kg(100)}
    amount = {order.id: order.total for order in found.orders}
    assert found.paid == {"CNY": amount[kept] + amount[returned]}
    assert found.returned == {"CNY": amount[returned]}
    assert isinstance(found.paid["CNY"], Money)


@pytest.mark.usefixtures("app")
def test_an_organisations_year_is_its_members_to_see(at: At) -> None:
    at("2026-06-01T12:00:00+08:00")
    make_lot()
    member = Actor(PERSON.id, organisations={COMPANY: "member"})
    order_id = shop.paid(100, actor=member, buyer=replace(shop.BUYER, organisation_id=COMPANY))
    assert [order.id for order in stated(member, COMPANY).orders] == [order_id]
    assert stated(member).orders == ()
    with pytest.raises(NotFound):
        stated(OTHER, COMPANY)
    with pytest.raises(NotFound):
        stated(Actor.guest())


def test_the_page_the_table_and_the_paper_say_the_same(app: Flask, browser: Browser) -> None:
    make_lot()
    somebody = accounts.person("wang@example.cn")
    page = browser.open("/en/account/sign-in")
    page.fill("E-mail address", somebody.email).fill("Password", somebody.password).submit("Sign in")
    assert "Nothing in this year" in browser.open("/en/account/statement").main
    shop.paid(100, actor=somebody.actor)
    page = browser.open("/en/account/statement")
    assert page.table("Sums")[0] == {"Item": "Retired: removal", "Amount": "100 kg CO₂e"}
    assert "/g1-100000" in page.main
    sheet = browser.client.get(page.links["As CSV"]).get_data(as_text=True).removeprefix("\ufeff")
    (row,) = csv.DictReader(StringIO(sheet))
    assert (row["Kilograms"], row["Total"], row["Given back"]) == ("100.000", "8.29", "0.00")
    assert row["Serial numbers"].endswith("/g1-100000")
    pdf = browser.client.get(page.links["As PDF"])
    assert pdf.data.startswith(b"%PDF-")
    browser.open(f"/en/account/statement?for={COMPANY}", expect=404)
    browser.open("/en/account/statement?year=1999", expect=404)

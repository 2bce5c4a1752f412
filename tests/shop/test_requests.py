"""Purchases inside an organisation: asked, answered once by somebody else, and ordered in the same breath."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal import consents
from portal.accounts.rules import Part
from portal.certificates.queries import papers as certificates
from portal.certificates.rules.claims import CertificateType
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.registry.queries import register
from portal.registry.rules.ledger import NotEnoughCredits, ProjectType
from portal.shop import jobs as shop_jobs
from portal.shop.commands import requests as commands
from portal.shop.queries import orders, tables
from portal.shop.queries import planting as plantings
from portal.shop.queries import requests as queries
from portal.shop.rules.basket import Basket, BasketLine, SeedlingsWanted
from portal.shop.rules.batches import Recipient
from portal.shop.rules.quotes import NothingChosen, PriceChanged, Quote, make_quote
from portal.shop.rules.requests import (
    ANSWER_WITHIN,
    STEPS,
    Ask,
    NoSuchRequest,
    NotYourOwnRequest,
    ReasonIsMissing,
    RequestEvent,
    RequestIsAnswered,
    RequestState,
    next_state,
)
from portal.shop.rules.seedlings import NotEnoughPlaces
from portal.shop.rules.states import OrderState
from portal.shop.rules.terms import PaymentKind
from portal.shop.till import till
from tests.browser import Browser
from tests.factories import accounts, companies, shop
from tests.factories.planting import CODE as PLANTING
from tests.factories.planting import make_planting, seedlings_quote
from tests.factories.registry import make_lot

Letters = Callable[[], list[EmailMessage]]
S = RequestState


class Company:
    """An organisation with an owner, an approver and two members, and a lot to buy from."""

    def __init__(self) -> None:
        make_lot()
        names = ("owner", "approver", "member", "other")
        self.people = {name: accounts.person(f"{name}@example.cn") for name in names}
        parts = {"approver": Part.APPROVER, "member": Part.MEMBER, "other": Part.MEMBER}
        self.id = companies.organisation(
            self.people["owner"],
            *((self.people[name], part) for name, part in parts.items()),
            credit_code=companies.CREDIT_CODE,
        )
        self.parts = parts | {"owner": Part.OWNER}

    def actor(self, name: str) -> Actor:
        return Actor(self.people[name].id, organisations={self.id: self.parts[name]})

    def asked(self, kg: int = 100, by: str = "member", *, is_public: bool = False, **changes: Any) -> str:
        basket = Basket((BasketLine("LOT-A", Mass.kg(kg)),))
        return self.asked_for(basket, shop.quoted(kg), by, is_public=is_public, **changes)

    def asked_for(
        self, basket: Basket, quote: Quote, by: str = "member", *, is_public: bool = False, **changes: Any
    ) -> str:
        ask = Ask(self.id, basket, quote, "Forest Sea", is_public, "For the fair", "en", **changes)
        return commands.ask(self.actor(by), new_id("prq"), ask, clock.now())

    def accepted(
        self, request_id: str, by: str = "approver", kg: int = 100, quote: Quote | None = None, **changes: Any
    ) -> str:
        quote = quote or shop.quoted(kg)
        facts = {"seen_hash": quote.hash, "provider": "sandbox", "test": True, "now": clock.now()} | changes
        return commands.accept(self.actor(by), request_id, quote, **facts)


@pytest.fixture
def company(any_app: Flask) -> Company:
    return Company()


def state(request_id: str) -> RequestState:
    db.session.rollback()
    return queries.request(shop.SYSTEM, request_id).state


def test_every_answer_is_final() -> None:
    lawful = {(S.ASKED, event) for event in RequestEvent}
    assert set(STEPS) == lawful
    for old in S:
        for event in RequestEvent:
            if (old, event) not in lawful:
                with pytest.raises(RequestIsAnswered):
                    next_state(old, event)


def test_an_approval_places_the_order(company: Company, sent_letters: Letters) -> None:
    request_id = company.asked()
    assert register.lot("LOT-A").free.kg_down == 10_000
    asked = [letter["To"] for letter in sent_letters() if "asks you to approve" in letter["Subject"]]
    assert sorted(asked) == ["approver@example.cn", "owner@example.cn"]
    order_id = company.accepted(request_id)
    order = shop.seen(order_id)
    assert (order.state, order.organisation_id, order.total) == (
        OrderState.RESERVED,
        company.id,
        Money.cny("8.29"),
    )
    assert order.person_id == company.people["approver"].id
    assert state(request_id) is S.ACCEPTED
    told = [letter["Subject"] for letter in sent_letters() if letter["To"] == "member@example.cn"]
    assert "Your purchase is approved" in told
    with pytest.raises(RequestIsAnswered):
        company.accepted(request_id, "owner")


def test_who_ticked_that_the_name_is_shown_said_so_when_they_asked(company: Company) -> None:
    silent, public = company.asked(), company.asked(is_public=True)
    (told,) = consents.said(company.people["member"].id)
    assert (told.thing_id, told.is_given, told.words) == (public, True, consents.NAME_ON_CERTIFICATE.words)
    assert consents.said("", [silent]) == []


def test_who_declines_says_why(company: Company, sent_letters: Letters) -> None:
    request_id = company.asked()
    with pytest.raises(ReasonIsMissing):
        commands.decline(company.actor("approver"), request_id, " ", clock.now())
    commands.decline(company.actor("approver"), request_id, "Too dear", clock.now())
    assert state(request_id) is S.DECLINED
    (letter,) = [letter for letter in sent_letters() if letter["Subject"] == "Your purchase is declined"]
    assert "Too dear" in letter.get_content()


def test_only_somebody_else_who_may_spend_answers(company: Company) -> None:
    request_id = company.asked()
    with pytest.raises(NotYourOwnRequest):
        company.accepted(request_id, "member")
    with pytest.raises(NotAllowed):
        company.accepted(request_id, "other")
    with pytest.raises(NoSuchRequest):
        commands.decline(Actor("usr_01M825M1YS7CEW2ABDHNHW73N5"), request_id, "no", clock.now())
    own = company.asked(by="owner")
    with pytest.raises(NotYourOwnRequest):
        company.accepted(own, "owner")
    assert company.accepted(own, "approver")


def test_an_old_price_or_too_few_credits_approve_nothing(company: Company) -> None:
    request_id = company.asked()
    with pytest.raises(PriceChanged):
        company.accepted(request_id, seen_hash="0" * 64)
    assert state(request_id) is S.ASKED
    shop.placed(9_950)
    with pytest.raises(NotEnoughCredits):
        company.accepted(request_id)
    assert state(request_id) is S.ASKED


def test_what_nobody_answers_lapses(company: Company, sent_letters: Letters) -> None:
    request_id = company.asked()
    later = clock.now() + ANSWER_WITHIN
    assert not commands.lapse(shop.SYSTEM, request_id, later - timedelta(seconds=1))
    with pytest.raises(RequestIsAnswered):
        company.accepted(request_id, now=later)
    assert queries.lapsed(later) == [request_id]
    assert commands.lapse(shop.SYSTEM, request_id, later)
    shop_jobs.lapse_requests()
    assert state(request_id) is S.LAPSED
    assert [letter["To"] for letter in sent_letters()].count("member@example.cn") >= 1


def test_whoever_asked_may_withdraw(company: Company) -> None:
    request_id = company.asked()
    with pytest.raises(NotAllowed):
        commands.withdraw(company.actor("owner"), request_id, clock.now())
    commands.withdraw(company.actor("member"), request_id, clock.now())
    assert state(request_id) is S.WITHDRAWN


def test_a_batch_is_approved_with_its_recipients(company: Company) -> None:
    batch_id = companies.opened(company.actor("member"), [Recipient("Li")] * 50, organisation_id=company.id)
    request_id = company.asked(batch_id=batch_id)
    order_id = company.accepted(request_id)
    assert shop.seen(order_id).purpose == batch_id
    assert companies.seen(batch_id).order_id == order_id


def test_the_database_lets_nobody_approve_their_own(company: Company) -> None:
    request_id = company.asked()
    accept = text("UPDATE purchase_request SET state = 'accepted', decided_by = :who WHERE id = :id")
    member, owner = company.people["member"].id, company.people["owner"].id
    with pytest.raises(IntegrityError, match="their own"), transaction() as session:
        session.execute(accept, {"who": member, "id": request_id})
    with transaction() as session:  # the control: somebody else may
        session.execute(accept, {"who": owner, "id": request_id})
    with pytest.raises(IntegrityError, match="lawful steps"), transaction() as session:
        session.execute(text("UPDATE purchase_request SET state = 'asked', decided_by = NULL"))


# -- whole baskets -------------------------------------------------------------------------------


TWO_LOTS = Basket(
    (BasketLine("LOT-A", Mass.kg(100)), BasketLine("LOT-B", Mass.kg(50))), "plg_01M825M1YS7CEW2ABDHNHW73N5"
)


def both() -> Quote:
    wanted = [(orders.offer_of(line.lot), line.mass) for line in TWO_LOTS.lines]
    return make_quote(wanted, PaymentKind.CARD)


def test_a_basket_is_asked_for_approved_and_ordered_whole(company: Company) -> None:
    make_lot(code="LOT-B", project="0002")
    request_id = company.asked_for(TWO_LOTS, both())
    assert queries.request(shop.SYSTEM, request_id).basket == TWO_LOTS
    quote = both()
    order_id = commands.accept(
        company.actor("approver"), request_id, quote, quote.hash, "sandbox", True, clock.now()
    )
    order = shop.seen(order_id)
    assert [(line.lots, line.mass) for line in order.lines] == [
        (("LOT-A",), Mass.kg(100)), (("LOT-B",), Mass.kg(50)),
    ]  # fmt: skip
    assert (order.total, order.purpose) == (quote.total, TWO_LOTS.purpose)


@pytest.mark.parametrize(
    ("lang", "quantity"),
    [("zh", "100 kg CO₂e + 50 kg CO₂e + 3 株苗木"), ("en", "100 kg CO₂e + 50 kg CO₂e + 3 seedlings")],
)
def test_kinds_of_projects_are_never_added_up(
    app: Flask, browser: Browser, sent_letters: Letters, lang: str, quantity: str
) -> None:
    company = Company()
    make_lot(code="LOT-B", project="0002", kind=ProjectType.IFM)
    make_planting()
    with transaction() as session:
        session.execute(text("UPDATE person SET lang = :lang"), {"lang": lang})
    basket = replace(TWO_LOTS, seedlings=(SeedlingsWanted(PLANTING, 3),))
    request_id = company.asked_for(basket, both())
    letters = [each for each in sent_letters() if each["To"] == "owner@example.cn"]
    assert quantity in letters[0].get_content()
    sign_in(browser, company.people["owner"])
    assert quantity in browser.open(f"/{lang}/account/requests").main
    app.extensions["portal.person"] = lambda: Actor("usr_1", frozenset({Role.FINANCE}))
    for page in ("desk/requests", f"desk/requests/{request_id}"):
        assert quantity in Browser(app.test_client()).open(f"/{lang}/{page}").main


def test_of_a_basket_that_is_not_all_there_nothing_is_approved(company: Company) -> None:
    make_lot(code="LOT-B", project="0002")
    request_id, quote = company.asked_for(TWO_LOTS, both()), both()
    shop.placed(9_980, "LOT-B")
    with pytest.raises(NotEnoughCredits):
        commands.accept(
            company.actor("approver"), request_id, quote, quote.hash, "sandbox", True, clock.now()
        )
    assert state(request_id) is S.ASKED
    assert register.lot("LOT-A").free.kg_down == 10_000, "nothing is kept"


def test_a_gift_is_not_asked_for(company: Company) -> None:
    for purpose in ("gft_01M825M1YS7CEW2ABDHNHW73N5", "bch_01M825M1YS7CEW2ABDHNHW73N5"):
        with pytest.raises(NotAllowed):
            company.asked_for(replace(TWO_LOTS, purpose=purpose), shop.quoted(100))


def test_nothing_is_not_asked_for(company: Company) -> None:
    with pytest.raises(NothingChosen):
        company.asked_for(Basket(), shop.quoted(100))


# -- seedlings alone -----------------------------------------------------------------------------


THREE = Basket(seedlings=(SeedlingsWanted(PLANTING, 3),))


def seedlings_asked(company: Company, number: int = 3) -> str:
    basket = Basket(seedlings=(SeedlingsWanted(PLANTING, number),))
    return company.asked_for(basket, seedlings_quote(number))


def seedlings_accepted(company: Company, request_id: str, number: int = 3) -> str:
    quote = seedlings_quote(number)
    return company.accepted(request_id, quote=quote, seen_hash=quote.hash)


def test_seedlings_alone_are_asked_for_approved_paid_and_certified(
    company: Company, sent_letters: Letters
) -> None:
    make_planting(10)
    request_id = seedlings_asked(company)
    found = queries.request(shop.SYSTEM, request_id)
    assert (found.basket, found.grams, found.seedlings) == (THREE, [], 3)
    assert plantings.campaign(PLANTING).left == 10, "nothing is reserved yet"
    order_id = seedlings_accepted(company, request_id)
    order = shop.seen(order_id)
    assert (order.organisation_id, order.mass, order.total) == (company.id, Mass(0), found.amount)
    assert plantings.campaign(PLANTING).left == 7
    till().open_payment(order_id, shop.WAY, clock.now())
    shop.pay(order_id)
    assert shop.seen(order_id).state is OrderState.RETIRED
    (paper,) = certificates.for_order(order_id)
    (line,) = plantings.seedlings_of(order_id)
    assert (paper.type, paper.mass, line.certificate) == (CertificateType.PLANTING, Mass(0), paper.number)
    told = [letter["Subject"] for letter in sent_letters() if letter["To"] == "member@example.cn"]
    assert "Your purchase is approved" in told


def test_more_seedlings_than_there_are_places_are_not_approved(company: Company) -> None:
    make_planting(10)
    first, second = seedlings_asked(company, 6), seedlings_asked(company, 6)
    seedlings_accepted(company, first, 6)
    with pytest.raises(NotEnoughPlaces):
        seedlings_accepted(company, second, 6)
    assert state(second) is S.ASKED
    commands.decline(company.actor("approver"), second, "No places are left", clock.now())
    assert state(second) is S.DECLINED


@pytest.mark.parametrize(
    ("kilograms", "seedlings", "is_refused"),
    [(0, 0, True), (-1, 3, True), (100, -3, True), (0, 3, False), (100, 0, False), (100, 3, False)],
)
def test_the_database_lets_nobody_ask_for_nothing(
    company: Company, kilograms: int, seedlings: int, is_refused: bool
) -> None:
    """By direct SQL, past every command; what is something is the control."""
    template = company.asked()
    kept = "organisation_id, person_id, basket, amount_minor, currency, payment, quote_hash, name, is_public"
    kept += ", note, lang, state, reason, expires_at, created_at"
    attack = text(
        f"INSERT INTO purchase_request (id, order_id, mass_g, seedlings, {kept}) "
        f"SELECT :id, :order_id, :grams, :seedlings, {kept} FROM purchase_request WHERE id = :template"
    )
    row = {"id": new_id("prq"), "order_id": new_id("ord"), "grams": kilograms * 1000, "seedlings": seedlings}
    if is_refused:
        with pytest.raises(IntegrityError, match="a_request_is_for_grams_or_seedlings"), transaction() as s:
            s.execute(attack, row | {"template": template})
    else:
        with transaction() as s:
            s.execute(attack, row | {"template": template})


def test_the_database_keeps_how_many_seedlings_were_asked_for(company: Company) -> None:
    make_planting()
    seedlings_asked(company)
    with pytest.raises(IntegrityError, match="keeps"), transaction() as session:
        session.execute(text("UPDATE purchase_request SET seedlings = 4"))
    with transaction() as session:  # the control: what it does not keep
        session.execute(text("UPDATE purchase_request SET note = ''"))


@pytest.mark.parametrize(
    ("lang", "wish", "quantity"),
    [
        ("zh", "希望资助 3 株苗木，金额 ¥36.36", "3 株苗木"),
        ("en", "would like to fund 3 seedlings for ¥36.36", "3 seedlings"),
    ],
)
def test_lists_and_letters_say_seedlings_and_no_kilograms(
    app: Flask, browser: Browser, sent_letters: Letters, lang: str, wish: str, quantity: str
) -> None:
    company = Company()
    make_planting()
    with transaction() as session:
        session.execute(text("UPDATE person SET lang = :lang"), {"lang": lang})
    taken, lapsed = seedlings_asked(company), seedlings_asked(company)
    seedlings_accepted(company, taken)
    with transaction() as session:
        time_is_over = text("UPDATE purchase_request SET expires_at = created_at WHERE id = :id")
        session.execute(time_is_over, {"id": lapsed})
    assert commands.lapse(shop.SYSTEM, lapsed, clock.now())
    letters = [each.get_content() for each in sent_letters()]
    assert [each for each in letters if wish in each]
    about = [each for each in letters if taken in each or lapsed in each]
    assert len(about) == 6, "two to each of those who may spend, and two to who asked"
    assert all(quantity in each for each in about)
    sign_in(browser, company.people["owner"])
    pages = [browser.open(f"/{lang}/account/{page}").main for page in ("requests", f"requests/{lapsed}")]
    app.extensions["portal.person"] = lambda: Actor("usr_1", frozenset({Role.FINANCE}))
    desk = Browser(app.test_client())
    pages += [desk.open(f"/{lang}/desk/{page}").main for page in ("requests", f"requests/{lapsed}")]
    assert all(quantity in each for each in pages)
    assert not [each for each in (*about, *pages) if re.search(r"\d\s?k?g\b", each)]


def test_an_export_says_how_many_seedlings(company: Company) -> None:
    make_planting()
    seedlings_asked(company)
    (row,) = db.session.execute(tables.requests()).mappings()
    assert (row["mass_g"], row["seedlings"]) == (Mass(0), 3)


# -- pages ---------------------------------------------------------------------------------------


def sign_in(browser: Browser, somebody: accounts.Somebody) -> None:
    page = browser.open("/en/account/sign-in")
    page.fill("E-mail address", somebody.email).fill("Password", somebody.password).submit("Sign in")


def test_a_member_asks_and_an_approver_pays(app: Flask, browser: Browser) -> None:
    company = Company()
    sign_in(browser, company.people["member"])
    page = browser.open("/en/account/requests/new")
    page = page.fill("Kilograms", "100").fill("Note to the approver", "For the fair")
    page = page.submit("Ask for approval")
    assert page.h1 == "Waiting for approval"
    assert "Approve" not in " ".join(page.buttons)
    path = re.sub(r"\?.*", "", page.url)
    approver = Browser(app.test_client())
    sign_in(approver, company.people["approver"])
    assert "Waits for your answer" in approver.open("/en/account/requests").main
    page = approver.open(path)
    assert "For the fair" in page.main
    page = page.submit("Decline", expect=422)
    assert any("Please say why" in error for error in page.errors)
    page = page.submit("Approve and pay ¥8.29").submit("Pay with test money")
    assert page.h1 == "Your credits are retired"
    assert browser.open(path).h1 == "The purchase is approved"
    outsider = Browser(app.test_client())
    sign_in(outsider, accounts.person("outsider@example.cn"))
    outsider.open(path, expect=404)


@pytest.mark.parametrize(
    ("lang", "ask", "approve"),
    [("zh", "提交审批", "批准并支付"), ("en", "Ask for approval", "Approve and pay")],
)
def test_a_whole_basket_is_asked_for_and_approved_on_its_pages(
    any_app: Flask, lang: str, ask: str, approve: str
) -> None:
    browser, company = Browser(any_app.test_client()), Company()
    make_lot(code="LOT-B", project="0002")
    make_planting()
    sign_in(browser, company.people["member"])
    for choice in (
        "offset/quote?kg=100&lot=LOT-A",
        "offset/quote?kg=50&lot=LOT-B",
        f"planting/{PLANTING}/quote?seedlings=3",
    ):
        browser.open(f"/en/{choice}").submit("Put it into the basket")
    page = browser.open(f"/{lang}/basket/checkout")
    (asked,) = (address for address in page.links.values() if "/account/requests/new" in address)
    page = browser.open(asked)
    assert page.main.count("LOT-A") == page.main.count("LOT-B") == 1
    page = page.submit(ask)
    path = re.sub(r"\?.*", "", page.url)
    approver = Browser(any_app.test_client())
    sign_in(approver, company.people["approver"])
    page = approver.open(path)
    assert "LOT-A" in page.main
    assert "LOT-B" in page.main
    (button,) = (each for each in page.buttons if each.startswith(approve))
    page.submit(button)
    found = queries.requests_of(company.actor("approver"))[0]
    order = shop.seen(found.order_id)
    assert [line.lots for line in order.lines] == [("LOT-A",), ("LOT-B",)]
    assert [each.seedlings for each in plantings.seedlings_of(found.order_id)] == [3]
    assert order.total == found.amount


def test_what_is_no_longer_sold_can_still_be_declined(app: Flask, browser: Browser) -> None:
    company = Company()
    make_planting()
    basket = Basket((BasketLine("LOT-A", Mass.kg(100)),), "", "EUR")
    request_id = company.asked_for(basket, shop.quoted(100))
    sign_in(browser, company.people["approver"])
    page = browser.open(f"/en/account/requests/{request_id}")
    assert not [each for each in page.buttons if each.startswith("Approve")]
    page = page.fill("Reason, if you decline", "Not sold in euro").submit("Decline")
    assert state(request_id) is S.DECLINED


def test_a_request_from_before_baskets_is_a_basket_of_its_lot(company: Company) -> None:
    request_id = company.asked(250)
    for way in (("downgrade", "0039"), ("upgrade",)):
        db.session.remove()
        done = current_app.test_cli_runner().invoke(args=["db", *way])
        assert done.exit_code == 0, done.output
        if way[0] == "downgrade":
            assert db.session.execute(text("SELECT lot FROM purchase_request")).scalar_one() == "LOT-A"
    assert queries.request(shop.SYSTEM, request_id).basket == Basket((BasketLine("LOT-A", Mass.kg(250)),))


@pytest.mark.parametrize(
    ("lang", "ask", "approve", "kind", "planting", "pay"),
    [
        ("zh", "提交审批", "批准并支付", "植树捐助", "红松 · 二〇二七年春季", "测试"),
        (
            "en",
            "Ask for approval",
            "Approve and pay",
            "Planting contribution",
            "Korean pine · Spring 2027",
            "Pay with test money",
        ),
    ],
)
def test_seedlings_alone_are_asked_for_approved_and_paid_for_on_their_pages(
    any_app: Flask, lang: str, ask: str, approve: str, kind: str, planting: str, pay: str
) -> None:
    browser, company = Browser(any_app.test_client()), Company()
    make_planting()
    sign_in(browser, company.people["member"])
    page = browser.open(f"/{lang}/planting/{PLANTING}/quote?seedlings=3")
    (asked,) = (address for address in page.links.values() if "/account/requests/new" in address)
    page = browser.open(asked).submit(ask)
    path = re.sub(r"\?.*", "", page.url)
    approver = Browser(any_app.test_client())
    sign_in(approver, company.people["approver"])
    page = approver.open(path)
    for said in (kind, planting, "示范地块七" if lang == "zh" else "Demonstration parcel seven", "¥36.36"):
        assert said in page.main
    (button,) = (each for each in page.buttons if each.startswith(approve))
    page = page.submit(button).submit(pay)
    (found,) = queries.requests_of(company.actor("approver"))
    assert shop.seen(found.order_id).organisation_id == company.id
    (paper,) = certificates.for_order(found.order_id)
    assert paper.type is CertificateType.PLANTING


def test_the_basket_with_seedlings_alone_can_be_asked_for_and_strangers_cannot(
    app: Flask, browser: Browser
) -> None:
    company = Company()
    make_planting()
    stranger = Browser(app.test_client())
    for who in (browser, stranger):
        if who is browser:
            sign_in(who, company.people["member"])
        quoted = who.open(f"/en/planting/{PLANTING}/quote?seedlings=3")
        quoted.submit("Put it into the basket")
        pages = (quoted, who.open("/en/basket/checkout"))
        asks = [[each for each in page.links.values() if "/account/requests/new" in each] for page in pages]
        assert [len(each) for each in asks] == ([1, 1] if who is browser else [0, 0])


def test_what_was_asked_for_before_has_its_seedlings_counted_and_alone_they_are_not_taken_back(
    company: Company,
) -> None:
    make_planting()
    basket = replace(TWO_LOTS, lines=TWO_LOTS.lines[:1], seedlings=THREE.seedlings)
    both = company.asked_for(basket, seedlings_quote(3, 100))

    def flask(*way: str) -> int:
        db.session.remove()
        return current_app.test_cli_runner().invoke(args=["db", *way]).exit_code

    count = text("SELECT seedlings FROM purchase_request WHERE id = :id")
    assert flask("downgrade", "0040") == 0
    assert flask("upgrade") == 0
    assert db.session.execute(count, {"id": both}).scalar_one() == 3
    assert queries.request(shop.SYSTEM, both).basket == basket
    alone = seedlings_asked(company)
    assert flask("downgrade", "0040") != 0
    assert queries.request(shop.SYSTEM, alone).seedlings == 3
    assert flask("check") == 0

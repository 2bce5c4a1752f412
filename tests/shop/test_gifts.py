"""Gifts: a gift stays a gift on every way, is claimed once, and says whose it was."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal.certificates import queries as papers
from portal.certificates.rules.claims import ForbiddenClaim
from portal.certificates.rules.states import State
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass
from portal.shop import jobs as shop_jobs
from portal.shop.commands import gifts as commands
from portal.shop.commands import refunds
from portal.shop.queries import gifts as queries
from portal.shop.rules.gifts import (
    AddressNeeded,
    DayOutOfRange,
    GiftIsClaimed,
    GiftIsDelivered,
    GiftIsWithdrawn,
    GiftNotReady,
    GiftState,
    MistypedCode,
    NoSuchGift,
    check_wishes,
    new_code,
    parse_code,
    state_of,
)
from portal.shop.rules.states import OrderState
from portal.shop.till import till
from portal.web.links import key_for
from tests.browser import Browser, Page
from tests.factories import accounts, gifts, shop
from tests.factories.registry import make_lot

Letters = Callable[[], list[EmailMessage]]
S = OrderState
TODAY = date(2026, 11, 26)


# -- rules -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("orders", "claimed", "expected"),
    [
        ([], False, GiftState.DRAFT),
        ([S.EXPIRED, S.AWAITING_PAYMENT], False, GiftState.DRAFT),
        ([S.PAID], False, GiftState.PREPARING),
        ([S.RETIRED], False, GiftState.PREPARING),
        ([S.EXPIRED, S.FULFILLED], False, GiftState.READY),
        ([S.FULFILLED], True, GiftState.CLAIMED),
        ([S.DISPUTED], True, GiftState.PREPARING),
        ([S.REFUNDED_VOID], True, GiftState.WITHDRAWN),
        ([S.REFUNDED, S.FULFILLED], False, GiftState.READY),
    ],
)
def test_a_gift_stands_as_its_orders_do(orders: list[S], claimed: bool, expected: GiftState) -> None:
    assert state_of(orders, claimed) is expected


def test_a_code_is_read_however_it_is_written() -> None:
    code = new_code()
    spellings = (
        code,
        code.lower(),
        f" {code[:4]}-{code[4:8]} {code[8:]}",
        f"https://x.cn/zh/gifts/claim/{code}?a=1",
    )
    assert {parse_code(each) for each in spellings} == {code}
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    for typed in (wrong, "", "1234", "礼物"):
        with pytest.raises(MistypedCode):
            parse_code(typed)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"deliver_on": TODAY}, AddressNeeded),
        ({"deliver_on": TODAY - timedelta(1), "email": "a@example.cn"}, DayOutOfRange),
        ({"deliver_on": TODAY + timedelta(367), "email": "a@example.cn"}, DayOutOfRange),
        ({"dedication": "You are carbon neutral now"}, ForbiddenClaim),
        ({"message": "从今天起你已碳中和"}, ForbiddenClaim),
    ],
)
def test_wishes_that_cannot_be_are_refused_by_name(
    changes: dict[str, object], fault: type[Exception]
) -> None:
    check_wishes(gifts.WISHES, TODAY)
    with pytest.raises(fault):
        check_wishes(replace(gifts.WISHES, **changes), TODAY)  # type: ignore[arg-type]


# -- promises ----------------------------------------------------------------------------------


@pytest.fixture
def lot(app: Flask) -> str:
    return make_lot()


@pytest.mark.usefixtures("lot")
def test_a_claimed_gift_replaces_the_givers_certificate() -> None:
    gift = gifts.ready()
    assert gift.state is GiftState.READY
    assert gift.mass == Mass.kg(100)
    (former,) = queries.certificates_of(gift)
    assert former.holder_name == "Forest friends"
    (number,) = gifts.claimed(gift)
    now, before = papers.by_number(number), papers.by_number(former.number)
    assert (now.holder_name, now.state, now.ranges) == ("Li Hua", State.VALID, former.ranges)
    assert (before.state, before.replaced_by) == (State.REPLACED, number)
    assert now.key != before.key
    assert gifts.seen(gift.id).state is GiftState.CLAIMED
    with pytest.raises(GiftIsClaimed):
        gifts.claimed(gift)


@pytest.mark.usefixtures("lot")
def test_an_unclaimed_code_stays_with_the_giver(at: Callable[[str], object]) -> None:
    at("2026-11-26T12:00:00+08:00")
    gift = gifts.ready()
    at("2031-11-26T12:00:00+08:00")
    shop_jobs.hand_over()
    (paper,) = queries.certificates_of(gifts.seen(gift.id))
    assert (paper.holder_name, paper.state) == ("Forest friends", State.VALID)
    assert gifts.claimed(gift)


@pytest.mark.usefixtures("lot")
def test_nothing_is_claimed_before_it_is_paid_or_after_it_is_refunded() -> None:
    gift = gifts.seen(gifts.drafted())
    with pytest.raises(GiftNotReady):
        gifts.claimed(gift)
    gift = gifts.ready()
    refunds.request_refund(shop.SYSTEM, gift.orders[0], "asked", clock.now())
    with pytest.raises(GiftIsWithdrawn):
        gifts.claimed(gift)


@pytest.mark.usefixtures("lot")
def test_a_refund_after_the_claim_withdraws_the_recipients_certificate() -> None:
    gift = gifts.ready()
    (number,) = gifts.claimed(gift)
    refund_id = refunds.request_refund(shop.SYSTEM, gift.orders[0], "asked", clock.now())
    till().pay_back(refund_id, clock.now())
    assert papers.by_number(number).state is State.REVOKED
    assert gifts.seen(gift.id).state is GiftState.WITHDRAWN


@pytest.mark.usefixtures("lot")
def test_a_lost_card_gets_a_new_code_and_the_old_one_opens_nothing() -> None:
    gift = gifts.ready()
    giver = Actor.guest(gift.id)
    with pytest.raises(NoSuchGift):
        commands.renew_code(Actor.guest(), gift.id, clock.now())
    commands.renew_code(giver, gift.id, clock.now())
    with pytest.raises(NoSuchGift):
        gifts.claimed(gift)
    assert gifts.claimed(gifts.seen(gift.id))


@pytest.mark.usefixtures("lot")
def test_nobody_buys_for_a_gift_whose_key_they_do_not_hold() -> None:
    """Its id stands in the public log as a purpose: with it alone its card must not open."""
    gift_id = gifts.drafted()
    with pytest.raises(NotAllowed):
        shop.placed(purpose=gift_id)
    assert shop.placed(purpose=gift_id, actor=Actor.guest(gift_id))


@pytest.mark.usefixtures("lot")
def test_letters_go_on_their_day_and_once(at: Callable[[str], object], sent_letters: Letters) -> None:
    at("2026-11-26T12:00:00+08:00")
    gift = gifts.ready(replace(gifts.WISHES, email="hua@example.cn", deliver_on=date(2026, 12, 24)))
    shop_jobs.hand_over()
    to_giver = [letter for letter in sent_letters() if "gift is ready" in letter["Subject"]]
    assert [letter["To"] for letter in to_giver] == ["friends@example.cn"]
    at("2026-12-24T07:59:00+08:00")
    shop_jobs.hand_over()
    assert not [letter for letter in sent_letters() if letter["To"] == "hua@example.cn"]
    at("2026-12-24T08:00:00+08:00")
    for _again in range(2):
        shop_jobs.hand_over()
    (letter,) = [letter for letter in sent_letters() if letter["To"] == "hua@example.cn"]
    assert letter["Subject"] == "A gift from Wang Fang"
    assert f"/en/gifts/claim/{gift.code}" in letter.get_content()
    with pytest.raises(GiftIsDelivered):
        commands.change_gift(Actor.guest(gift.id), gift.id, gifts.WISHES, clock.today(), clock.now())


# -- the database's own word ---------------------------------------------------------------------


def test_the_database_lets_nobody_claim_twice(any_app: Flask) -> None:
    gift_id = gifts.drafted()
    claim = text("UPDATE gift SET claimed_at = :at, claimed_by = :who WHERE id = :id")
    at = {"sqlite": "2026-11-26T00:00:00.000000Z"}.get(db.engine.dialect.name, "2026-11-26T00:00:00Z")
    with transaction() as session:  # the control: once is lawful
        session.execute(claim, {"at": at, "who": "guest", "id": gift_id})
    with pytest.raises(IntegrityError, match="claimed once"), transaction() as session:
        session.execute(claim, {"at": at, "who": "usr_other", "id": gift_id})
    with pytest.raises(IntegrityError, match="claimed once"), transaction() as session:
        session.execute(
            text("UPDATE gift SET claimed_at = NULL, claimed_by = NULL WHERE id = :id"), {"id": gift_id}
        )


# -- pages ---------------------------------------------------------------------------------------


def written(browser: Browser) -> Page:
    """The page to choose how much, after the card is written."""
    page = browser.open("/en/gifts/new")
    page = (
        page.fill("Recipient of the gift", "Li Hua")
        .fill("Giver", "Wang Fang")
        .fill("Dedication", "For your wedding")
    )
    return page.submit("Go on: how much?")


def purpose_of(order_id: str) -> str:
    db.session.rollback()
    return shop.seen(order_id).purpose


def bought(page: Page) -> str:
    """Pay on the quote page with test money; the order's id."""
    page = page.fill("Name on the certificate", "Wang Fang").fill("E-mail address", "fang@example.cn")
    button = next(each for each in page.buttons if each.startswith("Reserve and pay"))
    page = page.tick("Retire the credits at once").submit(button).submit("Pay with test money")
    found = re.search(r"ord_[0-9A-Z]{26}", page.url)
    assert found
    return found[0]


@pytest.mark.usefixtures("lot")
def test_a_gift_from_writing_to_claiming(browser: Browser) -> None:
    page = written(browser)
    assert "This is a gift for Li Hua" in page.main
    quick = next(href for words, href in page.links.items() if words.startswith("100 kg"))
    order_id = bought(browser.open(quick))
    gift_id = purpose_of(order_id)
    assert gift_id.startswith("gft_")
    gifts.printed()
    page = browser.open(f"/en/orders/{order_id}?k={key_for(order_id)}")
    page = browser.open(page.links["The gift and its card"])
    assert page.h1 == "Your gift is ready"
    gift = gifts.seen(gift_id)
    assert gift.printed_code in page.main
    pdf = browser.client.get(page.links["Card to print (PDF)"])
    assert pdf.data.startswith(b"%PDF-")
    stranger = Browser(browser.client.application.test_client())
    page = stranger.open("/en/gifts").fill("Gift code", gift.printed_code.lower()).submit("Open the gift")
    assert page.h1 == "A gift from Wang Fang"
    assert "For your wedding" in page.main
    page = page.fill("Name on the certificate", "Li Hua").submit("Claim the gift")
    assert page.h1 == "The gift is yours"
    (paper,) = queries.certificates_of(gifts.seen(gift_id))
    assert f"/c/{paper.number}/{paper.key}" in page.links.values()
    page = browser.open(f"/en/orders/{order_id}?k={key_for(order_id)}")
    assert paper.key not in page.html
    assert paper.key not in stranger.open(f"/en/gifts/claim/{gift.code}").html


@pytest.mark.usefixtures("lot")
def test_a_gift_survives_signing_in_and_the_language_switch_and_wandering_off(browser: Browser) -> None:
    somebody = accounts.person("fang@example.cn")
    written(browser)
    browser.open("/en/calculator")
    browser.open("/en/account/sign-in").fill("E-mail address", somebody.email).fill(
        "Password", somebody.password
    ).submit("Sign in")
    browser.open("/zh/offset")
    page = browser.open("/en/offset/quote?kg=100")
    assert "This is a gift for Li Hua" in page.main
    assert purpose_of(bought(page)).startswith("gft_")


@pytest.mark.usefixtures("lot")
def test_a_gift_survives_a_browser_without_cookies(browser: Browser) -> None:
    page = written(browser)
    quick = next(href for words, href in page.links.items() if words.startswith("100 kg"))
    browser.client.delete_cookie("gift")
    page = browser.open(quick)
    browser.client.delete_cookie("gift")
    assert purpose_of(bought(page)).startswith("gft_")


@pytest.mark.usefixtures("lot")
def test_a_gift_can_be_put_down(browser: Browser) -> None:
    page = written(browser).submit("Not a gift: it is for me")
    assert "This is a gift" not in page.main
    assert purpose_of(bought(browser.open("/en/offset/quote?kg=100"))) == ""


@pytest.mark.usefixtures("lot")
def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(browser: Browser) -> None:
    page = (
        browser.open("/en/gifts/new")
        .fill("Recipient of the gift", "Li")
        .fill("Giver", "Fang")
        .fill("Send it on", "2020-01-01")
    )
    page = page.fill("The recipient’s e-mail address", "hua@example.cn")
    page = page.submit("Go on: how much?", expect=422)
    assert any("Choose a day" in error for error in page.errors)
    assert 'value="Fang"' in page.html
    page = page.fill("Send it on", "tomorrow").submit("Go on: how much?", expect=422)
    assert any("2026-12-31" in error for error in page.errors)


@pytest.mark.usefixtures("lot")
def test_a_wrong_code_is_told_apart_from_an_unknown_one(browser: Browser) -> None:
    page = browser.open("/en/gifts/claim").fill("Gift code", "ABCD-EFGH").submit("Open the gift", expect=404)
    assert any("is not a gift code" in error for error in page.errors)
    page = page.fill("Gift code", new_code()).submit("Open the gift", expect=404)
    assert any("no gift with this code" in error for error in page.errors)
    browser.open(f"/zh/gifts/claim/{new_code()}", expect=404)
    browser.open(f"/zh/gifts/{gifts.drafted()}", expect=404)

"""The pages of privacy in both languages: one's own, a guest's, and the desk's."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.commands import entering, roles
from portal.config import LANGS
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.privacy import words
from portal.privacy.commands import correcting
from portal.privacy.models import Correction, Look
from portal.privacy.rules.corrections import CorrectionState, Matter
from portal.web.links import key_for
from tests.browser import Browser
from tests.factories import accounts, shop
from tests.factories.privacy import NAME, a_life
from tests.factories.registry import make_lot

Letters = Callable[[], list[EmailMessage]]


def signed_in(browser: Browser, who: accounts.Somebody) -> None:
    """A browser that has passed everything a moment ago, without the cost of a password."""
    now = clock.now()
    with transaction() as session:
        sid = entering.open_session(session, who.id, accounts.HOME, now, second_factor_at=now)
    with browser.client.session_transaction() as cookie:
        cookie["sid"] = sid


def at_the_desk(browser: Browser, role: Role) -> str:
    """A member of staff, signed in with the second factor; their id."""
    who = accounts.person(f"{role}@example.cn", role, second_factor=True)
    signed_in(browser, who)
    return who.id


def test_my_privacy_says_what_is_kept_and_lets_me_withdraw(
    app: Flask, browser: Browser, sent_letters: Letters
):
    life = a_life()
    signed_in(browser, life.who)
    page = browser.open("/en/account/privacy")
    assert page.h1 == "Data and privacy"
    assert "agreed, in 2 places" in page.main
    assert "Nobody else has opened a page about you" in page.main
    page = page.submit("Withdraw everywhere: Showing your name")
    assert "Your consent is withdrawn." in page.text
    assert "not agreed" in page.main
    page = page.submit("Ask for a copy")
    assert "is being packed" in page.main
    sent_letters()
    page = browser.open("/en/account/privacy")
    answer = browser.client.get(page.links["Download"])
    assert answer.mimetype == "application/zip"
    assert "no-store" in answer.headers["Cache-Control"]
    assert browser.open("/zh/account/privacy").h1 == "资料与隐私"


def test_a_download_is_nobody_elses(app: Flask, browser: Browser, sent_letters: Letters):
    life = a_life()
    signed_in(browser, life.who)
    browser.open("/en/account/privacy").submit("Ask for a copy")
    sent_letters()
    link = browser.open("/en/account/privacy").links["Download"]
    other = Browser(app.test_client())
    assert "/sign-in" in other.client.get(link).headers["Location"]
    signed_in(other, accounts.person("other@example.cn"))
    assert other.client.get(link).status_code == 404
    assert other.client.get(link.replace("cpy_", "cpy_0")).status_code == 404


@pytest.mark.parametrize("lang", LANGS)
def test_being_forgotten_is_shown_first_and_can_be_taken_back(app: Flask, browser: Browser, lang: str):
    life = a_life()
    signed_in(browser, life.who)
    page = browser.open(f"/{lang}/account/privacy/erase")
    caption = {"zh": "哪些删除，哪些保留", "en": "What goes and what stays"}[lang]
    rows = page.table(caption)
    assert len(rows) > 4
    button = {"zh": "七天后删除我的资料", "en": "Forget me in seven days"}[lang]
    refused = page.submit(button, expect=422)
    assert len(refused.errors) == 1
    tick = {
        "zh": "是的，我已阅读。请在七天后删除我的资料。",
        "en": "Yes, I have read this. Forget me in seven days.",
    }[lang]
    asked = page.choose(tick).submit(button)
    assert asked.h1 == {"zh": "您的删除请求", "en": "Your request to be forgotten"}[lang]
    # The letter's link works without signing in.
    stranger = Browser(app.test_client())
    assert stranger.client.get(asked.url.split("?")[0]).status_code == 404
    undone = stranger.open(asked.url).submit(
        {"zh": "我想留下，撤回请求", "en": "I want to stay: take it back"}[lang]
    )
    assert {"zh": "已撤回", "en": "taken back"}[lang] in undone.main


def test_a_guest_opens_the_rights_of_an_order_with_its_link(app: Flask, browser: Browser):
    make_lot()
    order_id = shop.paid(10)
    assert browser.client.get(f"/en/orders/{order_id}/privacy").status_code == 404
    page = browser.open(f"/en/orders/{order_id}/privacy?k={key_for(order_id)}")
    assert page.h1 == "Your data in this order"
    page = page.submit("Ask for a copy")
    assert "is being packed" in page.main
    done = page.choose("Yes, I have read this. Forget me in seven days.").submit("Forget me in seven days")
    assert "waits" in done.main


def test_a_correction_goes_to_the_desk_and_comes_back_by_letter(
    app: Flask, browser: Browser, sent_letters: Letters
):
    who = accounts.person()
    signed_in(browser, who)
    page = browser.open("/en/account/privacy/correct")
    assert page.submit("Send the request", expect=422).errors
    page = page.choose("An order or an invoice")
    page = page.fill("How it is now, and how it should read", "<b>李</b> is 黎").submit("Send the request")
    assert "waits for an answer" in page.main
    desk = Browser(app.test_client())
    at_the_desk(desk, Role.ADMIN)
    page = desk.open("/en/desk/privacy")
    page = desk.open(page.links["order or invoice"])
    assert "<b>李</b> is 黎" in page.main
    page = page.choose("Corrected").fill("What the person is told", "The invoice is made out anew.")
    page.submit("Send the answer")
    letter = sent_letters()[-1]
    assert letter["To"] == who.email
    assert "The invoice is made out anew." in letter.get_content()
    db.session.rollback()
    row = db.session.scalars(select(Correction)).one()
    assert (row.state, row.matter) == (CorrectionState.DONE, Matter.ORDER)
    assert "corrected" in browser.open("/en/account/privacy/correct").main


def test_an_auditor_reads_requests_and_answers_none(app: Flask, browser: Browser):
    who = accounts.person()
    signed_in(browser, who)
    page = browser.open("/en/account/privacy/correct").choose("Something else")
    page.fill("How it is now, and how it should read", "this").submit("Send the request")
    desk = Browser(app.test_client())
    at_the_desk(desk, Role.AUDITOR)
    page = desk.open(desk.open("/zh/desk/privacy").links["其他"])
    assert "发出答复" not in page.buttons
    number = page.url.rsplit("/", 1)[1]
    with pytest.raises(NotAllowed):
        correcting.answer(Actor("usr_a", frozenset({Role.AUDITOR})), number, True, "x", clock.now())


def test_a_look_of_staff_leaves_a_line_for_the_person_and_the_auditor(app: Flask, browser: Browser):
    life = a_life()
    desk = Browser(app.test_client())
    finance = at_the_desk(desk, Role.FINANCE)
    desk.open(f"/en/desk/orders/{life.order_id}")
    desk.client.get("/en/desk/orders/ord_nobody")  # nothing was shown
    db.session.rollback()
    rows = db.session.scalars(select(Look)).all()
    assert [(row.actor_id, row.kind, row.thing_id, row.person_id, row.why) for row in rows] == [
        (finance, "order", life.order_id, life.who.id, "orders")
    ]
    signed_in(browser, life.who)
    page = browser.open("/en/account/privacy/looks")
    assert page.table()[0]["Number of the thing"] == life.order_id
    auditor = Browser(app.test_client())
    at_the_desk(auditor, Role.AUDITOR)
    found = auditor.open(f"/en/desk/privacy/looks?about={life.who.id}").table()
    assert [row["Who looked"] for row in found] == [finance]
    odd = f"?about={life.who.id}&kind=x&endpoint=y&_scheme=javascript"  # names of ``url_for`` and its route
    page = auditor.open(f"/en/desk/privacy/looks{odd}&cursor=~")
    assert page.links["As CSV"] == f"/en/desk/privacy/looks.csv{odd}"
    assert "No looks found" in auditor.open("/en/desk/privacy/looks?who=usr_x").main
    auditor.open("/en/desk/privacy/looks?first=yesterday", expect=422)
    csv = auditor.client.get("/en/desk/privacy/looks.csv", buffered=True).get_data(as_text=True)
    assert life.order_id in csv
    assert NAME not in csv
    assert desk.client.get("/en/desk/privacy/looks").status_code == 403


def marked_views(app: Flask) -> set[str]:
    return {name for name, view in app.view_functions.items() if hasattr(view, "__looks__")}


# Staff routes with one of these in the address show somebody's data.
_PERSONAL = {
    "order_id", "person_id", "fapiao_id", "evidence_id", "correction_id", "gift_id", "request_id", "check_id",
}  # fmt: skip


def unmarked_looks(app: Flask) -> set[str]:
    """Pages of staff about one person's things that leave no line."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and getattr(app.view_functions[rule.endpoint], "__guard__", "") == "staff"
        and rule.arguments & _PERSONAL
    } - marked_views(app)


def test_every_page_of_staff_about_somebody_leaves_a_line(app: Flask):
    assert unmarked_looks(app) == set()
    assert "shop_desk.order" in marked_views(app)


def test_an_unmarked_page_is_found(app: Flask, monkeypatch: pytest.MonkeyPatch):
    """The control."""
    monkeypatch.delattr(app.view_functions["shop_desk.order"], "__looks__")
    assert unmarked_looks(app) == {"shop_desk.order"}


def test_the_notice_shows_purposes_and_periods(app: Flask, browser: Browser):
    page = browser.open("/zh/privacy")
    assert len(page.table("保存什么、为什么、保存多久")) == 12
    periods = {row["信息"]: row for row in page.table("保留期限")}
    assert periods["收据和账单的抬头"]["保存时间"] == "30 年"


def test_periods_are_said_as_people_say_them(app: Flask):
    with app.test_request_context("/en/privacy"):
        said = [words.period_words(days) for days in (0, 1, 30, 365, 1096, 10958, 500)]
    assert said == ["until its day is over", "1 day", "30 days", "1 year", "3 years", "30 years", "500 days"]


def test_who_holds_a_role_is_told_before_anything_is_asked(app: Flask, browser: Browser):
    who = accounts.person()
    roles.grant_role(accounts.OPERATOR, who.id, Role.TRAINER, clock.now())
    signed_in(browser, who)
    page = browser.open("/en/account/privacy/erase")
    assert "Have an administrator take it back first" in page.main
    assert "Forget me in seven days" not in page.buttons

"""A claimed gift is handed on: the certificate changes its holder, and every former number says so."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest
from flask import Flask

from portal.certificates import queries as papers
from portal.certificates import signature
from portal.certificates.rules.states import State
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.ops.audit import faults
from portal.shop.commands import gifts as commands
from portal.shop.rules.gifts import NoSuchGift, Taker
from portal.web import press
from tests.browser import Browser, Page
from tests.chaos.conftest import QuickPress
from tests.factories import gifts
from tests.factories.certificates import sequence_and_sign
from tests.factories.gifts import claimed, ready
from tests.factories.registry import make_lot
from tests.races.threads import at_once

Letters = Callable[[], list[EmailMessage]]


@pytest.fixture(autouse=True)
def paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """How a page is laid out and signed is not what these tests are about."""
    quick = QuickPress()
    monkeypatch.setattr(press, "shared", lambda: quick)
    monkeypatch.setattr(signature, "sign", lambda pdf: pdf)


NEXT = Taker("Zhao Lei", "lei@example.cn", False, "en")


def handed_on(gift_id: str, number: str, key: str, taker: Taker = NEXT) -> list[str]:
    return commands.hand_on(Actor.guest(), gift_id, number, key, taker, clock.now())


def page_to_hand_on(browser: Browser, lang: str) -> tuple[str, Page]:
    """The number of a claimed gift's certificate, and the page that its holder has the link of."""
    make_lot()
    gift = ready()
    (number,) = claimed(gift)
    return number, browser.open(f"/{lang}/gifts/{gift.id}/hand-on/{number}/{papers.by_number(number).key}")


def test_only_who_holds_the_link_hands_it_on_and_the_chain_can_be_followed(
    app: Flask, sent_letters: Letters
) -> None:
    make_lot()
    gift = ready()
    (giver,) = papers.for_order(gift.orders[0])
    with pytest.raises(NoSuchGift):  # not claimed yet: the giver has a code for that
        handed_on(gift.id, giver.number, giver.key)
    (first,) = claimed(gift)
    mine = papers.by_number(first)
    for number, key in ((giver.number, giver.key), (first, giver.key), (first, "")):
        with pytest.raises(NoSuchGift):
            handed_on(gift.id, number, key)
    (second,) = handed_on(gift.id, first, mine.key)
    former = papers.by_number(first)
    assert (former.state, former.replaced_by) == (State.REPLACED, second)
    assert papers.by_number(giver.number).replaced_by == first
    with pytest.raises(NoSuchGift):  # the former holder's link opens nothing any more
        handed_on(gift.id, first, mine.key)
    (third,) = handed_on(gift.id, second, papers.by_number(second).key, gifts.TAKER)
    assert papers.by_number(third).state is State.VALID
    letters = {letter["To"]: letter.get_content() for letter in sent_letters()}
    assert f"/c/{second}/" in letters[NEXT.email]
    assert "LOT-A" in letters[NEXT.email]
    assert "/g1-" in letters[NEXT.email]
    sequence_and_sign()
    assert [str(fault) for fault in faults()] == []


def test_two_at_once_make_one_holder(pg_app: Flask) -> None:
    make_lot()
    gift = ready()
    (first,) = claimed(gift)
    key = papers.by_number(first).key
    made = at_once(pg_app, 6, lambda n: handed_on(gift.id, first, key, Taker(f"Taker {n}", "", False, "en")))
    assert len([each for each in made if isinstance(each, list)]) == 1, made
    assert all(isinstance(each, list | NoSuchGift) for each in made), made


@pytest.mark.parametrize(
    ("lang", "name", "button", "done", "next_step"),
    [
        ("zh", "证书上的名称", "转赠", "已转赠", "请将此链接转交给新持有人"),
        ("en", "Name on the certificate", "Hand it on", "The gift is handed on", "Pass this link on"),
    ],
)
def test_the_page_says_what_happens_and_keeps_what_was_typed(
    app: Flask, browser: Browser, lang: str, name: str, button: str, done: str, next_step: str
) -> None:
    number, page = page_to_hand_on(browser, lang)
    address = page.url
    browser.open(f"{address}é", expect=404)
    assert papers.by_number(number).printed_number in page.main
    page = page.fill(name, "x" * 200).submit(button, expect=422)
    assert page.value(name) == "x" * 200
    page = page.fill(name, "Zhao Lei").submit(button)
    assert page.h1 == done
    assert next_step in page.main
    successor = papers.by_number(number).replaced_by
    assert successor
    assert papers.by_number(successor).printed_number in page.main
    browser.open(address, expect=404)


@pytest.mark.parametrize(
    ("lang", "name", "email", "button", "sent"),
    [
        ("zh", "证书上的名称", "新持有人的电子邮箱", "转赠", "正在发往"),
        (
            "en",
            "Name on the certificate",
            "E-mail address of the new holder",
            "Hand it on",
            "is on its way to",
        ),
    ],
)
def test_a_key_that_goes_by_letter_is_the_new_holders_alone(
    browser: Browser, sent_letters: Letters, lang: str, name: str, email: str, button: str, sent: str
) -> None:
    number, page = page_to_hand_on(browser, lang)
    page = page.fill(name, "Zhao Lei").fill(email, NEXT.email).submit(button)
    successor = papers.by_number(papers.by_number(number).replaced_by or "")
    assert f"{sent} {NEXT.email}" in page.main or f"{sent}{NEXT.email}" in page.main
    assert f"/c/{successor.number}" in page.html
    assert successor.key not in page.html
    (letter,) = [each for each in sent_letters() if each["To"] == NEXT.email]
    assert f"/c/{successor.number}/{successor.key}" in letter.get_content()

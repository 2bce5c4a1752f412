"""Papers of an order as its buyer and the desk see them, in both languages, and as PDF."""

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader

from portal.certificates import queries as certificates
from portal.kernel import clock
from portal.kernel.actor import Role
from portal.registry.queries import register
from portal.shop.commands import billing, refunds
from portal.shop.queries import billing as queries
from portal.shop.rules.states import OrderState as S
from portal.shop.till import till
from portal.shop.words.desk import code_words, next_at_desk, state_label
from portal.shop.words.orders import next_words
from portal.shop.words.planting import planting_next_words
from portal.web import press
from portal.web.i18n import money, speak
from portal.web.links import key_for
from tests.browser import Browser
from tests.factories import shop
from tests.factories.certificates import sequence_and_sign
from tests.factories.registry import make_lot
from tests.shop.test_billing import CODE, FINANCE, TO, WISH
from tests.shop.test_views import as_staff

LANGS = pytest.mark.parametrize("lang", ["zh", "en"])
WORDS = {
    "en": {
        "title": "Receipt, invoice and fapiao", "to": "Made out to", "make": "Make out the invoice",
        "fapiao_title": "Title of the fapiao", "tax": "Tax number", "ask": "Ask for the fapiao",
        "no tax": "This is not a valid tax number", "asked": "Your fapiao is asked for",
        "invoice": "Invoice", "receipt": "Receipt", "credit": "Credit note",
        "unpaid": "Papers can be made out",
    },
    "zh": {
        "title": "收据、账单与发票", "to": "抬头", "make": "出具账单",
        "fapiao_title": "发票抬头", "tax": "税号", "ask": "申请发票",
        "no tax": "税号无效", "asked": "您的发票已申请",
        "invoice": "账单", "receipt": "收据", "credit": "贷项通知单", "unpaid": "订单付款后即可出具单据",
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def lot(app: Flask) -> str:
    return make_lot()


def papers_of(order_id: str, lang: str) -> str:
    return f"/{lang}/orders/{order_id}/papers?k={key_for(order_id)}"


def words_of_pdf(browser: Browser, path: str) -> str:
    answer = browser.client.get(path)
    assert answer.status_code == 200
    assert answer.content_type == "application/pdf"
    return "".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages)


@LANGS
def test_the_buyer_has_the_invoice_made_out_and_asks_for_a_fapiao(browser: Browser, lang: str) -> None:
    order_id, say = shop.paid(100, lang=lang), WORDS[lang]
    page = browser.open(papers_of(order_id, lang))
    assert page.h1 == say["title"]
    page = page.fill(say["to"], "森林之友").submit(say["make"])
    (invoice,) = queries.papers_of(order_id)
    assert f"{say['invoice']} {invoice.number} (PDF)" in page.links
    page = page.fill(say["fapiao_title"], "森林之友有限公司").fill(say["tax"], CODE[:-1] + "M")
    page = page.submit(say["ask"], expect=422)
    assert any(say["no tax"] in error for error in page.errors)
    assert page.value(say["fapiao_title"]) == "森林之友有限公司", "what was typed is kept"
    page = page.fill(say["tax"], CODE).submit(say["ask"])
    assert say["asked"] in page.text
    assert CODE in page.text


@LANGS
def test_before_payment_there_are_no_papers(browser: Browser, lang: str) -> None:
    order_id = shop.placed(100)
    assert WORDS[lang]["unpaid"] in browser.open(papers_of(order_id, lang)).text
    path = papers_of(order_id, lang).replace("/papers?", "/receipt.pdf?")
    assert browser.client.get(path).status_code == 409


def test_nobody_elses_papers_are_found(browser: Browser) -> None:
    order_id = shop.paid(100)
    number = billing.issue_invoice(FINANCE, order_id, TO, clock.now())
    for path in ("papers", "receipt.pdf", f"papers/{number}.pdf"):
        assert browser.client.get(f"/en/orders/{order_id}/{path}").status_code == 404


@LANGS
@pytest.mark.skipif(not press.has_pango(), reason="PDF needs Pango")
def test_the_pdfs_say_what_the_books_say(app: Flask, browser: Browser, sent_letters: Any, lang: str) -> None:
    order_id, say = shop.paid(100, lang=lang), WORDS[lang]
    invoice = billing.issue_invoice(FINANCE, order_id, TO, clock.now())
    refunds.request_refund(FINANCE, order_id, "goodwill", clock.now())
    sent_letters()
    credit = queries.papers_of(order_id)[1].number
    speak(lang)
    total = money(shop.seen(order_id).total)
    project = register.lot("LOT-A").project.name.in_(lang)
    base = f"/{lang}/orders/{order_id}"
    receipt = words_of_pdf(browser, f"{base}/receipt.pdf?k={key_for(order_id)}")
    for number, name in ((invoice, say["invoice"]), (credit, say["credit"])):
        text = words_of_pdf(browser, f"{base}/papers/{number}.pdf?k={key_for(order_id)}")
        assert all(part in text for part in (f"{name} {number}", TO.title, total, "LOT-A", project)), text
    assert invoice in text, "a credit note names its invoice"
    assert all(part in receipt for part in (say["receipt"], total, "LOT-A", order_id)), receipt


@LANGS
def test_staff_issue_send_and_cancel_a_fapiao(
    app: Flask, browser: Browser, sent_letters: Any, lang: str
) -> None:
    say = {
        "en": ("Nothing to do", "Fapiao number", "Record it as issued", "It was sent to the buyer",
               "Number of the red-letter fapiao", "Record the red-letter fapiao",
               "A fapiao number has 20 digits"),
        "zh": ("没有待办事项", "发票号码", "登记为已开具", "已发送给买方",
               "红字发票号码", "登记红字发票", "发票号码为 20 位数字"),
    }[lang]  # fmt: skip
    as_staff(app, Role.FINANCE)
    assert say[0] in browser.open(f"/{lang}/desk/fapiao").text
    order_id = shop.paid(100)
    fapiao_id = billing.request_fapiao(FINANCE, order_id, WISH, lang, clock.now())
    page = browser.open(f"/{lang}/desk/fapiao").click("森林之友有限公司")
    page = page.fill(say[1], "1").submit(say[2], expect=422)
    assert any(say[6] in error for error in page.errors)
    page = page.fill(say[1], "26112000000000000001").submit(say[2]).submit(say[3])
    refunds.request_refund(FINANCE, order_id, "goodwill", clock.now())
    sent_letters()
    page = browser.open(f"/{lang}/desk/fapiao/{fapiao_id}")
    page.fill(say[4], "26112000000000000002").submit(say[5])
    letters = [each for each in sent_letters() if each["To"] == "books@example.cn"]
    assert len(letters) == len({each["Message-ID"] for each in letters}) == 5
    assert all(each["Content-Language"] == lang for each in letters)
    assert "26112000000000000002" in letters[-1].get_content()


@LANGS
def test_the_letter_with_the_certificate_names_lot_and_ranges_in_text_and_html(
    app: Flask, sent_letters: Any, lang: str
) -> None:
    order_id = shop.paid(100, lang=lang)
    sequence_and_sign()
    sent_letters()
    till().finish([order_id], clock.now())
    (letter,) = sent_letters()
    (paper,) = certificates.for_order(order_id)
    for part in (letter.get_content(), letter.html):
        assert "LOT-A" in part
        assert all(each.full_serial in part for each in paper.ranges)
        assert f"/c/{paper.number}/{paper.key}" in part
    assert '<a href="http' in letter.html
    assert "<script" not in letter.html


@LANGS
def test_every_state_on_the_way_says_what_happens_next(app: Flask, lang: str) -> None:
    speak(lang)
    stays = {S.FULFILLED, S.REFUNDED, S.REFUNDED_VOID, S.CANCELLED, S.EXPIRED}
    for state in S:
        assert bool(next_words(state)) == (state not in stays), state


@LANGS
def test_the_desk_says_of_every_state_what_happens_next_and_none_of_its_codes(app: Flask, lang: str) -> None:
    speak(lang)
    for state in S:
        assert next_at_desk(state), state
        assert state_label(state) != state.value
    for code in ("order", "before", "succeeded", "withdrawn_by_buyer"):
        assert code_words(code) != code
    assert code_words("typed by a person") == "typed by a person"


def test_an_order_of_seedlings_is_never_said_to_be_retired(app: Flask) -> None:
    speak("en")
    for state in S:
        told = " ".join(planting_next_words(state)).lower()
        assert not ({"retired", "credits", "registry"} & set(told.replace(".", "").split())) or state in (
            S.SUBSTITUTE_OFFERED, S.REGISTRY_PENDING,
        ), state  # fmt: skip

"""What staff do for buyers: a gift's giver is helped, a code is blocked, the file of a fapiao is attached."""

import io
import zipfile
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal.db import transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.shop.commands import billing, fapiao_files, gift_help
from portal.shop.commands.fapiao_files import Given
from portal.shop.queries import billing as queries
from portal.shop.queries import gifts as gift_queries
from portal.shop.rules.billing import FapiaoState
from portal.shop.rules.fapiao_files import FapiaoFileKnown, FapiaoFileNotAccepted, FapiaoNotOut, kind_of
from portal.shop.rules.gifts import GiftIsBlocked, GiftIsClaimed, GiftNotReady, NoSuchGift
from portal.web.links import key_for
from tests.browser import Browser
from tests.factories import gifts, shop
from tests.factories.guards import without_guards
from tests.factories.registry import make_lot
from tests.shop.test_billing import WISH
from tests.shop.test_views import as_staff

TILL = Actor("usr_till", frozenset({Role.FINANCE}))
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def lot(request: pytest.FixtureRequest) -> str:
    request.getfixturevalue("any_app" if "any_app" in request.fixturenames else "app")
    return make_lot()


# --- gifts ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("lot")
def test_a_blocked_code_opens_nothing_and_the_giver_gets_another(
    app: Flask, sent_letters: Callable[[], list[EmailMessage]]
) -> None:
    gift = gifts.ready()
    sent_letters()
    gift_help.block_code(TILL, gift.id, "the card was stolen", clock.now())
    with pytest.raises(GiftIsBlocked):
        gifts.claimed(gift)
    with pytest.raises(GiftIsBlocked):
        gift_help.write_again(TILL, gift.id, False, clock.now())
    gift_help.write_again(TILL, gift.id, True, clock.now())
    fresh = gift_queries.of_id(gift.id)
    assert fresh.code != gift.code
    assert [letter["To"] for letter in sent_letters()][:1] == ["friends@example.cn"]
    with pytest.raises(NoSuchGift):
        gift_queries.by_code(gift.code)
    assert gifts.claimed(fresh)
    with pytest.raises(GiftIsClaimed):
        gift_help.block_code(TILL, gift.id, "too late", clock.now())


def test_a_gift_that_is_not_paid_is_not_written_about(app: Flask) -> None:
    with pytest.raises(GiftNotReady):
        gift_help.write_again(TILL, gifts.drafted(), False, clock.now())


def test_only_the_till_helps(app: Flask) -> None:
    other = Actor("usr_else", frozenset(Role) - {Role.FINANCE, Role.ADMIN})
    for deed in (
        lambda: gift_help.block_code(other, "gft_x", "why", clock.now()),
        lambda: gift_help.write_again(other, "gft_x", True, clock.now()),
        lambda: fapiao_files.attach(other, "fap_x", Given("pdf", "0" * 64, 1), clock.now()),
    ):
        with pytest.raises(NotAllowed):
            deed()


@pytest.mark.usefixtures("lot")
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_gift_is_found_by_its_code_and_blocked_on_its_page(app: Flask, browser: Browser, lang: str) -> None:
    gift = gifts.ready()
    as_staff(app, Role.FINANCE)
    page = browser.open(f"/{lang}/desk/gifts?search={gift.printed_code}")
    page = page.click(f"{gift.giver} → {gift.recipient}")
    assert gift.code not in page.main  # staff cannot claim it either
    label, button = {"zh": ("原因", "停用此码"), "en": ("Reason", "Block the code")}[lang]
    page = page.submit(button, expect=422).fill(label, "stolen").submit(button)
    assert gift_queries.block_of(gift.code)
    assert "stolen" in page.main
    as_staff(app, Role.AUDITOR)
    assert button not in browser.open(f"/{lang}/desk/gifts/{gift.id}").buttons


# --- files of fapiao -----------------------------------------------------------------------------------


def packed(*names: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as box:
        for name in names:
            box.writestr(name, "<x/>")
    return data.getvalue()


def bomb() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr("OFD.xml", bytes(50_000_000))
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, "pdf"),
        (packed("OFD.xml", "Doc_0/Document.xml"), "ofd"),
        (b'<?xml version="1.0"?><EInvoice><Header/></EInvoice>', "xml"),
    ],
)
def test_files_of_the_tax_office_are_known(data: bytes, kind: str) -> None:
    assert kind_of(data) == kind


@pytest.mark.parametrize(
    "data",
    [
        b"", PDF[:20], b"%PDF-" + bytes(3 * 1024 * 1024), packed("word/document.xml"), packed("OFD.xml")[:40],
        bomb(), b"<html><body/></html>", b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<a><script/></a>", b"<a>", b"GIF89a", b"\x00" * 100,
        b"<a>" + b"\xff" + b"</a>", b'<?xml version="1.0" encoding="UTF-1"?><a/>',
    ],
    ids=range(15),
)  # fmt: skip
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(FapiaoFileNotAccepted):
        kind_of(data)


def issued() -> tuple[str, str]:
    order_id = shop.paid(100)
    fapiao_id = billing.request_fapiao(Actor.guest(order_id), order_id, WISH, "zh", clock.now())
    with pytest.raises(FapiaoNotOut):
        fapiao_files.attach(TILL, fapiao_id, Given("pdf", "0" * 64, 10), clock.now())
    billing.issue_fapiao(TILL, fapiao_id, "24442000000012345678", clock.today(), clock.now())
    return order_id, fapiao_id


@pytest.mark.usefixtures("lot")
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_file_reaches_its_buyer_and_nobody_else(
    app: Flask, browser: Browser, sent_letters: Callable[[], list[EmailMessage]], lang: str
) -> None:
    order_id, fapiao_id = issued()
    sent_letters()
    as_staff(app, Role.FINANCE)
    label, button = {
        "zh": ("发票文件", "上传并通知买家"), "en": ("File of the fapiao", "Attach it and tell the buyer"),
    }[lang]  # fmt: skip
    page = browser.open(f"/{lang}/desk/fapiao/{fapiao_id}")
    page = page.fill(label, (io.BytesIO(b"<html/>"), "fapiao.xml")).submit(button, expect=422)
    page = page.fill(label, (io.BytesIO(PDF), "fapiao.pdf")).submit(button)
    assert queries.fapiao(TILL, fapiao_id).state is FapiaoState.SENT
    # asked for, issued, and the file: no fourth one says that it was sent
    assert [letter["To"] for letter in sent_letters()].count(WISH.email) == 3
    app.extensions["portal.person"] = lambda: None
    papers = browser.open(f"/{lang}/orders/{order_id}/papers?k={key_for(order_id)}")
    (path,) = [href for href in papers.links.values() if "/files/" in href]
    answer = browser.client.get(path)
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert browser.client.get(path.partition("?")[0]).status_code == 404
    other = shop.paid(100)
    stolen = path.replace(order_id, other).partition("?")[0] + f"?k={key_for(other)}"
    assert browser.client.get(stolen).status_code == 404


@pytest.mark.usefixtures("lot")
def test_the_same_file_is_attached_once(app: Flask) -> None:
    _order, fapiao_id = issued()
    given = Given("pdf", "1" * 64, 10)
    fapiao_files.attach(TILL, fapiao_id, given, clock.now())
    with pytest.raises(FapiaoFileKnown):
        fapiao_files.attach(TILL, fapiao_id, given, clock.now())


# --- the last belt -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("lot")
@pytest.mark.parametrize(
    ("table", "edit"),
    [("gift_block", "reason = 'another'"), ("fapiao_file", "size = 11")],
)
def test_what_staff_did_is_never_rewritten(any_app: Flask, table: str, edit: str) -> None:
    if table == "gift_block":
        gift_help.block_code(TILL, gifts.drafted(), "stolen", clock.now())
    else:
        fapiao_files.attach(TILL, issued()[1], Given("pdf", "1" * 64, 10), clock.now())
    for attack, sentence in (
        (f"UPDATE {table} SET {edit}", "never edited"), (f"DELETE FROM {table}", "never deleted"),
    ):  # fmt: skip
        with pytest.raises(IntegrityError, match=sentence), transaction() as session:
            session.execute(text(attack))
    with transaction() as session:  # the control
        without_guards(session, table)
        assert session.execute(text(f"UPDATE {table} SET {edit}")).rowcount == 1  # type: ignore[attr-defined]

"""Gifts for many: every row is looked at, one order is shared out, and no gram is stated twice."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from email.message import EmailMessage
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal.certificates import queries as papers
from portal.certificates.queries import faults
from portal.certificates.rules.states import State
from portal.db import transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass, total
from portal.registry.rules.facts import RangeFacts
from portal.registry.rules.ledger import ProjectType
from portal.registry.sheets import Limits, rows_of, xlsx_file
from portal.shop import jobs as shop_jobs
from portal.shop.commands import batches as commands
from portal.shop.commands import refunds
from portal.shop.queries import batches as queries
from portal.shop.queries import gifts as gift_queries
from portal.shop.queries import orders as order_queries
from portal.shop.rules.batches import (
    MOST,
    BadAddress,
    ListReport,
    NameIsMissing,
    NobodyInTheFile,
    NoHeading,
    Recipient,
    RowIsEmpty,
    RowsAreRefused,
    SameAddress,
    TooManyRecipients,
    UnknownLanguage,
    read_list,
    share,
    whole,
)
from portal.shop.rules.orders import BadName
from portal.shop.rules.quotes import TooMuch
from portal.shop.rules.states import OrderState
from portal.shop.till import till
from tests.browser import Browser
from tests.factories import accounts, companies, gifts, shop
from tests.factories.registry import make_lot

Letters = Callable[[], list[EmailMessage]]
PERSON = Actor("usr_01M825M1YS7CEW2ABDHNHW73N5")
LIMITS = Limits(rows=MOST, cell=300)
NAMES = [Recipient("王芳", "fang@example.cn", "zh"), Recipient("Li Hua", "", "en"), Recipient("Zhao")]


# -- reading -----------------------------------------------------------------------------------


def read(data: bytes, *, is_named: bool = False) -> ListReport:
    kind, rows = rows_of(data, LIMITS)
    return read_list(rows, kind, is_named=is_named)


LINES = "姓名,邮箱,语言\r\n王芳,fang@example.cn,中文\r\n李华,hua@example.cn,en\r\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (LINES.encode(), "utf-8"),
        (LINES.encode("utf-8-sig"), "utf-8"),
        (LINES.encode("gb18030"), "gb18030"),
        (xlsx_file([("a", [row.split(",") for row in LINES.splitlines()])]), "xlsx"),
    ],
)
def test_a_list_reads_alike_however_it_is_written(data: bytes, encoding: str) -> None:
    report = read(data)
    assert report.encoding == encoding
    assert report.recipients == (
        Recipient("王芳", "fang@example.cn", "zh"),
        Recipient("李华", "hua@example.cn", "en"),
    )


def test_every_row_says_what_is_wrong_with_it() -> None:
    lines = [
        "Name,E-mail,Language,Shoe size",
        "Li,li@example.cn,en,41",
        "Hua,not an address,en",
        "Zhao,LI@example.cn,",
        ",,fr",
        "Qian,,fr",
        ",,zh",
        "x" * 121 + ",,",
        "",
        "Wang,,",
    ]
    report = read("\n".join(lines).encode())
    assert [(row.row, type(row.problem)) for row in report.refused] == [
        (3, BadAddress),
        (4, SameAddress),
        (5, UnknownLanguage),
        (6, UnknownLanguage),
        (7, RowIsEmpty),
        (8, BadName),
    ]
    assert report.unread == ("Shoe size",)
    assert [row.recipient.name for row in report.rows if not row.problem] == ["Li", "Wang"]
    with pytest.raises(RowsAreRefused):
        _ = report.recipients


def test_files_that_are_no_list_are_refused_by_name() -> None:
    with pytest.raises(NoHeading):
        read(b"Li,li@example.cn\nHua,hua@example.cn")
    with pytest.raises(NobodyInTheFile):
        read(b"Name,E-mail\n\n")
    assert isinstance(read(b"Name,E-mail\n,a@example.cn", is_named=True).rows[0].problem, NameIsMissing)
    with pytest.raises(TooManyRecipients):
        whole(Mass.kg(1), MOST + 1)
    with pytest.raises(TooMuch):
        whole(Mass.kg(1_000), MOST)


def range_of(first: int, last: int, serial: str = "S") -> RangeFacts:
    day = date(2024, 1, 1)
    name = Bilingual("项目", "project")
    where = ("LOT-A", "P", name, ProjectType.ARR, day, day, "HLYC", "CN", "m", "r")
    return RangeFacts(serial, first, last, *where, is_demo=True)


def test_shares_are_the_whole_and_no_gram_is_in_two() -> None:
    ranges = (range_of(11, 17), range_of(1, 5, "T"), range_of(100, 107, "T"))
    mass = Mass(4)
    shares = [share(ranges, at * 4, mass) for at in range(5)]
    assert all(total([part.mass for part in parts]) == mass for parts in shares)
    grams = [
        (part.serial, gram)
        for parts in shares
        for part in parts
        for gram in range(part.first_g, part.last_g + 1)
    ]
    assert grams == [(part.serial, gram) for part in ranges for gram in range(part.first_g, part.last_g + 1)]
    with pytest.raises(ValueError, match="missing"):
        share(ranges, 18, mass)


# -- promises ----------------------------------------------------------------------------------


def test_one_order_becomes_a_certificate_for_each(any_app: Flask, sent_letters: Letters) -> None:
    make_lot()
    batch_id = companies.opened(PERSON, NAMES, is_named=True)
    order_id = companies.bought(batch_id)
    assert shop.seen(order_id).state is OrderState.RETIRED
    assert papers.for_order(order_id) == []
    companies.shared_out()
    found = companies.seen(batch_id)
    assert (found.certified, found.order_state) == (3, OrderState.FULFILLED)
    certified = papers.for_order(order_id)
    assert [paper.holder_name for paper in certified] == ["王芳", "Li Hua", "Zhao"]
    assert total([paper.mass for paper in certified]) == Mass.kg(6)
    assert list(faults()) == []
    assert list(order_queries.faults()) == []
    shop_jobs.hand_over()
    letters = {letter["To"]: letter for letter in sent_letters()}
    subjects = {to: letter["Subject"] for to, letter in letters.items()}
    assert "LOT-A" in letters["friends@example.cn"].get_content()
    assert "/g1-6000" in letters["friends@example.cn"].get_content()
    assert "/g1-2000" in letters["fang@example.cn"].get_content(), "her own grams"
    assert subjects["friends@example.cn"] == "Your gifts are ready: 6 kg CO₂e"
    assert subjects["fang@example.cn"] == "来自Forest Sea的礼物"


def test_a_killed_job_goes_on_where_it_stood(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    make_lot()
    monkeypatch.setattr(commands, "AT_ONCE", 2)
    batch_id = companies.opened(PERSON, [Recipient()] * 5)
    companies.bought(batch_id)
    assert commands.share_out(shop.SYSTEM, batch_id, clock.now()) == 2
    assert companies.seen(batch_id).certified == 2
    with suppress(KeyboardInterrupt), transaction():
        commands.share_out(shop.SYSTEM, batch_id, clock.now())
        raise KeyboardInterrupt  # killed before it was written down
    assert companies.seen(batch_id).certified == 2
    companies.shared_out()
    found = companies.seen(batch_id)
    assert (found.certified, found.done_at is not None) == (5, True)
    numbers = list(queries.numbers_in(batch_id))
    assert len(set(numbers)) == 5
    assert list(faults()) == []


@pytest.mark.usefixtures("app")
def test_an_unclaimed_code_is_the_companys_and_a_claimed_one_the_takers() -> None:
    make_lot()
    batch_id = companies.opened(PERSON, [Recipient()] * 2)
    companies.bought(batch_id)
    companies.shared_out()
    first, second = gift_queries.gifts_in(batch_id)
    (number,) = gifts.claimed(first)
    assert papers.by_number(number).holder_name == "Li Hua"
    (kept,) = gift_queries.certificates_of(second)
    assert kept.holder_name == "Forest friends"
    assert papers.by_number(number).ranges != kept.ranges
    assert companies.seen(batch_id).claimed == 1
    assert list(faults()) == []


@pytest.mark.usefixtures("app")
def test_a_refund_withdraws_every_share_also_a_claimed_one() -> None:
    make_lot()
    batch_id = companies.opened(PERSON, [Recipient()] * 3)
    order_id = companies.bought(batch_id)
    companies.shared_out()
    (number,) = gifts.claimed(gift_queries.gifts_in(batch_id)[0])
    refund_id = refunds.request_refund(shop.SYSTEM, order_id, "asked", clock.now())
    till().pay_back(refund_id, clock.now())
    companies.shared_out()
    states = {paper.state for paper in papers.for_order(order_id)}
    assert states == {State.REVOKED, State.REPLACED}
    assert papers.by_number(number).state is State.REVOKED
    assert list(faults()) == []


@pytest.mark.usefixtures("app")
def test_a_refund_in_the_middle_stops_the_issuing() -> None:
    make_lot()
    batch_id = companies.opened(PERSON, [Recipient()] * 3)
    order_id = companies.bought(batch_id)
    refund_id = refunds.request_refund(shop.SYSTEM, order_id, "asked", clock.now())
    assert commands.share_out(shop.SYSTEM, batch_id, clock.now()) == 0
    till().pay_back(refund_id, clock.now())
    companies.shared_out()
    assert companies.seen(batch_id).certified == 0


def test_the_database_keeps_shares_within_their_batch(any_app: Flask) -> None:
    batch_id = companies.opened(PERSON, [Recipient()] * 2)
    add = text(
        "INSERT INTO gift (id, batch_id, position, mass_g, code, lang, giver, recipient, email, dedication, "
        "message, is_named, created_at) SELECT :id, batch_id, :place, :mass, :id, lang, giver, '', '', '', "
        "'', is_named, created_at FROM gift WHERE batch_id = :batch AND position = 0"
    )
    for name, place, mass in (("beyond", 2, 2000), ("heavier", 1, 2001), ("twice", 1, 2000)):
        with pytest.raises(IntegrityError), transaction() as session:
            session.execute(add, {"id": f"gft_{name}", "place": place, "mass": mass, "batch": batch_id})
    with transaction() as session:  # the control: into a free place of the batch it goes
        session.execute(
            text("DELETE FROM gift WHERE batch_id = :batch AND position = 1"), {"batch": batch_id}
        )
        session.execute(add, {"id": "gft_lawful", "place": 1, "mass": 2000, "batch": batch_id})


@pytest.mark.usefixtures("app")
def test_a_stranger_neither_sees_nor_buys_a_batch() -> None:
    make_lot()
    batch_id = companies.opened(PERSON, NAMES)
    with pytest.raises(queries.NoSuchBatch):
        queries.batch(Actor("usr_01M825M1YS7CEW2ABDHNHW73N6"), batch_id)
    with pytest.raises(NotAllowed):
        shop.placed(purpose=batch_id)


# -- pages ---------------------------------------------------------------------------------------


def signed_in(browser: Browser) -> accounts.Somebody:
    somebody = accounts.person("wang@example.cn")
    sign_in(browser, somebody)
    return somebody


def sign_in(browser: Browser, somebody: accounts.Somebody) -> None:
    page = browser.open("/en/account/sign-in")
    page.fill("E-mail address", somebody.email).fill("Password", somebody.password).submit("Sign in")


@pytest.mark.usefixtures("app")
def test_from_a_file_to_certificates(browser: Browser) -> None:
    make_lot()
    signed_in(browser)
    page = browser.open("/en/account/gift-batches/new").fill("Kilograms for each", "30")
    page = page.fill("Giver", "Forest Sea")
    page = page.fill("File with recipients", (BytesIO(LINES.encode("gb18030")), "list.csv"))
    page = page.submit("Look at it first")
    assert "2 gifts of 30 kg CO₂e each." in page.main
    page = page.submit("Keep this list", expect=422)
    assert page.errors
    page = page.tick("The Chinese text in the preview is readable").submit("Keep this list")
    assert page.h1 == "2 gifts"
    page = page.fill("Name of the giver on the certificates", "Forest Sea")
    button = next(each for each in page.buttons if each.startswith("Reserve and pay"))
    page = page.submit(button).submit("Pay with test money")
    companies.shared_out()
    page = browser.open("/en/account/gift-batches")
    assert page.table()[0]["Certificates"] == "2"
    page = browser.open(next(url for url in page.links.values() if "/gift-batches/bch_" in url))
    assert "2 of 2 certificates issued" in page.main
    for cursor, shown in (("0", 1), ("9" * 30, 2), ("x", 2)):  # what nobody gave out shows the beginning
        assert len(browser.open(f"{page.url}?cursor={cursor}").table("Every gift")) == shown
    sheet = browser.client.get(page.links["Codes as CSV"]).get_data(as_text=True)
    assert "王芳" in sheet
    assert sheet.count("/gifts/claim/") == 2


@pytest.mark.usefixtures("app")
def test_refused_rows_keep_nothing(browser: Browser) -> None:
    make_lot()
    signed_in(browser)
    page = browser.open("/en/account/gift-batches/new").fill("Kilograms for each", "30")
    page = page.fill("Giver", "Forest Sea").fill(
        "File with recipients", (BytesIO(b"Name,E-mail\nLi,nowhere"), "list.csv")
    )
    page = page.submit("Look at it first")
    assert "One row is refused" in page.main
    assert page.table()[0]["Result"] == "This is not an e-mail address."
    assert "Keep this list" not in page.buttons
    assert "No lists yet" in browser.open("/en/account/gift-batches").main
    page = browser.open("/en/account/gift-batches/new").fill("Kilograms for each", "30").fill("Giver", "F")
    page = page.submit("Look at it first", expect=422)
    assert any("Choose a file" in error for error in page.errors)

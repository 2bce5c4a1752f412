"""Many certificates and many pledges at once: tried first, done row by row, each kept with a reason."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from portal import audit, jobs
from portal.audit import Wanted
from portal.certificates import queries as certificates
from portal.certificates.commands import revoke
from portal.certificates.jobs import folder
from portal.certificates.rules.states import NoLongerHolds, NotPrintedYet
from portal.db import db
from portal.desk import bulk
from portal.desk.bulk import Deed, NoLetterOfAnOrder
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.pledges.commands.letters import confirm
from portal.pledges.queries.letters import subscription_of, wanting
from portal.pledges.rules.letters import NoLettersWanted, RemindedLately
from portal.privacy.models import Look
from portal.registry.jobs import sequence_and_sign
from portal.shop.commands import settlement
from tests.browser import Browser
from tests.factories import accounts, shop
from tests.factories import certificates as make
from tests.factories.pledges import a_pledge
from tests.factories.registry import make_lot

FINANCE = Actor("usr_first", frozenset({Role.FINANCE}))
REGISTRY = Actor("usr_registry", frozenset({Role.REGISTRY}))
ADMIN = Actor("usr_admin", frozenset({Role.ADMIN}))
DAY = datetime.fromisoformat("2026-11-24T12:00:00+08:00")


def of_an_order() -> str:
    """The number of a certificate that was bought, printed and sent."""
    make_lot()
    order_id = shop.paid(250)
    sequence_and_sign()
    jobs.drain()
    settlement.fulfil(make.ACTOR, order_id, clock.now())
    return certificates.for_order(order_id)[0].number


def run(actor: Actor, deed: Deed, *ids: str, for_real: bool = True, now: datetime = DAY) -> list[object]:
    """What stands in the way of each; None where nothing does."""
    lines = bulk.run(actor, deed, ids, "asked for by phone", now, for_real=for_real)
    return [type(line.fault) if line.fault else None for line in lines]


@pytest.fixture
def teller(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Browser:
    person = replace(FINANCE, id=accounts.person("teller@example.cn", Role.FINANCE).id)
    monkeypatch.setitem(app.extensions, "portal.person", lambda: replace(person))
    return Browser(app.test_client())


# --- certificates ----------------------------------------------------------------------------------------


def test_a_letter_goes_out_again_for_certificates_of_orders_only(
    app: Flask, sent_letters: Callable[[], list[EmailMessage]]
) -> None:
    number, other = of_an_order(), make.certified(make.pledge()).number
    before = len(sent_letters())
    assert run(FINANCE, Deed.LETTER_AGAIN, number, other, for_real=False) == [None, NoLetterOfAnOrder]
    assert len(sent_letters()) == before, "a dry run writes to nobody"
    assert run(FINANCE, Deed.LETTER_AGAIN, number, other) == [None, NoLetterOfAnOrder]
    assert len(sent_letters()) == before + 1
    with pytest.raises(NotAllowed):
        run(REGISTRY, Deed.LETTER_AGAIN, number)


def test_a_document_is_printed_anew_in_the_place_of_the_old_one(app: Flask) -> None:
    number = of_an_order()
    paper = certificates.by_number(number)
    file = folder() / paper.documents["named"]
    file.write_bytes(b"damaged")
    assert run(REGISTRY, Deed.PRINT_ANEW, number, for_real=False) == [None]
    jobs.drain()
    assert file.read_bytes() == b"damaged"
    assert run(REGISTRY, Deed.PRINT_ANEW, number) == [None]
    assert certificates.by_number(number).is_rendered, "the old one is there until the new one is"
    jobs.drain()
    assert file.read_bytes().startswith(b"%PDF")
    (line,) = audit.traces(Wanted(verb="certificate.print_anew", subject_id=paper.id))
    assert line.facts == {"note": "asked for by phone"}


def test_what_was_withdrawn_is_neither_printed_nor_written_about(app: Flask) -> None:
    number = of_an_order()
    revoke(REGISTRY, number, "error", DAY)
    assert run(REGISTRY, Deed.PRINT_ANEW, number) == [NoLongerHolds]
    assert run(FINANCE, Deed.LETTER_AGAIN, number) == [NoLongerHolds]


def test_documents_are_taken_along_in_one_file(teller: Browser) -> None:
    number = of_an_order()
    waiting = make.issued().number
    assert run(FINANCE, Deed.TAKE_ALONG, number, waiting, for_real=False) == [None, NotPrintedYet]
    printed = certificates.by_number(number).printed_number
    page = teller.open("/en/desk/many/certificates").tick(printed)
    page = page.choose("Take the documents along as one ZIP file").fill("Reason", "for the archive")
    page = page.submit("Show what would happen")
    assert "1 of 1 can be done" in page.main
    sent = page.submit("Do it for 1 row").response
    with zipfile.ZipFile(io.BytesIO(sent.data)) as archive:
        assert set(archive.namelist()) == {f"{printed}.pdf", "certificates.csv"}
    assert sent.headers["Cache-Control"] == "no-store"
    (line,) = audit.traces(Wanted(verb="certificate.handed_out"))
    assert line.facts == {"note": "for the archive"}
    looked = db.session.execute(select(Look.kind, Look.thing_id, Look.why)).all()
    assert ("certificate", number, "files") in looked, "whoever asks who looked finds it"


def test_all_on_a_page_are_ticked_at_once(teller: Browser) -> None:
    number = of_an_order()
    page = teller.open("/en/desk/many/certificates?search=" + number).submit("Tick all on this page")
    page = page.choose("Send the letter with the certificates again").fill("Reason", "lost")
    assert "1 of 1 can be done" in page.submit("Show what would happen").main
    assert "No certificates found" in teller.open("/en/desk/many/certificates?search=abc").main


# --- pledges ---------------------------------------------------------------------------------------------


def test_only_who_wants_letters_is_reminded_and_once_in_thirty_days(
    any_app: Flask, at: Callable[[str], datetime], sent_letters: Callable[[], list[EmailMessage]]
) -> None:
    at("2026-11-24T12:00:00+08:00")
    wanted = a_pledge(email="wang@example.cn", wants_letters=True)
    unconfirmed, without = a_pledge(email="li@example.cn", wants_letters=True), a_pledge()
    letters = subscription_of(wanted)
    assert letters
    confirm(Actor.guest(letters.id), letters.id, DAY)
    before = len(sent_letters())
    faults = [None, NoLettersWanted, NoLettersWanted]
    assert run(ADMIN, Deed.REMIND, wanted, unconfirmed, without, for_real=False) == faults
    assert len(sent_letters()) == before
    assert run(ADMIN, Deed.REMIND, wanted, unconfirmed, without) == faults
    assert [letter["To"] for letter in sent_letters()[before:]] == ["wang@example.cn"]
    assert run(ADMIN, Deed.REMIND, wanted, now=DAY + timedelta(days=29)) == [RemindedLately]
    assert run(ADMIN, Deed.REMIND, wanted, now=DAY + timedelta(days=31)) == [None]
    with pytest.raises(NotAllowed):
        run(FINANCE, Deed.REMIND, wanted)


def test_the_list_shows_whom_a_letter_may_reach(app: Flask) -> None:
    wanted = a_pledge(email="wang@example.cn", wants_letters=True)
    a_pledge(email="li@example.cn", wants_letters=True)
    letters = subscription_of(wanted)
    assert letters
    confirm(Actor.guest(letters.id), letters.id, DAY)
    assert [each.pledge_id for each in wanting(ADMIN)] == [wanted]
    assert wanting(ADMIN, "nobody is called so") == []
    with pytest.raises(NotAllowed):
        wanting(FINANCE)


def test_a_reminder_asked_for_at_night_is_written_in_the_morning(
    app: Flask, at: Callable[[str], datetime], sent_letters: Callable[[], list[EmailMessage]]
) -> None:
    night = at("2026-11-24T22:30:00+08:00")
    wanted = a_pledge(email="wang@example.cn", wants_letters=True)
    letters = subscription_of(wanted)
    assert letters
    confirm(Actor.guest(letters.id), letters.id, night)
    before = len(sent_letters())
    assert run(ADMIN, Deed.REMIND, wanted, now=night) == [None]
    assert len(sent_letters()) == before
    at("2026-11-25T08:01:00+08:00")
    assert len(sent_letters()) == before + 1
    assert clock.now() > night

"""What was typed wrongly is put right: with a reason, a line in the history, letters; the sealed stays."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.shop.commands import billing, corrections
from portal.shop.models.orders import Order
from portal.shop.queries import billing as papers
from portal.shop.queries import orders
from portal.shop.rules.billing import BillTo, FapiaoWish, TitleKind
from portal.shop.rules.corrections import CorrectionReasonMissing, FapiaoIsIssued, NothingCorrected
from portal.shop.rules.orders import NoSuchOrder
from tests.factories import shop
from tests.factories.registry import make_lot

Letters = Callable[[], list[EmailMessage]]
TELLER = Actor("usr_first", frozenset({Role.FINANCE}))
NEW = "right@example.cn"


def sealed(order_id: str) -> dict[str, object]:
    db.session.rollback()
    row = db.session.execute(select(Order.__table__).where(Order.id == order_id)).mappings().one()
    return dict(row)


def plain(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body
    return str(body.get_content())


def test_staff_correct_an_address_and_both_are_told(any_app: Flask, sent_letters: Letters) -> None:
    make_lot()
    order_id = shop.paid(250, consent=False)
    found = orders.order(TELLER, order_id)
    assert found.buyer
    former, before = found.buyer.email, sealed(order_id)
    count = len(sent_letters())
    corrections.correct_address(TELLER, order_id, NEW, "a letter was lost", clock.now())
    assert sealed(order_id) == before
    assert orders.order(TELLER, order_id).buyer.email == NEW  # type: ignore[union-attr]
    (line,) = (each for each in orders.history(order_id) if each.event == "address_corrected")
    assert (line.note, line.actor_id) == ("a letter was lost", TELLER.id)
    letters = [(str(each["To"]), "/orders/" in plain(each)) for each in sent_letters()[count:]]
    assert sorted(letters) == sorted([(former, False), (NEW, True)])
    for who, address, reason, error in (
        (TELLER, NEW, "again", NothingCorrected),
        (TELLER, "x@example.cn", "  ", CorrectionReasonMissing),
        (Actor.guest(order_id), "x@example.cn", "mine", NotAllowed),
    ):
        with pytest.raises(error):
            corrections.correct_address(who, order_id, address, reason, clock.now())


def test_a_buyer_corrects_it_until_it_is_paid(any_app: Flask, sent_letters: Letters) -> None:
    make_lot()
    waiting, paid = shop.opened(250), shop.paid(250, consent=False)
    corrections.correct_own_address(Actor.guest(waiting), waiting, NEW, clock.now())
    assert orders.order(TELLER, waiting).buyer.email == NEW  # type: ignore[union-attr]
    with pytest.raises(NotAllowed):
        corrections.correct_own_address(Actor.guest(paid), paid, NEW, clock.now())
    with pytest.raises(NoSuchOrder):
        corrections.correct_own_address(Actor.guest(), waiting, "x@example.cn", clock.now())
    wrote = [str(each["To"]) for each in sent_letters()]
    assert NEW not in wrote, "before a payment by card nobody is written to"


def test_an_invoice_keeps_its_number_and_says_that_it_was_corrected(
    any_app: Flask, sent_letters: Letters
) -> None:
    make_lot()
    order_id = shop.paid(250, consent=False)
    buyer = Actor.guest(order_id)
    number = billing.issue_invoice(buyer, order_id, BillTo("Wrong Ltd", "", ""), clock.now())
    count = len(sent_letters())
    right = BillTo("示范公司", "示范路 1 号", "91110000600037341L")
    corrections.correct_invoice(TELLER, order_id, right, "mistyped", clock.now())
    (invoice,) = papers.papers_of(order_id)
    assert (invoice.number, invoice.to) == (number, right)
    (letter,) = sent_letters()[count:]
    assert number in str(letter["Subject"])
    with pytest.raises(NothingCorrected):
        corrections.correct_invoice(TELLER, order_id, right, "mistyped", clock.now())


def test_a_fapiao_is_corrected_until_it_is_issued(any_app: Flask, sent_letters: Letters) -> None:
    make_lot()
    order_id = shop.paid(250, consent=False)
    wish = FapiaoWish(TitleKind.PERSON, "错名", "", "wrong@example.cn")
    fapiao_id = billing.request_fapiao(Actor.guest(order_id), order_id, wish, "zh", clock.now())
    count = len(sent_letters())
    right = FapiaoWish(TitleKind.PERSON, "对名", "", NEW)
    corrections.correct_fapiao(TELLER, fapiao_id, right, "mistyped", clock.now())
    (found,) = papers.fapiao_of(order_id)
    assert (found.title, found.email) == ("对名", NEW)
    assert [line.event for line in papers.fapiao_history(fapiao_id)] == ["requested", "corrected"]
    assert sorted(str(each["To"]) for each in sent_letters()[count:]) == sorted([NEW, "wrong@example.cn"])
    billing.issue_fapiao(TELLER, fapiao_id, "2" * 20, clock.today(), clock.now())
    with pytest.raises(FapiaoIsIssued):
        corrections.correct_fapiao(TELLER, fapiao_id, wish, "mistyped", clock.now())

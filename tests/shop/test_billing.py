"""Invoices without gaps, credit notes by themselves, and the way of a fapiao."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal import jobs
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.errors import InvalidInput, NotAllowed, Refused
from portal.kernel.money import Money
from portal.shop.commands import billing, refunds
from portal.shop.queries import billing as queries
from portal.shop.queries import orders
from portal.shop.rules.billing import (
    BillTo,
    FapiaoAskedAlready,
    FapiaoState,
    FapiaoWish,
    NotATaxNumber,
    NothingToBill,
    PaperKind,
    TaxNumberMissing,
    TaxNumberOfAPerson,
    TitleKind,
    UnlawfulFapiaoStep,
    checked_fapiao_number,
    checked_tax_number,
)
from portal.shop.rules.orders import NoSuchOrder
from tests.factories import shop
from tests.factories.guards import without_guards
from tests.factories.registry import make_lot
from tests.races.threads import at_once
from tests.shop.test_commands import FINANCE

CODE = "91110000600037341L"  # a public company's, from the standard's own examples of use
TO = BillTo("Forest friends", "1 Forest Road", "")
WISH = FapiaoWish(TitleKind.ORGANISATION, "森林之友有限公司", CODE, "books@example.cn")


@pytest.fixture(autouse=True)
def lot(any_app: Flask) -> str:
    return make_lot()


def buyer(order_id: str) -> Actor:
    return Actor("", keys=frozenset({order_id}))


def paid() -> str:
    return shop.paid(100)


def issue_and_lose(order_id: str) -> None:
    """Number an invoice; the connection is lost before the commit."""
    with transaction():
        billing.issue_invoice(FINANCE, order_id, TO, clock.now())
        raise RuntimeError("lost")


def write(*statements: str) -> None:
    with transaction() as session:
        for statement in statements:
            session.execute(text(statement))


def give_back(order_id: str) -> None:
    refunds.request_refund(FINANCE, order_id, "goodwill", clock.now())
    jobs.drain()


def test_invoices_are_numbered_without_gaps_and_asked_twice_they_are_the_same() -> None:
    numbers = [billing.issue_invoice(FINANCE, paid(), TO, clock.now()) for _ in range(3)]
    year = clock.today().year
    assert numbers == [f"TEST-INV-{year}-{place:06d}" for place in (1, 2, 3)]
    order_id = paid()
    first = billing.issue_invoice(buyer(order_id), order_id, TO, clock.now())
    assert billing.issue_invoice(buyer(order_id), order_id, BillTo("Other"), clock.now()) == first
    (invoice,) = queries.papers_of(order_id)
    assert (invoice.amount, invoice.to) == (shop.seen(order_id).total, TO)


def test_a_refused_invoice_leaves_no_gap() -> None:
    with pytest.raises(NothingToBill):
        billing.issue_invoice(FINANCE, shop.placed(100), TO, clock.now())
    with pytest.raises(RuntimeError):
        issue_and_lose(paid())
    assert billing.issue_invoice(FINANCE, paid(), TO, clock.now()).endswith("-000001")


def test_nobody_elses_order_is_billed() -> None:
    with pytest.raises(NoSuchOrder):
        billing.issue_invoice(Actor.guest(), paid(), TO, clock.now())


def test_a_refund_writes_its_credit_note_and_one_that_came_before_the_invoice_too() -> None:
    before, after = paid(), paid()
    billing.issue_invoice(FINANCE, before, TO, clock.now())
    give_back(before)
    give_back(after)
    billing.issue_invoice(FINANCE, after, TO, clock.now())
    for order_id in (before, after):
        invoice, credit = queries.papers_of(order_id)
        assert (invoice.kind, credit.kind) == (PaperKind.INVOICE, PaperKind.CREDIT_NOTE)
        assert (credit.of_number, credit.amount, credit.to) == (invoice.number, invoice.amount, TO)


def test_eight_hands_number_eight_invoices_in_a_row(any_app: Flask) -> None:
    order_ids = [paid() for _ in range(8)]
    made = at_once(any_app, 8, lambda n: billing.issue_invoice(FINANCE, order_ids[n], TO, clock.now()))
    assert sorted(str(number)[-1] for number in made) == list("12345678"), made


FORGERIES = {
    "numbers of papers have no gaps": "UPDATE paper_series SET last = last + 2",
    "paper rows are never edited": "UPDATE paper SET amount_minor = 1",
    "paper rows are never deleted": "DELETE FROM paper",
    "paper_series rows are never deleted": "DELETE FROM paper_series",
    "fapiao state moves only by lawful steps": "UPDATE fapiao SET state = 'red_issued', number = '1',"
    " issued_on = '2026-01-01', red_number = '2'",
    "fapiao rows are never deleted": "DELETE FROM fapiao",
    "fapiao keeps id, order_id, amount_minor, currency, test, asked_at": "UPDATE fapiao SET amount_minor = 1",
    "fapiao_event rows are never edited": "UPDATE fapiao_event SET note = 'x'",
}


@pytest.mark.parametrize("sentence", FORGERIES)
def test_the_database_refuses(sentence: str) -> None:
    order_id = paid()
    billing.issue_invoice(FINANCE, order_id, TO, clock.now())
    billing.request_fapiao(FINANCE, order_id, WISH, "zh", clock.now())
    with pytest.raises(IntegrityError, match=sentence), transaction() as session:
        session.execute(text(FORGERIES[sentence]))
    with transaction() as session:  # the control
        without_guards(session)
        session.execute(
            text("PRAGMA foreign_keys") if db.engine.dialect.name == "sqlite" else text("SELECT 1")
        )
        session.execute(text(FORGERIES["numbers of papers have no gaps"]))


def test_a_series_does_not_go_on_while_a_number_is_given_to_nothing() -> None:
    billing.issue_invoice(FINANCE, paid(), TO, clock.now())
    with pytest.raises(IntegrityError, match="numbers of papers have no gaps"):
        write("UPDATE paper_series SET last = last + 1", "UPDATE paper_series SET last = last + 1")


def test_an_invoice_is_of_what_was_paid() -> None:
    invoice = (
        "INSERT INTO paper (id, number, series, place, kind, order_id, amount_minor, currency, test, "
        "actor_id, issued_at) SELECT 'pap_1', 'X-1', 'X', 1, 'invoice', id, amount_minor, currency, test, "
        f"'x', created_at FROM orders WHERE id = '{shop.placed(100)}'"
    )
    with pytest.raises(IntegrityError, match="an invoice is of what its order cost"):
        write(
            "INSERT INTO paper_series (series, last) VALUES ('X', 0)",
            "UPDATE paper_series SET last = 1 WHERE series = 'X'",
            invoice,
        )


# -- fapiao ------------------------------------------------------------------------------------


def state_of(fapiao_id: str) -> FapiaoState:
    return queries.fapiao(FINANCE, fapiao_id).state


def letters_about(fapiao_id: str) -> list[str]:
    rows = db.session.scalars(text("SELECT key FROM outbox WHERE kind = 'letter' ORDER BY created_at, key"))
    return [key.rsplit(":", 1)[1] for key in rows if fapiao_id in key]


def test_a_fapiao_is_asked_for_issued_sent_and_made_red_by_a_refund() -> None:
    order_id = paid()
    fapiao_id = billing.request_fapiao(buyer(order_id), order_id, WISH, "zh", clock.now())
    assert [each.id for each in queries.fapiao_at_desk(FINANCE)] == [fapiao_id]
    billing.issue_fapiao(FINANCE, fapiao_id, "2611 2000 0000 0000 0001", clock.today(), clock.now())
    billing.mark_fapiao_sent(FINANCE, fapiao_id, clock.now())
    assert queries.fapiao_at_desk(FINANCE) == []
    give_back(order_id)
    assert state_of(fapiao_id) is FapiaoState.RED_DUE
    billing.issue_red_fapiao(FINANCE, fapiao_id, "26112000000000000002", clock.now())
    seen = queries.fapiao(FINANCE, fapiao_id)
    assert (seen.state, seen.number, seen.red_number) == (
        FapiaoState.RED_ISSUED, "26112000000000000001", "26112000000000000002",
    )  # fmt: skip
    assert letters_about(fapiao_id) == ["requested", "issued", "sent", "red_due", "red_issued"]
    assert [line.state for line in queries.fapiao_history(fapiao_id)][-1] is FapiaoState.RED_ISSUED


def test_a_rejected_fapiao_says_why_and_may_be_asked_for_anew() -> None:
    order_id = paid()
    first = billing.request_fapiao(FINANCE, order_id, WISH, "zh", clock.now())
    with pytest.raises(FapiaoAskedAlready):
        billing.request_fapiao(FINANCE, order_id, WISH, "zh", clock.now())
    billing.reject_fapiao(FINANCE, first, "The title does not match the tax number.", clock.now())
    with pytest.raises(UnlawfulFapiaoStep):
        billing.mark_fapiao_sent(FINANCE, first, clock.now())
    second = billing.request_fapiao(FINANCE, order_id, WISH, "zh", clock.now())
    assert [each.id for each in queries.fapiao_of(order_id)] == [second, first]


def test_a_refund_before_it_is_issued_withdraws_the_request() -> None:
    order_id = paid()
    fapiao_id = billing.request_fapiao(FINANCE, order_id, WISH, "zh", clock.now())
    give_back(order_id)
    assert state_of(fapiao_id) is FapiaoState.WITHDRAWN
    with pytest.raises(NothingToBill):
        billing.request_fapiao(FINANCE, order_id, WISH, "zh", clock.now())


def test_two_windows_ask_for_one_fapiao(any_app: Flask) -> None:
    order_id = paid()
    asked = at_once(any_app, 6, lambda n: billing.request_fapiao(FINANCE, order_id, WISH, "zh", clock.now()))
    assert sum(isinstance(each, str) for each in asked) == 1, asked


def test_only_the_till_issues() -> None:
    order_id = paid()
    fapiao_id = billing.request_fapiao(buyer(order_id), order_id, WISH, "zh", clock.now())
    with pytest.raises(NotAllowed):
        billing.issue_fapiao(buyer(order_id), fapiao_id, "2" * 20, clock.today(), clock.now())
    with pytest.raises(InvalidInput):
        billing.issue_fapiao(FINANCE, fapiao_id, "123", clock.today(), clock.now())
    with pytest.raises(InvalidInput):
        billing.issue_fapiao(FINANCE, fapiao_id, "2" * 20, clock.today() + timedelta(days=1), clock.now())
    assert state_of(fapiao_id) is FapiaoState.REQUESTED


@pytest.mark.parametrize(
    ("kind", "number", "error"),
    [
        (TitleKind.ORGANISATION, "", TaxNumberMissing),
        (TitleKind.PERSON, CODE, TaxNumberOfAPerson),
        (TitleKind.ORGANISATION, CODE[:-1] + "M", NotATaxNumber),
        (TitleKind.ORGANISATION, "9111000060003734L1", NotATaxNumber),
    ],
)
def test_a_title_and_its_tax_number_belong_together(kind: TitleKind, number: str, error: type) -> None:
    with pytest.raises(error):
        billing.request_fapiao(FINANCE, paid(), FapiaoWish(kind, "x", number, "a@b.cn"), "zh", clock.now())


def test_every_single_wrong_character_of_a_tax_number_is_noticed() -> None:
    assert checked_tax_number("９１１１００００ 600037341l") == CODE
    wrong = 0
    for place in range(2, 18):
        for other in "0123456789ABCDEFGHJKLMNPQRTUWXY":
            if other != CODE[place]:
                with pytest.raises(NotATaxNumber):
                    checked_tax_number(CODE[:place] + other + CODE[place + 1 :])
                wrong += 1
    assert wrong == 16 * 30


@pytest.mark.parametrize(
    ("typed", "is_read_as"),
    [
        ("26112000000000000001", "26112000000000000001"),
        ("１１００２３４１３０ 12345678", "1100234130-12345678"),
    ],
)
def test_fapiao_numbers_are_read(typed: str, is_read_as: str) -> None:
    assert checked_fapiao_number(typed) == is_read_as


# -- money that is still owed ------------------------------------------------------------------


def test_a_refund_that_fails_after_retirement_is_tried_again_or_sent_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from portal.shop.provider import ProviderRefund, RefundState

    order_id = paid()
    refund_id = refunds.request_refund(FINANCE, order_id, "goodwill", clock.now())
    total = shop.seen(order_id).total
    failed = ProviderRefund("re_1", RefundState.FAILED, total, "sbp", refund_id, True)
    refunds.note_refund(FINANCE, order_id, failed, clock.now())
    assert (shop.seen(order_id).state, shop.seen(order_id).attention) == (
        "refund_after_retirement", "refund_failed",
    )  # fmt: skip
    again = refunds.request_refund(FINANCE, order_id, "again", clock.now())
    refunds.note_refund(
        FINANCE, order_id, ProviderRefund("re_2", RefundState.FAILED, total, "sbp", again, True), clock.now()
    )
    refunds.send_otherwise(FINANCE, order_id, "BANK-7", clock.now())
    with pytest.raises(Refused):
        refunds.send_otherwise(FINANCE, order_id, "BANK-7", clock.now())
    seen = shop.seen(order_id)
    assert (seen.state, seen.attention) == ("refunded_void", "")
    assert sum((line.amount for line in orders.cash_lines(order_id)), Money.cny(0)) == Money.cny(0)
    jobs.drain()
    assert [str(fault) for fault in orders.faults()] == []

"""What was counted once a day is over equals what is there; what came late is found and put right."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime

from flask import Flask
from sqlalchemy import select, text, update

from portal import tallies
from portal.audit import AuditEntry
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.clock import day_of
from portal.kernel.tally import Of
from portal.shop.commands import refunds
from portal.shop.models.orders import CashLine
from portal.shop.queries import money
from portal.shop.queries.sales import CASH, SALES
from portal.shop.till import till
from tests.factories import shop
from tests.factories.guards import without_guards
from tests.factories.registry import make_lot

SYSTEM = Actor.system("tests")
At = Callable[[str], datetime]


def sold_over_new_year(at: At) -> list[str]:
    """Four orders around the turn of the year in Beijing, one refund, one paid by transfer."""
    at("2026-12-30T10:00:00+08:00")
    make_lot()
    orders = [shop.paid(100)]
    at("2026-12-31T23:59:59+08:00")
    orders.append(shop.paid(250))
    at("2027-01-01T00:00:00+08:00")
    orders.append(shop.paid(30, consent=False))
    at("2027-01-02T09:00:00+08:00")
    orders.append(shop.paid(40))
    return orders


def journal(test: bool = True) -> dict[tuple[str, str], int]:
    """Month and party → minor units, added up by hand, each line by itself."""
    sums: Counter[tuple[str, str]] = Counter()
    for line in db.session.scalars(select(CashLine)):
        sums[f"{day_of(line.at):%Y-%m}", line.party] += line.amount_minor
    return dict(sums)


def public() -> dict[tuple[str, str], int]:
    return {(each.period, each.party.value): each.came.minor for each in money.months(True, clock.now())}


def test_sums_are_the_journals_whether_days_are_counted_or_not(any_app: Flask, at: At):
    sold_over_new_year(at)
    before = public(), money.accounts(True, clock.now())
    assert before[0] == journal()
    now = at("2027-01-03T12:00:00+08:00")
    assert tallies.close_days(now) > 0
    assert tallies.close_days(now) == 0, "once"
    assert (public(), money.accounts(True, clock.now())) == before
    shop.paid(20)  # today, which is not over
    assert public() == journal()
    by_party = {each.party: each.held for each in money.accounts(True, clock.now())}
    assert by_party == {party: money.held(party, "CNY", True) for party in by_party}


def test_a_day_is_counted_when_no_transaction_of_it_can_still_come(app: Flask, at: At):
    sold_over_new_year(at)
    tallies.close_days(at("2027-01-03T01:59:59+08:00"))
    days = "SELECT DISTINCT day FROM tally WHERE source = 'cash.test' ORDER BY day"
    assert list(db.session.scalars(text(days))) == ["2026-12-30", "2026-12-31", "2027-01-01"]
    tallies.close_days(at("2027-01-03T02:00:00+08:00"))
    assert list(db.session.scalars(text(days)))[-1] == "2027-01-02"


def test_the_year_turns_at_midnight_in_beijing(app: Flask, at: At):
    sold_over_new_year(at)
    now = at("2027-01-05T12:00:00+08:00")
    tallies.close_days(now)
    found = tallies.totals(SALES[True], date(2026, 12, 1), date(2027, 2, 1), now)
    assert {month: counts[Of("orders", "", "CNY")] for month, counts in found.items()} == {
        "2026-12": 2, "2027-01": 2,
    }  # fmt: skip
    assert found["2026-12"][Of("grams", "LOT-A", "g")] == 350_000
    december = tallies.totals(SALES[True], date(2026, 12, 31), date(2027, 1, 1), now)
    assert december["2026-12"][Of("grams", "LOT-A", "g")] == 250_000


def test_one_days_sales_add_up_whichever_way_they_are_cut(app: Flask, at: At):
    """Σ by channel = Σ by way of paying = Σ by party of what came in."""
    sold_over_new_year(at)
    first, end, now = date(2026, 12, 1), date(2027, 2, 1), clock.now()
    sales = sum(tallies.totals(SALES[True], first, end, now).values(), Counter())
    cash = sum(tallies.totals(CASH[True], first, end, now).values(), Counter())

    def total(counts: Counter[Of], measure: str) -> int:
        return sum(amount for of, amount in counts.items() if of.measure == measure)

    assert total(sales, "paid") == total(sales, "paid_by") == total(cash, "came") > 0


def test_what_is_written_into_a_counted_day_is_found_and_put_right(app: Flask, at: At):
    orders = sold_over_new_year(at)
    now = at("2027-01-10T12:00:00+08:00")
    tallies.close_days(now)
    first, end = date(2026, 12, 1), date(2027, 1, 10)
    assert tallies.recount(SYSTEM, first, end, now) == [], "the control: nothing is wrong"
    with transaction() as session:
        without_guards(session, "cash_line")
        moved = update(CashLine).where(CashLine.order_id == orders[0])
        session.execute(moved.values(at=datetime.fromisoformat("2027-01-05T08:00:00+00:00")))
    assert tallies.recount(SYSTEM, first, end, now) == [
        ("cash.test", date(2026, 12, 30)), ("cash.test", date(2027, 1, 5)),
        ("sales.test", date(2026, 12, 30)), ("sales.test", date(2027, 1, 5)),
    ]  # fmt: skip
    assert public() == journal()
    told = db.session.scalars(select(AuditEntry.subject_id).where(AuditEntry.verb == "tally.recount"))
    assert "cash.test:2027-01-05" in set(told)


def test_a_refund_counts_in_the_month_in_which_it_went_back(app: Flask, at: At):
    orders = sold_over_new_year(at)
    at("2027-01-04T12:00:00+08:00")
    refund_id = refunds.request_refund(SYSTEM, orders[1], "they changed their mind", clock.now())
    till().pay_back(refund_id, clock.now())
    now = at("2027-01-06T12:00:00+08:00")
    before = journal()
    assert before["2027-01", "forest_owner"] < 0, "the refund is larger than January's sales"
    tallies.close_days(now)
    assert public() == before

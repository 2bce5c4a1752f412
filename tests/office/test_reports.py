"""Reports: figures equal an independent sum, and a month that is over never changes silently."""

import csv
import io
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from portal import tallies
from portal.config import LANGS
from portal.db import db, transaction
from portal.kernel.actor import Actor, Role
from portal.kernel.clock import day_of
from portal.kernel.errors import NotAllowed
from portal.kernel.tally import Of
from portal.office import commands, queries
from portal.office.rules import reports as rules
from portal.office.rules.reports import MonthNotOver, NoSuchPeriod, Origin, Period
from portal.registry.models import Retirement
from portal.registry.rules.ledger import ProjectType
from portal.shop.models.orders import CashLine, Order
from tests.browser import Browser
from tests.factories import pledges, shop
from tests.factories.guards import without_guards
from tests.factories.registry import make_lot
from tests.web.printing import needs_press, words_of

__all__ = ["needs_press"]

SYSTEM = Actor.system("tests")
At = Callable[[str], datetime]
AMOUNT = Of("paid", "", "CNY")


def a_winter(at: At) -> datetime:
    """Sales in three months over a new year; the day after the last month is written down."""
    for moment, kilograms in (
        ("2025-12-31T23:59:59+08:00", 10),
        ("2026-11-30T12:00:00+08:00", 100),
        ("2026-12-31T23:59:59+08:00", 250),
        ("2027-01-01T00:00:00+08:00", 30),
    ):
        at(moment)
        if kilograms == 10:
            make_lot()
        shop.paid(kilograms)
    return at("2027-02-02T09:00:00+08:00")


# -- rules ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "26", "2026-1", "1999", "2026-01-01", "２０２６", ""])
def test_what_is_no_period_is_refused(text: str):
    with pytest.raises(NoSuchPeriod):
        Period.read(text)


def test_periods_and_what_they_are_compared_with():
    month = Period.read("2026-03")
    assert (month.first, month.end) == (date(2026, 3, 1), date(2026, 4, 1))
    assert month.to_date == ("2026-01", "2026-02", "2026-03")
    assert str(month.year_before) == "2025-03"
    year = Period.read("2026")
    assert (year.first, year.end, len(year.months)) == (date(2026, 1, 1), date(2027, 1, 1), 12)
    assert Period.read("2026-12").end == date(2027, 1, 1)
    assert not month.is_over(date(2026, 3, 31))
    assert month.is_over(date(2026, 4, 1))


def test_types_are_told_apart_and_never_added_up():
    lots = {"A": Origin("P1", ProjectType.ARR), "B": Origin("P2", ProjectType.REDD)}
    counts = Counter({Of("grams", "A", "g"): 5, Of("grams", "B", "g"): 7, Of("retired", "P2", "g"): 7})
    found = rules.with_derived(counts, lots)
    by_type = {of.key: n for of, n in found.items() if of.measure == "sold_by_type"}
    assert by_type == {"ARR": 5, "REDD": 7}
    assert found[Of("retired_by_type", "REDD", "g")] == 7
    assert rules.stored_rows(found) == rules.stored_rows(counts), "what is worked out is not stored"


def test_a_digest_is_of_the_month_and_every_figure():
    rows = [["paid", "", "CNY", 5]]
    digest = rules.digest_of("2026-11", rows)
    assert digest != rules.digest_of("2026-12", rows)
    assert digest != rules.digest_of("2026-11", [["paid", "", "CNY", 6]])
    assert rules.stored_rows(rules.counts_of(rows)) == rows


# -- figures -------------------------------------------------------------------------------------------


def by_hand(month: str) -> dict[str, int]:
    """The same figures added up row by row, each by itself, with no query of the reports."""
    orders = [row for row in db.session.scalars(select(Order)) if row.paid_at and told(row.paid_at) == month]
    lines = [row for row in db.session.scalars(select(CashLine)) if told(row.at) == month]
    retired = [row for row in db.session.scalars(select(Retirement)) if told(row.at) == month]
    return {
        "orders": len(orders),
        "paid": sum(row.amount_minor for row in orders),
        "grams": sum(row.mass.grams for row in orders),
        "came": sum(row.amount_minor for row in lines if row.amount_minor > 0),
        "retired": sum(row.mass_g for row in retired),
        "retirements": len(retired),
    }


def told(at: datetime) -> str:
    return f"{day_of(at):%Y-%m}"


def reported(month: str, now: datetime) -> dict[str, int]:
    found: Counter[str] = Counter()
    for line in queries.report(Period.read(month), True, now).lines:
        found[line.of.measure] += line.amount
    return {measure: found[measure] for measure in by_hand(month)}


def test_figures_equal_an_independent_sum(any_app: Flask, at: At):
    now = a_winter(at)
    for month in ("2026-11", "2026-12", "2027-01"):
        assert reported(month, now) == by_hand(month), month
    tallies.close_days(now)
    commands.close_months(SYSTEM, True, now)
    for month in ("2026-11", "2026-12", "2027-01"):
        assert reported(month, now) == by_hand(month), f"{month}, written down"
    (december,) = queries.report(Period.read("2026-12"), True, now).of("paid")
    assert december.before > 0, "the last second of 2025 is of 2025"
    assert december.to_date > december.amount, "November counts since January"
    (year,) = queries.report(Period.read("2026"), True, now).of("paid")
    assert year.amount == sum(by_hand(month)["paid"] for month in ("2026-11", "2026-12"))


def test_pledges_are_counted_on_their_day(app: Flask):
    pledges.a_pledge()
    found = queries.report(Period.read(f"{day_of(pledges.NOW):%Y-%m}"), True, pledges.NOW)
    assert sum(line.amount for line in found.of("pledged")) == 1
    assert sum(line.amount for line in found.of("promised")) > 0


# -- written down --------------------------------------------------------------------------------------


def test_a_month_is_written_down_once_it_is_over(app: Flask, at: At):
    a_winter(at)
    assert commands.close_months(SYSTEM, True, at("2027-01-01T12:00:00+08:00")) == [], "not on the first"
    now = at("2027-01-02T03:00:00+08:00")
    tallies.close_days(now)
    written = commands.close_months(SYSTEM, True, now)
    assert written[0] == "2025-12"
    assert written[-1] == "2026-12"
    assert commands.close_months(SYSTEM, True, now) == []
    with pytest.raises(MonthNotOver):
        commands.write_down(SYSTEM, "2027-01", True, now)
    with pytest.raises(MonthNotOver):
        commands.write_down(SYSTEM, "2026", True, now)
    with pytest.raises(NotAllowed):
        commands.write_down(Actor("usr_1", frozenset({Role.ADMIN})), "2026-12", True, now)


def test_a_closed_month_changes_only_by_a_correction_that_is_shown(app: Flask, at: At):
    now = a_winter(at)
    tallies.close_days(now)
    commands.close_months(SYSTEM, True, now)
    first = queries.report(Period.read("2026-12"), True, now)
    with transaction() as session:
        without_guards(session, "cash_line")
        late = update(CashLine).where(
            CashLine.at < datetime(2026, 12, 1, tzinfo=UTC), CashLine.at > datetime(2026, 2, 1, tzinfo=UTC)
        )
        session.execute(late.values(at=datetime(2026, 12, 5, tzinfo=UTC)))
    unchanged = queries.report(Period.read("2026-12"), True, now)
    assert unchanged.lines == first.lines, "what was written down is told"
    assert set(commands.close_months(SYSTEM, True, now + timedelta(days=1))) == {"2026-12"}, (
        "two months are looked at"
    )
    found = queries.report(Period.read("2026-12"), True, now + timedelta(days=1))
    assert [revision.number for revision in found.revisions] == [1, 2]
    changed = {change.of: (change.before, change.after) for change in found.revisions[-1].changes}
    assert changed[AMOUNT][1] - changed[AMOUNT][0] == by_hand("2026-11")["paid"]


def test_the_database_keeps_what_was_written_down(any_app: Flask, at: At):
    now = a_winter(at)
    commands.write_down(SYSTEM, "2026-12", True, now)
    for sentence, attack in {
        "month_report rows are never edited": "UPDATE month_report SET sha256 = sha256",
        "month_report rows are never deleted": "DELETE FROM month_report",
    }.items():
        with pytest.raises(DatabaseError, match=sentence), transaction() as session:
            session.execute(text(attack))


# -- pages ---------------------------------------------------------------------------------------------


def reader(app: Flask, role: Role = Role.EDITOR) -> Browser:
    app.extensions["portal.person"] = lambda: Actor("usr_reader", frozenset({role}))
    return Browser(app.test_client())


@pytest.mark.parametrize("lang", LANGS)
def test_a_report_is_read_compared_and_taken_away(app: Flask, at: At, lang: str):
    now = a_winter(at)
    tallies.close_days(now)
    commands.close_months(SYSTEM, True, now)
    browser = reader(app)
    months = browser.open(f"/{lang}/desk/reports").table({"zh": "月份", "en": "Months"}[lang])
    assert next(iter(months[0].values())) == "2027-02"
    page = browser.open(f"/{lang}/desk/reports/2026-12")
    row = page.table({"zh": "售出的碳信用（按项目）", "en": "Credits sold, by project"}[lang])[0]
    assert row["2026-12"] == "250 kg CO₂e"
    assert queries.all_written()["2026-12"].sha256 in page.text
    answer = browser.client.get(f"/{lang}/desk/reports/2026-12.csv", buffered=True)
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    paid = [row for row in rows if row["figure"] == "paid"]
    assert [int(row["amount"]) for row in paid] == [by_hand("2026-12")["paid"]]
    assert browser.client.get(f"/{lang}/desk/reports/2026-12.xlsx", buffered=True).data[:2] == b"PK"
    for nothing in ("2024-01", "2027-05", "2026-13", "x"):
        browser.open(f"/{lang}/desk/reports/{nothing}", expect=404)


@pytest.mark.usefixtures("needs_press")
@pytest.mark.parametrize("lang", LANGS)
def test_a_report_has_its_months_drawn_on_the_page_and_on_paper(app: Flask, at: At, lang: str):
    a_winter(at)
    title, drawn = {
        "zh": ("2026 报表", "逐月售出的碳信用"),
        "en": ("Report 2026", "Credits sold, month by month"),
    }[lang]
    browser = reader(app)
    page = browser.open(f"/{lang}/desk/reports/2026")
    assert page.h1 == title
    months = {row[""]: row["kg CO₂e"] for row in page.table(drawn)}
    assert {month: kilograms for month, kilograms in months.items() if kilograms != "0"} == {
        "2026-11": "100",
        "2026-12": "250",
    }
    assert len(months) == page.html.count('class="bar-fill"') // 2 == 12, "sold, and as many retired"
    answer = browser.client.get(f"/{lang}/desk/reports/2026.pdf")
    assert answer.mimetype == "application/pdf"
    words = words_of(answer.data)
    assert f"{drawn} kg CO2e 2026-01 0" in words
    assert "2026-11 100 2026-12 250" in words
    assert title in words


def test_a_report_without_anything_says_what_it_waits_for(app: Flask):
    page = reader(app).open("/en/desk/reports")
    assert "Nothing to report yet" in page.text

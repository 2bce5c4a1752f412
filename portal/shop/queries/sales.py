"""What was sold, what money came in and went back: counted by day, for reports and public sums."""

from collections import Counter
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, case, func, select, type_coerce

from portal import tallies
from portal.db import Int, db
from portal.kernel.tally import Counts, Of
from portal.shop.models.orders import CashLine, Order, OrderLine, PaymentRow
from portal.shop.models.planting import PlantingCampaign, SeedlingLineRow

_Wanted = Select[*tuple[Any, ...]]

# Source names by whether it is test money.
CASH: Final = {False: "cash", True: "cash.test"}
SALES: Final = {False: "sales", True: "sales.test"}


def cash_between(test: bool, first: datetime, end: datetime) -> Counts:
    """Per party, in minor units: ``came`` in and went ``back``; ``refunds``: how often money went back."""
    minor = CashLine.amount_minor
    rows = _lines(
        select(
            CashLine.party,
            CashLine.currency,
            func.sum(case((minor > 0, minor), else_=0)).label("came"),
            func.sum(case((minor < 0, -minor), else_=0)).label("back"),
        ),
        test, first, end,
    ).group_by(CashLine.party, CashLine.currency)  # fmt: skip
    found: Counter[Of] = Counter()
    for row in db.session.execute(rows):
        found[Of("came", row.party, row.currency)] = int(row.came)
        found[Of("back", row.party, row.currency)] = int(row.back)
    back = _lines(
        select(CashLine.currency, func.count(CashLine.cause_id.distinct()).label("times")), test, first, end
    ).where(minor < 0)
    for row in db.session.execute(back.group_by(CashLine.currency)):
        found[Of("refunds", "", row.currency)] = row.times
    return found


def sales_between(test: bool, first: datetime, end: datetime) -> Counts:
    """Orders that were paid, with their grams and seedlings; refunds are not taken off.

    ``orders`` and ``paid`` by channel (the first letters of the purpose), ``paid_by`` way of paying,
    ``grams`` and ``credits`` by the lot that was chosen, ``seedlings`` and ``planting`` by campaign.
    """
    sold = (
        _lines(select(CashLine.order_id), test, first, end)
        .join(PaymentRow, PaymentRow.id == CashLine.cause_id)
        .where(PaymentRow.kind == "order")
    )
    found: Counter[Of] = Counter()
    channel = func.substr(Order.purpose, 1, 3).label("channel")
    minor = func.sum(Order.amount_minor).label("minor")
    orders = select(channel, Order.payment, Order.currency, func.count().label("n"), minor).where(
        Order.id.in_(sold)
    )
    for row in db.session.execute(orders.group_by(channel, Order.payment, Order.currency)):
        found[Of("orders", row.channel, row.currency)] += row.n
        found[Of("paid", row.channel, row.currency)] += int(row.minor)
        found[Of("paid_by", row.payment, row.currency)] += int(row.minor)
    for row in db.session.execute(_credits().where(OrderLine.order_id.in_(sold))):
        found[Of("grams", row.lots[0], "g")] += int(row.grams)
        found[Of("credits", row.lots[0], row.currency)] += int(row.minor)
    for row in db.session.execute(_seedlings().where(SeedlingLineRow.order_id.in_(sold))):
        found[Of("seedlings", row.code, "seedlings")] += int(row.seedlings)
        found[Of("planting", row.code, row.currency)] += int(row.minor)
    return found


def _lines(wanted: _Wanted, test: bool, first: datetime, end: datetime) -> _Wanted:
    is_then = (CashLine.at >= first, CashLine.at < end)
    return wanted.join(Order, Order.id == CashLine.order_id).where(Order.test == test, *is_then)


def _credits() -> _Wanted:
    return (
        select(
            OrderLine.lots, Order.currency, func.sum(type_coerce(OrderLine.mass, Int)).label("grams"),
            func.sum(OrderLine.amount_minor).label("minor"),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .group_by(OrderLine.lots, Order.currency)
    )  # fmt: skip


def _seedlings() -> _Wanted:
    return (
        select(
            PlantingCampaign.code, PlantingCampaign.currency,
            func.sum(SeedlingLineRow.seedlings).label("seedlings"),
            func.sum(SeedlingLineRow.amount_minor).label("minor"),
        )
        .join(PlantingCampaign, PlantingCampaign.id == SeedlingLineRow.campaign_id)
        .group_by(PlantingCampaign.code, PlantingCampaign.currency)
    )  # fmt: skip


def first_money() -> datetime | None:
    """When money first came in, real or test."""
    return db.session.execute(select(func.min(CashLine.at))).scalar_one()


@tallies.source(CASH[False], first_money)
def _cash(first: datetime, end: datetime) -> Counts:
    return cash_between(False, first, end)


@tallies.source(CASH[True], first_money)
def _test_cash(first: datetime, end: datetime) -> Counts:
    return cash_between(True, first, end)


@tallies.source(SALES[False], first_money)
def _sales(first: datetime, end: datetime) -> Counts:
    return sales_between(False, first, end)


@tallies.source(SALES[True], first_money)
def _test_sales(first: datetime, end: datetime) -> Counts:
    return sales_between(True, first, end)

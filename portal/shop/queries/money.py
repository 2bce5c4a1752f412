"""Where the money went: what each party was promised from every purchase, what was paid out, what is owed."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, func, literal_column, select

from portal import tallies
from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.clock import day_of
from portal.kernel.errors import NotAllowed
from portal.kernel.money import PLACES, Money
from portal.kernel.tally import Of
from portal.shop import policy
from portal.shop.models.orders import CashLine, Order
from portal.shop.models.payouts import Payee, Payout, PayoutVerdict
from portal.shop.queries.orders import cash_lines
from portal.shop.queries.sales import CASH
from portal.shop.rules import payouts as rules
from portal.shop.rules.payouts import Account, PayoutVerdictKind
from portal.shop.rules.quotes import Party

YEARS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class MonthView:
    """A month of one party in one currency: what came in less what went back, and what was paid out."""

    period: str
    party: Party
    came: Money
    paid_out: Money

    @property
    def is_closed(self) -> bool:
        return rules.is_closed([self.came], [self.paid_out])


@dataclass(frozen=True, slots=True)
class PayoutView:
    """``verdict`` is None while a second person has not looked at it."""

    id: str
    party: Party
    period: str
    amount: Money
    reference: str
    recorded_by: str
    at: datetime
    verdict: PayoutVerdictKind | None
    note: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """A party's part of one order, and whether the month it came in has been paid out to the party."""

    party: Party
    amount: Money
    period: str
    is_paid_out: bool


def accounts(test: bool, now: datetime) -> list[Account]:
    """Every party in every currency that money came in for; in the order of currencies and parties."""
    paid = _paid_out(test)
    came: Counter[Of] = sum(_months_of(test, now).values(), Counter())
    found = [
        Account(
            Party(of.key),
            Money(came[of], of.unit),
            Money(came[Of("back", of.key, of.unit)], of.unit),
            Money(paid[of.key, of.unit].total(), of.unit),
        )
        for of in came
        if of.measure == "came"
    ]
    return sorted(found, key=lambda each: _place(each.party, each.received.currency))


def held(party: Party, currency: str, test: bool) -> Money:
    """What is held for a party: all that came in, less what went back and what was paid out."""
    came = (
        select(func.coalesce(func.sum(CashLine.amount_minor), 0))
        .join(Order, Order.id == CashLine.order_id)
        .where(CashLine.party == party, CashLine.currency == currency, Order.test == test)
    )
    gone = _paid_out(test)[party, currency].total()
    return Money(int(db.session.execute(came).scalar_one()) - gone, currency)


def months(test: bool, now: datetime) -> list[MonthView]:
    """The newest month first; what is older than some years stands in the sums alone."""
    paid = _paid_out(test)
    earliest = f"{day_of(now).year - YEARS_SHOWN}-01"
    told = [
        MonthView(period, party, net, Money(paid[party, net.currency][period], net.currency))
        for period, counts in _months_of(test, now).items()
        if period >= earliest
        for party, net in _net(counts)
    ]
    by_place = sorted(told, key=lambda each: _place(each.party, each.came.currency))
    return sorted(by_place, key=lambda each: each.period, reverse=True)


def payouts(actor: Actor, test: bool) -> list[PayoutView]:
    """All that was recorded, the newest first, for staff. Raises NotAllowed."""
    if not policy.may_read_desk(actor):
        raise NotAllowed()
    return _payouts(test)


def payouts_done(test: bool) -> list[PayoutView]:
    """Those that a second person has confirmed, the newest first: for everybody."""
    return _payouts(test, PayoutVerdict.verdict == PayoutVerdictKind.CONFIRMED)


def money_of_order(order_id: str, test: bool, now: datetime) -> list[OrderMoney]:
    """Who holds which part of an order's money, by month; ask first whether the actor may see the order."""
    parts: Counter[tuple[str, Party, str]] = Counter()
    for line in cash_lines(order_id):
        parts[f"{day_of(line.at):%Y-%m}", line.party, line.amount.currency] += line.amount.minor
    if not parts:
        return []
    paid = _paid_out(test)
    # Whether a month is paid out asks for all its sales: only where something was paid at all.
    periods = sorted({period for period, party, unit in parts if paid[party, unit][period]}, reverse=True)
    came = _came_in(test, periods, now) if periods else {}
    told = []
    for (period, party, unit), minor in parts.items():
        in_month = Money(came.get((period, party, unit), 0), unit)
        gone = Money(paid[party, unit][period], unit)
        told.append(OrderMoney(party, Money(minor, unit), period, rules.is_closed([in_month], [gone])))
    return sorted(
        (each for each in told if each.amount),
        key=lambda each: (each.period, *_place(each.party, each.amount.currency)),
    )


def _place(party: Party, currency: str) -> tuple[int, int]:
    return list(PLACES).index(currency), list(Party).index(party)


def _paid_out(test: bool) -> defaultdict[tuple[str, str], Counter[str]]:
    """Confirmed pay-outs: party and currency → month → minor units."""
    rows = db.session.connection().execute(_PAID_OUT, {"is_test": test})
    paid: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        paid[row.party, row.currency][row.period] = int(row.minor)
    return paid


def _months_of(test: bool, now: datetime) -> dict[str, Counter[Of]]:
    """Month → what came in and went back, from the first money on: kept sums, and today's."""
    first = tallies.begins(CASH[test])
    return tallies.totals(CASH[test], first, day_of(now) + timedelta(days=1), now) if first else {}


def _net(counts: Mapping[Of, int]) -> list[tuple[Party, Money]]:
    """What came in less what went back, of each party in each currency."""
    told = dict.fromkeys((of.key, of.unit) for of in counts if of.measure in ("came", "back"))
    return [
        (
            Party(party),
            Money(counts.get(Of("came", party, unit), 0) - counts.get(Of("back", party, unit), 0), unit),
        )
        for party, unit in told
    ]


def _came_in(test: bool, periods: Sequence[str], now: datetime) -> dict[tuple[str, str, str], int]:
    """Month, party and currency → minor units that came in, less those that went back."""
    first, last = rules.first_day(periods[-1]), rules.month_after(rules.first_day(periods[0]))
    months = tallies.totals(CASH[test], first, last, now)
    return {
        (period, party, net.currency): net.minor
        for period, counts in months.items()
        for party, net in _net(counts)
    }


def _payouts(test: bool, *conditions: ColumnElement[bool]) -> list[PayoutView]:
    rows = db.session.execute(
        select(
            Payout.__table__,
            Payee.party,
            Payee.currency,
            PayoutVerdict.verdict,
            PayoutVerdict.note,
            PayoutVerdict.at.label("decided_at"),
        )
        .join(Payee, Payee.id == Payout.payee_id)
        .outerjoin(PayoutVerdict, PayoutVerdict.payout_id == Payout.id)
        .where(Payee.test == test, *conditions)
        .order_by(Payout.at.desc(), Payout.id.desc())
    )
    return [
        PayoutView(
            row.id,
            Party(row.party),
            row.period,
            Money(row.amount_minor, row.currency),
            row.reference,
            row.recorded_by,
            row.at,
            PayoutVerdictKind(row.verdict) if row.verdict else None,
            row.note or "",
            row.decided_at,
        )
        for row in rows
    ]


_payees, _paid, _verdicts = Payee.__table__, Payout.__table__, PayoutVerdict.__table__
# Built once: putting a statement together costs more than having it done.
_PAID_OUT = (
    select(_payees.c.party, _payees.c.currency, _paid.c.period, func.sum(_paid.c.amount_minor).label("minor"))
    .join_from(_paid, _payees, _payees.c.id == _paid.c.payee_id)
    .join(_verdicts, _verdicts.c.payout_id == _paid.c.id)
    .where(
        _payees.c.test == bindparam("is_test"),
        _verdicts.c.verdict == literal_column(f"'{PayoutVerdictKind.CONFIRMED}'"),
    )
    .group_by(_payees.c.party, _payees.c.currency, _paid.c.period)
)

"""Where the money went: what each party was promised from every purchase, what was paid out, what is owed."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

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
from portal.shop.models.origins import PayoutProof
from portal.shop.models.payouts import Payee, Payout, PayoutVerdict
from portal.shop.queries import origins
from portal.shop.queries.orders import cash_lines
from portal.shop.queries.sales import CASH
from portal.shop.rules import payouts as rules
from portal.shop.rules.origins import Origin
from portal.shop.rules.payouts import Balance, PayoutVerdictKind, Proof
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
    """``verdict`` is None while a second person has not looked at it.

    ``origin`` and ``account_id``: of a forest owner's; what was paid out before projects were told apart has
    neither, and no proof.
    """

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
    origin: Origin | None
    account_id: str | None
    has_proof: bool


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """A party's part of one order, and whether the month it came in has been paid out to the party.

    ``origin``: of a forest owner's part, the project or planting that it is for.
    """

    party: Party
    origin: Origin | None
    amount: Money
    period: str
    is_paid_out: bool


def accounts(test: bool, now: datetime) -> list[Balance]:
    """Every party in every currency that money came in for; in the order of currencies and parties."""
    paid = _paid_out(test)
    came: Counter[Of] = sum(_months_of(test, now).values(), Counter())
    found = [
        Balance(
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


def proof_of(actor: Actor, payout_id: str) -> Proof:
    """The bank's paper about a pay-out, for staff. Raises NotAllowed, UnknownPayout."""
    if not policy.may_read_desk(actor):
        raise NotAllowed()
    row = db.session.get(PayoutProof, payout_id)
    if row is None:
        raise rules.UnknownPayout()
    return Proof(row.sha256, row.media_type)


def money_of_order(order_id: str, test: bool, now: datetime) -> list[OrderMoney]:
    """Who holds which part of an order's money, by month; ask first whether the actor may see the order."""
    parts: Counter[_Part] = Counter()
    for line in cash_lines(order_id):
        if line.party is not Party.FOREST_OWNER:
            parts[_Part(f"{day_of(line.at):%Y-%m}", line.party, None, line.amount.currency)] += (
                line.amount.minor
            )
    for each in origins.parts_of(order_id):
        part = _Part(f"{day_of(each.at):%Y-%m}", Party.FOREST_OWNER, each.origin, each.amount.currency)
        parts[part] += each.amount.minor
    closed = _closed(test, {part for part, minor in parts.items() if minor}, now)
    told = [
        OrderMoney(part.party, part.origin, Money(minor, part.unit), part.period, part in closed)
        for part, minor in parts.items()
        if minor
    ]
    return sorted(
        told, key=lambda each: (each.period, *_place(each.party, each.amount.currency), str(each.origin))
    )


class _Part(NamedTuple):
    """Of whom money of a month is, in a currency."""

    period: str
    party: Party
    origin: Origin | None
    unit: str


def _closed(test: bool, parts: Collection[_Part], now: datetime) -> set[_Part]:
    """Those whose month has been paid out."""
    to_parties, for_origins = _paid_out(test), origins.paid_out(test)
    gone = {
        part: (for_origins[part.origin, part.unit] if part.origin else to_parties[part.party, part.unit])[
            part.period
        ]
        for part in parts
    }
    # Whether a month is paid out asks for all its sales: only where something was paid at all.
    asked = [part for part, minor in gone.items() if minor]
    if not asked:
        return set()
    came = _came_in(test, sorted({part.period for part in asked}, reverse=True), now)
    return {
        part
        for part in asked
        if rules.is_closed([Money(came.get(part, 0), part.unit)], [Money(gone[part], part.unit)])
    }


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


def _came_in(test: bool, periods: Sequence[str], now: datetime) -> dict[_Part, int]:
    """Minor units that came in in these months, less those that went back."""
    first, last = rules.first_day(periods[-1]), rules.month_after(rules.first_day(periods[0]))
    came = {
        _Part(period, party, None, net.currency): net.minor
        for period, counts in tallies.totals(CASH[test], first, last, now).items()
        for party, net in _net(counts)
    }
    for period, origin, net in origins.nets(test, first, last, now):
        came[_Part(period, Party.FOREST_OWNER, origin, net.currency)] = net.minor
    return came


def _payouts(test: bool, *conditions: ColumnElement[bool]) -> list[PayoutView]:
    rows = db.session.execute(
        select(
            Payout.__table__,
            Payee.party,
            Payee.currency,
            PayoutVerdict.verdict,
            PayoutVerdict.note,
            PayoutVerdict.at.label("decided_at"),
            PayoutProof.origin,
            PayoutProof.account_id,
        )
        .join(Payee, Payee.id == Payout.payee_id)
        .outerjoin(PayoutProof, PayoutProof.payout_id == Payout.id)
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
            Origin.parse(row.origin) if row.origin else None,
            row.account_id,
            row.origin is not None,
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

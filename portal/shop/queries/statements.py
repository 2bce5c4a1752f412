"""The yearly statement of a person or an organisation: every order, retirement, range and refund."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select

from portal.certificates.rules.claims import EFFECT_OF, Effect
from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.clock import CITY, midnight
from portal.kernel.errors import NotFound
from portal.kernel.mass import ZERO, Mass
from portal.kernel.money import Money
from portal.registry.queries.ranges import ranges_of
from portal.registry.rules.facts import RangeFacts
from portal.shop import policy
from portal.shop.models.orders import Order, OrderLine, PaymentRow, RefundRow
from portal.shop.queries.orders import RefundView, refunds
from portal.shop.queries.planting import SeedlingsView, seedlings_in
from portal.shop.rules.states import OrderState

# What a retirement is worth while its order stands like this; of a void one nothing is claimed any more.
_STANDS = frozenset({OrderState.RETIRED, OrderState.FULFILLED, OrderState.DISPUTED})


@dataclass(frozen=True, slots=True)
class StatedLine:
    """One line of an order; ``ranges`` is empty while nothing is retired."""

    lots: tuple[str, ...]
    mass: Mass
    amount: Money
    certificate: str | None
    ranges: tuple[RangeFacts, ...]


@dataclass(frozen=True, slots=True)
class StatedOrder:
    id: str
    state: OrderState
    purpose: str
    created_at: datetime
    paid_at: datetime | None
    total: Money
    is_test: bool
    lines: tuple[StatedLine, ...]
    seedlings: tuple[SeedlingsView, ...]
    refunds: tuple[RefundView, ...]

    @property
    def stands(self) -> bool:
        """Whether what it retired is claimed by its buyer."""
        return self.state in _STANDS


@dataclass(frozen=True, slots=True)
class Statement:
    """Orders placed in a civil year of the city, oldest first, and what they come to.

    ``retired``: by effect, never added across effects; ``paid`` and ``returned``: by currency.
    """

    year: int
    orders: tuple[StatedOrder, ...]
    retired: Mapping[Effect, Mass]
    paid: Mapping[str, Money]
    returned: Mapping[str, Money]


def statement(actor: Actor, organisation_id: str, year: int, *, counts_tests: bool) -> Statement:
    """A person's own, or with an id that of an organisation they belong to. Raises NotFound.

    ``counts_tests``: whether orders with test money count, as they do where there is no other money.
    """
    if not policy.may_prepare_for(actor, organisation_id):
        raise NotFound()
    first, end = _bounds(year)
    rows = db.session.scalars(
        select(Order)
        .where(_whose(actor, organisation_id), Order.created_at >= first, Order.created_at < end)
        .order_by(Order.created_at, Order.id)
    ).all()
    ids = [row.id for row in rows]
    lines, funded = _lines_of(ids), seedlings_in(ids)
    orders = tuple(_order(row, lines[row.id], funded.get(row.id, [])) for row in rows)
    return Statement(year, orders, _retired(orders, counts_tests), *_money(ids))


def years_of(actor: Actor, organisation_id: str, today: date) -> list[int]:
    """From the year of the first order to this one, newest first."""
    if not policy.may_prepare_for(actor, organisation_id):
        raise NotFound()
    earliest = db.session.execute(
        select(func.min(Order.created_at)).where(_whose(actor, organisation_id))
    ).scalar_one_or_none()
    start = earliest.astimezone(CITY).year if earliest else today.year
    return list(range(today.year, start - 1, -1))


def _whose(actor: Actor, organisation_id: str) -> ColumnElement[bool]:
    if organisation_id:
        return Order.organisation_id == organisation_id
    return (Order.person_id == actor.id) & (Order.organisation_id == "")


def _bounds(year: int) -> tuple[datetime, datetime]:
    return midnight(date(year, 1, 1)), midnight(date(year + 1, 1, 1))


def _lines_of(order_ids: Sequence[str]) -> dict[str, list[OrderLine]]:
    found: dict[str, list[OrderLine]] = defaultdict(list)
    query = select(OrderLine).where(OrderLine.order_id.in_(order_ids))
    for line in db.session.scalars(query.order_by(OrderLine.order_id, OrderLine.position)):
        found[line.order_id].append(line)
    return found


def _order(row: Order, lines: Sequence[OrderLine], seedlings: Sequence[SeedlingsView]) -> StatedOrder:
    return StatedOrder(
        id=row.id,
        state=OrderState(row.state),
        purpose=row.purpose,
        created_at=row.created_at,
        paid_at=row.paid_at,
        total=Money(row.amount_minor, row.currency),
        is_test=row.test,
        lines=tuple(_line(line, row.currency) for line in lines),
        seedlings=tuple(seedlings),
        refunds=tuple(refunds(row.id)) if row.paid_at or row.attention else (),
    )


def _line(line: OrderLine, currency: str) -> StatedLine:
    return StatedLine(
        lots=tuple(line.lots),
        mass=line.mass,
        amount=Money(line.amount_minor, currency),
        certificate=line.certificate,
        ranges=ranges_of(line.retirement_id) if line.retirement_id else (),
    )


def _retired(orders: Sequence[StatedOrder], counts_tests: bool) -> dict[Effect, Mass]:
    sums: dict[Effect, Mass] = {}
    for order in orders:
        if order.stands and (counts_tests or not order.is_test):
            for part in (part for line in order.lines for part in line.ranges):
                effect = EFFECT_OF[part.project_type]
                sums[effect] = sums.get(effect, ZERO) + part.mass
    return {effect: sums[effect] for effect in Effect if effect in sums}


def _money(order_ids: Sequence[str]) -> tuple[dict[str, Money], dict[str, Money]]:
    """What came in, and what went back, by currency."""
    came = select(PaymentRow.currency, func.sum(PaymentRow.amount_minor)).where(
        PaymentRow.order_id.in_(order_ids)
    )
    went = select(RefundRow.currency, func.sum(RefundRow.amount_minor)).where(
        RefundRow.order_id.in_(order_ids), RefundRow.state == "succeeded"
    )
    paid = {
        currency: Money(int(minor), currency)
        for currency, minor in db.session.execute(came.group_by(PaymentRow.currency))
    }
    returned = {
        currency: Money(int(minor), currency)
        for currency, minor in db.session.execute(went.group_by(RefundRow.currency))
    }
    return paid, returned

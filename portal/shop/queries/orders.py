"""What the shop can be asked: offers, orders, what needs attention, and whether the cash adds up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, bindparam, func, literal_column, or_, select, union_all

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.registry.queries.ranges import hold_states
from portal.registry.queries.register import LotView, open_lots, price_of
from portal.registry.rules.audit import Check, Fault
from portal.registry.rules.errors import UnknownProject
from portal.registry.rules.ledger import HoldState
from portal.shop import policy
from portal.shop.models.orders import (
    CashLine,
    Order,
    OrderBuyer,
    OrderEntry,
    OrderLine,
    PaymentEvent,
    PaymentRow,
    RefundRow,
)
from portal.shop.models.planting import SeedlingLineRow
from portal.shop.models.transfers import TransferPart
from portal.shop.rules.orders import QUARANTINED, NoSuchOrder, NothingForSale
from portal.shop.rules.quotes import Fee, FeeKind, NoPriceList, Offer, Party, Share
from portal.shop.rules.states import REFUNDING, RETIRED_ONCE, UNPAID, OrderState

CARE_PAUSE = timedelta(minutes=10)  # before a quarantined order is tried again by itself
ASK_PAUSE = timedelta(minutes=1)  # between two questions to the provider about one order
PRINT_PAUSE = timedelta(seconds=10)  # between two looks whether certificates are printed
WATCHED = timedelta(days=120)  # how long after paying a bank can still object


# -- offers ------------------------------------------------------------------------------------


def offer_of(lot_code: str, currency: str | None = None) -> Offer:
    """The price of one lot, in its own currency unless one is named. Raises NotFound, NotPricedIn."""
    return Offer((lot_code,), price_of(lot_code, currency))


def offer_for_project(project_code: str, currency: str | None = None) -> Offer:
    """Lots of a project at the price of its first one, in the order in which they are recommended.

    Raises NotFound when it has none that is open and has a price in the currency.
    """
    lots = [each for each in open_lots(currency) if each.project.code == project_code]
    return _together(lots, project_code)


def first_offer(currency: str | None = None) -> Offer:
    """For somebody who did not choose: the lots the city recommends first.

    Raises NothingForSale, NoPriceList.
    """
    lots = open_lots(currency)
    if not lots and currency and open_lots():
        raise NoPriceList(currency=currency)
    if not lots:
        raise NothingForSale()
    return offer_for_project(lots[0].project.code, currency)


def _together(lots: list[LotView], project_code: str) -> Offer:
    if not lots:
        raise UnknownProject(code=project_code[:80])
    first = next((each for each in lots if each.free), lots[0])
    same = [each.code for each in lots if each.price_per_t == first.price_per_t]
    return Offer((first.code, *(code for code in same if code != first.code)), first.price_per_t)


# -- one order ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LineView:
    id: str
    lots: tuple[str, ...]
    mass: Mass
    per_tonne: Money
    amount: Money
    retirement_id: str | None
    certificate: str | None


@dataclass(frozen=True, slots=True)
class BuyerView:
    name: str
    email: str
    is_public: bool


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as pages and the till see it. ``buyer`` is None once the person is forgotten."""

    id: str
    state: OrderState
    mass: Mass
    total: Money
    fees: tuple[Fee, ...]
    split: tuple[Share, ...]
    lines: tuple[LineView, ...]
    buyer: BuyerView | None
    purpose: str
    lang: str
    consent: bool
    payment: str
    provider: str
    test: bool
    quote_hash: str
    session_no: int
    session_id: str | None
    session_url: str | None
    expires_at: datetime
    person_id: str | None
    organisation_id: str
    created_at: datetime
    paid_at: datetime | None
    retire_after: datetime | None
    attention: str
    attention_at: datetime | None

    @property
    def is_unpaid(self) -> bool:
        return self.state in UNPAID

    @property
    def certificates(self) -> tuple[str, ...]:
        return tuple(line.certificate for line in self.lines if line.certificate)


@dataclass(frozen=True, slots=True)
class HistoryLine:
    event: str
    from_state: str | None
    to_state: str | None
    note: str
    actor_id: str
    at: datetime

    @property
    def is_refused(self) -> bool:
        return self.to_state is None


@dataclass(frozen=True, slots=True)
class PaymentView:
    id: str
    kind: str
    provider_payment_id: str
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class RefundView:
    id: str
    order_id: str
    kind: str
    state: str
    amount: Money
    reason: str
    provider: str
    payment_id: str  # the provider's
    provider_refund_id: str | None
    created_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class CashView:
    party: Party
    amount: Money
    cause_id: str
    at: datetime


_order, _buyer, _line_of = Order.__table__, OrderBuyer.__table__, OrderLine.__table__
# Built once: putting a statement together costs more than having it done.
_ORDER = (
    select(_order, _buyer.c.name, _buyer.c.email, _buyer.c.is_public)
    .join_from(_order, _buyer, _buyer.c.order_id == _order.c.id, isouter=True)
    .where(_order.c.id == bindparam("order_id"))
)
_LINES = select(_line_of).where(_line_of.c.order_id == bindparam("order_id")).order_by(_line_of.c.position)


_told = OrderEntry.__table__
_HISTORY = select(_told).where(_told.c.order_id == bindparam("order_id")).order_by(_told.c.at, _told.c.id)
_refund, _payment = RefundRow.__table__, PaymentRow.__table__
_REFUNDS = (
    select(_refund, _payment.c.provider, _payment.c.provider_payment_id)
    .join_from(_refund, _payment, _payment.c.id == _refund.c.payment_id)
    .order_by(_refund.c.created_at)
)
_cash = CashLine.__table__
_CASH = select(_cash).where(_cash.c.order_id == bindparam("order_id")).order_by(_cash.c.at, _cash.c.cause_id)
_REFUNDS_OF_ORDER = _REFUNDS.where(_refund.c.order_id == bindparam("order_id"))
_REFUND = _REFUNDS.where(_refund.c.id == bindparam("refund_id"))
_REFUNDS_RUNNING = _REFUNDS.where(_refund.c.state.in_(("planned", "pending")))


def order(actor: Actor, order_id: str) -> OrderView:
    """Raises NoSuchOrder, also for somebody else's: nobody learns which ids exist."""
    books = db.session.connection()
    row = books.execute(_ORDER, {"order_id": order_id}).one_or_none()
    if row is None or not policy.may_see(actor, row):
        raise NoSuchOrder()
    lines = books.execute(_LINES, {"order_id": order_id})
    return _view(row, tuple(_line(each, row.currency) for each in lines))


def _view(row: Any, lines: tuple[LineView, ...]) -> OrderView:
    def money(minor: int) -> Money:
        return Money(minor, row.currency)

    return OrderView(
        id=row.id,
        state=OrderState(row.state),
        mass=row.mass_g,
        total=money(row.amount_minor),
        fees=tuple(Fee(kind, money(row.fees[kind.value])) for kind in FeeKind if kind.value in row.fees),
        split=tuple(
            Share(party, money(row.split[party.value])) for party in Party if party.value in row.split
        ),
        lines=lines,
        buyer=BuyerView(row.name, row.email, row.is_public) if row.email else None,
        purpose=row.purpose,
        lang=row.lang,
        consent=row.consent,
        payment=row.payment,
        provider=row.provider,
        test=row.test,
        quote_hash=row.quote_hash,
        session_no=row.session_no,
        session_id=row.session_id,
        session_url=row.session_url,
        expires_at=row.expires_at,
        person_id=row.person_id,
        organisation_id=row.organisation_id,
        created_at=row.created_at,
        paid_at=row.paid_at,
        retire_after=row.retire_after,
        attention=row.attention,
        attention_at=row.attention_at,
    )


def _line(row: Any, currency: str) -> LineView:
    return LineView(
        row.id,
        tuple(row.lots),
        row.mass_g,
        Money(row.minor_per_t, currency),
        Money(row.amount_minor, currency),
        row.retirement_id,
        row.certificate,
    )


def history(order_id: str) -> list[HistoryLine]:
    """Oldest first, each where the one before leads on to it: steps of one transaction bear one time, and a
    clock that was put back makes a later step look older.
    """
    rows = db.session.connection().execute(_HISTORY, {"order_id": order_id})
    waiting = [HistoryLine(r.event, r.from_state, r.to_state, r.note, r.actor_id, r.at) for r in rows]
    told: list[HistoryLine] = []
    state: str | None = None
    while waiting:
        line = next((each for each in waiting if each.from_state == state), waiting[0])
        waiting.remove(line)
        told.append(line)
        state = line.to_state or state
    return told


def payments(order_id: str) -> list[PaymentView]:
    rows = db.session.execute(
        select(PaymentRow.__table__)
        .where(PaymentRow.order_id == order_id)
        .order_by(PaymentRow.at, PaymentRow.id)
    )
    return [
        PaymentView(r.id, r.kind, r.provider_payment_id, Money(r.amount_minor, r.currency), r.at)
        for r in rows
    ]


def refunds(order_id: str) -> list[RefundView]:
    return _refunds(_REFUNDS_OF_ORDER, order_id=order_id)


def refund(refund_id: str) -> RefundView | None:
    return next(iter(_refunds(_REFUND, refund_id=refund_id)), None)


def refunds_running() -> list[RefundView]:
    """Refunds that the provider has still to do or to confirm."""
    return [each for each in _refunds(_REFUNDS_RUNNING) if each.provider != "transfer"]


def _refunds(query: Select[Any], **values: str) -> list[RefundView]:
    rows = db.session.connection().execute(query, values)
    return [
        RefundView(
            r.id,
            r.order_id,
            r.kind,
            r.state,
            Money(r.amount_minor, r.currency),
            r.reason,
            r.provider,
            r.provider_payment_id,
            r.provider_refund_id,
            r.created_at,
            r.done_at,
        )
        for r in rows
    ]


def cash_lines(order_id: str) -> list[CashView]:
    rows = db.session.connection().execute(_CASH, {"order_id": order_id})
    lines = [CashView(Party(r.party), Money(r.amount_minor, r.currency), r.cause_id, r.at) for r in rows]
    return sorted(lines, key=lambda line: (line.at, line.cause_id, list(Party).index(line.party)))


@dataclass(frozen=True, slots=True)
class TransferView:
    """A bank transfer that arrived; ``is_booked`` once it is part of a payment."""

    reference: str
    amount: Money
    is_booked: bool
    at: datetime


def transfers(order_id: str) -> list[TransferView]:
    """Oldest first."""
    rows = db.session.execute(
        select(TransferPart.__table__)
        .where(TransferPart.order_id == order_id)
        .order_by(TransferPart.at, TransferPart.reference)
    )
    return [
        TransferView(r.reference, Money(r.amount_minor, r.currency), r.payment_id is not None, r.at)
        for r in rows
    ]


def order_of_payment(provider: str, provider_payment_id: str) -> str | None:
    is_it = (PaymentRow.provider == provider, PaymentRow.provider_payment_id == provider_payment_id)
    return db.session.execute(select(PaymentRow.order_id).where(*is_it)).scalar_one_or_none()


def exists(order_id: str) -> bool:
    return db.session.execute(select(Order.id).where(Order.id == order_id)).scalar_one_or_none() is not None


# -- lists -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OrderRow:
    id: str
    state: OrderState
    mass: Mass
    seedlings: int
    total: Money
    email: str
    attention: str
    test: bool
    created_at: datetime

    @property
    def grams(self) -> list[int]:
        return [self.mass.grams] if self.mass else []


def orders_of(actor: Actor, cursor: str = "", size: int = 25) -> list[OrderRow]:
    """A person's and their organisations' orders, newest first; one more than ``size`` if there are more."""
    own = or_(Order.person_id == actor.id, Order.organisation_id.in_(actor.organisations or ["-"]))
    return _list([own], cursor, size)


def orders_at_desk(
    actor: Actor, state: str = "", search: str = "", cursor: str = "", size: int = 50
) -> list[OrderRow]:
    """All orders, newest first; ``search`` is an id or an e-mail address. Raises NotAllowed."""
    _check_desk(actor)
    conditions: list[ColumnElement[bool]] = [Order.state == state] if state else []
    if search:
        conditions.append(or_(Order.id == search, OrderBuyer.email == search))
    return _list(conditions, cursor, size)


def needs_attention(actor: Actor, size: int = 50) -> list[OrderRow]:
    """Orders a person must look at, the longest waiting first. Raises NotAllowed."""
    _check_desk(actor)
    waiting = _rows().where(Order.attention != "").order_by(Order.attention_at).limit(size)
    return [_row(row) for row in db.session.execute(waiting)]


def parked_events(actor: Actor, size: int = 50) -> list[Any]:
    """Provider's events that belong to no order of ours, newest first. Raises NotAllowed."""
    _check_desk(actor)
    parked = select(PaymentEvent.__table__).where(PaymentEvent.outcome.in_(("parked", "foreign")))
    return list(db.session.execute(parked.order_by(PaymentEvent.at.desc()).limit(size)))


def _check_desk(actor: Actor) -> None:
    if not policy.may_read_desk(actor) and not actor.is_system:
        raise NotAllowed()


def _rows() -> Any:
    columns = (
        Order.id,
        Order.state,
        Order.mass,
        Order.amount_minor,
        Order.currency,
        Order.attention,
        Order.test,
    )
    seedlings = (
        select(func.coalesce(func.sum(SeedlingLineRow.seedlings), 0))
        .where(SeedlingLineRow.order_id == Order.id)
        .scalar_subquery()
        .label("seedlings")
    )
    return select(*columns, seedlings, Order.created_at, OrderBuyer.email).join_from(
        Order, OrderBuyer, OrderBuyer.order_id == Order.id, isouter=True
    )


def _list(conditions: list[ColumnElement[bool]], cursor: str, size: int) -> list[OrderRow]:
    # Ids sort by the millisecond they were made in, which is near enough to "newest first".
    query = _rows().where(*conditions).order_by(Order.id.desc()).limit(size + 1)
    if cursor:
        query = query.where(Order.id < cursor)
    return [_row(row) for row in db.session.execute(query)]


def _row(row: Any) -> OrderRow:
    return OrderRow(
        row.id,
        OrderState(row.state),
        row.mass,
        int(row.seedlings),
        Money(row.amount_minor, row.currency),
        row.email or "",
        row.attention,
        row.test,
        row.created_at,
    )


# -- work that waits ---------------------------------------------------------------------------


def lapsing(now: datetime, limit: int = 200) -> list[str]:
    """Unpaid orders whose time to pay is over."""
    return _ids(Order.state.in_(UNPAID), Order.expires_at <= now, _is_calm(now), limit=limit)


def unheard(now: datetime, limit: int = 100) -> list[str]:
    """Orders that wait for a payment and were not asked about for a while: an event may have been lost."""
    waits = Order.state.in_((OrderState.AWAITING_PAYMENT, OrderState.PAYMENT_FAILED))
    asked = func.coalesce(Order.asked_at, Order.created_at) <= now - ASK_PAUSE
    return _ids(waits, Order.payment == "card", asked, _is_calm(now), limit=limit)


def to_retire(now: datetime, limit: int = 200) -> list[str]:
    """Paid orders whose cooling-off days are over."""
    return _ids(Order.state == OrderState.PAID, Order.retire_after <= now, _is_calm(now), limit=limit)


def to_fulfil(now: datetime, limit: int = 50) -> list[str]:
    """Retired orders whose letter is not out yet, those that were looked at longest ago first."""
    query = (
        select(Order.id)
        .where(
            Order.state == OrderState.RETIRED,
            _is_calm(now),
            or_(Order.asked_at.is_(None), Order.asked_at <= now - PRINT_PAUSE),
        )
        .order_by(func.coalesce(Order.asked_at, Order.paid_at))
        .limit(limit)
    )
    return list(db.session.scalars(query))


def attention_of(order_id: str) -> str:
    return db.session.execute(select(Order.attention).where(Order.id == order_id)).scalar_one_or_none() or ""


def unfinished() -> list[str]:
    """All that is not where it will stay, quarantined orders included: what ``shop reconcile`` heals."""
    moving = Order.state.in_([*UNPAID, *REFUNDING, OrderState.PAID, OrderState.RETIRED, OrderState.DISPUTED])
    return _ids(moving | (Order.attention == QUARANTINED), limit=None)


def watched(now: datetime, limit: int | None = 100) -> list[str]:
    """Paid orders that may have been refunded or disputed without our hearing, longest unasked first."""
    done = Order.state.in_((OrderState.PAID, OrderState.RETIRED, OrderState.FULFILLED, OrderState.DISPUTED))
    is_recent = Order.state.in_(REFUNDING) | (done & (Order.paid_at > now - WATCHED))
    query = (
        select(Order.id)
        .where(is_recent, Order.payment == "card")
        .order_by(func.coalesce(Order.asked_at, Order.paid_at))
        .limit(limit)
    )
    return list(db.session.scalars(query))


def _is_calm(now: datetime) -> ColumnElement[bool]:
    return or_(Order.attention != QUARANTINED, Order.attention_at <= now - CARE_PAUSE)


def _ids(*conditions: ColumnElement[bool], limit: int | None) -> list[str]:
    return list(db.session.scalars(select(Order.id).where(*conditions).order_by(Order.id).limit(limit)))


# -- for ``ledger verify`` ---------------------------------------------------------------------


def faults() -> Iterator[Fault]:
    """I10, I17: per order, paid as quoted, captured − refunded = Σ cash lines, grams as the state demands."""
    yield from _cash_faults()
    yield from _price_faults()
    yield from _state_faults()
    yield from _grams_faults()


def _fault(order_id: str, sentence: str) -> Fault:
    return Fault(Check.CASH, f"order {order_id}", sentence)


def unsettled() -> list[str]:
    """Orders whose money or grams are still on the way: listed beside the faults, and no fault."""
    moving = [*UNPAID, *REFUNDING, OrderState.NEEDS_ATTENTION, OrderState.DISPUTED, OrderState.PAID]
    return _ids(Order.state.in_(moving), limit=None)


def _cash_faults() -> Iterator[Fault]:
    signed = union_all(
        select(PaymentRow.order_id, PaymentRow.currency, PaymentRow.amount_minor.label("minor")),
        select(RefundRow.order_id, RefundRow.currency, (-RefundRow.amount_minor).label("minor")).where(
            RefundRow.state == "succeeded"
        ),
        select(CashLine.order_id, CashLine.currency, (-CashLine.amount_minor).label("minor")),
    ).subquery()
    off = (
        select(signed.c.order_id, signed.c.currency, func.sum(signed.c.minor).label("off"))
        .group_by(signed.c.order_id, signed.c.currency)
        .having(func.sum(signed.c.minor) != 0)
    )
    for row in db.session.execute(off):
        yield _fault(
            row.order_id,
            f"captured - refunded differs from the cash lines by {int(row.off)} {row.currency} minor units",
        )


def _price_faults() -> Iterator[Fault]:
    line_sums = (
        select(
            OrderLine.order_id,
            func.sum(literal_column("mass_g")).label("grams"),
            func.sum(OrderLine.amount_minor).label("minor"),
        )
        .group_by(OrderLine.order_id)
        .subquery()
    )
    planting = (
        select(SeedlingLineRow.order_id, func.sum(SeedlingLineRow.amount_minor).label("planting"))
        .group_by(SeedlingLineRow.order_id)
        .subquery()
    )
    rows = db.session.execute(
        select(
            Order.id,
            Order.mass,
            Order.amount_minor,
            Order.fees,
            Order.split,
            line_sums.c.grams,
            line_sums.c.minor,
            planting.c.planting,
        )
        .join(line_sums, line_sums.c.order_id == Order.id, isouter=True)
        .join(planting, planting.c.order_id == Order.id, isouter=True)
        .execution_options(yield_per=1000)
    )
    for row in rows:
        if int(row.grams or 0) != row.mass.grams:
            yield _fault(row.id, "the lines do not add up to the order's grams")
        if int(row.minor or 0) + int(row.planting or 0) + sum(row.fees.values()) != row.amount_minor:
            yield _fault(row.id, "lines and fees do not add up to the total")
        if sum(row.split.values()) != row.amount_minor:
            yield _fault(row.id, "the split does not add up to the total")


def _state_faults() -> Iterator[Fault]:
    """Orders whose state says they are paid or retired, without the payment or the retirement."""
    paid = select(PaymentRow.id).where(
        PaymentRow.order_id == Order.id,
        PaymentRow.kind == "order",
        PaymentRow.amount_minor == Order.amount_minor,
        PaymentRow.currency == Order.currency,
        PaymentRow.test == Order.test,
    )
    needs_payment = [OrderState.PAID, OrderState.REGISTRY_PENDING, *RETIRED_ONCE]
    unpaid = select(Order.id).where(Order.state.in_(needs_payment), ~paid.exists())
    for order_id in db.session.scalars(unpaid):
        yield _fault(order_id, "counted as paid without a payment of the amount that was quoted")
    unretired = (
        select(OrderLine.order_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.state.in_(RETIRED_ONCE), OrderLine.retirement_id.is_(None))
        .distinct()
    )
    for order_id in db.session.scalars(unretired):
        yield _fault(order_id, "counted as retired without a retirement")


_GRAMS: Final[Mapping[OrderState, frozenset[HoldState]]] = {
    **dict.fromkeys(UNPAID, frozenset({HoldState.RESERVED})),
    **dict.fromkeys(RETIRED_ONCE, frozenset({HoldState.RETIRED})),
    **dict.fromkeys(
        (OrderState.EXPIRED, OrderState.CANCELLED, OrderState.REFUNDED), frozenset({HoldState.RELEASED})
    ),
    **dict.fromkeys(
        (OrderState.PAID, OrderState.REGISTRY_PENDING, OrderState.SUBSTITUTE_OFFERED),
        frozenset({HoldState.ALLOCATED}),
    ),
    # Money that did not fit, or came too late, finds its grams reserved still, or released.
    **dict.fromkeys(
        (OrderState.REFUND_PENDING, OrderState.NEEDS_ATTENTION),
        frozenset({HoldState.REFUNDING, HoldState.RESERVED, HoldState.RELEASED}),
    ),
    OrderState.DISPUTED: frozenset({HoldState.ALLOCATED, HoldState.RETIRED}),
}


def _grams_faults() -> Iterator[Fault]:
    """Orders whose grams are not where their state demands."""
    rows = db.session.execute(select(Order.id, Order.hold_id, Order.state).execution_options(yield_per=1000))
    for part in rows.partitions():
        found = hold_states([row.hold_id for row in part])
        for row in part:
            held = found.get(row.hold_id)
            if held not in _GRAMS[OrderState(row.state)]:
                yield _fault(
                    row.id, f"is {row.state}, but its grams are {held.value if held else 'not held'}"
                )

"""Batches of gifts: how far each is, who is in it, and which still have certificates to be issued."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.mass import Mass
from portal.shop import policy
from portal.shop.models.gifts import Gift, GiftBatch, GiftCards
from portal.shop.models.orders import Order, OrderLine
from portal.shop.rules.batches import NoSuchBatch
from portal.shop.rules.states import UNPAID, OrderState

_GONE = frozenset({OrderState.CANCELLED, OrderState.EXPIRED})


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch with its order, if one was placed that has not lapsed, and how many shares are certified."""

    id: str
    person_id: str
    organisation_id: str
    lot: str
    each: Mass
    count: int
    certified: int
    claimed: int
    created_at: datetime
    done_at: datetime | None
    order_id: str | None
    order_state: OrderState | None

    @property
    def mass(self) -> Mass:
        return Mass(self.each.grams * self.count)

    @property
    def is_open(self) -> bool:
        """Whether it can still be bought."""
        return self.order_state is None

    @property
    def is_unpaid(self) -> bool:
        return self.order_state in UNPAID


@dataclass(frozen=True, slots=True)
class CardsView:
    """How far the ZIP with a batch's cards is."""

    batch_id: str
    asked_at: datetime
    printed: int
    done_at: datetime | None


def cards_of(batch_id: str) -> CardsView | None:
    """None while nobody has asked for them."""
    row = db.session.get(GiftCards, batch_id, populate_existing=True)
    return CardsView(row.batch_id, row.asked_at, row.printed, row.done_at) if row else None


def cards_to_print(limit: int = 10) -> list[CardsView]:
    """Those who asked first come first."""
    waiting = select(GiftCards).where(GiftCards.done_at.is_(None)).order_by(GiftCards.asked_at).limit(limit)
    return [CardsView(row.batch_id, row.asked_at, row.printed, None) for row in db.session.scalars(waiting)]


def batch(actor: Actor, batch_id: str) -> BatchView:
    """Raises NoSuchBatch, for somebody else's exactly as for one that does not exist."""
    row = db.session.scalars(select(GiftBatch).where(GiftBatch.id == batch_id)).one_or_none()
    if row is None or not policy.may_see_batch(actor, row):
        raise NoSuchBatch()
    return _views([row])[0]


def maker_of(batch_id: str) -> str | None:
    """Who handed in this list, for those who have asked a policy; None where there is none such."""
    return db.session.scalar(select(GiftBatch.person_id).where(GiftBatch.id == batch_id))


def batches_of(actor: Actor, cursor: str = "", size: int = 25) -> list[BatchView]:
    """Of a person and their organisations, newest first; one more than ``size`` if there are more."""
    own = or_(
        (GiftBatch.person_id == actor.id) & (GiftBatch.organisation_id == ""),
        GiftBatch.organisation_id.in_(list(actor.organisations) or ["-"]),
    )
    query = select(GiftBatch).where(own).order_by(GiftBatch.id.desc()).limit(size + 1)
    if cursor:
        query = query.where(GiftBatch.id < cursor)
    return _views(db.session.scalars(query))


def to_share_out(limit: int = 10) -> list[str]:
    """Batches whose grams are retired and whose certificates are not all issued and printed."""
    waiting = (
        select(GiftBatch.id)
        .join(Order, Order.purpose == GiftBatch.id)
        .where(GiftBatch.done_at.is_(None), Order.state == OrderState.RETIRED)
    )
    return list(db.session.scalars(waiting.order_by(GiftBatch.id).limit(limit)))


def next_shares(batch_id: str, limit: int) -> list[Any]:
    """Gifts without a certificate, in the order of their places: id, position, mass, names."""
    table = Gift.__table__
    waiting = select(table).where(table.c.batch_id == batch_id, table.c.certificate.is_(None))
    return list(db.session.execute(waiting.order_by(table.c.position).limit(limit)))


def retirement_of(batch_id: str) -> tuple[str, str] | None:
    """The retired order of a batch and its retirement; None while nothing is retired, or not any more."""
    row = db.session.execute(
        select(Order.id, OrderLine.retirement_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(
            Order.purpose == batch_id,
            Order.state == OrderState.RETIRED,
            OrderLine.retirement_id.is_not(None),
        )
    ).first()
    return (row.id, str(row.retirement_id)) if row else None


def numbers_in(batch_id: str) -> Iterator[str]:
    """The first certificate of every share; those that replaced it are found through it."""
    numbers = select(Gift.certificate).where(Gift.batch_id == batch_id, Gift.certificate.is_not(None))
    return iter([str(number) for number in db.session.scalars(numbers.order_by(Gift.position))])


def wishes_of(batch_id: str) -> Any:
    """What stands on all cards of the batch: giver, dedication, message, day, language."""
    columns = (Gift.giver, Gift.dedication, Gift.message, Gift.deliver_on, Gift.lang, Gift.is_named)
    first = select(*columns).where(Gift.batch_id == batch_id).order_by(Gift.position).limit(1)
    return db.session.execute(first).one()


def _views(rows: Iterable[GiftBatch]) -> list[BatchView]:
    batches = list(rows)
    ids = [batch.id for batch in batches]
    counted = {
        row.batch_id: row
        for row in db.session.execute(
            select(
                Gift.batch_id,
                func.count(Gift.certificate).label("certified"),
                func.count(Gift.claimed_at).label("claimed"),
            )
            .where(Gift.batch_id.in_(ids))
            .group_by(Gift.batch_id)
        )
    }
    orders = {
        row.purpose: row
        for row in db.session.execute(
            select(Order.id, Order.purpose, Order.state)
            .where(Order.purpose.in_(ids), Order.state.not_in(_GONE))
            .order_by(Order.id)
        )
    }
    return [_view(batch, counted[batch.id], orders.get(batch.id)) for batch in batches]


def _view(batch: GiftBatch, counted: Any, order: Any) -> BatchView:
    return BatchView(
        id=batch.id,
        person_id=batch.person_id,
        organisation_id=batch.organisation_id,
        lot=batch.lot,
        each=batch.each,
        count=batch.count,
        certified=counted.certified,
        claimed=counted.claimed,
        created_at=batch.created_at,
        done_at=batch.done_at,
        order_id=order.id if order else None,
        order_state=OrderState(order.state) if order else None,
    )

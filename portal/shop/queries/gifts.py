"""Gifts: the giver's view, what a code opens, and what waits to be delivered."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from portal.certificates import queries as papers
from portal.certificates.queries import CertificateView
from portal.certificates.rules import numbers
from portal.db import db
from portal.kernel import checked
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass, total
from portal.shop import policy
from portal.shop.models.gifts import Gift, GiftBlock
from portal.shop.models.orders import Order
from portal.shop.rules.gifts import GiftIsBlocked, GiftState, NoSuchGift, state_of
from portal.shop.rules.states import OrderState

_COUNTS = frozenset({OrderState.PAID, OrderState.REGISTRY_PENDING, OrderState.RETIRED, OrderState.FULFILLED})


@dataclass(frozen=True, slots=True)
class GiftView:
    """A gift as its giver sees it. ``mass``: what is paid for it; ``orders``: the paid ones, oldest first."""

    id: str
    batch_id: str | None
    position: int | None
    code: str
    lang: str
    giver: str
    recipient: str
    email: str
    dedication: str
    message: str
    deliver_on: date | None
    is_named: bool
    person_id: str | None
    created_at: datetime
    delivered_at: datetime | None
    claimed_at: datetime | None
    certificate: str | None
    state: GiftState
    mass: Mass
    orders: tuple[str, ...]

    @property
    def printed_code(self) -> str:
        return checked.printed(self.code)

    @property
    def is_open(self) -> bool:
        """Whether something can still be bought for it."""
        return self.state is GiftState.DRAFT

    @property
    def can_change(self) -> bool:
        return self.claimed_at is None and self.delivered_at is None and self.state is not GiftState.WITHDRAWN


def gift(actor: Actor, gift_id: str) -> GiftView:
    """The giver's view. Raises NoSuchGift, also for everybody else."""
    found = _one(Gift.id == gift_id)
    if not policy.may_see_gift(actor, found):
        raise NoSuchGift()
    return found


def by_code(code: str) -> GiftView:
    """What this plain code opens, for whoever holds it. Raises NoSuchGift, GiftIsBlocked."""
    found = _one(Gift.code == code)
    if found.claimed_at is None and block_of(code):
        raise GiftIsBlocked()
    return found


@dataclass(frozen=True, slots=True)
class BlockView:
    reason: str
    blocked_by: str
    blocked_at: datetime


def block_of(code: str) -> BlockView | None:
    """Why this code opens nothing, when it was blocked."""
    row = db.session.get(GiftBlock, code)
    return BlockView(row.reason, row.blocked_by, row.blocked_at) if row else None


def of_id(gift_id: str) -> GiftView:
    """Whoever's it is, for those who have asked a policy. Raises NoSuchGift."""
    return _one(Gift.id == gift_id)


def gift_at_desk(actor: Actor, gift_id: str) -> GiftView:
    """For staff. Raises NotAllowed, NoSuchGift."""
    if not policy.may_read_desk(actor):
        raise NotAllowed()
    return of_id(gift_id)


def gifts_at_desk(actor: Actor, cursor: str = "", size: int = 50) -> list[GiftView]:
    """All gifts, newest first; one more than ``size`` if there are more. Raises NotAllowed."""
    if not policy.may_read_desk(actor):
        raise NotAllowed()
    query = select(Gift).order_by(Gift.id.desc()).limit(size + 1)
    return _views(db.session.scalars(query.where(Gift.id < cursor) if cursor else query))


def gifts_of(actor: Actor, cursor: str = "", size: int = 25) -> list[GiftView]:
    """Single gifts of a person, newest first; one more than ``size`` if there are more."""
    query = select(Gift).where(Gift.person_id == actor.id, Gift.batch_id.is_(None)).order_by(Gift.id.desc())
    if cursor:
        query = query.where(Gift.id < cursor)
    return _views(db.session.scalars(query.limit(size + 1)))


def gifts_in(batch_id: str, after: int = -1, size: int = 50) -> list[GiftView]:
    """Gifts of a batch in the order of their places; one more than ``size`` if there are more."""
    query = select(Gift).where(Gift.batch_id == batch_id, Gift.position > after).order_by(Gift.position)
    return _views(db.session.scalars(query.limit(size + 1)))


def certificates_of(gift: GiftView) -> list[CertificateView]:
    """The live certificates that this gift is made of."""
    if gift.batch_id is None:
        found = [paper for order_id in gift.orders for paper in papers.for_order(order_id)]
        return [paper for paper in found if paper.state.is_live]
    if gift.certificate is None:
        return []
    paper = papers.by_number(gift.certificate)
    while paper.replaced_by:
        paper = papers.by_number(paper.replaced_by)
    return [paper] if paper.state.is_live else []


def held(gift_id: str, number: str, key: str) -> tuple[GiftView, list[CertificateView]]:
    """A claimed gift and its live certificates, for whoever has the link of one of them.

    Raises NoSuchGift for anything else, so that nobody learns which part was wrong.
    """
    found = _one(Gift.id == gift_id)
    live = certificates_of(found) if found.state is GiftState.CLAIMED else []
    if not any(paper.number == number and numbers.opens(key, paper.key) for paper in live):
        raise NoSuchGift()
    return found, live


def to_tell(limit: int = 200) -> list[GiftView]:
    """Single gifts whose card is ready and whose giver does not know yet."""
    waiting = select(Gift).join(Order, Order.purpose == Gift.id)
    ready = waiting.where(Gift.told_at.is_(None), Order.state == OrderState.FULFILLED)
    return _views(db.session.scalars(ready.distinct().order_by(Gift.id).limit(limit)))


def to_deliver(today: date, limit: int = 500) -> list[GiftView]:
    """Gifts with an address whose certificate is there and whose day has come."""
    for_order = Order.purpose.in_((Gift.id, Gift.batch_id))
    due = (
        select(Gift)
        .join(Order, for_order)
        .where(
            Gift.delivered_at.is_(None),
            Gift.email != "",
            Gift.claimed_at.is_(None),
            Order.state == OrderState.FULFILLED,
            Gift.deliver_on.is_(None) | (Gift.deliver_on <= today),
        )
    )
    return _views(db.session.scalars(due.distinct().order_by(Gift.id).limit(limit)))


def is_given_away(purpose: str) -> bool:
    """Whether what was bought for this purpose is in the recipient's name by now, its key theirs alone."""
    if not purpose.startswith("gft_"):
        return False
    found = db.session.execute(select(Gift.claimed_at).where(Gift.id == purpose)).scalar_one_or_none()
    return found is not None


def _one(condition: ColumnElement[bool]) -> GiftView:
    found = _views(db.session.scalars(select(Gift).where(condition)))
    if not found:
        raise NoSuchGift()
    return found[0]


def _views(rows: Iterable[Gift]) -> list[GiftView]:
    gifts = list(rows)
    orders = _orders_for({gift.batch_id or gift.id for gift in gifts})
    return [_view(gift, orders[gift.batch_id or gift.id]) for gift in gifts]


def _orders_for(purposes: Iterable[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    query = select(Order.id, Order.purpose, Order.state, Order.mass).where(Order.purpose.in_(list(purposes)))
    for row in db.session.execute(query.order_by(Order.id)):
        found[row.purpose].append(row)
    return found


def _view(gift: Gift, orders: list[Any]) -> GiftView:
    paid = [row for row in orders if OrderState(row.state) in _COUNTS]
    mass = gift.mass if gift.mass is not None else total([row.mass for row in paid])
    return GiftView(
        id=gift.id,
        batch_id=gift.batch_id,
        position=gift.position,
        code=gift.code,
        lang=gift.lang,
        giver=gift.giver,
        recipient=gift.recipient,
        email=gift.email,
        dedication=gift.dedication,
        message=gift.message,
        deliver_on=gift.deliver_on,
        is_named=gift.is_named,
        person_id=gift.person_id,
        created_at=gift.created_at,
        delivered_at=gift.delivered_at,
        claimed_at=gift.claimed_at,
        certificate=gift.certificate,
        state=state_of(
            [OrderState(row.state) for row in orders], gift.is_named or gift.claimed_at is not None
        ),
        mass=mass,
        orders=tuple(row.id for row in paid),
    )

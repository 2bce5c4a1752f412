"""Purchases that wait for an approval, for who asked and who may answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.mass import Mass
from portal.kernel.money import Money
from portal.registry.queries import register
from portal.shop import policy
from portal.shop.models.requests import PurchaseRequest
from portal.shop.rules.basket import Basket, by_kind
from portal.shop.rules.requests import NoSuchRequest, RequestState


@dataclass(frozen=True, slots=True)
class RequestView:
    """``amount`` is what was seen when it was asked; the price is looked at again when it is approved.

    ``by_kind`` has the mass of each kind of project.
    """

    id: str
    organisation_id: str
    person_id: str
    batch_id: str | None
    basket: Basket
    by_kind: Mapping[str, Mass]
    amount: Money
    payment: str
    name: str
    is_public: bool
    note: str
    lang: str
    order_id: str
    state: RequestState
    reason: str
    decided_by: str | None
    decided_at: datetime | None
    expires_at: datetime
    created_at: datetime

    @property
    def grams(self) -> list[int]:
        return [mass.grams for mass in self.by_kind.values()]

    @property
    def seedlings(self) -> int:
        return self.basket.seedling_count


def request(actor: Actor, request_id: str) -> RequestView:
    """Raises NoSuchRequest, for another organisation's exactly as for one that does not exist."""
    row = db.session.scalars(select(PurchaseRequest).where(PurchaseRequest.id == request_id)).one_or_none()
    if row is None or not policy.may_see_batch(actor, row):
        raise NoSuchRequest()
    return _views([row])[0]


def requests_of(actor: Actor, cursor: str = "", size: int = 25) -> list[RequestView]:
    """One's own, and all of the organisations one may spend for; newest first, one more than ``size``."""
    spends = [each for each in actor.organisations if policy.may_spend_for(actor, each)]
    mine = (PurchaseRequest.person_id == actor.id) & PurchaseRequest.organisation_id.in_(
        list(actor.organisations) or ["-"]
    )
    query = select(PurchaseRequest).where(or_(mine, PurchaseRequest.organisation_id.in_(spends or ["-"])))
    if cursor:
        query = query.where(PurchaseRequest.id < cursor)
    return _views(db.session.scalars(query.order_by(PurchaseRequest.id.desc()).limit(size + 1)))


def request_at_desk(actor: Actor, request_id: str) -> RequestView:
    """For staff. Raises NotAllowed, NoSuchRequest."""
    if not policy.may_read_desk(actor):
        raise NotAllowed()
    row = db.session.get(PurchaseRequest, request_id)
    if row is None:
        raise NoSuchRequest()
    return _views([row])[0]


def requests_at_desk(actor: Actor, state: str = "", cursor: str = "", size: int = 50) -> list[RequestView]:
    """All requests, or those of one state, newest first; one more than ``size`` if there are more.

    Raises NotAllowed.
    """
    if not policy.may_read_desk(actor):
        raise NotAllowed()
    query = select(PurchaseRequest).order_by(PurchaseRequest.id.desc()).limit(size + 1)
    if state:
        query = query.where(PurchaseRequest.state == state)
    if cursor:
        query = query.where(PurchaseRequest.id < cursor)
    return _views(db.session.scalars(query))


def lapsed(now: datetime, limit: int = 100) -> list[str]:
    """Requests that nobody answered in time."""
    query = select(PurchaseRequest.id).where(
        PurchaseRequest.state == RequestState.ASKED, PurchaseRequest.expires_at <= now
    )
    return list(db.session.scalars(query.order_by(PurchaseRequest.id).limit(limit)))


def _views(rows: Iterable[PurchaseRequest]) -> list[RequestView]:
    asked = [(row, Basket.read(row.basket)) for row in rows]
    kinds = register.kinds({line.lot for _row, basket in asked for line in basket.lines})
    return [
        _view(row, basket, by_kind((kinds[line.lot], line.mass) for line in basket.lines))
        for row, basket in asked
    ]


def _view(row: PurchaseRequest, basket: Basket, masses: Mapping[str, Mass]) -> RequestView:
    return RequestView(
        id=row.id,
        organisation_id=row.organisation_id,
        person_id=row.person_id,
        batch_id=row.batch_id,
        basket=basket,
        by_kind=masses,
        amount=Money(row.amount_minor, row.currency),
        payment=row.payment,
        name=row.name,
        is_public=row.is_public,
        note=row.note,
        lang=row.lang,
        order_id=row.order_id,
        state=RequestState(row.state),
        reason=row.reason,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        expires_at=row.expires_at,
        created_at=row.created_at,
    )

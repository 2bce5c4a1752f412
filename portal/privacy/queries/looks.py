"""Who has looked at whose data: for the person, and for those who watch over it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.accounts import queries as people
from portal.db import db
from portal.holdings import Subject
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed, NotFound
from portal.privacy import policy
from portal.privacy.models import Look
from portal.shop import own as shop


@dataclass(frozen=True, slots=True)
class LookView:
    id: str
    at: datetime
    actor_id: str
    kind: str
    thing_id: str
    person_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; an empty part asks for nothing. ``until`` is the first instant not wanted."""

    actor_id: str = ""
    about: str = ""  # id of a person or of a thing
    since: datetime | None = None
    until: datetime | None = None
    before: str = ""  # cursor


def looks(actor: Actor, wanted: Wanted, limit: int) -> list[LookView]:
    """For auditors and administrators, the newest first. Raises NotAllowed."""
    if not policy.may_read_looks(actor):
        raise NotAllowed()
    query = select(Look)
    if wanted.actor_id:
        query = query.where(Look.actor_id == wanted.actor_id)
    if wanted.about:
        query = query.where((Look.person_id == wanted.about) | (Look.thing_id == wanted.about))
    if wanted.since:
        query = query.where(Look.at >= wanted.since)
    if wanted.until:
        query = query.where(Look.at < wanted.until)
    if wanted.before:
        query = query.where(Look.id < wanted.before)
    return _views(db.session.scalars(query.order_by(Look.id.desc()).limit(limit)))


def looks_at(person_id: str, limit: int, before: str = "") -> list[LookView]:
    """Looks at one person's data, the newest first, for that person; their own do not count."""
    query = select(Look).where(Look.person_id == person_id, Look.actor_id != person_id)
    if before:
        query = query.where(Look.id < before)
    return _views(db.session.scalars(query.order_by(Look.id.desc()).limit(limit)))


def looks_at_order(subject: Subject, limit: int) -> list[LookView]:
    """Looks at a guest's order, its fapiao and its certificates, the newest first."""
    things = [subject.order_id, *shop.fapiao_ids(subject), *subject.certificates]
    query = select(Look).where(Look.thing_id.in_(things)).order_by(Look.id.desc()).limit(limit)
    return _views(db.session.scalars(query))


def person_behind(kind: str, thing_id: str) -> str:
    """Whom a thing is about, "" when it is nobody with an account or not a thing of one person."""
    match kind:
        case "person":
            return _known(thing_id)
        case "order":
            return shop.person_of_order(thing_id)
        case "fapiao":
            return shop.person_of_fapiao(thing_id)
        case "certificate":
            return shop.person_of_order(shop.orders_behind([thing_id]).get(thing_id, ""))
        case _:
            return ""


def _known(person_id: str) -> str:
    try:
        return people.person(person_id).id
    except NotFound:
        return ""


def _views(rows: Iterable[Look]) -> list[LookView]:
    return [
        LookView(row.id, row.at, row.actor_id, row.kind, row.thing_id, row.person_id, row.why) for row in rows
    ]

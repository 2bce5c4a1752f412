"""Who has looked at whose data: for the person, and for those who watch over it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from portal.accounts import own as accounts
from portal.accounts import queries as people
from portal.certificates.own import originals
from portal.db import db
from portal.holdings import Subject
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import is_id
from portal.pledges import own as pledges
from portal.privacy import policy
from portal.privacy.models import Correction, Look
from portal.shop import own as shop
from portal.training import own as training

Pairs = Iterable[tuple[str, str | None]]  # a thing, and somebody it is about
AT_ONCE: Final = 1_000  # things in one question to the database


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


def people_behind(kind: str, things: Sequence[str]) -> dict[str, set[str]]:
    """Whom each of these things is about, as far as they have accounts; what is about nobody is left out."""
    found: dict[str, set[str]] = {}
    find = _BEHIND.get(kind, _nobody)
    for first in range(0, len(things), AT_ONCE):
        for thing, person_id in find(things[first : first + AT_ONCE]):
            if person_id and is_id(person_id, "usr"):
                found.setdefault(thing, set()).add(person_id)
    return found


def _nobody(_things: Sequence[str]) -> Pairs:
    return ()


def _known(person_ids: Sequence[str]) -> Pairs:
    return ((person_id, person_id) for person_id in people.names_of(person_ids))


def _of_documents(things: Sequence[str]) -> Pairs:
    """Evidence of pledges, and papers of an organisation's check."""
    yield from pledges.people_of_evidence(things)
    yield from accounts.people_of_organisations(things)


def _of_certificates(numbers: Sequence[str]) -> Pairs:
    """Whoever bought, received or earned it; what replaced another is of the same people."""
    first = originals(numbers)
    old = set(first.values())
    of_old: dict[str, set[str]] = {}
    for number, person_id in (*shop.people_of_certificates(old), *training.people_of_certificates(old)):
        of_old.setdefault(number, set()).add(person_id or "")
    for number in numbers:
        yield from ((number, person_id) for person_id in of_old.get(first[number], ()))


def _of_corrections(things: Sequence[str]) -> Pairs:
    rows = db.session.execute(select(Correction.id, Correction.person_id).where(Correction.id.in_(things)))
    return ((thing, person_id) for thing, person_id in rows)


_BEHIND: Final[dict[str, Callable[[Sequence[str]], Pairs]]] = {
    "person": _known,
    "organisation": accounts.people_of_organisations,
    "order": shop.people_of_orders,
    "fapiao": shop.people_of_fapiao,
    "gift": shop.people_of_gifts,
    "batch": shop.people_of_batches,
    "request": shop.people_of_requests,
    "certificate": _of_certificates,
    "document": _of_documents,
    "pledge": pledges.people_of_pledges,
    "learner": training.people_of_classes,
    "correction": _of_corrections,
}


def _views(rows: Iterable[Look]) -> list[LookView]:
    return [
        LookView(row.id, row.at, row.actor_id, row.kind, row.thing_id, row.person_id, row.why) for row in rows
    ]

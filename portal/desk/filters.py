"""Filters that somebody keeps under a name of their own: a list of the desk and what was asked of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from portal.db import db, transaction
from portal.desk import policy
from portal.desk.models import SavedFilter
from portal.kernel.actor import Actor
from portal.kernel.errors import N_, InvalidInput, NotAllowed, NotFound, Refused
from portal.kernel.ids import new_id

NAME_MAX: Final = 40
QUERY_MAX: Final = 500
MOST: Final = 30


class FilterNameMissing(InvalidInput):
    message = N_("Give the filter a name of at most %(max)s characters.")


class FilterNameTaken(Refused):
    message = N_("You have a filter of this name already.")


class TooManyFilters(Refused):
    message = N_("You keep %(most)s filters already. Forget one first.")


class NoSuchFilter(NotFound):
    message = N_("There is no such filter.")


@dataclass(frozen=True, slots=True)
class FilterView:
    id: str
    name: str
    endpoint: str
    query: str


def filters_of(actor: Actor) -> list[FilterView]:
    """One's own, by name."""
    rows = db.session.scalars(
        select(SavedFilter).where(SavedFilter.person_id == actor.id).order_by(SavedFilter.name)
    )
    return [FilterView(row.id, row.name, row.endpoint, row.query) for row in rows]


def save(actor: Actor, name: str, endpoint: str, query: str, now: datetime) -> str:
    """Keep what is asked of a list; its id. Raises FilterNameMissing, FilterNameTaken, TooManyFilters."""
    if not policy.may_look(actor):
        raise NotAllowed()
    name = name.strip()
    if not 0 < len(name) <= NAME_MAX or len(query) > QUERY_MAX:
        raise FilterNameMissing(max=NAME_MAX)
    filter_id = new_id("sfl")
    row = {
        "id": filter_id, "person_id": actor.id, "name": name, "endpoint": endpoint, "query": query,
        "created_at": now,
    }  # fmt: skip
    try:
        with transaction() as session:
            counted = select(func.count()).where(SavedFilter.person_id == actor.id)
            if session.execute(counted).scalar_one() >= MOST:
                raise TooManyFilters(most=MOST)
            session.execute(insert(SavedFilter).values(row))
    except IntegrityError:
        raise FilterNameTaken() from None
    return filter_id


def forget(actor: Actor, filter_id: str) -> None:
    """Raises NoSuchFilter, also for somebody else's."""
    if not policy.may_look(actor):
        raise NotAllowed()
    mine = delete(SavedFilter).where(SavedFilter.id == filter_id, SavedFilter.person_id == actor.id)
    with transaction() as session:
        if session.execute(mine.returning(SavedFilter.id)).first() is None:
            raise NoSuchFilter()

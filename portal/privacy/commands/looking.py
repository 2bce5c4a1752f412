"""Who has looked: one line for each person whose data staff were shown."""

from collections.abc import Collection, Iterator
from datetime import datetime, time

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.clock import CITY, day_of
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.seen import Seen
from portal.privacy import policy
from portal.privacy.models import Look
from portal.privacy.queries.looks import people_behind

_Line = tuple[str, str, str, str]  # kind, thing, person, why


def record(actor: Actor, seen: Collection[Seen], now: datetime) -> None:
    """Append a line for each thing and person behind it; one without a person where nobody has an account.

    Of what is seen daily, a line that this person has left since midnight in the city is enough.
    """
    if not policy.may_record_looks(actor):
        raise NotAllowed()
    wanted = _each_once(dict(_lines(seen)))
    with transaction() as session:
        if any(wanted.values()):
            for line in _left_today(session, actor.id, now) & wanted.keys():
                if wanted[line]:
                    del wanted[line]
        if wanted:
            session.execute(insert(Look), [_row(actor.id, line, now) for line in wanted])


def _lines(seen: Collection[Seen]) -> Iterator[tuple[_Line, bool]]:
    """Each line once, and whether one a day is enough."""
    for kind in sorted({each.kind for each in seen}):
        these = [each for each in seen if each.kind == kind]
        behind = people_behind(kind, [each.thing_id for each in these])
        for each in these:
            for person_id in sorted(behind.get(each.thing_id, {""})):
                yield (kind, each.thing_id, person_id, each.why), each.daily


def _each_once(lines: dict[_Line, bool]) -> dict[_Line, bool]:
    """Who finds a line about the thing itself finds none for being named beside it."""
    told = {person_id for kind, _thing_id, person_id, _why in lines if kind != "person"}
    return {
        line: daily
        for line, daily in lines.items()
        if not (daily and line[0] == "person" and line[2] in told)
    }


def _left_today(session: Session, actor_id: str, now: datetime) -> set[_Line]:
    midnight = datetime.combine(day_of(now), time(), CITY)
    rows = session.execute(
        select(Look.kind, Look.thing_id, Look.person_id, Look.why).where(
            Look.actor_id == actor_id, Look.at >= midnight
        )
    )
    return {(kind, thing, person, why) for kind, thing, person, why in rows}


def _row(actor_id: str, line: _Line, now: datetime) -> dict[str, object]:
    kind, thing_id, person_id, why = line
    return {
        "id": new_id("lok"), "at": now, "actor_id": actor_id, "kind": kind, "thing_id": thing_id,
        "person_id": person_id, "why": why,
    }  # fmt: skip

"""Telling people something: recorded with the fact, shown in their inbox, and sent as a letter in daytime."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal import jobs
from portal.accounts import notices, queries
from portal.accounts.models import Notification, NotificationChoice, QuietTime
from portal.accounts.notices import QuietHours, Told
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed, NotFound
from portal.kernel.ids import new_id

KEPT_FOR = timedelta(days=365)


def notify(person_id: str, kind: str, params: Told, now: datetime, key: str) -> None:
    """Tell one person about a fact, inside the transaction of that fact; the same ``key`` is told once.

    ``params`` are plain JSON: what fills the places of the kind's texts and of its link. A text that is data
    in two languages is ``{"zh": …, "en": …}``, one of ours ``{"text": "message id"}``.
    Raises NoSuchKind.
    """
    known = notices.kind_of(kind)
    way = notices.way_for(known, queries.chosen_ways(person_id))
    row = {
        "id": new_id("ntc"), "person_id": person_id, "key": key, "kind": kind, "topic": known.topic,
        "told": dict(params), "at": now, "in_inbox": way.in_inbox,
    }  # fmt: skip
    with transaction() as session:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        add = dialect.insert(Notification).values(row).on_conflict_do_nothing().returning(Notification.id)
        if session.scalar(add) is None or not way.by_letter:
            return
        due = now if known.is_safety else queries.quiet_hours(person_id).next_moment(now)
        jobs.enqueue("accounts.news", {"id": row["id"]}, key=f"news:{row['id']}", now=now, due=due)


def mark_read(actor: Actor, notification_id: str, now: datetime) -> None:
    """Raises NotFound for somebody else's exactly as for one that is not there."""
    with transaction() as session:
        mine = update(Notification).where(
            Notification.id == notification_id, Notification.person_id == actor.id, Notification.in_inbox
        )
        if session.scalar(mine.values(read_at=now).returning(Notification.id)) is None:
            raise NotFound()


def mark_all_read(actor: Actor, now: datetime) -> None:
    with transaction() as session:
        unread = update(Notification).where(
            Notification.person_id == actor.id, Notification.read_at.is_(None), Notification.in_inbox
        )
        session.execute(unread.values(read_at=now))


def choose(actor: Actor, ways: Mapping[str, str], hours: QuietHours, now: datetime) -> None:
    """Keep how each kind of news comes in, and when letters wait.

    Raises NoSuchKind, NotToBeSilenced; then nothing is changed.
    """
    if not actor.is_person:
        raise NotAllowed()
    chosen = {name: notices.checked_way(notices.kind_of(name), way) for name, way in ways.items()}
    with transaction() as session:
        session.execute(delete(NotificationChoice).where(NotificationChoice.person_id == actor.id))
        session.add_all(
            NotificationChoice(person_id=actor.id, kind=name, way=way) for name, way in chosen.items()
        )
        session.execute(delete(QuietTime).where(QuietTime.person_id == actor.id))
        session.add(QuietTime(person_id=actor.id, begins=hours.begins, ends=hours.ends))
        session.flush()


def forget_old(now: datetime) -> None:
    """News of more than a year ago goes, read or not."""
    with transaction() as session:
        old = select(Notification.id).where(Notification.at < now - KEPT_FOR).limit(5_000)
        session.execute(delete(Notification).where(Notification.id.in_(old)))

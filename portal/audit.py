"""Audit: who did what, to what, when and why, appended inside the transaction that did it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Index, Select, false, func, insert, select, text, union_all
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Json, Str, Utc, db, ids_in, strict, transaction
from portal.kernel.actor import Actor
from portal.kernel.ids import first_id, id_of

BY_PEOPLE = "substr(actor_id, 1, 4) = 'usr_'"


class AuditEntry(Base):
    """Never edited or deleted (a trigger holds it); carries ids, never names."""

    __tablename__ = "audit_entry"
    __table_args__ = strict(
        Index("ix_audit_entry_subject_at", "subject_id", "at"),
        Index("ix_audit_entry_verb", "verb", "id"),
        # People do little beside the portal's own hand: what they did is found without reading all of it.
        Index(
            "ix_audit_entry_person",
            "actor_id",
            "id",
            sqlite_where=text(BY_PEOPLE),
            postgresql_where=text(BY_PEOPLE),
        ),
        Index(
            "ix_audit_entry_people",
            "id",
            sqlite_where=text(BY_PEOPLE),
            postgresql_where=text(BY_PEOPLE),
        ),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    verb: Mapped[str] = mapped_column(Str, nullable=False)
    subject_id: Mapped[str] = mapped_column(Str, nullable=False)
    facts: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)


# Built once: putting a statement together costs more than having it done.
_APPEND = insert(AuditEntry.__table__)  # type: ignore[arg-type]


def record(actor: Actor, verb: str, subject_id: str, now: datetime, **facts: object) -> None:
    """Append one line. ``facts`` are plain JSON values: ids, amounts, states, a reason."""
    with transaction() as session:
        session.connection().execute(
            _APPEND,
            {
                "id": id_of("aud", now),
                "at": now,
                "actor_id": actor.id,
                "verb": verb,
                "subject_id": subject_id,
                "facts": facts,
            },
        )


@dataclass(frozen=True, slots=True)
class Trace:
    """A line of the trail: who did what to what, when, and why (in ``facts``)."""

    id: str
    at: datetime
    actor_id: str
    verb: str
    subject_id: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines; what is empty is not asked for. ``verb`` is its beginning, such as ``accounts.``."""

    actor_id: str = ""
    verb: str = ""
    subject_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    by_people: bool = False


AT_ONCE: Final = 1_000
# Lines of before 0039 have ids of when they were written, a little after what they tell of.
WRITTEN_AFTER: Final = timedelta(hours=1)


def people_in(wanted: Wanted) -> list[str]:
    """Ids of everybody who did, or to whom was done, what these lines tell."""
    return ids_in(select(AuditEntry.actor_id, AuditEntry.subject_id).where(*_conditions(wanted)), "usr")


def traces(wanted: Wanted, cursor: str = "", size: int = 50) -> list[Trace]:
    """Lines of the trail, the newest first; one more than ``size`` if there are more."""
    conditions = _conditions(wanted)
    if cursor:
        conditions.append(AuditEntry.id < cursor)
    if wanted.verb and not (wanted.actor_id or wanted.subject_id):
        conditions = [AuditEntry.id.in_(_of_each_verb(wanted.verb, conditions, size + 1))]
    query = select(AuditEntry).where(*conditions).order_by(AuditEntry.id.desc()).limit(size + 1)
    return [
        Trace(row.id, row.at, row.actor_id, row.verb, row.subject_id, row.facts)
        for row in db.session.scalars(query)
    ]


def _of_each_verb(beginning: str, conditions: list[ColumnElement[bool]], most: int) -> Select[str]:
    """The newest ids of every verb that begins so: a few steps through an index, however rare they are."""
    newest = [
        select(AuditEntry.id)
        .where(AuditEntry.verb == verb, *conditions)
        .order_by(AuditEntry.id.desc())
        .limit(most)
        .subquery()
        for verb in _verbs()
        if verb.startswith(beginning)
    ]
    if not newest:
        return select(AuditEntry.id).where(false())
    return select(union_all(*(select(each.c.id) for each in newest)).subquery().c.id)


def _verbs() -> Iterator[str]:
    """All that was ever done, by name: as many leaps through an index as there are names, not lines."""
    last = ""
    while last := db.session.scalar(select(func.min(AuditEntry.verb)).where(AuditEntry.verb > last)) or "":
        yield last


def all_traces(wanted: Wanted) -> Iterator[Trace]:
    """All of them, read part by part."""
    cursor = ""
    while found := traces(wanted, cursor, AT_ONCE):
        yield from found[:AT_ONCE]
        if len(found) <= AT_ONCE:
            return
        cursor = found[AT_ONCE - 1].id


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.actor_id:
        conditions.append(AuditEntry.actor_id == wanted.actor_id)
    if wanted.by_people or wanted.actor_id.startswith("usr_"):
        conditions.append(text(BY_PEOPLE))  # type: ignore[arg-type]  # word for word, so that the index is taken
    if wanted.verb:
        conditions.append(AuditEntry.verb.startswith(wanted.verb, autoescape=True))
    if wanted.subject_id:
        conditions.append(AuditEntry.subject_id == wanted.subject_id)
    if wanted.since:
        conditions += [AuditEntry.at >= wanted.since, AuditEntry.id >= first_id("aud", wanted.since)]
    if wanted.until:
        last = first_id("aud", wanted.until + WRITTEN_AFTER)
        conditions += [AuditEntry.at < wanted.until, AuditEntry.id < last]
    return conditions


def last_at(subject_id: str, verb: str) -> datetime | None:
    """When that was last done to it, or None when it never was."""
    entries = select(func.max(AuditEntry.at)).where(
        AuditEntry.subject_id == subject_id, AuditEntry.verb == verb
    )
    return db.session.execute(entries).scalar_one()

"""Audit: who did what, to what, when and why, appended inside the transaction that did it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Index, func, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Json, Str, Utc, db, strict, transaction
from portal.kernel.actor import Actor
from portal.kernel.ids import new_id

BY_PEOPLE = "substr(actor_id, 1, 4) = 'usr_'"


class AuditEntry(Base):
    """Never edited or deleted (a trigger holds it); carries ids, never names."""

    __tablename__ = "audit_entry"
    __table_args__ = strict(
        Index("ix_audit_entry_subject_at", "subject_id", "at"),
        # People do little beside the portal's own hand: what they did is found without reading all of it.
        Index(
            "ix_audit_entry_person",
            "actor_id",
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
                "id": new_id("aud"),
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


def traces(wanted: Wanted, cursor: str = "", size: int = 50) -> list[Trace]:
    """Lines of the trail, the newest first; one more than ``size`` if there are more."""
    query = select(AuditEntry).where(*_conditions(wanted)).order_by(AuditEntry.id.desc()).limit(size + 1)
    if cursor:
        query = query.where(AuditEntry.id < cursor)
    return [
        Trace(row.id, row.at, row.actor_id, row.verb, row.subject_id, row.facts)
        for row in db.session.scalars(query)
    ]


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
        conditions.append(AuditEntry.at >= wanted.since)
    if wanted.until:
        conditions.append(AuditEntry.at < wanted.until)
    return conditions


def last_at(subject_id: str, verb: str) -> datetime | None:
    """When that was last done to it, or None when it never was."""
    entries = select(func.max(AuditEntry.at)).where(
        AuditEntry.subject_id == subject_id, AuditEntry.verb == verb
    )
    return db.session.execute(entries).scalar_one()

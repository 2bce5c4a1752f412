"""Audit: who did what, to what, when and why, appended inside the transaction that did it."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Json, Str, Utc, db, strict, transaction
from portal.kernel.actor import Actor
from portal.kernel.ids import new_id


class AuditEntry(Base):
    """Never edited or deleted (a trigger holds it); carries ids, never names."""

    __tablename__ = "audit_entry"
    __table_args__ = strict(Index("ix_audit_entry_subject_at", "subject_id", "at"))

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


def last_at(subject_id: str, verb: str) -> datetime | None:
    """When that was last done to it, or None when it never was."""
    entries = select(func.max(AuditEntry.at)).where(
        AuditEntry.subject_id == subject_id, AuditEntry.verb == verb
    )
    return db.session.execute(entries).scalar_one()

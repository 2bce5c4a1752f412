"""The table of proposals."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Json, Str, Utc, strict

_OPEN: dict[str, Any] = {
    "sqlite_where": text("verdict IS NULL"),
    "postgresql_where": text("verdict IS NULL"),
}


class Proposal(Base):
    """What one person wants done to ``subject_id``; ``facts`` are what doing it needs. Decided once."""

    __tablename__ = "proposal"
    __table_args__ = strict(
        CheckConstraint("reason <> ''", name="a_proposal_has_a_reason"),
        CheckConstraint("verdict IN ('accepted','declined','withdrawn')", name="proposal_verdict_is_known"),
        CheckConstraint(
            "(verdict IS NULL) = (decided_by IS NULL) AND (verdict IS NULL) = (decided_at IS NULL)",
            name="a_proposal_is_decided_by_somebody_at_some_time",
        ),
        CheckConstraint(
            "verdict = 'withdrawn' OR decided_by <> proposed_by",
            name="a_proposal_is_decided_by_a_second_person",
        ),
        CheckConstraint(
            "verdict <> 'withdrawn' OR decided_by = proposed_by",
            name="a_proposal_is_withdrawn_by_who_made_it",
        ),
        Index("ix_proposal_open", "kind", "subject_id", unique=True, **_OPEN),
        Index("ix_proposal_waiting", "proposed_at", **_OPEN),
        Index("ix_proposal_subject", "subject_id", "proposed_at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    subject_id: Mapped[str] = mapped_column(Str, nullable=False)
    facts: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)
    reason: Mapped[str] = mapped_column(Str, nullable=False)
    proposed_by: Mapped[str] = mapped_column(Str, nullable=False)
    proposed_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    verdict: Mapped[str | None] = mapped_column(Str)
    note: Mapped[str | None] = mapped_column(Str)
    decided_by: Mapped[str | None] = mapped_column(Str)
    decided_at: Mapped[datetime | None] = mapped_column(Utc)

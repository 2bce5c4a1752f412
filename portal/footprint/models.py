"""The tables of the room: what was answered, what a released model said about it, and drafts on their way."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Json, MassCol, Str, Utc, strict
from portal.kernel.mass import Mass


class FootprintRecord(Base):
    """Never changed after it is written: a pledge or an order may stand on its digest."""

    __tablename__ = "footprint"
    __table_args__ = strict(
        CheckConstraint(
            "total_g >= 0 and low_g <= total_g and total_g <= high_g", name="footprint_lies_in_its_range"
        ),
        CheckConstraint("lang in ('zh', 'en')", name="footprint_speaks_a_language_of_the_portal"),
        CheckConstraint("form in ('short', 'full', 'expert')", name="footprint_was_asked_in_a_known_form"),
        CheckConstraint("stage in ('', 'estimate', 'actual')", name="footprint_is_of_a_known_stage"),
        CheckConstraint("length(label) <= 80", name="footprint_has_a_short_label"),
        Index("ix_footprint_owner_id_created_at", "owner_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    model_id: Mapped[str] = mapped_column(Str, nullable=False)
    version: Mapped[str] = mapped_column(Str, nullable=False)
    model_digest: Mapped[str] = mapped_column(Str, nullable=False)
    gwp: Mapped[str] = mapped_column(Str, nullable=False)
    region: Mapped[str] = mapped_column(Str, nullable=False)
    year: Mapped[str] = mapped_column(Str, nullable=False, server_default="")
    audience: Mapped[str] = mapped_column(Str, nullable=False, server_default="")
    own: Mapped[dict[str, str]] = mapped_column(Json, nullable=False, server_default="{}")
    form: Mapped[str] = mapped_column(Str, nullable=False, server_default="short")
    stage: Mapped[str] = mapped_column(Str, nullable=False, server_default="")
    previous_id: Mapped[str | None] = mapped_column(Str)
    label: Mapped[str] = mapped_column(Str, nullable=False, server_default="")
    answers: Mapped[dict[str, str]] = mapped_column(Json, nullable=False)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(Json, nullable=False)
    total: Mapped[Mass] = mapped_column("total_g", MassCol, nullable=False)
    low: Mapped[Mass] = mapped_column("low_g", MassCol, nullable=False)
    high: Mapped[Mass] = mapped_column("high_g", MassCol, nullable=False)
    digest: Mapped[str] = mapped_column(Str, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    owner_id: Mapped[str | None] = mapped_column(Str)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class DraftRecord(Base):
    """Answers somebody wants to go on with later. Deleted when they expire; says nothing of who they are."""

    __tablename__ = "footprint_draft"
    __table_args__ = strict(
        UniqueConstraint("code_hash", name="a_draft_has_a_code_of_its_own"),
        CheckConstraint("lang in ('zh', 'en')", name="a_draft_speaks_a_language_of_the_portal"),
        CheckConstraint("form in ('short', 'full', 'expert')", name="a_draft_has_a_known_form"),
        CheckConstraint("expires_at > created_at", name="a_draft_is_kept_for_a_while"),
        Index("ix_footprint_draft_expires_at", "expires_at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    code_hash: Mapped[str] = mapped_column(Str, nullable=False)
    model_id: Mapped[str] = mapped_column(Str, nullable=False)
    version: Mapped[str] = mapped_column(Str, nullable=False)
    form: Mapped[str] = mapped_column(Str, nullable=False)
    region: Mapped[str] = mapped_column(Str, nullable=False)
    year: Mapped[str] = mapped_column(Str, nullable=False)
    audience: Mapped[str] = mapped_column(Str, nullable=False)
    answers: Mapped[dict[str, str]] = mapped_column(Json, nullable=False)
    own: Mapped[dict[str, str]] = mapped_column(Json, nullable=False)
    previous_id: Mapped[str | None] = mapped_column(Str)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(Utc, nullable=False)

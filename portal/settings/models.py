"""Changes of settings and what became of them. Nothing here is ever edited or deleted."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Int, Json, Str, Utc, strict


class SettingChange(Base):
    """What somebody wants a sheet to hold. ``based_on``: the version they saw, 0 for none."""

    __tablename__ = "setting_change"
    __table_args__ = strict(
        CheckConstraint("length(reason) >= 5", name="a_change_of_a_setting_says_why"),
        Index("ix_setting_change_sheet", "sheet", "proposed_at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    sheet: Mapped[str] = mapped_column(Str, nullable=False)
    content: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)
    needs_two: Mapped[bool] = mapped_column(Bool, nullable=False)
    from_at: Mapped[datetime | None] = mapped_column(Utc)  # None: as soon as it is confirmed
    reason: Mapped[str] = mapped_column(Str, nullable=False)
    based_on: Mapped[int] = mapped_column(Int, nullable=False)
    proposed_by: Mapped[str] = mapped_column(Str, nullable=False)
    proposed_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class SettingVerdict(Base):
    """``number`` counts what was confirmed, over all sheets: whoever knows the newest knows all."""

    __tablename__ = "setting_verdict"
    __table_args__ = strict(
        CheckConstraint(
            "verdict IN ('confirmed','refused','withdrawn')", name="verdict_on_a_setting_is_known"
        ),
        CheckConstraint(
            "(verdict = 'confirmed') = (number IS NOT NULL) "
            "AND (verdict = 'confirmed') = (takes_effect_at IS NOT NULL)",
            name="a_confirmed_setting_has_a_number_and_a_moment",
        ),
        CheckConstraint("takes_effect_at >= decided_at", name="a_setting_never_takes_effect_in_the_past"),
    )

    change_id: Mapped[str] = mapped_column(ForeignKey("setting_change.id"), primary_key=True)
    number: Mapped[int | None] = mapped_column(Int, unique=True)
    verdict: Mapped[str] = mapped_column(Str, nullable=False)
    takes_effect_at: Mapped[datetime | None] = mapped_column(Utc)
    note: Mapped[str] = mapped_column(Str, nullable=False)
    decided_by: Mapped[str] = mapped_column(Str, nullable=False)
    decided_at: Mapped[datetime] = mapped_column(Utc, nullable=False)

"""The promise itself."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Int, MassCol, Str, Utc, strict
from portal.kernel.mass import Mass
from portal.pledges.rules.promise import LAST_YEAR, MOTIVE_MAX, NAME_MAX


class PledgeRecord(Base):
    """A promise, kept as it was made; it may be withdrawn once, and then stays to be seen."""

    __tablename__ = "pledge"
    __table_args__ = strict(
        CheckConstraint("state IN ('made','withdrawn')", name="pledge_state_is_known"),
        CheckConstraint(
            "(state='withdrawn') = (withdrawn_at IS NOT NULL)", name="a_withdrawn_pledge_says_when"
        ),
        CheckConstraint("subject IN ('year','event')", name="pledge_subject_is_known"),
        CheckConstraint("low_g <= baseline_g AND baseline_g <= high_g", name="a_baseline_lies_in_its_range"),
        CheckConstraint("reduction_g > 0 AND reduction_g <= baseline_g", name="a_pledge_can_be_kept"),
        CheckConstraint("percent BETWEEN 1 AND 100", name="a_percentage_can_be_kept"),
        CheckConstraint(f"year BETWEEN 2020 AND {LAST_YEAR}", name="a_pledge_has_a_year_within_reach"),
        CheckConstraint(
            f"length(name) <= {NAME_MAX} AND length(motive) <= {MOTIVE_MAX}", name="pledge_texts_are_short"
        ),
        Index("ix_pledge_wall", "id", sqlite_where=text("is_public = 1"), postgresql_where=text("is_public")),
        Index("ix_pledge_owner_id", "owner_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    footprint_id: Mapped[str] = mapped_column(Str, nullable=False)
    footprint_digest: Mapped[str] = mapped_column(Str, nullable=False)
    model_id: Mapped[str] = mapped_column(Str, nullable=False)
    model_version: Mapped[str] = mapped_column(Str, nullable=False)
    subject: Mapped[str] = mapped_column(Str, nullable=False)
    baseline: Mapped[Mass] = mapped_column("baseline_g", MassCol, nullable=False)
    low: Mapped[Mass] = mapped_column("low_g", MassCol, nullable=False)
    high: Mapped[Mass] = mapped_column("high_g", MassCol, nullable=False)
    reduction: Mapped[Mass] = mapped_column("reduction_g", MassCol, nullable=False)
    percent: Mapped[int | None] = mapped_column(Int)  # as it was promised; None when it was in kilograms
    year: Mapped[int] = mapped_column(Int, nullable=False)
    is_public: Mapped[bool] = mapped_column(Bool, nullable=False)
    name: Mapped[str] = mapped_column(Str, nullable=False)  # "" when none was given, or it was forgotten
    motive: Mapped[str] = mapped_column(Str, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    owner_id: Mapped[str | None] = mapped_column(Str)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Utc)

"""Reports of months that are over, as they were first written down and each time they came out otherwise."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Int, Json, Str, Utc, strict


class MonthReport(Base):
    """Never edited: a correction is the next ``revision``. ``sha256``: of the figures (RFC 8785)."""

    __tablename__ = "month_report"
    __table_args__ = strict(
        CheckConstraint("length(month) = 7", name="a_report_is_of_a_month"),
        CheckConstraint("revision >= 1", name="revisions_of_a_report_are_counted"),
        CheckConstraint("length(sha256) = 64", name="a_report_has_a_digest"),
    )

    month: Mapped[str] = mapped_column(Str, primary_key=True)
    revision: Mapped[int] = mapped_column(Int, primary_key=True)
    figures: Mapped[list[Any]] = mapped_column(Json, nullable=False)
    sha256: Mapped[str] = mapped_column(Str, nullable=False)
    made_by: Mapped[str] = mapped_column(Str, nullable=False)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)

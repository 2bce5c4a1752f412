"""Who wants to be reminded of a pledge, and when next."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Int, Str, Utc, strict


class PledgeLetters(Base):
    """One for a pledge. ``email`` is a guest's, erased when they want no more; an account has its own.

    Nothing is written before ``confirmed_at``: anybody could give anybody's address. ``stage`` counts.
    """

    __tablename__ = "pledge_letters"
    __table_args__ = strict(
        CheckConstraint("lang IN ('zh','en')", name="letters_of_a_pledge_are_in_zh_or_en"),
        CheckConstraint("stage >= 0", name="letters_of_a_pledge_are_counted"),
        CheckConstraint("ended_at IS NULL OR email = ''", name="who_wants_no_letters_is_forgotten"),
        Index(
            "ix_pledge_letters_due", "next_at",
            sqlite_where=text("ended_at IS NULL AND confirmed_at IS NOT NULL"),
            postgresql_where=text("ended_at IS NULL AND confirmed_at IS NOT NULL"),
        ),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    pledge_id: Mapped[str] = mapped_column(Str, ForeignKey("pledge.id"), unique=True, nullable=False)
    person_id: Mapped[str] = mapped_column(Str, nullable=False)  # "" for a guest
    email: Mapped[str] = mapped_column(Str, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    confirmed_at: Mapped[datetime | None] = mapped_column(Utc)
    stage: Mapped[int] = mapped_column(Int, nullable=False)
    next_at: Mapped[datetime | None] = mapped_column(Utc)  # None after the last one
    ended_at: Mapped[datetime | None] = mapped_column(Utc)

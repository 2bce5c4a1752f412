"""Tables of orders that wait for a source registry's proof, or for their buyer's answer."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Day, Str, Utc, strict


class NamedRetirement(Base):
    """Whole tonnes that are retired at their source in the buyer's name. The name itself is the order's.

    ``lot_code``: the lot that was made of the proved tonnes, for this order alone.
    """

    __tablename__ = "named_retirement"
    __table_args__ = strict(
        CheckConstraint("state IN ('chosen','asked','proved','refused')", name="named_state_is_known"),
        CheckConstraint("(state = 'chosen') = (due_at IS NULL)", name="what_is_asked_has_a_day"),
        CheckConstraint(
            "(state = 'proved') = (lot_code IS NOT NULL AND reference IS NOT NULL)",
            name="what_is_proved_has_its_record",
        ),
        Index(
            "ix_named_retirement_due",
            "due_at",
            sqlite_where=text("state = 'asked'"),
            postgresql_where=text("state = 'asked'"),
        ),
    )

    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    asked_at: Mapped[datetime | None] = mapped_column(Utc)
    due_at: Mapped[datetime | None] = mapped_column(Utc)
    reference: Mapped[str | None] = mapped_column(Str)
    retired_on: Mapped[date | None] = mapped_column(Day)
    lot_code: Mapped[str | None] = mapped_column(Str)
    reason: Mapped[str] = mapped_column(Str, nullable=False)  # of a refusal, or ""
    decided_by: Mapped[str | None] = mapped_column(Str)
    decided_at: Mapped[datetime | None] = mapped_column(Utc)


class SubstituteOffer(Base):
    """Other credits for an order that cannot be delivered as it was made, kept for it until the answer.

    The id is that of the hold under which they are kept.
    """

    __tablename__ = "substitute_offer"
    __table_args__ = strict(
        CheckConstraint("state IN ('open','accepted','declined','lapsed')", name="offer_state_is_known"),
        CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="an_answer_has_its_time"),
        Index(
            "ix_substitute_offer_open",
            "order_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_substitute_offer_order", "order_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    lot_code: Mapped[str] = mapped_column(Str, nullable=False)
    reason_zh: Mapped[str] = mapped_column(Str, nullable=False)
    reason_en: Mapped[str] = mapped_column(Str, nullable=False)
    offered_by: Mapped[str] = mapped_column(Str, nullable=False)
    offered_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    until: Mapped[datetime] = mapped_column(Utc, nullable=False)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)

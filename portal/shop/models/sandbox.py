"""The sandbox provider's own book, which only sandbox_gateway reads or writes."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Int, Json, Str, Utc, strict


class SandboxSession(Base):
    """A payment session with test money. ``refunds`` is a list of {id, refund_id, amount_minor, key}."""

    __tablename__ = "sandbox_session"
    __table_args__ = strict(
        CheckConstraint("state IN ('open','complete','expired')", name="sandbox_session_state_is_known"),
        CheckConstraint("amount_minor > 0", name="sandbox_amount_is_positive"),
        CheckConstraint(
            "refunded_minor BETWEEN 0 AND CASE WHEN state = 'complete' THEN amount_minor ELSE 0 END",
            name="sandbox_refund_is_at_most_what_was_paid",
        ),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    order_id: Mapped[str] = mapped_column(Str, index=True, nullable=False)
    quote_hash: Mapped[str] = mapped_column(Str, nullable=False)
    amount_minor: Mapped[int] = mapped_column(Int, nullable=False)
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    description: Mapped[str] = mapped_column(Str, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    success_url: Mapped[str] = mapped_column(Str, nullable=False)
    cancel_url: Mapped[str] = mapped_column(Str, nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    outcome: Mapped[str | None] = mapped_column(Str)  # what the buyer did last: paid, failed, cancelled
    refunded_minor: Mapped[int] = mapped_column(Int, nullable=False, default=0)
    refunds: Mapped[list[dict[str, str | int]]] = mapped_column(Json, nullable=False, default=list)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(Utc, nullable=False)

"""Bank transfers as they arrive: an order may be paid in several, and in too much."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Int, Str, Utc, strict


class TransferPart(Base):
    """One transfer that staff saw arrive. ``payment_id``: the payment that it became a part of, once."""

    __tablename__ = "transfer_part"
    __table_args__ = strict(
        CheckConstraint("amount_minor > 0", name="a_transfer_has_an_amount"),
        Index("ix_transfer_part_order", "order_id"),
    )

    reference: Mapped[str] = mapped_column(Str, primary_key=True)  # the bank's own number
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), nullable=False)
    amount_minor: Mapped[int] = mapped_column(Int, nullable=False)
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    payment_id: Mapped[str | None] = mapped_column(ForeignKey("payment.id"))
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)

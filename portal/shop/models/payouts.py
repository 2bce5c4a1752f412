"""Tables of what was paid out of the cash journal, and to whom."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Int, Str, Utc, strict


class Payee(Base):
    """Who is paid out, in one currency: the row for which two pay-outs of one pot wait for each other."""

    __tablename__ = "payee"
    __table_args__ = strict(
        UniqueConstraint("party", "currency", "test", name="a_payee_is_a_party_in_one_currency"),
        CheckConstraint(
            "party IN ('forest_owner','payment','portal','registry')", name="payee_party_is_known"
        ),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    party: Mapped[str] = mapped_column(Str, nullable=False)
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    test: Mapped[bool] = mapped_column(Bool, nullable=False)


class Payout(Base):
    """Money that staff say has gone to a party for a month. Never edited or deleted."""

    __tablename__ = "payout"
    __table_args__ = strict(
        UniqueConstraint("payee_id", "reference", name="a_bank_transfer_is_recorded_once"),
        CheckConstraint("amount_minor > 0", name="a_payout_has_an_amount"),
        Index("ix_payout_payee", "payee_id", "period"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey("payee.id"), nullable=False)
    period: Mapped[str] = mapped_column(Str, nullable=False)  # 2026-11
    amount_minor: Mapped[int] = mapped_column(Int, nullable=False)
    reference: Mapped[str] = mapped_column(Str, nullable=False)  # the bank's own number
    recorded_by: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class PayoutVerdict(Base):
    """What a second person says about a recorded pay-out: it counts once it is confirmed."""

    __tablename__ = "payout_verdict"
    __table_args__ = strict(
        CheckConstraint("verdict IN ('confirmed','declined','withdrawn')", name="payout_verdict_is_known"),
    )

    payout_id: Mapped[str] = mapped_column(ForeignKey("payout.id"), primary_key=True)
    verdict: Mapped[str] = mapped_column(Str, nullable=False)
    note: Mapped[str] = mapped_column(Str, nullable=False)
    decided_by: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)

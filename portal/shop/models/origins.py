"""Tables of what each project and planting is owed, whose account it goes to, and the proof that it went."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Int, Str, Utc, strict

_IS_ORIGIN = "substr(origin, 1, 8) = 'project:' OR substr(origin, 1, 9) = 'planting:'"


class CashPart(Base):
    """What of the forest owner's cash lines of one cause is a project's or a planting's.

    The parts of a cause add up to its line; those of credits that were exchanged for others, to nothing.
    Never edited or deleted.
    """

    __tablename__ = "cash_part"
    __table_args__ = strict(
        UniqueConstraint("cause_id", "origin", name="a_cause_moves_an_origins_money_once"),
        CheckConstraint(_IS_ORIGIN, name="a_cash_part_is_of_a_project_or_a_planting"),
        CheckConstraint("amount_minor <> 0", name="a_cash_part_has_an_amount"),
        Index("ix_cash_part_order", "order_id"),
        Index("ix_cash_part_origin", "origin", "currency"),
        Index("ix_cash_part_at", "at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), nullable=False)
    cause_id: Mapped[str] = mapped_column(Str, nullable=False)  # payment, refund or exchange
    origin: Mapped[str] = mapped_column(Str, nullable=False)  # project:HLYC-0001
    amount_minor: Mapped[int] = mapped_column(Int, nullable=False)
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class PayoutAccount(Base):
    """Whose bank account an origin's money goes to, from ``at`` on until another is named. Append-only."""

    __tablename__ = "payout_account"
    __table_args__ = strict(
        CheckConstraint(_IS_ORIGIN, name="a_payout_account_is_of_a_project_or_a_planting"),
        CheckConstraint("kind IN ('organisation','person')", name="payout_account_kind_is_known"),
        CheckConstraint("holder <> '' AND bank <> ''", name="a_payout_account_has_a_holder_and_a_bank"),
        CheckConstraint("length(last_digits) = 4", name="of_an_account_four_digits_are_kept"),
        CheckConstraint("named_by <> accepted_by", name="a_payout_account_is_named_by_two_persons"),
        Index("ix_payout_account_origin", "origin", "at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    origin: Mapped[str] = mapped_column(Str, nullable=False)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    holder: Mapped[str] = mapped_column(Str, nullable=False)
    bank: Mapped[str] = mapped_column(Str, nullable=False)
    last_digits: Mapped[str] = mapped_column(Str, nullable=False)
    named_by: Mapped[str] = mapped_column(Str, nullable=False)
    accepted_by: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class PayoutProof(Base):
    """The bank's paper about a pay-out and, of a forest owner's, for what and to whose account it went."""

    __tablename__ = "payout_proof"
    __table_args__ = strict(
        CheckConstraint(f"origin = '' OR {_IS_ORIGIN}", name="a_pay_out_is_for_a_project_or_a_planting"),
        CheckConstraint(
            "(origin = '') = (account_id IS NULL)", name="a_pay_out_for_a_project_names_an_account"
        ),
        CheckConstraint("length(sha256) = 64", name="a_payout_proof_has_a_digest"),
        Index("ix_payout_proof_origin", "origin"),
    )

    payout_id: Mapped[str] = mapped_column(ForeignKey("payout.id"), primary_key=True)
    origin: Mapped[str] = mapped_column(Str, nullable=False)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("payout_account.id"))
    sha256: Mapped[str] = mapped_column(Str, nullable=False)
    media_type: Mapped[str] = mapped_column(Str, nullable=False)

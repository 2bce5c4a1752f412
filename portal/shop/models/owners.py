"""Tables of payees who share the money of one project or planting."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Int, Str, Utc, strict


class OwnerSplit(Base):
    """From ``at`` on these shares hold, until another split is named. Never edited or deleted.

    It is written after its shares, so that the database can see whether they come to the whole.
    """

    __tablename__ = "owner_split"
    __table_args__ = strict(
        CheckConstraint(
            "substr(origin, 1, 8) = 'project:' OR substr(origin, 1, 9) = 'planting:'",
            name="a_split_is_of_a_project_or_a_planting",
        ),
        CheckConstraint("replace(origin, '/', '') = origin", name="a_payees_share_is_not_split_again"),
        CheckConstraint("named_by <> accepted_by", name="a_split_is_named_by_two_persons"),
        Index("ix_owner_split_origin", "origin", "at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    origin: Mapped[str] = mapped_column(Str, nullable=False)
    named_by: Mapped[str] = mapped_column(Str, nullable=False)
    accepted_by: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class OwnerShare(Base):
    """What one payee gets, in basis points. Never edited or deleted."""

    __tablename__ = "owner_share"
    __table_args__ = strict(
        CheckConstraint("share_bp BETWEEN 1 AND 10000", name="a_share_is_of_ten_thousand"),
        CheckConstraint("payee <> '' AND replace(payee, '/', '') = payee", name="a_payee_has_a_code"),
        CheckConstraint("name_zh <> '' AND name_en <> ''", name="a_payee_has_a_name"),
    )

    # Checked when the transaction ends: the split itself is written last.
    split_id: Mapped[str] = mapped_column(
        ForeignKey("owner_split.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    payee: Mapped[str] = mapped_column(Str, primary_key=True)
    name_zh: Mapped[str] = mapped_column(Str, nullable=False)
    name_en: Mapped[str] = mapped_column(Str, nullable=False)
    share_bp: Mapped[int] = mapped_column(Int, nullable=False)

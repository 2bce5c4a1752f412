"""Papers about money: invoices and credit notes in one gapless row each, and the fapiao asked for.

The facts stay for good. Whom a paper is made out to stands in rows of their own, which can be forgotten.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Day, Int, Str, Utc, strict
from portal.shop.rules.billing import FAPIAO_OVER, FapiaoState, PaperKind, TitleKind


def _one_of(column: str, values: Any) -> str:
    return f"{column} IN ({','.join(repr(str(value)) for value in sorted(values))})"


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class PaperSeries(Base):
    """The last number given out in a series: who gives the next one holds this row until it is on paper."""

    __tablename__ = "paper_series"
    __table_args__ = strict(CheckConstraint("last >= 0", name="a_series_counts_up"))

    series: Mapped[str] = mapped_column(Str, primary_key=True)
    last: Mapped[int] = mapped_column(Int, nullable=False)


class Paper(Base):
    """An invoice, or the credit note that takes back part or all of one. Never edited or deleted."""

    __tablename__ = "paper"
    __table_args__ = strict(
        UniqueConstraint("series", "place", name="a_paper_has_its_place_in_a_series"),
        UniqueConstraint("refund_id", name="a_refund_has_one_credit_note"),
        CheckConstraint(_one_of("kind", PaperKind), name="paper_kind_is_known"),
        CheckConstraint("amount_minor > 0", name="a_paper_has_an_amount"),
        CheckConstraint(
            "(kind = 'credit_note') = (refund_id IS NOT NULL) "
            "AND (kind = 'credit_note') = (of_id IS NOT NULL)",
            name="a_credit_note_is_of_an_invoice_and_a_refund",
        ),
        Index("ix_paper_invoice_of_order", "order_id", unique=True, **_where("kind = 'invoice'")),
        Index("ix_paper_order", "order_id"),
        Index("ix_paper_of", "of_id", **_where("of_id IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    number: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    series: Mapped[str] = mapped_column(ForeignKey("paper_series.series"), nullable=False)
    place: Mapped[int] = mapped_column(Int, nullable=False)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), nullable=False)
    of_id: Mapped[str | None] = mapped_column(ForeignKey("paper.id"))
    refund_id: Mapped[str | None] = mapped_column(ForeignKey("refund.id"))
    amount_minor: Mapped[int] = mapped_column(Int, nullable=False)
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    test: Mapped[bool] = mapped_column(Bool, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    issued_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class PaperParty(Base):
    """Whom an invoice is made out to; its credit notes say the same. Deleting it forgets them."""

    __tablename__ = "paper_party"
    __table_args__ = strict()

    paper_id: Mapped[str] = mapped_column(ForeignKey("paper.id"), primary_key=True)
    title: Mapped[str] = mapped_column(Str, nullable=False)
    address: Mapped[str] = mapped_column(Str, nullable=False)
    tax_number: Mapped[str] = mapped_column(Str, nullable=False)


class Fapiao(Base):
    """How far a fapiao for an order has come. ``number`` and ``red_number`` are the tax office's."""

    __tablename__ = "fapiao"
    __table_args__ = strict(
        CheckConstraint(_one_of("state", FapiaoState), name="fapiao_state_is_known"),
        CheckConstraint("amount_minor > 0", name="a_fapiao_has_an_amount"),
        CheckConstraint(
            "state IN ('requested','rejected','withdrawn') OR (number IS NOT NULL AND issued_on IS NOT NULL)",
            name="an_issued_fapiao_has_a_number_and_a_day",
        ),
        CheckConstraint("state <> 'red_issued' OR red_number IS NOT NULL", name="a_red_fapiao_has_a_number"),
        CheckConstraint("state <> 'rejected' OR reason <> ''", name="a_rejected_fapiao_says_why"),
        Index(
            "ix_fapiao_live", "order_id", unique=True,
            **_where("state NOT IN ({})".format(",".join(f"'{s}'" for s in sorted(FAPIAO_OVER)))),
        ),
        Index("ix_fapiao_order", "order_id"),
        Index("ix_fapiao_waiting", "state", "asked_at"),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    amount_minor: Mapped[int] = mapped_column(Int, nullable=False)
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    number: Mapped[str | None] = mapped_column(Str, unique=True)
    issued_on: Mapped[date | None] = mapped_column(Day)
    red_number: Mapped[str | None] = mapped_column(Str, unique=True)
    reason: Mapped[str] = mapped_column(Str, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    test: Mapped[bool] = mapped_column(Bool, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    changed_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class FapiaoParty(Base):
    """Whose title a fapiao bears and where it is sent. Deleting it forgets them."""

    __tablename__ = "fapiao_party"
    __table_args__ = strict(CheckConstraint(_one_of("kind", TitleKind), name="fapiao_title_kind_is_known"))

    fapiao_id: Mapped[str] = mapped_column(ForeignKey("fapiao.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    title: Mapped[str] = mapped_column(Str, nullable=False)
    tax_number: Mapped[str] = mapped_column(Str, nullable=False)
    email: Mapped[str] = mapped_column(Str, nullable=False)


class FapiaoFile(Base):
    """The fapiao as the tax office's system gave it out. Kept under its digest; never edited or deleted."""

    __tablename__ = "fapiao_file"
    __table_args__ = strict(
        UniqueConstraint("fapiao_id", "sha256", name="a_file_is_given_once_per_fapiao"),
        CheckConstraint("media_type IN ('pdf','ofd','xml')", name="a_fapiao_file_is_pdf_ofd_or_xml"),
        CheckConstraint("size BETWEEN 1 AND 2097152", name="a_fapiao_file_has_at_most_2_mb"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    fapiao_id: Mapped[str] = mapped_column(ForeignKey("fapiao.id"), nullable=False)
    is_red: Mapped[bool] = mapped_column(Bool, nullable=False)
    media_type: Mapped[str] = mapped_column(Str, nullable=False)
    sha256: Mapped[str] = mapped_column(Str, nullable=False)
    size: Mapped[int] = mapped_column(Int, nullable=False)
    given_by: Mapped[str] = mapped_column(Str, nullable=False)
    given_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class FapiaoEntry(Base):
    """The history of a fapiao. Never edited or deleted."""

    __tablename__ = "fapiao_event"
    __table_args__ = strict(Index("ix_fapiao_event_fapiao", "fapiao_id", "at"))

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    fapiao_id: Mapped[str] = mapped_column(ForeignKey("fapiao.id"), nullable=False)
    event: Mapped[str] = mapped_column(Str, nullable=False)
    to_state: Mapped[str] = mapped_column(Str, nullable=False)
    note: Mapped[str] = mapped_column(Str, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)

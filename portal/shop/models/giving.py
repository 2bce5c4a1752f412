"""Giving every month: what was agreed, and each month's turn with the order that came of it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Day, Int, MassCol, Str, Utc, strict
from portal.kernel.mass import Mass
from portal.shop.rules.giving import GivingState, InvoiceState


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Giving(Base):
    """So many kilograms of a lot every month, asked for by letter and paid at the day's price."""

    __tablename__ = "giving"
    __table_args__ = strict(
        CheckConstraint(
            "state IN ({})".format(",".join(f"'{s}'" for s in sorted(GivingState))),
            name="giving_state_is_known",
        ),
        CheckConstraint("mass_g > 0", name="a_giving_has_grams"),
        CheckConstraint("day BETWEEN 1 AND 28", name="a_giving_has_a_day_of_every_month"),
        Index("ix_giving_due", "next_on", **_where("state = 'active'")),
        Index("ix_giving_person", "person_id", **_where("person_id IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    lot: Mapped[str] = mapped_column(Str, nullable=False)
    mass: Mapped[Mass] = mapped_column("mass_g", MassCol, nullable=False)
    day: Mapped[int] = mapped_column(Int, nullable=False)  # of the month
    next_on: Mapped[date] = mapped_column(Day, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    purpose: Mapped[str] = mapped_column(Str, nullable=False)
    person_id: Mapped[str | None] = mapped_column(Str)
    test: Mapped[bool] = mapped_column(Bool, nullable=False)
    begun_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    changed_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Giver(Base):
    """Who gives. Deleting it forgets them, and no further letter is written."""

    __tablename__ = "giver"
    __table_args__ = strict()

    giving_id: Mapped[str] = mapped_column(ForeignKey("giving.id"), primary_key=True)
    name: Mapped[str] = mapped_column(Str, nullable=False)
    email: Mapped[str] = mapped_column(Str, nullable=False)
    is_public: Mapped[bool] = mapped_column(Bool, nullable=False)


class GivingTurn(Base):
    """One month of a giving: asked for once. ``order_id``: the last order placed for it."""

    __tablename__ = "giving_turn"
    __table_args__ = strict(Index("ix_giving_turn_order", "order_id", unique=True))

    giving_id: Mapped[str] = mapped_column(ForeignKey("giving.id"), primary_key=True)
    month: Mapped[str] = mapped_column(Str, primary_key=True)  # "2026-12"
    order_id: Mapped[str | None] = mapped_column(ForeignKey("orders.id"))
    asked_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class GivingCard(Base):
    """A giving whose sum the provider charges to a card by itself. No card number is ever known here."""

    __tablename__ = "giving_card"
    __table_args__ = strict(
        UniqueConstraint("session_id", name="a_session_begins_one_giving"),
        UniqueConstraint("subscription_id", name="a_subscription_is_of_one_giving"),
        CheckConstraint("amount_minor > 0", name="a_giving_by_card_has_a_sum"),
        Index("ix_giving_card_asked", "asked_at"),
    )

    giving_id: Mapped[str] = mapped_column(ForeignKey("giving.id"), primary_key=True)
    session_id: Mapped[str | None] = mapped_column(Str)
    subscription_id: Mapped[str | None] = mapped_column(Str)
    amount_minor: Mapped[int] = mapped_column(Int, nullable=False)
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    consent: Mapped[bool] = mapped_column(Bool, nullable=False)  # to immediate retirement
    asked_at: Mapped[datetime] = mapped_column(Utc, nullable=False)  # when the provider was last asked


class GivingInvoice(Base):
    """A month that the provider charged, or tried to: with the order that the money became, once."""

    __tablename__ = "giving_invoice"
    __table_args__ = strict(
        CheckConstraint(
            "state IN ({})".format(",".join(f"'{s}'" for s in sorted(InvoiceState))),
            name="giving_invoice_state_is_known",
        ),
        CheckConstraint("(state = 'ordered') = (order_id IS NOT NULL)", name="an_ordered_month_has_an_order"),
        CheckConstraint("amount_minor > 0", name="a_charged_month_has_a_sum"),
        UniqueConstraint("order_id", name="an_order_is_of_one_charged_month"),
        UniqueConstraint("payment_id", name="a_payment_is_of_one_charged_month"),
        Index("ix_giving_invoice_giving", "giving_id"),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Str, primary_key=True)  # the provider's
    giving_id: Mapped[str] = mapped_column(ForeignKey("giving.id"), nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    amount_minor: Mapped[int] = mapped_column(Int, nullable=False)
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    payment_id: Mapped[str | None] = mapped_column(Str)
    order_id: Mapped[str | None] = mapped_column(ForeignKey("orders.id"))
    refund_id: Mapped[str | None] = mapped_column(Str)  # ours: there before the provider is called
    charged_at: Mapped[datetime] = mapped_column(Utc, nullable=False)

"""Giving every month: what was agreed, and each month's turn with the order that came of it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Day, Int, MassCol, Str, Utc, strict
from portal.kernel.mass import Mass
from portal.shop.rules.giving import GivingState


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

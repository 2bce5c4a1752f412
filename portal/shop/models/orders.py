"""Tables of the shop. What a row may do is held by constraints here and triggers in guards.py."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Bytes, Int, Json, MassCol, Str, Utc, strict
from portal.kernel.mass import Mass
from portal.shop.rules.quotes import Party
from portal.shop.rules.states import UNPAID, OrderState


def _one_of(column: str, values: Any) -> str:
    return f"{column} IN ({','.join(repr(str(value)) for value in sorted(values))})"


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Order(Base):
    """One purchase. Carries ids, amounts and states; the name and address are in order_buyer."""

    __tablename__ = "orders"
    __table_args__ = strict(
        CheckConstraint(_one_of("state", OrderState), name="order_state_is_known"),
        CheckConstraint("amount_minor > 0", name="an_order_costs_something"),
        CheckConstraint("mass_g >= 0", name="an_order_has_grams_or_none"),
        CheckConstraint("payment IN ('card','transfer')", name="order_payment_is_known"),
        Index("ix_orders_unpaid", "expires_at", **_where(_one_of("state", UNPAID))),
        Index("ix_orders_open", "state", "created_at"),
        Index("ix_orders_person", "person_id", "created_at", **_where("person_id IS NOT NULL")),
        Index("ix_orders_attention", "attention_at", **_where("attention <> ''")),
        Index("ix_orders_purpose", "purpose", **_where("purpose <> ''")),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    contents: Mapped[str] = mapped_column(Str, nullable=False)  # digest, see contents_digest
    state: Mapped[str] = mapped_column(Str, nullable=False)
    version: Mapped[int] = mapped_column(Int, nullable=False)  # of the row: grows with every change
    mass: Mapped[Mass] = mapped_column("mass_g", MassCol, nullable=False)
    amount_minor: Mapped[int] = mapped_column(Int, nullable=False)
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    fees: Mapped[dict[str, int]] = mapped_column(Json, nullable=False)  # kind → minor units
    split: Mapped[dict[str, int]] = mapped_column(Json, nullable=False)  # party → minor units
    terms_version: Mapped[str] = mapped_column(Str, nullable=False)
    quote_hash: Mapped[str] = mapped_column(Str, nullable=False)
    purpose: Mapped[str] = mapped_column(Str, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    consent: Mapped[bool] = mapped_column(Bool, nullable=False)  # to immediate retirement
    payment: Mapped[str] = mapped_column(Str, nullable=False)
    provider: Mapped[str] = mapped_column(Str, nullable=False)
    test: Mapped[bool] = mapped_column(Bool, nullable=False)
    hold_id: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    session_no: Mapped[int] = mapped_column(Int, nullable=False)  # n of the key order:{id}:v{n}
    session_id: Mapped[str | None] = mapped_column(Str)
    session_url: Mapped[str | None] = mapped_column(Str)
    expires_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    person_id: Mapped[str | None] = mapped_column(Str)
    organisation_id: Mapped[str] = mapped_column(Str, nullable=False)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    paid_at: Mapped[datetime | None] = mapped_column(Utc)
    retire_after: Mapped[datetime | None] = mapped_column(Utc)
    disputed_from: Mapped[str | None] = mapped_column(Str)
    attention: Mapped[str] = mapped_column(Str, nullable=False)  # why a person must look, or ""
    attention_at: Mapped[datetime | None] = mapped_column(Utc)
    asked_at: Mapped[datetime | None] = mapped_column(Utc)  # when the provider was last asked about it


class OrderLine(Base):
    """So much from these lots at one price; after retirement with its retirement and certificate."""

    __tablename__ = "order_line"
    __table_args__ = strict(
        UniqueConstraint("order_id", "position", name="order_lines_have_places"),
        CheckConstraint("mass_g > 0 AND amount_minor > 0", name="an_order_line_has_grams_and_a_price"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), nullable=False)
    position: Mapped[int] = mapped_column(Int, nullable=False)
    lots: Mapped[list[str]] = mapped_column(Json, nullable=False)  # codes, in order of preference
    mass: Mapped[Mass] = mapped_column("mass_g", MassCol, nullable=False)
    minor_per_t: Mapped[int] = mapped_column(Int, nullable=False)
    amount_minor: Mapped[int] = mapped_column(Int, nullable=False)
    retirement_id: Mapped[str | None] = mapped_column(Str)
    certificate: Mapped[str | None] = mapped_column(Str)  # number


class OrderBuyer(Base):
    """The only personal data of an order: deleting this row forgets the person, and no proof breaks."""

    __tablename__ = "order_buyer"
    __table_args__ = strict(Index("ix_order_buyer_email", "email"))

    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    name: Mapped[str] = mapped_column(Str, nullable=False)
    email: Mapped[str] = mapped_column(Str, nullable=False)
    is_public: Mapped[bool] = mapped_column(Bool, nullable=False)
    salt: Mapped[bytes] = mapped_column(Bytes, nullable=False)


class OrderEntry(Base):
    """The order's history: every step, and every step that was refused. Never edited or deleted."""

    __tablename__ = "order_event"
    __table_args__ = strict(Index("ix_order_event_order", "order_id", "at"))

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), nullable=False)
    event: Mapped[str] = mapped_column(Str, nullable=False)
    from_state: Mapped[str | None] = mapped_column(Str)
    to_state: Mapped[str | None] = mapped_column(Str)  # None: refused
    note: Mapped[str] = mapped_column(Str, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class PaymentRow(Base):
    """Money that came in, once per payment of a provider. Never edited or deleted.

    ``kind``: ``order`` pays the order; ``extra`` came a second time, ``late`` after the grams were gone
    and ``mismatch`` in another amount: these go back or to staff.
    """

    __tablename__ = "payment"
    __table_args__ = strict(
        UniqueConstraint("provider", "provider_payment_id", name="a_payment_is_recorded_once"),
        CheckConstraint("amount_minor > 0", name="a_payment_has_an_amount"),
        CheckConstraint("kind IN ('order','extra','late','mismatch')", name="payment_kind_is_known"),
        Index("ix_payment_pays_once", "order_id", unique=True, **_where("kind = 'order'")),
        Index("ix_payment_order", "order_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    provider: Mapped[str] = mapped_column(Str, nullable=False)
    provider_payment_id: Mapped[str] = mapped_column(Str, nullable=False)
    amount_minor: Mapped[int] = mapped_column(Int, nullable=False)
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    test: Mapped[bool] = mapped_column(Bool, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class RefundRow(Base):
    """Money on its way back. The row, with its id, is there before the provider is called.

    ``kind``: ``before`` and ``after`` retirement move the order; ``extra`` gives back a second payment;
    ``provider`` was made in the provider's own pages; ``dispute`` was taken by the buyer's bank.
    """

    __tablename__ = "refund"
    __table_args__ = strict(
        UniqueConstraint("provider_refund_id", name="a_refund_is_recorded_once"),
        CheckConstraint("amount_minor > 0", name="a_refund_has_an_amount"),
        CheckConstraint(
            "kind IN ('before','after','extra','provider','dispute')", name="refund_kind_is_known"
        ),
        CheckConstraint("state IN ('planned','pending','succeeded','failed')", name="refund_state_is_known"),
        Index("ix_refund_order", "order_id"),
        Index("ix_refund_payment", "payment_id"),
        Index("ix_refund_running", "created_at", **_where("state IN ('planned','pending')")),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), nullable=False)
    payment_id: Mapped[str] = mapped_column(ForeignKey("payment.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    amount_minor: Mapped[int] = mapped_column(Int, nullable=False)
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    reason: Mapped[str] = mapped_column(Str, nullable=False)
    provider_refund_id: Mapped[str | None] = mapped_column(Str)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    done_at: Mapped[datetime | None] = mapped_column(Utc)


class PaymentEvent(Base):
    """A provider's event, once per its id, with what it led to. Never edited or deleted."""

    __tablename__ = "payment_event"
    __table_args__ = strict(Index("ix_payment_event_outcome", "outcome", "at"))

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    object_id: Mapped[str] = mapped_column(Str, nullable=False)
    order_id: Mapped[str | None] = mapped_column(Str)
    outcome: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class CashLine(Base):
    """Who holds which part of an order's money: Σ = captured − refunded (I17). Never edited or deleted."""

    __tablename__ = "cash_line"
    __table_args__ = strict(
        UniqueConstraint("cause_id", "party", name="money_moves_once_per_cause_and_party"),
        CheckConstraint(_one_of("party", Party), name="cash_party_is_known"),
        Index("ix_cash_line_order", "order_id"),
        Index("ix_cash_line_party", "party", "currency"),
        Index("ix_cash_line_at", "at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), nullable=False)
    cause_id: Mapped[str] = mapped_column(Str, nullable=False)  # the payment or refund it comes from
    party: Mapped[str] = mapped_column(Str, nullable=False)
    amount_minor: Mapped[int] = mapped_column(Int, nullable=False)
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)

"""Table of purchases that wait for an approval inside their organisation."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Int, MassCol, Str, Utc, strict
from portal.kernel.mass import Mass
from portal.shop.rules.requests import RequestState

_STATES = ",".join(f"'{state}'" for state in RequestState)


class PurchaseRequest(Base):
    """A member asks, an approver of the organisation answers. ``order_id`` is fixed when it is asked."""

    __tablename__ = "purchase_request"
    __table_args__ = strict(
        CheckConstraint(f"state IN ({_STATES})", name="purchase_request_state_is_known"),
        CheckConstraint(
            "mass_g >= 0 AND seedlings >= 0 AND (mass_g > 0 OR seedlings > 0) AND amount_minor > 0",
            name="a_request_is_for_grams_or_seedlings_at_a_price",
        ),
        CheckConstraint("state <> 'declined' OR reason <> ''", name="who_declines_says_why"),
        CheckConstraint(
            "(state IN ('asked','lapsed','withdrawn')) = (decided_by IS NULL)",
            name="a_decision_has_somebody_who_decided",
        ),
        Index("ix_purchase_request_organisation", "organisation_id", "created_at"),
        Index("ix_purchase_request_person", "person_id", "created_at"),
        Index("ix_purchase_request_open", "state", "expires_at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Str, nullable=False)
    person_id: Mapped[str] = mapped_column(Str, nullable=False)
    batch_id: Mapped[str | None] = mapped_column(ForeignKey("gift_batch.id"))
    basket: Mapped[str] = mapped_column(Str, nullable=False)  # Basket.text
    mass: Mapped[Mass] = mapped_column("mass_g", MassCol, nullable=False)
    seedlings: Mapped[int] = mapped_column(Int, nullable=False)
    amount_minor: Mapped[int] = mapped_column(Int, nullable=False)  # as it was seen when it was asked
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    payment: Mapped[str] = mapped_column(Str, nullable=False)
    quote_hash: Mapped[str] = mapped_column(Str, nullable=False)
    name: Mapped[str] = mapped_column(Str, nullable=False)
    is_public: Mapped[bool] = mapped_column(Bool, nullable=False)
    note: Mapped[str] = mapped_column(Str, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    order_id: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    reason: Mapped[str] = mapped_column(Str, nullable=False)
    decided_by: Mapped[str | None] = mapped_column(Str)
    decided_at: Mapped[datetime | None] = mapped_column(Utc)
    expires_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)

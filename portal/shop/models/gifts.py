"""Tables of gifts: what the giver wrote, the code, and the lists of recipients that organisations hand in."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Day, Int, MassCol, Str, Utc, strict
from portal.kernel.mass import Mass

_IN_A_BATCH = "(batch_id IS NULL) = (position IS NULL) AND (batch_id IS NULL) = (mass_g IS NULL)"


class GiftBatch(Base):
    """One list of recipients, each to get as much: its order bears the batch's id as its purpose."""

    __tablename__ = "gift_batch"
    __table_args__ = strict(
        CheckConstraint("count BETWEEN 1 AND 5000", name="a_batch_has_1_to_5000_gifts"),
        CheckConstraint("each_g > 0", name="a_gift_of_a_batch_has_grams"),
        Index("ix_gift_batch_person", "person_id", "created_at"),
        Index("ix_gift_batch_organisation", "organisation_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    person_id: Mapped[str] = mapped_column(Str, nullable=False)
    organisation_id: Mapped[str] = mapped_column(Str, nullable=False)  # "" for a person's own
    lot: Mapped[str] = mapped_column(Str, nullable=False)  # code
    each: Mapped[Mass] = mapped_column("each_g", MassCol, nullable=False)
    count: Mapped[int] = mapped_column(Int, nullable=False)
    file_sha256: Mapped[str | None] = mapped_column(Str)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    done_at: Mapped[datetime | None] = mapped_column(Utc)  # every certificate is issued, and the letter sent


class Gift(Base):
    """Credits for somebody else. A single gift's order bears its id as purpose; a batch's gift is a share.

    Names and texts are personal data: emptying them forgets the person, and no proof breaks.
    """

    __tablename__ = "gift"
    __table_args__ = strict(
        UniqueConstraint("batch_id", "position", name="gifts_of_a_batch_have_places"),
        CheckConstraint(_IN_A_BATCH, name="a_gift_of_a_batch_has_a_place_and_a_share"),
        CheckConstraint("deliver_on IS NULL OR email <> ''", name="a_gift_is_delivered_to_an_address"),
        Index("ix_gift_person", "person_id", "created_at", sqlite_where=text("person_id IS NOT NULL"),
              postgresql_where=text("person_id IS NOT NULL")),
        Index("ix_gift_waiting", "id", sqlite_where=text("told_at IS NULL OR delivered_at IS NULL"),
              postgresql_where=text("told_at IS NULL OR delivered_at IS NULL")),
        Index("ix_gift_certificate", "certificate", sqlite_where=text("certificate IS NOT NULL"),
              postgresql_where=text("certificate IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    batch_id: Mapped[str | None] = mapped_column(ForeignKey("gift_batch.id"))
    position: Mapped[int | None] = mapped_column(Int)  # from 0: the share begins at position × the mass
    mass: Mapped[Mass | None] = mapped_column("mass_g", MassCol)
    code: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    giver: Mapped[str] = mapped_column(Str, nullable=False)
    recipient: Mapped[str] = mapped_column(Str, nullable=False)
    email: Mapped[str] = mapped_column(Str, nullable=False)
    dedication: Mapped[str] = mapped_column(Str, nullable=False)
    message: Mapped[str] = mapped_column(Str, nullable=False)
    deliver_on: Mapped[date | None] = mapped_column(Day)
    is_named: Mapped[bool] = mapped_column(Bool, nullable=False)  # certified in the recipient's name at once
    person_id: Mapped[str | None] = mapped_column(Str)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    told_at: Mapped[datetime | None] = mapped_column(Utc)  # the giver was told that the card is ready
    delivered_at: Mapped[datetime | None] = mapped_column(Utc)  # the letter to the recipient is recorded
    claimed_at: Mapped[datetime | None] = mapped_column(Utc)
    claimed_by: Mapped[str | None] = mapped_column(Str)  # a person's id, or "guest"
    certificate: Mapped[str | None] = mapped_column(Str)  # number of a share's first certificate


class GiftBlock(Base):
    """A code that staff have blocked: it opens nothing any more. Never edited or deleted."""

    __tablename__ = "gift_block"
    __table_args__ = strict(
        CheckConstraint("reason <> ''", name="a_code_is_blocked_for_a_reason"),
        Index("ix_gift_block_gift", "gift_id"),
    )

    code: Mapped[str] = mapped_column(Str, primary_key=True)
    gift_id: Mapped[str] = mapped_column(ForeignKey("gift.id"), nullable=False)
    reason: Mapped[str] = mapped_column(Str, nullable=False)
    blocked_by: Mapped[str] = mapped_column(Str, nullable=False)
    blocked_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class GiftCards(Base):
    """The cards of a batch as one ZIP: asked for, and how many are printed so far."""

    __tablename__ = "gift_cards"
    __table_args__ = strict(
        CheckConstraint("printed >= 0", name="cards_are_counted_from_0"),
        Index("ix_gift_cards_waiting", "asked_at", sqlite_where=text("done_at IS NULL"),
              postgresql_where=text("done_at IS NULL")),
    )  # fmt: skip

    batch_id: Mapped[str] = mapped_column(ForeignKey("gift_batch.id"), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    printed: Mapped[int] = mapped_column(Int, nullable=False)
    done_at: Mapped[datetime | None] = mapped_column(Utc)

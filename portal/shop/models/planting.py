"""Tables of planting: campaigns, the seedlings of orders, and the dated reports that follow."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Day, Int, Str, Utc, strict


class PlantingCampaign(Base):
    """Seedlings of one species to be planted at one named parcel in one season.

    How many are taken is derived from the orders (``seedlings.KEEPS_PLACES``); there is no counter to drift.
    """

    __tablename__ = "planting_campaign"
    __table_args__ = strict(
        CheckConstraint("places > 0", name="a_planting_has_places"),
        CheckConstraint("minor_each > 0", name="a_seedling_has_a_price"),
        CheckConstraint("planting_from <= planting_until", name="a_planting_ends_after_it_begins"),
        CheckConstraint("sales_until <= planting_until", name="a_planting_is_funded_before_it_ends"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    code: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    parcel_code: Mapped[str] = mapped_column(Str, nullable=False)
    parcel_zh: Mapped[str] = mapped_column(Str, nullable=False)
    parcel_en: Mapped[str] = mapped_column(Str, nullable=False)
    species_zh: Mapped[str] = mapped_column(Str, nullable=False)
    species_en: Mapped[str] = mapped_column(Str, nullable=False)
    latin: Mapped[str] = mapped_column(Str, nullable=False)
    season_zh: Mapped[str] = mapped_column(Str, nullable=False)
    season_en: Mapped[str] = mapped_column(Str, nullable=False)
    planter_zh: Mapped[str] = mapped_column(Str, nullable=False)
    planter_en: Mapped[str] = mapped_column(Str, nullable=False)
    about_zh: Mapped[str] = mapped_column(Str, nullable=False)
    about_en: Mapped[str] = mapped_column(Str, nullable=False)
    minor_each: Mapped[int] = mapped_column(Int, nullable=False)
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    places: Mapped[int] = mapped_column(Int, nullable=False)
    sales_until: Mapped[date] = mapped_column(Day, nullable=False)
    planting_from: Mapped[date] = mapped_column(Day, nullable=False)
    planting_until: Mapped[date] = mapped_column(Day, nullable=False)
    is_demo: Mapped[bool] = mapped_column(Bool, nullable=False)
    opened_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    closed_at: Mapped[datetime | None] = mapped_column(Utc)


class SeedlingLineRow(Base):
    """So many seedlings of one campaign in one order, with the certificate once the order is final."""

    __tablename__ = "seedling_line"
    __table_args__ = strict(
        UniqueConstraint("order_id", "position", name="seedling_lines_have_places"),
        CheckConstraint("seedlings > 0 AND minor_each > 0", name="a_seedling_line_has_seedlings_and_a_price"),
        CheckConstraint("amount_minor = seedlings * minor_each", name="seedlings_cost_what_one_costs_each"),
        Index("ix_seedling_line_campaign", "campaign_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), nullable=False)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("planting_campaign.id"), nullable=False)
    position: Mapped[int] = mapped_column(Int, nullable=False)
    seedlings: Mapped[int] = mapped_column(Int, nullable=False)
    minor_each: Mapped[int] = mapped_column(Int, nullable=False)
    amount_minor: Mapped[int] = mapped_column(Int, nullable=False)
    certificate: Mapped[str | None] = mapped_column(Str)  # number


class PlantingReport(Base):
    """What was counted on a day at the parcel. Never edited or deleted: a later report corrects it."""

    __tablename__ = "planting_report"
    __table_args__ = strict(
        CheckConstraint("kind IN ('planted','survival')", name="planting_report_kind_is_known"),
        CheckConstraint("seedlings >= 0", name="a_report_counts_from_nothing"),
        Index("ix_planting_report_campaign", "campaign_id", "visited_on"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ForeignKey("planting_campaign.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    visited_on: Mapped[date] = mapped_column(Day, nullable=False)
    seedlings: Mapped[int] = mapped_column(Int, nullable=False)
    note_zh: Mapped[str] = mapped_column(Str, nullable=False)
    note_en: Mapped[str] = mapped_column(Str, nullable=False)
    reported_by: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class PlantingPhoto(Base):
    """A photo of a report, kept under the digest of the picture as it is shown. Never edited or deleted."""

    __tablename__ = "planting_photo"
    __table_args__ = strict(
        UniqueConstraint("report_id", "position", name="photos_have_places"),
        CheckConstraint("width > 0 AND height > 0", name="a_photo_has_a_size"),
        Index("ix_planting_photo_sha256", "sha256"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("planting_report.id"), nullable=False)
    position: Mapped[int] = mapped_column(Int, nullable=False)
    sha256: Mapped[str] = mapped_column(Str, nullable=False)
    width: Mapped[int] = mapped_column(Int, nullable=False)
    height: Mapped[int] = mapped_column(Int, nullable=False)
    alt_zh: Mapped[str] = mapped_column(Str, nullable=False)
    alt_en: Mapped[str] = mapped_column(Str, nullable=False)

"""The tables of the room: footprints, drafts of them, campaigns, and the files of events."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Day, Int, Json, MassCol, Str, Utc, strict
from portal.footprint.rules.campaigns import INVITATION_MAX, TITLE_MAX
from portal.footprint.rules.events import TITLE_MAX as EVENT_TITLE_MAX
from portal.kernel.mass import Mass


class FootprintRecord(Base):
    """Never changed after it is written: a pledge or an order may stand on its digest."""

    __tablename__ = "footprint"
    __table_args__ = strict(
        CheckConstraint(
            "total_g >= 0 and low_g <= total_g and total_g <= high_g", name="footprint_lies_in_its_range"
        ),
        CheckConstraint("lang in ('zh', 'en')", name="footprint_speaks_a_language_of_the_portal"),
        CheckConstraint("form in ('short', 'full', 'expert')", name="footprint_was_asked_in_a_known_form"),
        CheckConstraint("stage in ('', 'estimate', 'actual')", name="footprint_is_of_a_known_stage"),
        CheckConstraint("length(label) <= 80", name="footprint_has_a_short_label"),
        Index("ix_footprint_owner_id_created_at", "owner_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    model_id: Mapped[str] = mapped_column(Str, nullable=False)
    version: Mapped[str] = mapped_column(Str, nullable=False)
    model_digest: Mapped[str] = mapped_column(Str, nullable=False)
    gwp: Mapped[str] = mapped_column(Str, nullable=False)
    region: Mapped[str] = mapped_column(Str, nullable=False)
    year: Mapped[str] = mapped_column(Str, nullable=False, server_default="")
    audience: Mapped[str] = mapped_column(Str, nullable=False, server_default="")
    own: Mapped[dict[str, str]] = mapped_column(Json, nullable=False, server_default="{}")
    form: Mapped[str] = mapped_column(Str, nullable=False, server_default="short")
    stage: Mapped[str] = mapped_column(Str, nullable=False, server_default="")
    previous_id: Mapped[str | None] = mapped_column(Str)
    label: Mapped[str] = mapped_column(Str, nullable=False, server_default="")
    answers: Mapped[dict[str, str]] = mapped_column(Json, nullable=False)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(Json, nullable=False)
    total: Mapped[Mass] = mapped_column("total_g", MassCol, nullable=False)
    low: Mapped[Mass] = mapped_column("low_g", MassCol, nullable=False)
    high: Mapped[Mass] = mapped_column("high_g", MassCol, nullable=False)
    digest: Mapped[str] = mapped_column(Str, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    owner_id: Mapped[str | None] = mapped_column(Str)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class DraftRecord(Base):
    """Answers somebody wants to go on with later. Deleted when they expire; says nothing of who they are."""

    __tablename__ = "footprint_draft"
    __table_args__ = strict(
        UniqueConstraint("code_hash", name="a_draft_has_a_code_of_its_own"),
        CheckConstraint("lang in ('zh', 'en')", name="a_draft_speaks_a_language_of_the_portal"),
        CheckConstraint("form in ('short', 'full', 'expert')", name="a_draft_has_a_known_form"),
        CheckConstraint("expires_at > created_at", name="a_draft_is_kept_for_a_while"),
        Index("ix_footprint_draft_expires_at", "expires_at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    code_hash: Mapped[str] = mapped_column(Str, nullable=False)
    model_id: Mapped[str] = mapped_column(Str, nullable=False)
    version: Mapped[str] = mapped_column(Str, nullable=False)
    form: Mapped[str] = mapped_column(Str, nullable=False)
    region: Mapped[str] = mapped_column(Str, nullable=False)
    year: Mapped[str] = mapped_column(Str, nullable=False)
    audience: Mapped[str] = mapped_column(Str, nullable=False)
    answers: Mapped[dict[str, str]] = mapped_column(Json, nullable=False)
    own: Mapped[dict[str, str]] = mapped_column(Json, nullable=False)
    previous_id: Mapped[str | None] = mapped_column(Str)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Campaign(Base):
    """A class, a school or a company that answers one calculator together; ``cmp_…``."""

    __tablename__ = "campaign"
    __table_args__ = strict(
        CheckConstraint("state IN ('open', 'closed', 'withdrawn')", name="campaign_state_is_known"),
        CheckConstraint("form IN ('short', 'full')", name="a_campaign_asks_in_a_known_form"),
        CheckConstraint("title_zh <> '' OR title_en <> ''", name="a_campaign_has_a_title"),
        CheckConstraint(
            f"length(title_zh) <= {TITLE_MAX} AND length(title_en) <= {TITLE_MAX} "
            f"AND length(invitation_zh) <= {INVITATION_MAX} AND length(invitation_en) <= {INVITATION_MAX}",
            name="campaign_texts_are_short",
        ),
        CheckConstraint("opens <= closes", name="a_campaign_opens_before_it_closes"),
        Index("ix_campaign_owner_id", "owner_id"),
        Index("ix_campaign_organisation_id", "organisation_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    owner_id: Mapped[str] = mapped_column(Str, nullable=False)
    organisation_id: Mapped[str | None] = mapped_column(Str)
    model_id: Mapped[str] = mapped_column(Str, nullable=False)
    version: Mapped[str] = mapped_column(Str, nullable=False)
    audience: Mapped[str] = mapped_column(Str, nullable=False)
    form: Mapped[str] = mapped_column(Str, nullable=False)
    title_zh: Mapped[str] = mapped_column(Str, nullable=False)
    title_en: Mapped[str] = mapped_column(Str, nullable=False)
    invitation_zh: Mapped[str] = mapped_column(Str, nullable=False)
    invitation_en: Mapped[str] = mapped_column(Str, nullable=False)
    opens: Mapped[date] = mapped_column(Day, nullable=False)
    closes: Mapped[date] = mapped_column(Day, nullable=False)
    groups: Mapped[list[str]] = mapped_column(Json, nullable=False)
    questions: Mapped[list[dict[str, Any]]] = mapped_column(Json, nullable=False)
    is_private: Mapped[bool] = mapped_column(Bool, nullable=False)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Contribution(Base):
    """Somebody's part in a campaign. Nothing says whose: the id is the hash of a code that only they hold.

    No instant either, and no number that counts up: who answered after whom is not kept.
    """

    __tablename__ = "campaign_contribution"
    __table_args__ = strict(
        CheckConstraint("version >= 1", name="a_contribution_has_a_version"),
        CheckConstraint("per_person_g >= 0", name="a_contribution_is_not_negative"),
        Index("ix_campaign_contribution_campaign_id", "campaign_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(Str, ForeignKey("campaign.id"), nullable=False)
    version: Mapped[int] = mapped_column(Int, nullable=False)  # one more with each replacement
    region: Mapped[str] = mapped_column(Str, nullable=False)
    answers: Mapped[dict[str, str]] = mapped_column(Json, nullable=False)
    lines: Mapped[list[int]] = mapped_column(Json, nullable=False)  # grams per rule, in the model's order
    per_person_g: Mapped[int] = mapped_column(Int, nullable=False)
    sub_group: Mapped[str] = mapped_column(Str, nullable=False)
    extras: Mapped[list[str]] = mapped_column(Json, nullable=False)
    day: Mapped[date] = mapped_column(Day, nullable=False)


class CampaignPublication(Base):
    """What a campaign's page says from some point on, and about whom: see rules/groups.py."""

    __tablename__ = "campaign_publication"
    __table_args__ = strict(CheckConstraint("number >= 1", name="publications_are_counted_from_1"))

    campaign_id: Mapped[str] = mapped_column(Str, ForeignKey("campaign.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Int, primary_key=True)
    members: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)
    figures: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)
    day: Mapped[date] = mapped_column(Day, nullable=False)


# ---- events of organisers


class EventRecord(Base):
    """An event's file. Its model and version hold for all its inventories."""

    __tablename__ = "footprint_event"
    __table_args__ = strict(
        CheckConstraint(
            f"title <> '' AND length(title) <= {EVENT_TITLE_MAX}", name="an_event_has_a_short_title"
        ),
        CheckConstraint("first_day <= last_day", name="an_event_ends_after_it_begins"),
        CheckConstraint(
            "(report_from IS NULL) = (report_to IS NULL)", name="a_survey_has_both_its_days_or_none"
        ),
        CheckConstraint("report_from <= report_to", name="a_survey_ends_after_it_begins"),
        UniqueConstraint("code", name="an_event_code_is_unique"),
        Index("ix_footprint_event_owner_id", "owner_id"),
        Index("ix_footprint_event_organisation_id", "organisation_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    owner_id: Mapped[str] = mapped_column(Str, nullable=False)
    organisation_id: Mapped[str | None] = mapped_column(Str)
    title: Mapped[str] = mapped_column(Str, nullable=False)
    region: Mapped[str] = mapped_column(Str, nullable=False)
    first_day: Mapped[date] = mapped_column(Day, nullable=False)
    last_day: Mapped[date] = mapped_column(Day, nullable=False)
    model_id: Mapped[str] = mapped_column(Str, nullable=False)
    version: Mapped[str] = mapped_column(Str, nullable=False)
    code: Mapped[str] = mapped_column(Str, nullable=False)
    report_from: Mapped[date | None] = mapped_column(Day)
    report_to: Mapped[date | None] = mapped_column(Day)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class EventVersionRecord(Base):
    """One inventory of an event, numbered within its stage. Freezing is the last number of the actuals."""

    __tablename__ = "footprint_event_version"
    __table_args__ = strict(
        CheckConstraint("stage IN ('estimate','actual')", name="an_inventory_has_a_stage"),
        CheckConstraint("number >= 1", name="versions_count_from_one"),
        CheckConstraint("origin IN ('form','merged','frozen')", name="an_inventory_says_where_it_is_from"),
        CheckConstraint("origin <> 'frozen' OR stage = 'actual'", name="only_actuals_are_frozen"),
        Index("ix_footprint_event_version_footprint_id", "footprint_id"),
    )

    event_id: Mapped[str] = mapped_column(Str, ForeignKey("footprint_event.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(Str, primary_key=True)
    number: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    footprint_id: Mapped[str] = mapped_column(Str, ForeignKey("footprint.id"), nullable=False)
    origin: Mapped[str] = mapped_column(Str, nullable=False)
    facts: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class AttendeeReport(Base):
    """One browser's journey. Nothing of the person, and of the time only the day."""

    __tablename__ = "footprint_attendee"
    __table_args__ = strict(CheckConstraint("occupants BETWEEN 0 AND 9", name="a_car_holds_nine"))

    event_id: Mapped[str] = mapped_column(Str, ForeignKey("footprint_event.id"), primary_key=True)
    browser: Mapped[str] = mapped_column(Str, primary_key=True)
    day: Mapped[date] = mapped_column(Day, nullable=False)
    km: Mapped[str] = mapped_column(Str, nullable=False)
    width: Mapped[str] = mapped_column(Str, nullable=False)
    mode: Mapped[str] = mapped_column(Str, nullable=False)
    cabin: Mapped[str] = mapped_column(Str, nullable=False)
    occupants: Mapped[int] = mapped_column(Int, nullable=False)


class ActivityImport(Base):
    """A file of activity data that was taken in; it can be taken back, and then its rows count no more."""

    __tablename__ = "footprint_activity_import"
    __table_args__ = strict(Index("ix_footprint_activity_import_event_id", "event_id"))

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    event_id: Mapped[str] = mapped_column(Str, ForeignKey("footprint_event.id"), nullable=False)
    file_name: Mapped[str] = mapped_column(Str, nullable=False)
    file_sha256: Mapped[str] = mapped_column(Str, nullable=False)
    accepted: Mapped[int] = mapped_column(Int, nullable=False)
    unchanged: Mapped[int] = mapped_column(Int, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Utc)


class ActivityRecord(Base):
    """One row of such a file; ``amount`` in the unit of the model, ``written`` and ``unit`` as they came."""

    __tablename__ = "footprint_activity"
    __table_args__ = strict()

    import_id: Mapped[str] = mapped_column(Str, ForeignKey("footprint_activity_import.id"), primary_key=True)
    row: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(Str, nullable=False)
    amount: Mapped[str] = mapped_column(Str, nullable=False)
    written: Mapped[str] = mapped_column(Str, nullable=False)
    unit: Mapped[str] = mapped_column(Str, nullable=False)
    note: Mapped[str] = mapped_column(Str, nullable=False)
    source: Mapped[str] = mapped_column(Str, nullable=False)
    fingerprint: Mapped[str] = mapped_column(Str, nullable=False)

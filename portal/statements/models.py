"""Tables of statements. Only the state of one moves; all that was said or shown stays as it was."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Day, Int, Json, MassCol, Str, Utc, strict
from portal.kernel.mass import Mass
from portal.statements.rules.plans import ACTION_MAX, State
from portal.statements.rules.shares import LABEL_MAX, MOST_AT_ONCE

_STATES = ", ".join(f"'{state}'" for state in State)


class StatementRecord(Base):
    """One event's way to a statement."""

    __tablename__ = "event_statement"
    __table_args__ = strict(
        UniqueConstraint("event_id", name="an_event_has_one_statement"),
        CheckConstraint(f"state IN ({_STATES})", name="statement_state_is_known"),
        CheckConstraint("lang IN ('zh','en')", name="a_statement_speaks_a_language_of_the_portal"),
        Index("ix_event_statement_owner_id", "owner_id"),
        Index("ix_event_statement_organisation_id", "organisation_id"),
        Index("ix_event_statement_state", "state", "id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    event_id: Mapped[str] = mapped_column(Str, nullable=False)
    owner_id: Mapped[str] = mapped_column(Str, nullable=False)
    organisation_id: Mapped[str | None] = mapped_column(Str)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    state_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class VersionRecord(Base):
    """What was published, and later declared, at one time. With a certificate it is a declaration.

    ``facts`` are what the declaration rests on, as plain JSON for the public page; ``reason`` says why it
    follows the version before.
    """

    __tablename__ = "event_statement_version"
    __table_args__ = strict(
        CheckConstraint("number >= 1", name="statement_versions_count_from_one"),
        CheckConstraint("name_zh <> '' OR name_en <> ''", name="a_statement_names_its_event"),
        CheckConstraint("organiser <> ''", name="a_statement_names_its_organiser"),
        CheckConstraint("first_day <= last_day", name="a_planned_event_ends_after_it_begins"),
        CheckConstraint(
            "(certificate IS NULL) = (facts IS NULL) AND (certificate IS NULL) = (gross_g IS NULL)",
            name="a_declaration_has_its_certificate_and_its_facts",
        ),
        CheckConstraint("gross_g > 0", name="a_declared_event_has_emissions"),
    )

    statement_id: Mapped[str] = mapped_column(ForeignKey("event_statement.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    name_zh: Mapped[str] = mapped_column(Str, nullable=False)
    name_en: Mapped[str] = mapped_column(Str, nullable=False)
    venue_zh: Mapped[str] = mapped_column(Str, nullable=False)
    venue_en: Mapped[str] = mapped_column(Str, nullable=False)
    organiser: Mapped[str] = mapped_column(Str, nullable=False)
    notes_zh: Mapped[str] = mapped_column(Str, nullable=False)
    notes_en: Mapped[str] = mapped_column(Str, nullable=False)
    first_day: Mapped[date] = mapped_column(Day, nullable=False)
    last_day: Mapped[date] = mapped_column(Day, nullable=False)
    reason: Mapped[str] = mapped_column(Str, nullable=False)
    certificate: Mapped[str | None] = mapped_column(Str, unique=True)
    gross: Mapped[Mass | None] = mapped_column("gross_g", MassCol)
    facts: Mapped[dict[str, Any] | None] = mapped_column(Json)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class ActionRecord(Base):
    """Something to be done to emit less."""

    __tablename__ = "event_statement_action"
    __table_args__ = strict(
        UniqueConstraint("statement_id", "number", name="a_statement_numbers_its_actions"),
        CheckConstraint("text_zh <> '' OR text_en <> ''", name="an_action_says_what_is_done"),
        CheckConstraint(
            f"length(text_zh) <= {ACTION_MAX} AND length(text_en) <= {ACTION_MAX}", name="actions_are_short"
        ),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    statement_id: Mapped[str] = mapped_column(ForeignKey("event_statement.id"), nullable=False)
    number: Mapped[int] = mapped_column(Int, nullable=False)
    text_zh: Mapped[str] = mapped_column(Str, nullable=False)
    text_en: Mapped[str] = mapped_column(Str, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class EvidenceRecord(Base):
    """A file that shows that an action was carried out, kept under its digest."""

    __tablename__ = "event_statement_evidence"
    __table_args__ = strict(
        UniqueConstraint("action_id", "sha256", name="a_file_is_evidence_once"),
        CheckConstraint("length(sha256) = 64", name="evidence_has_a_digest"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    action_id: Mapped[str] = mapped_column(ForeignKey("event_statement_action.id"), nullable=False)
    done_on: Mapped[date] = mapped_column(Day, nullable=False)
    sha256: Mapped[str] = mapped_column(Str, nullable=False)
    media_type: Mapped[str] = mapped_column(Str, nullable=False)
    is_public: Mapped[bool] = mapped_column(Bool, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class ShareBatchRecord(Base):
    """So many shares of one size, made together."""

    __tablename__ = "event_share_batch"
    __table_args__ = strict(
        CheckConstraint(f"count BETWEEN 1 AND {MOST_AT_ONCE}", name="a_batch_has_some_shares"),
        CheckConstraint("each_g > 0", name="a_share_has_grams"),
        CheckConstraint(f"length(label) <= {LABEL_MAX}", name="a_batch_has_a_short_label"),
        Index("ix_event_share_batch_statement_id", "statement_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    statement_id: Mapped[str] = mapped_column(ForeignKey("event_statement.id"), nullable=False)
    count: Mapped[int] = mapped_column(Int, nullable=False)
    each: Mapped[Mass] = mapped_column("each_g", MassCol, nullable=False)
    label: Mapped[str] = mapped_column(Str, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class ShareRecord(Base):
    """One attendee's share. Nobody is named: whoever has the code has the share."""

    __tablename__ = "event_share"
    __table_args__ = strict(UniqueConstraint("code", name="a_share_has_a_code_of_its_own"))

    batch_id: Mapped[str] = mapped_column(ForeignKey("event_share_batch.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(Str, nullable=False)

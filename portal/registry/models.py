"""Tables of the registry. What a row may do is held by constraints here and triggers in guards.py."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Bytes, Day, Int, Json, Str, Utc, strict
from portal.kernel.bilingual import Bilingual


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Project(Base):
    __tablename__ = "project"
    __table_args__ = strict(
        CheckConstraint("type IN ('ARR','IFM','REDD','other')", name="project_type_is_known"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    code: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    source_registry: Mapped[str] = mapped_column(Str, nullable=False)
    source_id: Mapped[str] = mapped_column(Str, nullable=False)
    name_zh: Mapped[str] = mapped_column(Str, nullable=False)
    name_en: Mapped[str] = mapped_column(Str, nullable=False)
    about_zh: Mapped[str] = mapped_column(Str, nullable=False, default="")
    about_en: Mapped[str] = mapped_column(Str, nullable=False, default="")
    type: Mapped[str] = mapped_column(Str, nullable=False)
    methodology: Mapped[str] = mapped_column(Str, nullable=False)
    country: Mapped[str] = mapped_column(Str, nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    is_demo: Mapped[bool] = mapped_column(Bool, nullable=False)
    frozen_at: Mapped[datetime | None] = mapped_column(Utc)
    created_at: Mapped[datetime] = mapped_column(Utc, nullable=False)

    @property
    def name(self) -> Bilingual:
        return Bilingual(self.name_zh, self.name_en)

    @property
    def about(self) -> Bilingual:
        return Bilingual(self.about_zh, self.about_en)


class ProjectEvent(Base):
    """A step in a project's life: from where to where, who, by which document, when. Append-only."""

    __tablename__ = "project_event"
    __table_args__ = strict(Index("ix_project_event_project", "project_id", "at"))

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), nullable=False)
    from_state: Mapped[str | None] = mapped_column(Str)
    to_state: Mapped[str] = mapped_column(Str, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    document: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Account(Base):
    """Who grams belong to."""

    __tablename__ = "account"
    __table_args__ = strict(
        CheckConstraint(
            "kind IN ('developer','holding','buffer','pool','escrow','hold','retired','cancelled','loss')",
            name="account_kind_is_known",
        ),
        Index("ix_account_party", "party_id", "kind"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    party_id: Mapped[str | None] = mapped_column(Str)
    frozen_at: Mapped[datetime | None] = mapped_column(Utc)


class Verification(Base):
    """What an independent verifier confirmed for one project and monitoring period."""

    __tablename__ = "verification"
    __table_args__ = strict(
        CheckConstraint(
            "verified_g > 0 AND buffer_g >= 0 AND buffer_g < verified_g", name="buffer_is_less_than_verified"
        ),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), nullable=False)
    period_start: Mapped[date] = mapped_column(Day, nullable=False)
    period_end: Mapped[date] = mapped_column(Day, nullable=False)
    verifier: Mapped[str] = mapped_column(Str, nullable=False)
    verified_g: Mapped[int] = mapped_column(Int, nullable=False)
    buffer_g: Mapped[int] = mapped_column(Int, nullable=False)
    opinion: Mapped[str] = mapped_column(Str, nullable=False)
    report_sha256: Mapped[str] = mapped_column(Str, nullable=False)
    is_demo: Mapped[bool] = mapped_column(Bool, nullable=False)


class RegistryImport(Base):
    """One file of a source registry, applied whole. The same file again changes nothing."""

    __tablename__ = "registry_import"
    __table_args__ = strict(
        UniqueConstraint("source_registry", "file_sha256", name="a_file_is_imported_once")
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    source_registry: Mapped[str] = mapped_column(Str, nullable=False)
    file_name: Mapped[str] = mapped_column(Str, nullable=False)
    file_sha256: Mapped[str] = mapped_column(Str, nullable=False)
    accepted: Mapped[int] = mapped_column(Int, nullable=False)
    unchanged: Mapped[int] = mapped_column(Int, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Issuance(Base):
    """One serial block of a source registry, or a batch of our own, with its stretch of gram addresses."""

    __tablename__ = "issuance"
    __table_args__ = strict(
        UniqueConstraint("source_registry", "source_serial", name="a_serial_is_registered_once"),
        UniqueConstraint("id", "unit_class", name="issuance_has_one_unit_class"),
        CheckConstraint("start_g >= 0 AND start_g < end_g", name="issuance_has_grams"),
        CheckConstraint("unit_class IN ('ex_ante','ex_post')", name="unit_class_is_known"),
        CheckConstraint(
            "(verification_id IS NULL) <> (import_id IS NULL)",
            name="issuance_comes_from_verification_or_import",
        ),
        Index("ix_issuance_project", "project_id"),
        Index("ix_issuance_units", "source_registry", "serial_group", "first_unit"),
        Index("ix_issuance_verification", "verification_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), nullable=False)
    verification_id: Mapped[str | None] = mapped_column(ForeignKey("verification.id"))
    import_id: Mapped[str | None] = mapped_column(ForeignKey("registry_import.id"))
    source_registry: Mapped[str] = mapped_column(Str, nullable=False)
    source_serial: Mapped[str] = mapped_column(Str, nullable=False)
    serial_group: Mapped[str] = mapped_column(Str, nullable=False)
    first_unit: Mapped[int] = mapped_column(Int, nullable=False)
    last_unit: Mapped[int] = mapped_column(Int, nullable=False)
    unit_class: Mapped[str] = mapped_column(Str, nullable=False)
    vintage_start: Mapped[date] = mapped_column(Day, nullable=False)
    vintage_end: Mapped[date] = mapped_column(Day, nullable=False)
    issued_on: Mapped[date | None] = mapped_column(Day)
    start_g: Mapped[int] = mapped_column(Int, nullable=False, index=True)
    end_g: Mapped[int] = mapped_column(Int, nullable=False)
    source_facts: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)  # the row as it came, verbatim
    is_demo: Mapped[bool] = mapped_column(Bool, nullable=False)


class PoolLot(Base):
    """Whole tonnes retired at their source, attributed here gram by gram.

    ``free_g`` falls when grams are reserved and rises when they are released; ``attributed_g``
    only rises, by a trigger on the blocks. They are the hot path's running balances; the blocks
    are the truth that ``ledger verify`` compares them with.
    """

    __tablename__ = "pool_lot"
    __table_args__ = strict(
        CheckConstraint("retired_g > 0 AND retired_g % 1000000 = 0", name="a_lot_is_whole_tonnes"),
        CheckConstraint("free_g >= 0", name="no_gram_is_reserved_twice"),
        CheckConstraint(
            "attributed_g >= 0 AND free_g + attributed_g <= retired_g",
            name="no_more_is_attributed_than_was_retired",
        ),
        CheckConstraint("price_minor_per_t > 0", name="a_lot_has_a_price"),
        UniqueConstraint("source_registry", "retirement_reference", name="a_retirement_record_backs_one_lot"),
        Index("ix_pool_lot_project", "project_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    code: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), nullable=False)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), unique=True, nullable=False)
    source_registry: Mapped[str] = mapped_column(Str, nullable=False)
    retirement_reference: Mapped[str] = mapped_column(Str, nullable=False)
    retired_on: Mapped[date] = mapped_column(Day, nullable=False)
    evidence_sha256: Mapped[str] = mapped_column(Str, nullable=False)
    evidence_url: Mapped[str] = mapped_column(Str, nullable=False)
    evidence_file: Mapped[str] = mapped_column(Str, nullable=False, default="")
    retired_g: Mapped[int] = mapped_column(Int, nullable=False)
    free_g: Mapped[int] = mapped_column(Int, nullable=False)
    attributed_g: Mapped[int] = mapped_column(Int, nullable=False)
    price_minor_per_t: Mapped[int] = mapped_column(Int, nullable=False)
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    vintage_start: Mapped[date] = mapped_column(Day, nullable=False)
    vintage_end: Mapped[date] = mapped_column(Day, nullable=False)
    rank: Mapped[int] = mapped_column(Int, nullable=False)  # the order in which the city recommends lots
    is_demo: Mapped[bool] = mapped_column(Bool, nullable=False)
    opened_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    closed_at: Mapped[datetime | None] = mapped_column(Utc)


class LedgerEntry(Base):
    """What moved which grams: the journal of which blocks are the projection. Never edited or deleted."""

    __tablename__ = "ledger_entry"
    __table_args__ = strict()

    seq: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    body: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    occurred_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Hold(Base):
    """Grams kept for one order. ``id`` is the order's, opaque to the registry."""

    __tablename__ = "hold"
    __table_args__ = strict(
        CheckConstraint(
            "state IN ('reserved','allocated','refunding','retired','released')", name="hold_state_is_known"
        ),
        CheckConstraint("(state = 'released') = (because IS NOT NULL)", name="a_release_has_a_reason"),
        CheckConstraint(
            "because IN ('no_session','session_expired','cancelled','payment_failed','refunded')",
            name="a_release_has_a_known_reason",
        ),
        Index("ix_hold_waiting", "expires_at", **_where("state = 'reserved'")),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    because: Mapped[str | None] = mapped_column(Str)
    expires_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    made_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Retirement(Base):
    """Grams attributed to one beneficiary for one purpose, for good. Never edited or deleted."""

    __tablename__ = "retirement"
    __table_args__ = strict(
        CheckConstraint("mass_g > 0", name="a_retirement_has_grams"),
        Index("ix_retirement_purpose", "purpose"),
        Index("ix_retirement_hold", "hold_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    hold_id: Mapped[str] = mapped_column(ForeignKey("hold.id"), nullable=False)
    line_id: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    holder: Mapped[str] = mapped_column(Str, nullable=False)  # commitment, never a name
    purpose: Mapped[str] = mapped_column(Str, nullable=False)
    mass_g: Mapped[int] = mapped_column(Int, nullable=False)
    test: Mapped[bool] = mapped_column(Bool, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Block(Base):
    """A run of grams in one state. Final states stay; a split block lives on in its children."""

    __tablename__ = "block"
    __table_args__ = strict(
        CheckConstraint(
            "state IN ('held','reserved','allocated','retired','cancelled','split','escrow')",
            name="block_state_is_known",
        ),
        CheckConstraint("start_g >= 0 AND start_g < end_g", name="a_block_has_grams"),
        CheckConstraint(
            "(state IN ('reserved','allocated')) = (hold_id IS NOT NULL)",
            name="reserved_means_held_for_an_order",
        ),
        CheckConstraint(
            "NOT (unit_class = 'ex_ante' AND state = 'retired')", name="expected_units_are_never_retired"
        ),
        CheckConstraint(
            "retirement_id IS NULL OR state = 'retired'", name="only_retired_grams_have_a_retirement"
        ),
        ForeignKeyConstraint(
            ["issuance_id", "unit_class"],
            ["issuance.id", "issuance.unit_class"],
            name="block_is_of_its_issuance_and_class",
        ),
        Index("ix_block_stock", "lot_id", "rank", "start_g", **_where("state = 'held'")),
        Index("ix_block_hold", "hold_id", **_where("hold_id IS NOT NULL")),
        Index("ix_block_live", "start_g", unique=True, **_where("state <> 'split'")),
        Index("ix_block_issuance", "issuance_id"),
        Index("ix_block_retirement", "retirement_id", **_where("retirement_id IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    issuance_id: Mapped[str] = mapped_column(Str, nullable=False)
    unit_class: Mapped[str] = mapped_column(Str, nullable=False)
    parent_id: Mapped[str | None] = mapped_column(Str)
    start_g: Mapped[int] = mapped_column(Int, nullable=False)
    end_g: Mapped[int] = mapped_column(Int, nullable=False)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), nullable=False)
    lot_id: Mapped[str | None] = mapped_column(ForeignKey("pool_lot.id"))
    rank: Mapped[int] = mapped_column(Int, nullable=False, default=0)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    hold_id: Mapped[str | None] = mapped_column(ForeignKey("hold.id"))
    line_id: Mapped[str | None] = mapped_column(Str)
    retirement_id: Mapped[str | None] = mapped_column(ForeignKey("retirement.id"))
    frozen_at: Mapped[datetime | None] = mapped_column(Utc)


class RetirementRange(Base):
    """Which grams a retirement took. No gram is in two of these, ever."""

    __tablename__ = "retirement_range"
    __table_args__ = strict(CheckConstraint("start_g < end_g", name="a_retired_range_has_grams"))

    block_id: Mapped[str] = mapped_column(ForeignKey("block.id"), primary_key=True)
    retirement_id: Mapped[str] = mapped_column(ForeignKey("retirement.id"), nullable=False, index=True)
    start_g: Mapped[int] = mapped_column(Int, nullable=False, index=True)
    end_g: Mapped[int] = mapped_column(Int, nullable=False)


class RetirementVoid(Base):
    """A reversal: the grams stay retired, the claim passes to the portal's loss account. Append-only."""

    __tablename__ = "retirement_void"
    __table_args__ = strict()

    retirement_id: Mapped[str] = mapped_column(ForeignKey("retirement.id"), primary_key=True)
    because: Mapped[str] = mapped_column(Str, nullable=False)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Record(Base):
    """A final fact as canonical bytes, waiting for or in the transparency log. Never edited or deleted."""

    __tablename__ = "record"
    __table_args__ = strict(UniqueConstraint("kind", "subject_id", name="a_fact_is_recorded_once"))

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    subject_id: Mapped[str] = mapped_column(Str, nullable=False)
    body: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Pending(Base):
    """Records the sequencer has not placed yet; the one table of the log that rows leave."""

    __tablename__ = "pending"
    __table_args__ = strict()

    seq: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"), unique=True, nullable=False)


class Entry(Base):
    """A record's place in the log."""

    __tablename__ = "entry"
    __table_args__ = strict(CheckConstraint("idx >= 0", name="log_positions_start_at_zero"))

    idx: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"), unique=True, nullable=False)
    leaf_hash: Mapped[bytes] = mapped_column(Bytes, nullable=False)


class Node(Base):
    """Hash of a complete subtree of the log (level 0 are leaves)."""

    __tablename__ = "node"
    __table_args__ = strict()

    level: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    idx: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(Bytes, nullable=False)


class Checkpoint(Base):
    """A signed tree head that was published."""

    __tablename__ = "checkpoint"
    __table_args__ = strict()

    size: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    note: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class Inventory(Base):
    """What was measured in a project's forest at one time, as it was understood. Never edited or deleted.

    ``body`` is canonical JSON (rules/estimation/stored.py), ``sha256`` its digest.
    """

    __tablename__ = "inventory"
    __table_args__ = strict(
        CheckConstraint("kind IN ('growing_stock','trees')", name="inventory_kind_is_known"),
        CheckConstraint("plots > 0 AND line_count > 0", name="an_inventory_has_plots"),
        UniqueConstraint("project_id", "sha256", name="an_inventory_is_kept_once"),
        Index("ix_inventory_project", "project_id", "surveyed_on"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    surveyed_on: Mapped[date] = mapped_column(Day, nullable=False)
    file_name: Mapped[str] = mapped_column(Str, nullable=False)
    file_sha256: Mapped[str] = mapped_column(Str, nullable=False)
    line_count: Mapped[int] = mapped_column(Int, nullable=False)
    plots: Mapped[int] = mapped_column(Int, nullable=False)
    parameters: Mapped[str] = mapped_column(Str, nullable=False)  # version of the parameter set
    body: Mapped[str] = mapped_column(Str, nullable=False)
    sha256: Mapped[str] = mapped_column(Str, nullable=False)
    is_demo: Mapped[bool] = mapped_column(Bool, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class MonitoringReport(Base):
    """What a project's forest took up in a period and what may be issued of it. Never edited or deleted.

    A mistake is mended by a further report that names the one it corrects.
    """

    __tablename__ = "monitoring_report"
    __table_args__ = strict(
        CheckConstraint("number > 0", name="reports_are_numbered_from_one"),
        CheckConstraint("period_start < period_end", name="a_report_ends_after_it_begins"),
        CheckConstraint(
            "net_g >= 0 AND buffer_g >= 0 AND issuable_g >= 0 AND issuable_g = net_g - buffer_g",
            name="issuable_is_net_minus_buffer",
        ),
        UniqueConstraint("project_id", "number", name="a_project_numbers_its_reports"),
        UniqueConstraint("corrects_id", name="a_report_is_corrected_once"),
        Index("ix_monitoring_report_second", "second_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), nullable=False)
    number: Mapped[int] = mapped_column(Int, nullable=False)
    first_id: Mapped[str | None] = mapped_column(ForeignKey("inventory.id"))  # None: no forest at the start
    second_id: Mapped[str] = mapped_column(ForeignKey("inventory.id"), nullable=False)
    period_start: Mapped[date] = mapped_column(Day, nullable=False)
    period_end: Mapped[date] = mapped_column(Day, nullable=False)
    method: Mapped[str] = mapped_column(Str, nullable=False)
    parameters: Mapped[str] = mapped_column(Str, nullable=False)
    net_g: Mapped[int] = mapped_column(Int, nullable=False)
    buffer_g: Mapped[int] = mapped_column(Int, nullable=False)
    issuable_g: Mapped[int] = mapped_column(Int, nullable=False)
    body: Mapped[str] = mapped_column(Str, nullable=False)
    sha256: Mapped[str] = mapped_column(Str, nullable=False)
    corrects_id: Mapped[str | None] = mapped_column(ForeignKey("monitoring_report.id"))
    is_demo: Mapped[bool] = mapped_column(Bool, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class LedgerAudit(Base):
    """The outcome of ``ledger verify``; while the newest one failed, nothing is sold or issued."""

    __tablename__ = "ledger_audit"
    __table_args__ = strict(Index("ix_ledger_audit_at", "at"))

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    ok: Mapped[bool] = mapped_column(Bool, nullable=False)
    faults: Mapped[list[Any]] = mapped_column(Json, nullable=False)

"""Tables of the registry. What a row may do is held by constraints here and triggers in guards.py."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Bool, Bytes, Day, Int, Json, Str, Utc, strict
from portal.kernel.bilingual import Bilingual
from portal.registry.rules.eligibility import Finding, Verdict
from portal.registry.rules.lifecycle import CommentState, Decision, DocumentKind
from portal.registry.rules.parcels import Tenure
from portal.registry.rules.screening import LikenessKind


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def _listed(states: type[StrEnum]) -> str:
    """Every value of an enumeration, as SQL lists it."""
    return ",".join(f"'{state}'" for state in states)


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
    crediting_start: Mapped[date | None] = mapped_column(Day)
    crediting_end: Mapped[date | None] = mapped_column(Day)
    county_code: Mapped[str | None] = mapped_column(Str)  # six digits, GB/T 2260
    name_sort: Mapped[str | None] = mapped_column(Str)  # the Chinese name in pinyin, for lists

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
        Index("ix_account_code", "code", unique=True),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    party_id: Mapped[str | None] = mapped_column(Str)
    frozen_at: Mapped[datetime | None] = mapped_column(Utc)
    code: Mapped[str | None] = mapped_column(Str)  # how a holder is named in public
    opened_at: Mapped[datetime | None] = mapped_column(Utc)


class Verification(Base):
    """What an independent verifier confirmed for one project and monitoring period.

    A validation confirms what is expected (``verified_g``), before it has grown.
    """

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
    kind: Mapped[str] = mapped_column(Str, nullable=False, default="verification")
    entered_by: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime | None] = mapped_column(Utc)


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
        Index("ix_issuance_project", "project_id", "start_g"),
        Index("ix_issuance_vintage", "project_id", "vintage_start", "vintage_end"),
        Index("ix_issuance_unit", "first_unit", "last_unit"),
        Index("ix_issuance_units", "source_registry", "serial_group", "first_unit"),
        Index("ix_issuance_verification", "verification_id"),
        Index("ix_issuance_own_batch", "serial_group", unique=True, **_where("source_registry = 'HLYC'")),
        Index("ix_issuance_serial", "source_serial"),
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
    for_buffer: Mapped[bool] = mapped_column(Bool, nullable=False, default=False)


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
            "because IN ('no_session','session_expired','cancelled','payment_failed','refunded','exchanged')",
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
        Index("ix_retirement_at", "at"),
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
        # What still moves of a serial: what is final is the rest of it, and need not be added up.
        Index("ix_block_open", "issuance_id", **_where("state NOT IN ('split','retired')")),
        Index("ix_block_retirement", "retirement_id", **_where("retirement_id IS NOT NULL")),
        Index("ix_block_holding", "account_id", **_where("lot_id IS NULL AND state IN ('held','escrow')")),
        Index("ix_block_transfer", "transfer_id", **_where("transfer_id IS NOT NULL")),
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
    transfer_id: Mapped[str | None] = mapped_column(Str)  # the offer in whose escrow it is


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


class Movement(Base):
    """An index over the log: which project, lot and serial each final fact speaks of, place by place.

    Derived from the records' bodies by ``commands.movements``, a second or two behind the log; it can be
    dropped and built again at any time. A record that moves no grams has one row with ``mass_g`` null.
    """

    __tablename__ = "movement"
    __table_args__ = strict(
        CheckConstraint("idx >= 0 AND part >= 0", name="a_movement_has_a_place_in_the_log"),
        CheckConstraint("first_g >= 1 AND first_g <= last_g", name="a_movement_names_grams_of_its_serial"),
        *(
            Index(f"ix_movement_{name}", f"{name}_id", "idx", "part", **_where(f"{name}_id IS NOT NULL"))
            for name in ("project", "lot", "issuance")
        ),
        *(
            Index(f"ix_movement_{name}", name, "idx", "part", **_where(f"{name} IS NOT NULL"))
            for name in ("holder", "sender")
        ),
    )

    idx: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    part: Mapped[int] = mapped_column(Int, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    project_id: Mapped[str | None] = mapped_column(Str)
    lot_id: Mapped[str | None] = mapped_column(Str)
    issuance_id: Mapped[str | None] = mapped_column(Str)
    first_g: Mapped[int | None] = mapped_column(Int)
    last_g: Mapped[int | None] = mapped_column(Int)
    mass_g: Mapped[int | None] = mapped_column(Int)
    holder: Mapped[str | None] = mapped_column(Str)
    sender: Mapped[str | None] = mapped_column(Str)  # whose they were until then
    retirement_id: Mapped[str | None] = mapped_column(Str)
    is_test: Mapped[bool] = mapped_column(Bool, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class ProjectText(Base):
    """What a project can be found by, as plain lower-case text; derived, and built again at will."""

    __tablename__ = "project_text"
    __table_args__ = strict()

    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Str, nullable=False)


class ProjectPair(Base):
    """Every pair of neighbouring characters in a project's text: what finds two-character Chinese words."""

    __tablename__ = "project_pair"
    __table_args__ = strict()

    pair: Mapped[str] = mapped_column(Str, primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), primary_key=True)


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
    size: Mapped[int | None] = mapped_column(Int)  # of the log, as it was recomputed
    root: Mapped[bytes | None] = mapped_column(Bytes)


# -- the life of a project ----------------------------------------------------------------------


class ProjectDocument(Base):
    """A paper of a project, kept as a file named by its digest. Only whether it is public may change."""

    __tablename__ = "project_document"
    __table_args__ = strict(
        UniqueConstraint("project_id", "kind", "sha256", name="a_document_is_filed_once"),
        CheckConstraint("bytes > 0", name="a_document_is_not_empty"),
        CheckConstraint(f"kind IN ({_listed(DocumentKind)})", name="document_kind_is_known"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    title_zh: Mapped[str] = mapped_column(Str, nullable=False)
    title_en: Mapped[str] = mapped_column(Str, nullable=False)
    file_name: Mapped[str] = mapped_column(Str, nullable=False)  # as it was called where it came from
    sha256: Mapped[str] = mapped_column(Str, nullable=False)
    media_type: Mapped[str] = mapped_column(Str, nullable=False)
    bytes: Mapped[int] = mapped_column(Int, nullable=False)
    is_public: Mapped[bool] = mapped_column(Bool, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)

    @property
    def title(self) -> Bilingual:
        return Bilingual(self.title_zh, self.title_en)


class Parcel(Base):
    """A piece of land in a project, for a time. Its outline never changes; it can be withdrawn once.

    ``geojson`` is the text whose SHA-256 is ``outline_sha256``: WGS 84 (CGCS2000), normalised so that the
    same outline is the same text wherever its drawing began. West … north are its box in units of 1e-7
    degrees, by which neighbours are found.
    """

    __tablename__ = "parcel"
    __table_args__ = strict(
        UniqueConstraint("project_id", "code", name="a_parcel_has_a_code_of_its_own"),
        CheckConstraint("area_m2 > 0", name="a_parcel_has_an_area"),
        CheckConstraint("valid_from <= valid_to", name="a_parcel_counts_for_a_time"),
        CheckConstraint("west < east AND south < north", name="a_parcel_lies_in_its_box"),
        CheckConstraint(f"tenure IN ({_listed(Tenure)})", name="parcel_tenure_is_known"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_because IS NULL)", name="a_withdrawal_has_a_reason"
        ),
        Index("ix_parcel_box", "west", "east"),
        Index("ix_parcel_outline", "outline_sha256"),
        Index("ix_parcel_county", "county_code"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), nullable=False)
    code: Mapped[str] = mapped_column(Str, nullable=False)
    county_code: Mapped[str] = mapped_column(Str, nullable=False)
    village: Mapped[str] = mapped_column(Str, nullable=False)
    geojson: Mapped[str] = mapped_column(Str, nullable=False)
    outline_sha256: Mapped[str] = mapped_column(Str, nullable=False)
    west: Mapped[int] = mapped_column(Int, nullable=False)
    south: Mapped[int] = mapped_column(Int, nullable=False)
    east: Mapped[int] = mapped_column(Int, nullable=False)
    north: Mapped[int] = mapped_column(Int, nullable=False)
    area_m2: Mapped[int] = mapped_column(Int, nullable=False)  # on the ellipsoid, whole m², rounded down
    tenure: Mapped[str] = mapped_column(Str, nullable=False)
    document_id: Mapped[str | None] = mapped_column(ForeignKey("project_document.id"))  # what proves tenure
    valid_from: Mapped[date] = mapped_column(Day, nullable=False)
    valid_to: Mapped[date] = mapped_column(Day, nullable=False)
    is_demo: Mapped[bool] = mapped_column(Bool, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Utc)
    withdrawn_because: Mapped[str | None] = mapped_column(Str)


class Assessment(Base):
    """A project held against the eligibility rules of its type, at one version of them. Append-only."""

    __tablename__ = "assessment"
    __table_args__ = strict(
        CheckConstraint(f"verdict IN ({_listed(Verdict)})", name="assessment_verdict_is_known"),
        Index("ix_assessment_project", "project_id", "at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), nullable=False)
    rules: Mapped[str] = mapped_column(Str, nullable=False)  # which set of rules, such as arr-2023
    version: Mapped[str] = mapped_column(Str, nullable=False)
    rules_sha256: Mapped[str] = mapped_column(Str, nullable=False)
    verdict: Mapped[str] = mapped_column(Str, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class AssessmentFinding(Base):
    """One rule of an assessment: what was found, what follows, and by which evidence. Append-only."""

    __tablename__ = "assessment_finding"
    __table_args__ = strict(
        CheckConstraint(f"verdict IN ({_listed(Finding)})", name="finding_verdict_is_known"),
    )

    assessment_id: Mapped[str] = mapped_column(ForeignKey("assessment.id"), primary_key=True)
    rule_id: Mapped[str] = mapped_column(Str, primary_key=True)
    value: Mapped[str] = mapped_column(Str, nullable=False)
    verdict: Mapped[str] = mapped_column(Str, nullable=False)
    evidence: Mapped[str] = mapped_column(Str, nullable=False)
    document_id: Mapped[str | None] = mapped_column(ForeignKey("project_document.id"))
    source: Mapped[str] = mapped_column(Str, nullable=False)


class ProjectStep(Base):
    """A step one person proposed and another decided. Decided once, never deleted."""

    __tablename__ = "project_step"
    __table_args__ = strict(
        CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (decision IS NULL)",
            name="a_decision_is_whole",
        ),
        CheckConstraint("decided_by <> proposed_by", name="maker_and_checker_are_two_people"),
        CheckConstraint("proposed_by LIKE 'usr%'", name="a_step_is_proposed_by_a_person"),
        CheckConstraint("decided_by LIKE 'usr%'", name="a_step_is_decided_by_a_person"),
        CheckConstraint(f"decision IN ({_listed(Decision)})", name="step_decision_is_known"),
        Index("ix_project_step_project", "project_id", "proposed_at"),
        Index("ix_project_step_waiting", "project_id", unique=True, **_where("decided_at IS NULL")),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), nullable=False)
    from_state: Mapped[str] = mapped_column(Str, nullable=False)
    to_state: Mapped[str] = mapped_column(Str, nullable=False)
    document_id: Mapped[str] = mapped_column(ForeignKey("project_document.id"), nullable=False)
    note: Mapped[str] = mapped_column(Str, nullable=False)
    proposed_by: Mapped[str] = mapped_column(Str, nullable=False)
    proposed_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    decided_by: Mapped[str | None] = mapped_column(Str)
    decided_at: Mapped[datetime | None] = mapped_column(Utc)
    decision: Mapped[str | None] = mapped_column(Str)
    reason: Mapped[str | None] = mapped_column(Str)
    event_id: Mapped[str | None] = mapped_column(Str)  # the project_event that followed


class PublicNotice(Base):
    """A document shown to the public for comment, from one civil day to another. Append-only."""

    __tablename__ = "public_notice"
    __table_args__ = strict(
        CheckConstraint("opens_at < closes_at", name="a_notice_is_open_for_a_while"),
        Index("ix_public_notice_project", "project_id", "opens_at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), nullable=False)
    step_id: Mapped[str] = mapped_column(ForeignKey("project_step.id"), unique=True, nullable=False)
    document_id: Mapped[str] = mapped_column(ForeignKey("project_document.id"), nullable=False)
    working_days: Mapped[int] = mapped_column(Int, nullable=False)
    opens_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    closes_at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class NoticeComment(Base):
    """What somebody said about a notice, and the answer. The words stay, and are shown once read."""

    __tablename__ = "notice_comment"
    __table_args__ = strict(
        CheckConstraint(f"state IN ({_listed(CommentState)})", name="comment_state_is_known"),
        CheckConstraint("(state = 'waiting') = (answered_at IS NULL)", name="a_comment_read_is_answered"),
        CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL) AND (answered_at IS NULL) = (answered_by IS NULL)",
            name="an_answer_is_whole",
        ),
        Index("ix_notice_comment_notice", "notice_id", "at"),
        Index("ix_notice_comment_waiting", "notice_id", **_where("state = 'waiting'")),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    notice_id: Mapped[str] = mapped_column(ForeignKey("public_notice.id"), nullable=False)
    body: Mapped[str] = mapped_column(Str, nullable=False)
    lang: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    answer: Mapped[str | None] = mapped_column(Str)
    answered_by: Mapped[str | None] = mapped_column(Str)
    answered_at: Mapped[datetime | None] = mapped_column(Utc)


class Likeness(Base):
    """Two projects that may be one, found by screening; open until somebody says why they are two."""

    __tablename__ = "likeness"
    __table_args__ = strict(
        UniqueConstraint("project_id", "other_id", "kind", name="a_likeness_is_found_once"),
        CheckConstraint("project_id <> other_id", name="a_project_is_not_like_itself"),
        CheckConstraint(f"kind IN ({_listed(LikenessKind)})", name="likeness_kind_is_known"),
        CheckConstraint(
            "(cleared_at IS NULL) = (because IS NULL) AND (cleared_at IS NULL) = (cleared_by IS NULL)",
            name="a_clearance_is_whole",
        ),
        Index("ix_likeness_other", "other_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), nullable=False)
    other_id: Mapped[str] = mapped_column(ForeignKey("project.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    found_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    because: Mapped[str | None] = mapped_column(Str)
    cleared_by: Mapped[str | None] = mapped_column(Str)
    cleared_at: Mapped[datetime | None] = mapped_column(Utc)


class VerificationCheck(Base):
    """A second person's word on a verification record. Append-only."""

    __tablename__ = "verification_check"
    __table_args__ = strict(
        CheckConstraint("decision IN ('approved','refused')", name="a_check_approves_or_refuses"),
    )

    verification_id: Mapped[str] = mapped_column(ForeignKey("verification.id"), primary_key=True)
    decision: Mapped[str] = mapped_column(Str, nullable=False)
    note: Mapped[str] = mapped_column(Str, nullable=False)
    checker_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class VerifiedReport(Base):
    """Which monitoring report a verification confirms. Append-only."""

    __tablename__ = "verified_report"
    __table_args__ = strict(Index("ix_verified_report_report", "report_id"))

    verification_id: Mapped[str] = mapped_column(ForeignKey("verification.id"), primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("monitoring_report.id"), nullable=False)


class Transfer(Base):
    """Units offered from one holder to another; they wait in escrow until the offer ends."""

    __tablename__ = "transfer"
    __table_args__ = strict(
        CheckConstraint(
            "state IN ('offered','accepted','declined','withdrawn','expired')", name="transfer_state_is_known"
        ),
        CheckConstraint("mass_g > 0 AND mass_g % 1000000 = 0", name="a_transfer_is_whole_tonnes"),
        CheckConstraint("from_account_id <> to_account_id", name="a_transfer_has_two_ends"),
        CheckConstraint("(state = 'offered') = (decided_at IS NULL)", name="an_ended_offer_says_when"),
        CheckConstraint("offered_at < expires_at", name="an_offer_stands_for_a_while"),
        Index("ix_transfer_from", "from_account_id", "offered_at"),
        Index("ix_transfer_to", "to_account_id", "offered_at"),
        Index("ix_transfer_waiting", "expires_at", **_where("state = 'offered'")),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    from_account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), nullable=False)
    to_account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), nullable=False)
    mass_g: Mapped[int] = mapped_column(Int, nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    note: Mapped[str] = mapped_column(Str, nullable=False)
    offered_by: Mapped[str] = mapped_column(Str, nullable=False)
    offered_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    decided_by: Mapped[str | None] = mapped_column(Str)
    decided_at: Mapped[datetime | None] = mapped_column(Utc)


class ReversalCase(Base):
    """Carbon that went back into the air: reported by one person, sized by another."""

    __tablename__ = "reversal_case"
    __table_args__ = strict(
        CheckConstraint(
            "cause IN ('fire','pest','storm','flood','drought','harvest','clearing','other')",
            name="a_reversal_has_a_known_cause",
        ),
        CheckConstraint("size_g >= 0 AND size_g % 1000000 = 0", name="a_reversal_is_whole_tonnes"),
        CheckConstraint(
            "(size_g IS NULL) = (sized_by IS NULL) AND (size_g IS NULL) = (sized_at IS NULL) "
            "AND (size_g IS NULL) = (basis IS NULL)",
            name="a_sized_reversal_says_by_whom_and_how",
        ),
        CheckConstraint("sized_by <> reported_by", name="who_sizes_a_reversal_did_not_report_it"),
        Index("ix_reversal_case_project", "project_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("project.id"), nullable=False)
    cause: Mapped[str] = mapped_column(Str, nullable=False)
    happened_on: Mapped[date] = mapped_column(Day, nullable=False)
    story: Mapped[str] = mapped_column(Str, nullable=False)  # what happened, as reported
    report_sha256: Mapped[str] = mapped_column(Str, nullable=False)
    reported_by: Mapped[str] = mapped_column(Str, nullable=False)
    reported_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    size_g: Mapped[int | None] = mapped_column(Int)
    basis: Mapped[str | None] = mapped_column(Str)  # how the size was found
    sized_by: Mapped[str | None] = mapped_column(Str)
    sized_at: Mapped[datetime | None] = mapped_column(Utc)


class Cancellation(Base):
    """Units that are gone without covering anybody's emissions, and why. Append-only."""

    __tablename__ = "cancellation"
    __table_args__ = strict(
        CheckConstraint(
            "reason IN ('voluntary','error','moved','reversal','compensation','converted')",
            name="a_cancellation_has_a_known_reason",
        ),
        CheckConstraint("mass_g > 0 AND mass_g % 1000000 = 0", name="a_cancellation_is_whole_tonnes"),
        CheckConstraint("length(explanation) >= 3", name="a_cancellation_is_explained"),
        CheckConstraint(
            "(reason IN ('reversal','compensation')) = (case_id IS NOT NULL)",
            name="a_reversal_is_paid_by_cancellations_of_its_case",
        ),
        CheckConstraint(
            "(reason = 'converted') = (issuance_id IS NOT NULL)", name="a_conversion_names_what_it_became"
        ),
        Index("ix_cancellation_account", "account_id", "at"),
        Index("ix_cancellation_case", "case_id"),
        Index("ix_cancellation_issuance", "issuance_id"),
        Index("ix_cancellation_at", "at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), nullable=False)
    mass_g: Mapped[int] = mapped_column(Int, nullable=False)
    reason: Mapped[str] = mapped_column(Str, nullable=False)
    explanation: Mapped[str] = mapped_column(Str, nullable=False)
    case_id: Mapped[str | None] = mapped_column(ForeignKey("reversal_case.id"))
    issuance_id: Mapped[str | None] = mapped_column(ForeignKey("issuance.id"))
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class CancellationRange(Base):
    """Which grams a cancellation took: whole blocks, each once."""

    __tablename__ = "cancellation_range"
    __table_args__ = strict(CheckConstraint("start_g < end_g", name="a_cancelled_range_has_grams"))

    block_id: Mapped[str] = mapped_column(ForeignKey("block.id"), primary_key=True)
    cancellation_id: Mapped[str] = mapped_column(ForeignKey("cancellation.id"), nullable=False, index=True)
    start_g: Mapped[int] = mapped_column(Int, nullable=False)
    end_g: Mapped[int] = mapped_column(Int, nullable=False)


class Freeze(Base):
    """An account, a project or a block that may not move; one person freezes, two unfreeze."""

    __tablename__ = "freezing"
    __table_args__ = strict(
        CheckConstraint("kind IN ('account','project','block')", name="a_freeze_is_of_a_known_kind"),
        CheckConstraint("length(reason) >= 3", name="a_freeze_has_a_reason"),
        CheckConstraint(
            "(asked_by IS NULL) = (asked_at IS NULL) AND (asked_by IS NULL) = (because IS NULL)",
            name="who_asks_to_unfreeze_says_why",
        ),
        CheckConstraint("(thawed_by IS NULL) = (thawed_at IS NULL)", name="an_end_of_a_freeze_says_by_whom"),
        CheckConstraint(
            "thawed_by IS NULL OR (asked_by IS NOT NULL AND asked_by <> thawed_by)",
            name="two_people_end_a_freeze",
        ),
        Index("ix_freezing_open", "target_id", unique=True, **_where("thawed_at IS NULL")),
        Index("ix_freezing_target", "target_id", "frozen_at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    kind: Mapped[str] = mapped_column(Str, nullable=False)
    target_id: Mapped[str] = mapped_column(Str, nullable=False)
    reason: Mapped[str] = mapped_column(Str, nullable=False)
    frozen_by: Mapped[str] = mapped_column(Str, nullable=False)
    frozen_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    because: Mapped[str | None] = mapped_column(Str)  # why it should be unfrozen
    asked_by: Mapped[str | None] = mapped_column(Str)
    asked_at: Mapped[datetime | None] = mapped_column(Utc)
    thawed_by: Mapped[str | None] = mapped_column(Str)
    thawed_at: Mapped[datetime | None] = mapped_column(Utc)


class ImportMapping(Base):
    """How an operator mapped the columns of somebody's lists, under a name. A correction is a new version;
    rows are never edited, for files were imported by them."""

    __tablename__ = "import_mapping"
    __table_args__ = strict(
        UniqueConstraint("name", "version", name="a_mapping_has_each_version_once"),
        CheckConstraint("version > 0", name="mapping_versions_start_at_one"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    name: Mapped[str] = mapped_column(Str, nullable=False)
    version: Mapped[int] = mapped_column(Int, nullable=False)
    layout: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class ImportRun(Base):
    """A file that somebody gave to be looked at, and how far it has come. Its rows lie beside it on the
    shelf for a day; what is imported stands in ``registry_import``."""

    __tablename__ = "import_run"
    __table_args__ = strict(
        CheckConstraint(
            "state IN ('waiting','judged','applying','applied','failed')", name="import_run_state_is_known"
        ),
        CheckConstraint("(state = 'failed') = (fault IS NOT NULL)", name="a_failed_run_says_why"),
        Index("ix_import_run_at", "at"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    layout: Mapped[str] = mapped_column(Str, nullable=False)
    file_name: Mapped[str] = mapped_column(Str, nullable=False)
    file_sha256: Mapped[str] = mapped_column(Str, nullable=False)
    state: Mapped[str] = mapped_column(Str, nullable=False)
    outcome: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)  # how many rows, by verdict
    fault: Mapped[str | None] = mapped_column(Str)  # JSON of the error, so that both languages can tell it
    actor_id: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class StateDigest(Base):
    """All balances as they stood, one canonical line each, and what was sealed then; on record in the log."""

    __tablename__ = "state_digest"
    __table_args__ = strict(CheckConstraint("seals >= 0", name="a_digest_counts_its_seals"))

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    day: Mapped[date] = mapped_column(Day, nullable=False)
    balances: Mapped[str] = mapped_column(Str, nullable=False)
    balances_root: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    seals: Mapped[int] = mapped_column(Int, nullable=False)
    seals_root: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    columns: Mapped[dict[str, Any]] = mapped_column(Json, nullable=False)  # per table, what a seal is over
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class RowSeal(Base):
    """SHA-256 of what never changes in a row of the ledger; the digest's root over them is in the log."""

    __tablename__ = "row_seal"
    __table_args__ = strict(Index("ix_row_seal_digest", "digest_id"))

    table: Mapped[str] = mapped_column("table_name", Str, primary_key=True)
    key: Mapped[str] = mapped_column("row_key", Str, primary_key=True)
    digest_id: Mapped[str] = mapped_column(ForeignKey("state_digest.id"), nullable=False)
    sha256: Mapped[bytes] = mapped_column(Bytes, nullable=False)


class Witness(Base):
    """Somebody outside who signs that the log only grew. Takes part until ``left_at``."""

    __tablename__ = "witness"
    __table_args__ = strict()

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    name: Mapped[str] = mapped_column(Str, nullable=False)  # the key's name
    key: Mapped[str] = mapped_column(Str, unique=True, nullable=False)
    about_zh: Mapped[str] = mapped_column(Str, nullable=False)
    about_en: Mapped[str] = mapped_column(Str, nullable=False)
    added_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    left_at: Mapped[datetime | None] = mapped_column(Utc)


class Cosignature(Base):
    """A witness's signature line under a published checkpoint, as it was received."""

    __tablename__ = "cosignature"
    __table_args__ = strict(Index("ix_cosignature_witness", "witness_id"))

    size: Mapped[int] = mapped_column(ForeignKey("checkpoint.size"), primary_key=True)
    witness_id: Mapped[str] = mapped_column(ForeignKey("witness.id"), primary_key=True)
    line: Mapped[str] = mapped_column(Str, nullable=False)
    signed_at: Mapped[datetime] = mapped_column(Utc, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class PriceProposal(Base):
    """A price per tonne that somebody proposes for a lot in one currency. Never edited or deleted."""

    __tablename__ = "price_proposal"
    __table_args__ = strict(
        CheckConstraint("minor_per_t > 0", name="a_proposed_price_is_more_than_nothing"),
        Index("ix_price_proposal_lot", "lot_id"),
    )

    id: Mapped[str] = mapped_column(Str, primary_key=True)
    lot_id: Mapped[str] = mapped_column(ForeignKey("pool_lot.id"), nullable=False)
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    minor_per_t: Mapped[int] = mapped_column(Int, nullable=False)
    from_day: Mapped[date] = mapped_column(Day, nullable=False)
    reason: Mapped[str] = mapped_column(Str, nullable=False)
    proposed_by: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class PriceVerdict(Base):
    """What became of a proposed price: one verdict, by a second person when it is accepted."""

    __tablename__ = "price_verdict"
    __table_args__ = strict(
        CheckConstraint("verdict IN ('accepted','declined','withdrawn')", name="price_verdict_is_known"),
    )

    proposal_id: Mapped[str] = mapped_column(ForeignKey("price_proposal.id"), primary_key=True)
    verdict: Mapped[str] = mapped_column(Str, nullable=False)
    note: Mapped[str] = mapped_column(Str, nullable=False)
    decided_by: Mapped[str] = mapped_column(Str, nullable=False)
    at: Mapped[datetime] = mapped_column(Utc, nullable=False)


class ListPrice(Base):
    """A price as it came into force: what quotes have used from this moment on, until the next number.

    Before the first one a lot costs what it was opened at.
    """

    __tablename__ = "list_price"
    __table_args__ = strict(
        UniqueConstraint("lot_id", "currency", "number", name="prices_of_a_lot_are_numbered"),
        CheckConstraint("number > 0", name="prices_are_numbered_from_one"),
    )

    proposal_id: Mapped[str] = mapped_column(ForeignKey("price_proposal.id"), primary_key=True)
    lot_id: Mapped[str] = mapped_column(ForeignKey("pool_lot.id"), nullable=False)
    currency: Mapped[str] = mapped_column(Str, nullable=False)
    number: Mapped[int] = mapped_column(Int, nullable=False)
    minor_per_t: Mapped[int] = mapped_column(Int, nullable=False)
    from_at: Mapped[datetime] = mapped_column(Utc, nullable=False)

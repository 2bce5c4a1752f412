"""the portal as it first stands"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("kind", portal.db.Str(), nullable=False),
        sa.Column("party_id", portal.db.Str(), nullable=True),
        sa.Column("frozen_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('developer','holding','buffer','pool','escrow','hold','retired','cancelled','loss')",
            name=op.f("account_kind_is_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("account_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_account_party", "account", ["party_id", "kind"], unique=False)
    op.create_table(
        "audit_entry",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("verb", portal.db.Str(), nullable=False),
        sa.Column("subject_id", portal.db.Str(), nullable=False),
        sa.Column("facts", portal.db.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_entry_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_audit_entry_subject_at", "audit_entry", ["subject_id", "at"], unique=False)
    op.create_table(
        "certificate",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("number", portal.db.Str(), nullable=False),
        sa.Column("key", portal.db.Str(), nullable=False),
        sa.Column("type", portal.db.Str(), nullable=False),
        sa.Column("retirement_id", portal.db.Str(), nullable=False),
        sa.Column("order_id", portal.db.Str(), nullable=False),
        sa.Column("payload", portal.db.Str(), nullable=False),
        sa.Column("payload_sha256", portal.db.Str(), nullable=False),
        sa.Column("mass_g", portal.db.Int(), nullable=False),
        sa.Column("removal_g", portal.db.Int(), nullable=False),
        sa.Column("avoidance_g", portal.db.Int(), nullable=False),
        sa.Column("unseparated_g", portal.db.Int(), nullable=False),
        sa.Column("is_public", portal.db.Bool(), nullable=False),
        sa.Column("is_test", portal.db.Bool(), nullable=False),
        sa.Column("lang", portal.db.Str(), nullable=False),
        sa.Column("issued_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("state_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("reason", portal.db.Str(), nullable=True),
        sa.Column("replaced_by", portal.db.Str(), nullable=True),
        sa.CheckConstraint(
            "(state = 'replaced') = (replaced_by IS NOT NULL)",
            name=op.f("a_replaced_certificate_names_its_successor"),
        ),
        sa.CheckConstraint(
            "state = 'valid' OR reason IS NOT NULL", name=op.f("a_withdrawn_certificate_says_why")
        ),
        sa.CheckConstraint(
            "state IN ('valid', 'under_review', 'revoked', 'replaced')",
            name=op.f("a_certificate_has_a_known_state"),
        ),
        sa.CheckConstraint(
            "removal_g >= 0 AND avoidance_g >= 0 AND unseparated_g >= 0 AND mass_g = removal_g + avoidance_g + unseparated_g AND mass_g > 0",
            name=op.f("a_certificate_states_all_its_grams"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("certificate_pk")),
        sa.UniqueConstraint("number", name=op.f("certificate_number_is_unique")),
        sqlite_strict=True,
    )
    op.create_index(
        "a_retirement_has_one_live_certificate",
        "certificate",
        ["retirement_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('valid', 'under_review')"),
        postgresql_where=sa.text("state IN ('valid', 'under_review')"),
    )
    op.create_index("ix_certificate_order", "certificate", ["order_id"], unique=False)
    op.create_index("ix_certificate_retirement", "certificate", ["retirement_id"], unique=False)
    op.create_table(
        "checkpoint",
        sa.Column("size", portal.db.Int(), autoincrement=False, nullable=False),
        sa.Column("root", portal.db.Bytes(), nullable=False),
        sa.Column("note", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("checkpoint_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "footprint",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("model_id", portal.db.Str(), nullable=False),
        sa.Column("version", portal.db.Str(), nullable=False),
        sa.Column("model_digest", portal.db.Str(), nullable=False),
        sa.Column("gwp", portal.db.Str(), nullable=False),
        sa.Column("region", portal.db.Str(), nullable=False),
        sa.Column("answers", portal.db.Json(), nullable=False),
        sa.Column("lines", portal.db.Json(), nullable=False),
        sa.Column("total_g", portal.db.MassCol(), nullable=False),
        sa.Column("low_g", portal.db.MassCol(), nullable=False),
        sa.Column("high_g", portal.db.MassCol(), nullable=False),
        sa.Column("digest", portal.db.Str(), nullable=False),
        sa.Column("lang", portal.db.Str(), nullable=False),
        sa.Column("owner_id", portal.db.Str(), nullable=True),
        sa.Column("created_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("expires_at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("lang in ('zh', 'en')", name=op.f("footprint_speaks_a_language_of_the_portal")),
        sa.CheckConstraint(
            "total_g >= 0 and low_g <= total_g and total_g <= high_g",
            name=op.f("footprint_lies_in_its_range"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("footprint_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_footprint_owner_id_created_at", "footprint", ["owner_id", "created_at"], unique=False)
    op.create_table(
        "hold",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("because", portal.db.Str(), nullable=True),
        sa.Column("expires_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("made_at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'released') = (because IS NOT NULL)", name=op.f("a_release_has_a_reason")
        ),
        sa.CheckConstraint(
            "because IN ('no_session','session_expired','cancelled','payment_failed','refunded')",
            name=op.f("a_release_has_a_known_reason"),
        ),
        sa.CheckConstraint(
            "state IN ('reserved','allocated','refunding','retired','released')",
            name=op.f("hold_state_is_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("hold_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_hold_waiting",
        "hold",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("state = 'reserved'"),
        postgresql_where=sa.text("state = 'reserved'"),
    )
    op.create_table(
        "ledger_audit",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("ok", portal.db.Bool(), nullable=False),
        sa.Column("faults", portal.db.Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("ledger_audit_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_ledger_audit_at", "ledger_audit", ["at"], unique=False)
    op.create_table(
        "ledger_entry",
        sa.Column("seq", portal.db.Int(), autoincrement=True, nullable=False),
        sa.Column("key", portal.db.Str(), nullable=False),
        sa.Column("kind", portal.db.Str(), nullable=False),
        sa.Column("body", portal.db.Json(), nullable=False),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("occurred_at", portal.db.Utc(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("ledger_entry_pk")),
        sa.UniqueConstraint("key", name=op.f("ledger_entry_key_is_unique")),
        sqlite_strict=True,
    )
    op.create_table(
        "node",
        sa.Column("level", portal.db.Int(), autoincrement=False, nullable=False),
        sa.Column("idx", portal.db.Int(), autoincrement=False, nullable=False),
        sa.Column("hash", portal.db.Bytes(), nullable=False),
        sa.PrimaryKeyConstraint("level", "idx", name=op.f("node_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "orders",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("idempotency_key", portal.db.Str(), nullable=False),
        sa.Column("contents", portal.db.Str(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("version", portal.db.Int(), nullable=False),
        sa.Column("mass_g", portal.db.MassCol(), nullable=False),
        sa.Column("amount_minor", portal.db.Int(), nullable=False),
        sa.Column("currency", portal.db.Str(), nullable=False),
        sa.Column("fees", portal.db.Json(), nullable=False),
        sa.Column("split", portal.db.Json(), nullable=False),
        sa.Column("terms_version", portal.db.Str(), nullable=False),
        sa.Column("quote_hash", portal.db.Str(), nullable=False),
        sa.Column("purpose", portal.db.Str(), nullable=False),
        sa.Column("lang", portal.db.Str(), nullable=False),
        sa.Column("consent", portal.db.Bool(), nullable=False),
        sa.Column("payment", portal.db.Str(), nullable=False),
        sa.Column("provider", portal.db.Str(), nullable=False),
        sa.Column("test", portal.db.Bool(), nullable=False),
        sa.Column("hold_id", portal.db.Str(), nullable=False),
        sa.Column("session_no", portal.db.Int(), nullable=False),
        sa.Column("session_id", portal.db.Str(), nullable=True),
        sa.Column("session_url", portal.db.Str(), nullable=True),
        sa.Column("expires_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("person_id", portal.db.Str(), nullable=True),
        sa.Column("organisation_id", portal.db.Str(), nullable=False),
        sa.Column("created_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("paid_at", portal.db.Utc(timezone=True), nullable=True),
        sa.Column("retire_after", portal.db.Utc(timezone=True), nullable=True),
        sa.Column("disputed_from", portal.db.Str(), nullable=True),
        sa.Column("attention", portal.db.Str(), nullable=False),
        sa.Column("attention_at", portal.db.Utc(timezone=True), nullable=True),
        sa.Column("asked_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint("payment IN ('card','transfer')", name=op.f("order_payment_is_known")),
        sa.CheckConstraint(
            "state IN ('awaiting_payment','awaiting_transfer','cancelled','disputed','expired','fulfilled','needs_attention','paid','payment_failed','refund_after_retirement','refund_pending','refunded','refunded_void','registry_pending','reserved','retired','substitute_offered')",
            name=op.f("order_state_is_known"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("an_order_costs_something")),
        sa.CheckConstraint("mass_g > 0", name=op.f("an_order_has_grams")),
        sa.PrimaryKeyConstraint("id", name=op.f("orders_pk")),
        sa.UniqueConstraint("hold_id", name=op.f("orders_hold_id_is_unique")),
        sa.UniqueConstraint("idempotency_key", name=op.f("orders_idempotency_key_is_unique")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_orders_attention",
        "orders",
        ["attention_at"],
        unique=False,
        sqlite_where=sa.text("attention <> ''"),
        postgresql_where=sa.text("attention <> ''"),
    )
    op.create_index("ix_orders_open", "orders", ["state", "created_at"], unique=False)
    op.create_index(
        "ix_orders_person",
        "orders",
        ["person_id", "created_at"],
        unique=False,
        sqlite_where=sa.text("person_id IS NOT NULL"),
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.create_index(
        "ix_orders_unpaid",
        "orders",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('awaiting_payment','awaiting_transfer','payment_failed','reserved')"),
        postgresql_where=sa.text(
            "state IN ('awaiting_payment','awaiting_transfer','payment_failed','reserved')"
        ),
    )
    op.create_table(
        "organisation",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("name_zh", portal.db.Str(), nullable=False),
        sa.Column("name_en", portal.db.Str(), nullable=False),
        sa.Column("credit_code", portal.db.Str(), nullable=False),
        sa.Column("created_at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("name_zh <> '' OR name_en <> ''", name=op.f("an_organisation_has_a_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("organisation_pk")),
        sa.UniqueConstraint("credit_code", name=op.f("organisation_credit_code_is_unique")),
        sqlite_strict=True,
    )
    op.create_table(
        "outbox",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("key", portal.db.Str(), nullable=False),
        sa.Column("kind", portal.db.Str(), nullable=False),
        sa.Column("payload", portal.db.Json(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("due_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("attempts", portal.db.Int(), nullable=False),
        sa.Column("last_error", portal.db.Str(), nullable=True),
        sa.Column("created_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("done_at", portal.db.Utc(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_pk")),
        sa.UniqueConstraint("key", name=op.f("outbox_key_is_unique")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_outbox_failed",
        "outbox",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "payment_event",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("kind", portal.db.Str(), nullable=False),
        sa.Column("object_id", portal.db.Str(), nullable=False),
        sa.Column("order_id", portal.db.Str(), nullable=True),
        sa.Column("outcome", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("payment_event_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_payment_event_outcome", "payment_event", ["outcome", "at"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("email", portal.db.Str(), nullable=False),
        sa.Column("email_key", portal.db.Str(), nullable=False),
        sa.Column("name", portal.db.Str(), nullable=False),
        sa.Column("lang", portal.db.Str(), nullable=False),
        sa.Column("password_hash", portal.db.Str(), nullable=False),
        sa.Column("password_is_temporary", portal.db.Bool(), nullable=False),
        sa.Column("created_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("confirmed_at", portal.db.Utc(timezone=True), nullable=True),
        sa.Column("totp_sealed", portal.db.Bytes(), nullable=True),
        sa.Column("totp_pending", portal.db.Bytes(), nullable=True),
        sa.Column("totp_since", portal.db.Utc(timezone=True), nullable=True),
        sa.Column("last_totp_step", portal.db.Int(), nullable=True),
        sa.CheckConstraint("lang IN ('zh', 'en')", name=op.f("a_person_reads_zh_or_en")),
        sa.CheckConstraint(
            "totp_since IS NULL OR totp_sealed IS NOT NULL", name=op.f("a_second_factor_has_a_secret")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("person_pk")),
        sa.UniqueConstraint("email_key", name=op.f("person_email_key_is_unique")),
        sqlite_strict=True,
    )
    op.create_table(
        "pledge",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("footprint_id", portal.db.Str(), nullable=False),
        sa.Column("footprint_digest", portal.db.Str(), nullable=False),
        sa.Column("model_id", portal.db.Str(), nullable=False),
        sa.Column("model_version", portal.db.Str(), nullable=False),
        sa.Column("subject", portal.db.Str(), nullable=False),
        sa.Column("baseline_g", portal.db.MassCol(), nullable=False),
        sa.Column("low_g", portal.db.MassCol(), nullable=False),
        sa.Column("high_g", portal.db.MassCol(), nullable=False),
        sa.Column("reduction_g", portal.db.MassCol(), nullable=False),
        sa.Column("percent", portal.db.Int(), nullable=True),
        sa.Column("year", portal.db.Int(), nullable=False),
        sa.Column("is_public", portal.db.Bool(), nullable=False),
        sa.Column("name", portal.db.Str(), nullable=False),
        sa.Column("motive", portal.db.Str(), nullable=False),
        sa.Column("lang", portal.db.Str(), nullable=False),
        sa.Column("owner_id", portal.db.Str(), nullable=True),
        sa.Column("made_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("withdrawn_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state='withdrawn') = (withdrawn_at IS NOT NULL)", name=op.f("a_withdrawn_pledge_says_when")
        ),
        sa.CheckConstraint("state IN ('made','withdrawn')", name=op.f("pledge_state_is_known")),
        sa.CheckConstraint("subject IN ('year','event')", name=op.f("pledge_subject_is_known")),
        sa.CheckConstraint(
            "length(name) <= 80 AND length(motive) <= 500", name=op.f("pledge_texts_are_short")
        ),
        sa.CheckConstraint(
            "low_g <= baseline_g AND baseline_g <= high_g", name=op.f("a_baseline_lies_in_its_range")
        ),
        sa.CheckConstraint("percent BETWEEN 1 AND 100", name=op.f("a_percentage_can_be_kept")),
        sa.CheckConstraint(
            "reduction_g > 0 AND reduction_g <= baseline_g", name=op.f("a_pledge_can_be_kept")
        ),
        sa.CheckConstraint("year BETWEEN 2020 AND 2060", name=op.f("a_pledge_has_a_year_within_reach")),
        sa.PrimaryKeyConstraint("id", name=op.f("pledge_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_pledge_owner_id", "pledge", ["owner_id"], unique=False)
    op.create_index(
        "ix_pledge_wall",
        "pledge",
        ["id"],
        unique=False,
        sqlite_where=sa.text("is_public = 1"),
        postgresql_where=sa.text("is_public"),
    )
    op.create_table(
        "project",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("code", portal.db.Str(), nullable=False),
        sa.Column("source_registry", portal.db.Str(), nullable=False),
        sa.Column("source_id", portal.db.Str(), nullable=False),
        sa.Column("name_zh", portal.db.Str(), nullable=False),
        sa.Column("name_en", portal.db.Str(), nullable=False),
        sa.Column("about_zh", portal.db.Str(), nullable=False),
        sa.Column("about_en", portal.db.Str(), nullable=False),
        sa.Column("type", portal.db.Str(), nullable=False),
        sa.Column("methodology", portal.db.Str(), nullable=False),
        sa.Column("country", portal.db.Str(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("is_demo", portal.db.Bool(), nullable=False),
        sa.Column("frozen_at", portal.db.Utc(timezone=True), nullable=True),
        sa.Column("created_at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("type IN ('ARR','IFM','REDD','other')", name=op.f("project_type_is_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("project_pk")),
        sa.UniqueConstraint("code", name=op.f("project_code_is_unique")),
        sqlite_strict=True,
    )
    op.create_table(
        "record",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("kind", portal.db.Str(), nullable=False),
        sa.Column("subject_id", portal.db.Str(), nullable=False),
        sa.Column("body", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("record_pk")),
        sa.UniqueConstraint("kind", "subject_id", name="a_fact_is_recorded_once"),
        sqlite_strict=True,
    )
    op.create_table(
        "registry_import",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("source_registry", portal.db.Str(), nullable=False),
        sa.Column("file_name", portal.db.Str(), nullable=False),
        sa.Column("file_sha256", portal.db.Str(), nullable=False),
        sa.Column("accepted", portal.db.Int(), nullable=False),
        sa.Column("unchanged", portal.db.Int(), nullable=False),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("registry_import_pk")),
        sa.UniqueConstraint("source_registry", "file_sha256", name="a_file_is_imported_once"),
        sqlite_strict=True,
    )
    op.create_table(
        "sandbox_session",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("idempotency_key", portal.db.Str(), nullable=False),
        sa.Column("order_id", portal.db.Str(), nullable=False),
        sa.Column("quote_hash", portal.db.Str(), nullable=False),
        sa.Column("amount_minor", portal.db.Int(), nullable=False),
        sa.Column("currency", portal.db.Str(), nullable=False),
        sa.Column("description", portal.db.Str(), nullable=False),
        sa.Column("lang", portal.db.Str(), nullable=False),
        sa.Column("success_url", portal.db.Str(), nullable=False),
        sa.Column("cancel_url", portal.db.Str(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("outcome", portal.db.Str(), nullable=True),
        sa.Column("refunded_minor", portal.db.Int(), nullable=False),
        sa.Column("refunds", portal.db.Json(), nullable=False),
        sa.Column("created_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("expires_at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint(
            "refunded_minor BETWEEN 0 AND CASE WHEN state = 'complete' THEN amount_minor ELSE 0 END",
            name=op.f("sandbox_refund_is_at_most_what_was_paid"),
        ),
        sa.CheckConstraint(
            "state IN ('open','complete','expired')", name=op.f("sandbox_session_state_is_known")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("sandbox_amount_is_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("sandbox_session_pk")),
        sa.UniqueConstraint("idempotency_key", name=op.f("sandbox_session_idempotency_key_is_unique")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_sandbox_session_order_id"), "sandbox_session", ["order_id"], unique=False)
    op.create_table(
        "schedule",
        sa.Column("name", portal.db.Str(), nullable=False),
        sa.Column("next_at", portal.db.Utc(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("schedule_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "throttle",
        sa.Column("bucket", portal.db.Str(), nullable=False),
        sa.Column("started_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("tries", portal.db.Int(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("throttle_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_throttle_started_at", "throttle", ["started_at"], unique=False)
    op.create_table(
        "cash_line",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("order_id", portal.db.Str(), nullable=False),
        sa.Column("cause_id", portal.db.Str(), nullable=False),
        sa.Column("party", portal.db.Str(), nullable=False),
        sa.Column("amount_minor", portal.db.Int(), nullable=False),
        sa.Column("currency", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint(
            "party IN ('forest_owner','payment','portal','registry','unassigned')",
            name=op.f("cash_party_is_known"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("cash_line_order_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("cash_line_pk")),
        sa.UniqueConstraint("cause_id", "party", name="money_moves_once_per_cause_and_party"),
        sqlite_strict=True,
    )
    op.create_index("ix_cash_line_order", "cash_line", ["order_id"], unique=False)
    op.create_table(
        "certificate_document",
        sa.Column("certificate_id", portal.db.Str(), nullable=False),
        sa.Column("variant", portal.db.Str(), nullable=False),
        sa.Column("file", portal.db.Str(), nullable=False),
        sa.Column("sha256", portal.db.Str(), nullable=False),
        sa.Column("rendered_at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint(
            "variant IN ('named', 'withheld')", name=op.f("a_document_names_the_holder_or_does_not")
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("certificate_document_certificate_id_exists")
        ),
        sa.PrimaryKeyConstraint("certificate_id", "variant", name=op.f("certificate_document_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "certificate_holder",
        sa.Column("certificate_id", portal.db.Str(), nullable=False),
        sa.Column("name", portal.db.Str(), nullable=True),
        sa.Column("salt", portal.db.Bytes(), nullable=True),
        sa.Column("organisation_id", portal.db.Str(), nullable=True),
        sa.Column("purpose_title_zh", portal.db.Str(), nullable=True),
        sa.Column("purpose_title_en", portal.db.Str(), nullable=True),
        sa.CheckConstraint(
            "(name IS NULL) = (salt IS NULL)", name=op.f("a_holder_is_kept_or_forgotten_whole")
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificate.id"], name=op.f("certificate_holder_certificate_id_exists")
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("certificate_holder_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "entry",
        sa.Column("idx", portal.db.Int(), autoincrement=False, nullable=False),
        sa.Column("record_id", portal.db.Str(), nullable=False),
        sa.Column("leaf_hash", portal.db.Bytes(), nullable=False),
        sa.CheckConstraint("idx >= 0", name=op.f("log_positions_start_at_zero")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("entry_record_id_exists")),
        sa.PrimaryKeyConstraint("idx", name=op.f("entry_pk")),
        sa.UniqueConstraint("record_id", name=op.f("entry_record_id_is_unique")),
        sqlite_strict=True,
    )
    op.create_table(
        "invitation",
        sa.Column("organisation_id", portal.db.Str(), nullable=False),
        sa.Column("email_key", portal.db.Str(), nullable=False),
        sa.Column("part", portal.db.Str(), nullable=False),
        sa.Column("invited_by", portal.db.Str(), nullable=False),
        sa.Column("expires_at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint(
            "part IN ('owner', 'approver', 'member')", name=op.f("an_invitation_offers_a_known_part")
        ),
        sa.ForeignKeyConstraint(["invited_by"], ["person.id"], name=op.f("invitation_invited_by_exists")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("invitation_organisation_id_exists")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "email_key", name=op.f("invitation_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_invitation_email_key", "invitation", ["email_key"], unique=False)
    op.create_table(
        "login_session",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("created_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("last_seen_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("second_factor_at", portal.db.Utc(timezone=True), nullable=True),
        sa.Column("ended_at", portal.db.Utc(timezone=True), nullable=True),
        sa.Column("agent", portal.db.Str(), nullable=False),
        sa.Column("network", portal.db.Str(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("login_session_person_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("login_session_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_login_session_last_seen_at", "login_session", ["last_seen_at"], unique=False)
    op.create_index(
        "ix_login_session_open",
        "login_session",
        ["person_id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "membership",
        sa.Column("organisation_id", portal.db.Str(), nullable=False),
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("part", portal.db.Str(), nullable=False),
        sa.Column("since", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("part IN ('owner', 'approver', 'member')", name=op.f("a_member_has_a_known_part")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("membership_organisation_id_exists")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("membership_person_id_exists")),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", name=op.f("membership_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_membership_person_id", "membership", ["person_id"], unique=False)
    op.create_table(
        "order_buyer",
        sa.Column("order_id", portal.db.Str(), nullable=False),
        sa.Column("name", portal.db.Str(), nullable=False),
        sa.Column("email", portal.db.Str(), nullable=False),
        sa.Column("is_public", portal.db.Bool(), nullable=False),
        sa.Column("salt", portal.db.Bytes(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("order_buyer_order_id_exists")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("order_buyer_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_order_buyer_email", "order_buyer", ["email"], unique=False)
    op.create_table(
        "order_event",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("order_id", portal.db.Str(), nullable=False),
        sa.Column("event", portal.db.Str(), nullable=False),
        sa.Column("from_state", portal.db.Str(), nullable=True),
        sa.Column("to_state", portal.db.Str(), nullable=True),
        sa.Column("note", portal.db.Str(), nullable=False),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("order_event_order_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("order_event_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_order_event_order", "order_event", ["order_id", "at"], unique=False)
    op.create_table(
        "order_line",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("order_id", portal.db.Str(), nullable=False),
        sa.Column("position", portal.db.Int(), nullable=False),
        sa.Column("lots", portal.db.Json(), nullable=False),
        sa.Column("mass_g", portal.db.MassCol(), nullable=False),
        sa.Column("minor_per_t", portal.db.Int(), nullable=False),
        sa.Column("amount_minor", portal.db.Int(), nullable=False),
        sa.Column("retirement_id", portal.db.Str(), nullable=True),
        sa.Column("certificate", portal.db.Str(), nullable=True),
        sa.CheckConstraint(
            "mass_g > 0 AND amount_minor > 0", name=op.f("an_order_line_has_grams_and_a_price")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("order_line_order_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("order_line_pk")),
        sa.UniqueConstraint("order_id", "position", name="order_lines_have_places"),
        sqlite_strict=True,
    )
    op.create_table(
        "payment",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("order_id", portal.db.Str(), nullable=False),
        sa.Column("kind", portal.db.Str(), nullable=False),
        sa.Column("provider", portal.db.Str(), nullable=False),
        sa.Column("provider_payment_id", portal.db.Str(), nullable=False),
        sa.Column("amount_minor", portal.db.Int(), nullable=False),
        sa.Column("currency", portal.db.Str(), nullable=False),
        sa.Column("test", portal.db.Bool(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('order','extra','late','mismatch')", name=op.f("payment_kind_is_known")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("a_payment_has_an_amount")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("payment_order_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("payment_pk")),
        sa.UniqueConstraint("provider", "provider_payment_id", name="a_payment_is_recorded_once"),
        sqlite_strict=True,
    )
    op.create_index("ix_payment_order", "payment", ["order_id"], unique=False)
    op.create_index(
        "ix_payment_pays_once",
        "payment",
        ["order_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'order'"),
        postgresql_where=sa.text("kind = 'order'"),
    )
    op.create_table(
        "pending",
        sa.Column("seq", portal.db.Int(), autoincrement=True, nullable=False),
        sa.Column("record_id", portal.db.Str(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("pending_record_id_exists")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pending_pk")),
        sa.UniqueConstraint("record_id", name=op.f("pending_record_id_is_unique")),
        sqlite_strict=True,
    )
    op.create_table(
        "pool_lot",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("code", portal.db.Str(), nullable=False),
        sa.Column("project_id", portal.db.Str(), nullable=False),
        sa.Column("account_id", portal.db.Str(), nullable=False),
        sa.Column("source_registry", portal.db.Str(), nullable=False),
        sa.Column("retirement_reference", portal.db.Str(), nullable=False),
        sa.Column("retired_on", portal.db.Day(), nullable=False),
        sa.Column("evidence_sha256", portal.db.Str(), nullable=False),
        sa.Column("evidence_url", portal.db.Str(), nullable=False),
        sa.Column("evidence_file", portal.db.Str(), nullable=False),
        sa.Column("retired_g", portal.db.Int(), nullable=False),
        sa.Column("free_g", portal.db.Int(), nullable=False),
        sa.Column("attributed_g", portal.db.Int(), nullable=False),
        sa.Column("price_minor_per_t", portal.db.Int(), nullable=False),
        sa.Column("currency", portal.db.Str(), nullable=False),
        sa.Column("vintage_start", portal.db.Day(), nullable=False),
        sa.Column("vintage_end", portal.db.Day(), nullable=False),
        sa.Column("rank", portal.db.Int(), nullable=False),
        sa.Column("is_demo", portal.db.Bool(), nullable=False),
        sa.Column("opened_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("closed_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint(
            "attributed_g >= 0 AND free_g + attributed_g <= retired_g",
            name=op.f("no_more_is_attributed_than_was_retired"),
        ),
        sa.CheckConstraint("free_g >= 0", name=op.f("no_gram_is_reserved_twice")),
        sa.CheckConstraint("price_minor_per_t > 0", name=op.f("a_lot_has_a_price")),
        sa.CheckConstraint("retired_g > 0 AND retired_g % 1000000 = 0", name=op.f("a_lot_is_whole_tonnes")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("pool_lot_account_id_exists")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("pool_lot_project_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("pool_lot_pk")),
        sa.UniqueConstraint("account_id", name=op.f("pool_lot_account_id_is_unique")),
        sa.UniqueConstraint("code", name=op.f("pool_lot_code_is_unique")),
        sa.UniqueConstraint(
            "source_registry", "retirement_reference", name="a_retirement_record_backs_one_lot"
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_pool_lot_project", "pool_lot", ["project_id"], unique=False)
    op.create_table(
        "project_event",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("project_id", portal.db.Str(), nullable=False),
        sa.Column("from_state", portal.db.Str(), nullable=True),
        sa.Column("to_state", portal.db.Str(), nullable=False),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("document", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("project_event_project_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("project_event_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_project_event_project", "project_event", ["project_id", "at"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("code_hash", portal.db.Str(), nullable=False),
        sa.Column("used_at", portal.db.Utc(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("recovery_code_person_id_exists")),
        sa.PrimaryKeyConstraint("person_id", "code_hash", name=op.f("recovery_code_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "retirement",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("hold_id", portal.db.Str(), nullable=False),
        sa.Column("line_id", portal.db.Str(), nullable=False),
        sa.Column("holder", portal.db.Str(), nullable=False),
        sa.Column("purpose", portal.db.Str(), nullable=False),
        sa.Column("mass_g", portal.db.Int(), nullable=False),
        sa.Column("test", portal.db.Bool(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("mass_g > 0", name=op.f("a_retirement_has_grams")),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("retirement_hold_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("retirement_pk")),
        sa.UniqueConstraint("line_id", name=op.f("retirement_line_id_is_unique")),
        sqlite_strict=True,
    )
    op.create_index("ix_retirement_hold", "retirement", ["hold_id"], unique=False)
    op.create_index("ix_retirement_purpose", "retirement", ["purpose"], unique=False)
    op.create_table(
        "role_grant",
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("role", portal.db.Str(), nullable=False),
        sa.Column("granted_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("granted_by", portal.db.Str(), nullable=False),
        sa.CheckConstraint(
            "role IN ('trainer', 'author', 'registry', 'finance', 'editor', 'auditor', 'admin')",
            name=op.f("a_granted_role_is_known"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("role_grant_person_id_exists")),
        sa.PrimaryKeyConstraint("person_id", "role", name=op.f("role_grant_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "verification",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("project_id", portal.db.Str(), nullable=False),
        sa.Column("period_start", portal.db.Day(), nullable=False),
        sa.Column("period_end", portal.db.Day(), nullable=False),
        sa.Column("verifier", portal.db.Str(), nullable=False),
        sa.Column("verified_g", portal.db.Int(), nullable=False),
        sa.Column("buffer_g", portal.db.Int(), nullable=False),
        sa.Column("opinion", portal.db.Str(), nullable=False),
        sa.Column("report_sha256", portal.db.Str(), nullable=False),
        sa.Column("is_demo", portal.db.Bool(), nullable=False),
        sa.CheckConstraint(
            "verified_g > 0 AND buffer_g >= 0 AND buffer_g < verified_g",
            name=op.f("buffer_is_less_than_verified"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("verification_project_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("verification_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "issuance",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("project_id", portal.db.Str(), nullable=False),
        sa.Column("verification_id", portal.db.Str(), nullable=True),
        sa.Column("import_id", portal.db.Str(), nullable=True),
        sa.Column("source_registry", portal.db.Str(), nullable=False),
        sa.Column("source_serial", portal.db.Str(), nullable=False),
        sa.Column("serial_group", portal.db.Str(), nullable=False),
        sa.Column("first_unit", portal.db.Int(), nullable=False),
        sa.Column("last_unit", portal.db.Int(), nullable=False),
        sa.Column("unit_class", portal.db.Str(), nullable=False),
        sa.Column("vintage_start", portal.db.Day(), nullable=False),
        sa.Column("vintage_end", portal.db.Day(), nullable=False),
        sa.Column("issued_on", portal.db.Day(), nullable=True),
        sa.Column("start_g", portal.db.Int(), nullable=False),
        sa.Column("end_g", portal.db.Int(), nullable=False),
        sa.Column("source_facts", portal.db.Json(), nullable=False),
        sa.Column("is_demo", portal.db.Bool(), nullable=False),
        sa.CheckConstraint("unit_class IN ('ex_ante','ex_post')", name=op.f("unit_class_is_known")),
        sa.CheckConstraint(
            "(verification_id IS NULL) <> (import_id IS NULL)",
            name=op.f("issuance_comes_from_verification_or_import"),
        ),
        sa.CheckConstraint("start_g >= 0 AND start_g < end_g", name=op.f("issuance_has_grams")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["registry_import.id"], name=op.f("issuance_import_id_exists")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("issuance_project_id_exists")),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verification.id"], name=op.f("issuance_verification_id_exists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("issuance_pk")),
        sa.UniqueConstraint("id", "unit_class", name="issuance_has_one_unit_class"),
        sa.UniqueConstraint("source_registry", "source_serial", name="a_serial_is_registered_once"),
        sqlite_strict=True,
    )
    op.create_index("ix_issuance_project", "issuance", ["project_id"], unique=False)
    op.create_index(op.f("ix_issuance_start_g"), "issuance", ["start_g"], unique=False)
    op.create_index(
        "ix_issuance_units", "issuance", ["source_registry", "serial_group", "first_unit"], unique=False
    )
    op.create_index("ix_issuance_verification", "issuance", ["verification_id"], unique=False)
    op.create_table(
        "refund",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("order_id", portal.db.Str(), nullable=False),
        sa.Column("payment_id", portal.db.Str(), nullable=False),
        sa.Column("kind", portal.db.Str(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("amount_minor", portal.db.Int(), nullable=False),
        sa.Column("currency", portal.db.Str(), nullable=False),
        sa.Column("reason", portal.db.Str(), nullable=False),
        sa.Column("provider_refund_id", portal.db.Str(), nullable=True),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("created_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("done_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('before','after','extra','provider','dispute')", name=op.f("refund_kind_is_known")
        ),
        sa.CheckConstraint(
            "state IN ('planned','pending','succeeded','failed')", name=op.f("refund_state_is_known")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("a_refund_has_an_amount")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("refund_order_id_exists")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("refund_payment_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("refund_pk")),
        sa.UniqueConstraint("provider_refund_id", name="a_refund_is_recorded_once"),
        sqlite_strict=True,
    )
    op.create_index("ix_refund_order", "refund", ["order_id"], unique=False)
    op.create_index("ix_refund_payment", "refund", ["payment_id"], unique=False)
    op.create_index(
        "ix_refund_running",
        "refund",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('planned','pending')"),
        postgresql_where=sa.text("state IN ('planned','pending')"),
    )
    op.create_table(
        "retirement_void",
        sa.Column("retirement_id", portal.db.Str(), nullable=False),
        sa.Column("because", portal.db.Str(), nullable=False),
        sa.Column("account_id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("retirement_void_account_id_exists")
        ),
        sa.ForeignKeyConstraint(
            ["retirement_id"], ["retirement.id"], name=op.f("retirement_void_retirement_id_exists")
        ),
        sa.PrimaryKeyConstraint("retirement_id", name=op.f("retirement_void_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "block",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("issuance_id", portal.db.Str(), nullable=False),
        sa.Column("unit_class", portal.db.Str(), nullable=False),
        sa.Column("parent_id", portal.db.Str(), nullable=True),
        sa.Column("start_g", portal.db.Int(), nullable=False),
        sa.Column("end_g", portal.db.Int(), nullable=False),
        sa.Column("account_id", portal.db.Str(), nullable=False),
        sa.Column("lot_id", portal.db.Str(), nullable=True),
        sa.Column("rank", portal.db.Int(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("hold_id", portal.db.Str(), nullable=True),
        sa.Column("line_id", portal.db.Str(), nullable=True),
        sa.Column("retirement_id", portal.db.Str(), nullable=True),
        sa.Column("frozen_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state IN ('reserved','allocated')) = (hold_id IS NOT NULL)",
            name=op.f("reserved_means_held_for_an_order"),
        ),
        sa.CheckConstraint(
            "NOT (unit_class = 'ex_ante' AND state = 'retired')",
            name=op.f("expected_units_are_never_retired"),
        ),
        sa.CheckConstraint(
            "retirement_id IS NULL OR state = 'retired'", name=op.f("only_retired_grams_have_a_retirement")
        ),
        sa.CheckConstraint(
            "state IN ('held','reserved','allocated','retired','cancelled','split','escrow')",
            name=op.f("block_state_is_known"),
        ),
        sa.CheckConstraint("start_g >= 0 AND start_g < end_g", name=op.f("a_block_has_grams")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("block_account_id_exists")),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("block_hold_id_exists")),
        sa.ForeignKeyConstraint(
            ["issuance_id", "unit_class"],
            ["issuance.id", "issuance.unit_class"],
            name="block_is_of_its_issuance_and_class",
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["pool_lot.id"], name=op.f("block_lot_id_exists")),
        sa.ForeignKeyConstraint(
            ["retirement_id"], ["retirement.id"], name=op.f("block_retirement_id_exists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("block_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_block_hold",
        "block",
        ["hold_id"],
        unique=False,
        sqlite_where=sa.text("hold_id IS NOT NULL"),
        postgresql_where=sa.text("hold_id IS NOT NULL"),
    )
    op.create_index("ix_block_issuance", "block", ["issuance_id"], unique=False)
    op.create_index(
        "ix_block_live",
        "block",
        ["start_g"],
        unique=True,
        sqlite_where=sa.text("state <> 'split'"),
        postgresql_where=sa.text("state <> 'split'"),
    )
    op.create_index(
        "ix_block_retirement",
        "block",
        ["retirement_id"],
        unique=False,
        sqlite_where=sa.text("retirement_id IS NOT NULL"),
        postgresql_where=sa.text("retirement_id IS NOT NULL"),
    )
    op.create_index(
        "ix_block_stock",
        "block",
        ["lot_id", "rank", "start_g"],
        unique=False,
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_table(
        "retirement_range",
        sa.Column("block_id", portal.db.Str(), nullable=False),
        sa.Column("retirement_id", portal.db.Str(), nullable=False),
        sa.Column("start_g", portal.db.Int(), nullable=False),
        sa.Column("end_g", portal.db.Int(), nullable=False),
        sa.CheckConstraint("start_g < end_g", name=op.f("a_retired_range_has_grams")),
        sa.ForeignKeyConstraint(["block_id"], ["block.id"], name=op.f("retirement_range_block_id_exists")),
        sa.ForeignKeyConstraint(
            ["retirement_id"], ["retirement.id"], name=op.f("retirement_range_retirement_id_exists")
        ),
        sa.PrimaryKeyConstraint("block_id", name=op.f("retirement_range_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_retirement_range_retirement_id"), "retirement_range", ["retirement_id"], unique=False
    )
    op.create_index(op.f("ix_retirement_range_start_g"), "retirement_range", ["start_g"], unique=False)
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when these tables were made."""
    file = Path(__file__).parents[1] / "guards" / f"0001.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    """There is nothing before this: the tables go, and with them everything."""
    bind = op.get_bind()
    tables = sa.MetaData()
    tables.reflect(bind, only=lambda name, _: name != "alembic_version")
    if bind.dialect.name == "postgresql":
        for table in tables.tables:
            op.execute(f'DROP TABLE "{table}" CASCADE')
        op.execute(
            "DO $$ DECLARE f regprocedure; BEGIN FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = "
            "'public'::regnamespace AND proname ~ '_(guard|effect)_' LOOP EXECUTE 'DROP FUNCTION ' || f; END LOOP; END $$"
        )
    else:
        tables.drop_all(bind)

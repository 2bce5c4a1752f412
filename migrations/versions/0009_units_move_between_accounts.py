"""units move between accounts: checked issuance, offers, cancellations, reversals, freezes"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0009"
down_revision = "0008"

TABLES = ("freezing", "cancellation_range", "cancellation", "reversal_case", "transfer", "verification_check")
# Columns that tables of old gained. Who recorded a verification before this was asked is not known.
COLUMNS = (
    ("account", sa.Column("code", portal.db.Str(), nullable=True)),
    ("account", sa.Column("opened_at", portal.db.Utc(timezone=True), nullable=True)),
    ("verification", sa.Column("kind", portal.db.Str(), nullable=False, server_default="verification")),
    (
        "verification",
        sa.Column("entered_by", portal.db.Str(), nullable=False, server_default=""),
    ),
    ("verification", sa.Column("at", portal.db.Utc(timezone=True), nullable=True)),
    ("issuance", sa.Column("for_buffer", portal.db.Bool(), nullable=False, server_default=sa.text("FALSE"))),
    ("block", sa.Column("transfer_id", portal.db.Str(), nullable=True)),
)
INDEXES = (
    ("ix_account_code", "account", ["code"], True, None),
    ("ix_issuance_own_batch", "issuance", ["serial_group"], True, "source_registry = 'HLYC'"),
    ("ix_block_holding", "block", ["account_id"], False, "lot_id IS NULL AND state IN ('held','escrow')"),
    ("ix_block_transfer", "block", ["transfer_id"], False, "transfer_id IS NOT NULL"),
)


def upgrade() -> None:
    for table, column in COLUMNS:
        op.add_column(table, column._copy())
    for name, table, columns, is_unique, where in INDEXES:
        only = sa.text(where) if where else None
        op.create_index(name, table, columns, unique=is_unique, sqlite_where=only, postgresql_where=only)
    _make_tables()
    for statement in _guards():
        op.execute(statement)


def _guards(number: str = "0009") -> list[str]:
    """What the database itself refuses, frozen as it was when this was promised."""
    file = Path(__file__).parents[1] / "guards" / f"{number}.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in _guards():
        words = statement.split()
        if words[:2] == ["CREATE", "TRIGGER"]:
            op.execute(f"DROP TRIGGER IF EXISTS {words[2]}" + (f" ON {words[6]}" if is_postgresql else ""))
        elif words[:2] == ["CREATE", "FUNCTION"]:
            op.execute(f"DROP FUNCTION {words[2]} CASCADE")
    for table in TABLES:
        op.drop_table(table)
    for name, table, *_ in INDEXES:
        op.drop_index(name, table_name=table)
    for table, column in COLUMNS:
        op.drop_column(table, column.name)
    for statement in _guards("0001"):
        if "no more is issued than verified minus buffer" in statement:
            op.execute(statement.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))


def _make_tables() -> None:
    op.create_table(
        "verification_check",
        sa.Column("verification_id", portal.db.Str(), nullable=False),
        sa.Column("decision", portal.db.Str(), nullable=False),
        sa.Column("note", portal.db.Str(), nullable=False),
        sa.Column("checker_id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("decision IN ('approved','refused')", name=op.f("a_check_approves_or_refuses")),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verification.id"], name=op.f("verification_check_verification_id_exists")
        ),
        sa.PrimaryKeyConstraint("verification_id", name=op.f("verification_check_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "transfer",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("from_account_id", portal.db.Str(), nullable=False),
        sa.Column("to_account_id", portal.db.Str(), nullable=False),
        sa.Column("mass_g", portal.db.Int(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("note", portal.db.Str(), nullable=False),
        sa.Column("offered_by", portal.db.Str(), nullable=False),
        sa.Column("offered_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("expires_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("decided_by", portal.db.Str(), nullable=True),
        sa.Column("decided_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'offered') = (decided_at IS NULL)", name=op.f("an_ended_offer_says_when")
        ),
        sa.CheckConstraint(
            "state IN ('offered','accepted','declined','withdrawn','expired')",
            name=op.f("transfer_state_is_known"),
        ),
        sa.CheckConstraint("from_account_id <> to_account_id", name=op.f("a_transfer_has_two_ends")),
        sa.CheckConstraint("mass_g > 0 AND mass_g % 1000000 = 0", name=op.f("a_transfer_is_whole_tonnes")),
        sa.CheckConstraint("offered_at < expires_at", name=op.f("an_offer_stands_for_a_while")),
        sa.ForeignKeyConstraint(
            ["from_account_id"], ["account.id"], name=op.f("transfer_from_account_id_exists")
        ),
        sa.ForeignKeyConstraint(
            ["to_account_id"], ["account.id"], name=op.f("transfer_to_account_id_exists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("transfer_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_transfer_from", "transfer", ["from_account_id", "offered_at"], unique=False)
    op.create_index("ix_transfer_to", "transfer", ["to_account_id", "offered_at"], unique=False)
    op.create_index(
        "ix_transfer_waiting",
        "transfer",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("state = 'offered'"),
        postgresql_where=sa.text("state = 'offered'"),
    )
    op.create_table(
        "reversal_case",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("project_id", portal.db.Str(), nullable=False),
        sa.Column("cause", portal.db.Str(), nullable=False),
        sa.Column("happened_on", portal.db.Day(), nullable=False),
        sa.Column("story", portal.db.Str(), nullable=False),
        sa.Column("report_sha256", portal.db.Str(), nullable=False),
        sa.Column("reported_by", portal.db.Str(), nullable=False),
        sa.Column("reported_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("size_g", portal.db.Int(), nullable=True),
        sa.Column("basis", portal.db.Str(), nullable=True),
        sa.Column("sized_by", portal.db.Str(), nullable=True),
        sa.Column("sized_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint(
            "cause IN ('fire','pest','storm','flood','drought','harvest','clearing','other')",
            name=op.f("a_reversal_has_a_known_cause"),
        ),
        sa.CheckConstraint(
            "(size_g IS NULL) = (sized_by IS NULL) AND (size_g IS NULL) = (sized_at IS NULL) AND (size_g IS NULL) = (basis IS NULL)",
            name=op.f("a_sized_reversal_says_by_whom_and_how"),
        ),
        sa.CheckConstraint("size_g >= 0 AND size_g % 1000000 = 0", name=op.f("a_reversal_is_whole_tonnes")),
        sa.CheckConstraint("sized_by <> reported_by", name=op.f("who_sizes_a_reversal_did_not_report_it")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("reversal_case_project_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("reversal_case_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_reversal_case_project", "reversal_case", ["project_id"], unique=False)
    op.create_table(
        "cancellation",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("account_id", portal.db.Str(), nullable=False),
        sa.Column("mass_g", portal.db.Int(), nullable=False),
        sa.Column("reason", portal.db.Str(), nullable=False),
        sa.Column("explanation", portal.db.Str(), nullable=False),
        sa.Column("case_id", portal.db.Str(), nullable=True),
        sa.Column("issuance_id", portal.db.Str(), nullable=True),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(reason = 'converted') = (issuance_id IS NOT NULL)",
            name=op.f("a_conversion_names_what_it_became"),
        ),
        sa.CheckConstraint(
            "(reason IN ('reversal','compensation')) = (case_id IS NOT NULL)",
            name=op.f("a_reversal_is_paid_by_cancellations_of_its_case"),
        ),
        sa.CheckConstraint(
            "reason IN ('voluntary','error','moved','reversal','compensation','converted')",
            name=op.f("a_cancellation_has_a_known_reason"),
        ),
        sa.CheckConstraint("length(explanation) >= 3", name=op.f("a_cancellation_is_explained")),
        sa.CheckConstraint(
            "mass_g > 0 AND mass_g % 1000000 = 0", name=op.f("a_cancellation_is_whole_tonnes")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("cancellation_account_id_exists")),
        sa.ForeignKeyConstraint(["case_id"], ["reversal_case.id"], name=op.f("cancellation_case_id_exists")),
        sa.ForeignKeyConstraint(
            ["issuance_id"], ["issuance.id"], name=op.f("cancellation_issuance_id_exists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("cancellation_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_cancellation_account", "cancellation", ["account_id", "at"], unique=False)
    op.create_index("ix_cancellation_at", "cancellation", ["at"], unique=False)
    op.create_index("ix_cancellation_case", "cancellation", ["case_id"], unique=False)
    op.create_index("ix_cancellation_issuance", "cancellation", ["issuance_id"], unique=False)
    op.create_table(
        "cancellation_range",
        sa.Column("block_id", portal.db.Str(), nullable=False),
        sa.Column("cancellation_id", portal.db.Str(), nullable=False),
        sa.Column("start_g", portal.db.Int(), nullable=False),
        sa.Column("end_g", portal.db.Int(), nullable=False),
        sa.CheckConstraint("start_g < end_g", name=op.f("a_cancelled_range_has_grams")),
        sa.ForeignKeyConstraint(["block_id"], ["block.id"], name=op.f("cancellation_range_block_id_exists")),
        sa.ForeignKeyConstraint(
            ["cancellation_id"], ["cancellation.id"], name=op.f("cancellation_range_cancellation_id_exists")
        ),
        sa.PrimaryKeyConstraint("block_id", name=op.f("cancellation_range_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_cancellation_range_cancellation_id"), "cancellation_range", ["cancellation_id"], unique=False
    )
    op.create_table(
        "freezing",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("kind", portal.db.Str(), nullable=False),
        sa.Column("target_id", portal.db.Str(), nullable=False),
        sa.Column("reason", portal.db.Str(), nullable=False),
        sa.Column("frozen_by", portal.db.Str(), nullable=False),
        sa.Column("frozen_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("because", portal.db.Str(), nullable=True),
        sa.Column("asked_by", portal.db.Str(), nullable=True),
        sa.Column("asked_at", portal.db.Utc(timezone=True), nullable=True),
        sa.Column("thawed_by", portal.db.Str(), nullable=True),
        sa.Column("thawed_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('account','project','block')", name=op.f("a_freeze_is_of_a_known_kind")),
        sa.CheckConstraint(
            "(asked_by IS NULL) = (asked_at IS NULL) AND (asked_by IS NULL) = (because IS NULL)",
            name=op.f("who_asks_to_unfreeze_says_why"),
        ),
        sa.CheckConstraint(
            "(thawed_by IS NULL) = (thawed_at IS NULL)", name=op.f("an_end_of_a_freeze_says_by_whom")
        ),
        sa.CheckConstraint("length(reason) >= 3", name=op.f("a_freeze_has_a_reason")),
        sa.CheckConstraint(
            "thawed_by IS NULL OR (asked_by IS NOT NULL AND asked_by <> thawed_by)",
            name=op.f("two_people_end_a_freeze"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("freezing_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_freezing_open",
        "freezing",
        ["target_id"],
        unique=True,
        sqlite_where=sa.text("thawed_at IS NULL"),
        postgresql_where=sa.text("thawed_at IS NULL"),
    )
    op.create_index("ix_freezing_target", "freezing", ["target_id", "frozen_at"], unique=False)

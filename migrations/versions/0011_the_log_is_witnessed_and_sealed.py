"""the log is witnessed and sealed"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.db import Bytes, Day, Int, Json, Str, Utc

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("ledger_audit", sa.Column("size", Int()))
    op.add_column("ledger_audit", sa.Column("root", Bytes()))
    op.create_table(
        "state_digest",
        sa.Column("id", Str(), nullable=False),
        sa.Column("day", Day(), nullable=False),
        sa.Column("balances", Str(), nullable=False),
        sa.Column("balances_root", Bytes(), nullable=False),
        sa.Column("seals", Int(), nullable=False),
        sa.Column("seals_root", Bytes(), nullable=False),
        sa.Column("columns", Json(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("state_digest_pk")),
        sa.CheckConstraint("seals >= 0", name=op.f("a_digest_counts_its_seals")),
        sqlite_strict=True,
    )
    op.create_table(
        "row_seal",
        sa.Column("table_name", Str(), nullable=False),
        sa.Column("row_key", Str(), nullable=False),
        sa.Column("digest_id", Str(), nullable=False),
        sa.Column("sha256", Bytes(), nullable=False),
        sa.PrimaryKeyConstraint("table_name", "row_key", name=op.f("row_seal_pk")),
        sa.ForeignKeyConstraint(["digest_id"], ["state_digest.id"], name=op.f("row_seal_digest_id_exists")),
        sqlite_strict=True,
    )
    op.create_index("ix_row_seal_digest", "row_seal", ["digest_id"])
    op.create_table(
        "witness",
        sa.Column("id", Str(), nullable=False),
        sa.Column("name", Str(), nullable=False),
        sa.Column("key", Str(), nullable=False),
        sa.Column("about_zh", Str(), nullable=False),
        sa.Column("about_en", Str(), nullable=False),
        sa.Column("added_at", Utc(), nullable=False),
        sa.Column("left_at", Utc()),
        sa.PrimaryKeyConstraint("id", name=op.f("witness_pk")),
        sa.UniqueConstraint("key", name=op.f("witness_key_is_unique")),
        sqlite_strict=True,
    )
    op.create_table(
        "cosignature",
        sa.Column("size", Int(), nullable=False),
        sa.Column("witness_id", Str(), nullable=False),
        sa.Column("line", Str(), nullable=False),
        sa.Column("signed_at", Utc(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("size", "witness_id", name=op.f("cosignature_pk")),
        sa.ForeignKeyConstraint(["size"], ["checkpoint.size"], name=op.f("cosignature_size_exists")),
        sa.ForeignKeyConstraint(["witness_id"], ["witness.id"], name=op.f("cosignature_witness_id_exists")),
        sqlite_strict=True,
    )
    op.create_index("ix_cosignature_witness", "cosignature", ["witness_id"])
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when this was promised."""
    file = Path(__file__).parents[1] / "guards" / f"0011.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in (text for text in _guards() if text.startswith("CREATE TRIGGER")):
        name = statement.split()[2]
        table = statement.split(" ON ")[1].split()[0]
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if is_postgresql else ""))
        if is_postgresql:
            op.execute(f"DROP FUNCTION {name}")
    for table in ("cosignature", "witness", "row_seal", "state_digest"):
        op.drop_table(table)
    op.drop_column("ledger_audit", "root")
    op.drop_column("ledger_audit", "size")

"""imports in the background, and mappings of columns"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0010"
down_revision = "0009"
TABLES = ("import_mapping", "import_run")


def upgrade() -> None:
    op.create_table(
        "import_mapping",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("name", portal.db.Str(), nullable=False),
        sa.Column("version", portal.db.Int(), nullable=False),
        sa.Column("layout", portal.db.Json(), nullable=False),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("mapping_versions_start_at_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("import_mapping_pk")),
        sa.UniqueConstraint("name", "version", name=op.f("a_mapping_has_each_version_once")),
        sqlite_strict=True,
    )
    op.create_table(
        "import_run",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("layout", portal.db.Str(), nullable=False),
        sa.Column("file_name", portal.db.Str(), nullable=False),
        sa.Column("file_sha256", portal.db.Str(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("outcome", portal.db.Json(), nullable=False),
        sa.Column("fault", portal.db.Str(), nullable=True),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'failed') = (fault IS NOT NULL)", name=op.f("a_failed_run_says_why")),
        sa.CheckConstraint(
            "state IN ('waiting','judged','applying','applied','failed')",
            name=op.f("import_run_state_is_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("import_run_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_import_run_at", "import_run", ["at"], unique=False)
    op.create_index("ix_issuance_serial", "issuance", ["source_serial"], unique=False)
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when these tables were made."""
    file = Path(__file__).parents[1] / "guards" / f"0010.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)  # and its triggers with it
    if op.get_bind().dialect.name == "postgresql":
        for name in (text.split()[2].removesuffix("()") for text in _guards() if "CREATE FUNCTION" in text):
            op.execute(f"DROP FUNCTION {name}")
    op.drop_index("ix_issuance_serial", table_name="issuance")

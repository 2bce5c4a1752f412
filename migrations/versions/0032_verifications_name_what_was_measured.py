"""a verification names the monitoring report that it confirms"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0032"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "verified_report",
        sa.Column("verification_id", portal.db.Str(), nullable=False),
        sa.Column("report_id", portal.db.Str(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["monitoring_report.id"], name=op.f("verified_report_report_id_exists")
        ),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verification.id"], name=op.f("verified_report_verification_id_exists")
        ),
        sa.PrimaryKeyConstraint("verification_id", name=op.f("verified_report_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_verified_report_report", "verified_report", ["report_id"])
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when this was promised."""
    file = Path(__file__).parents[1] / "guards" / f"0032.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    op.drop_table("verified_report")
    if op.get_bind().dialect.name == "postgresql":
        for name in (text.split()[2].removesuffix("()") for text in _guards() if "CREATE FUNCTION" in text):
            op.execute(f"DROP FUNCTION {name}")

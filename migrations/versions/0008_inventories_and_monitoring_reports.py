"""inventories and monitoring reports"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0008"
down_revision = "0007"

TABLES = ("inventory", "monitoring_report")


def upgrade() -> None:
    op.create_table(
        "inventory",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("project_id", portal.db.Str(), nullable=False),
        sa.Column("kind", portal.db.Str(), nullable=False),
        sa.Column("surveyed_on", portal.db.Day(), nullable=False),
        sa.Column("file_name", portal.db.Str(), nullable=False),
        sa.Column("file_sha256", portal.db.Str(), nullable=False),
        sa.Column("line_count", portal.db.Int(), nullable=False),
        sa.Column("plots", portal.db.Int(), nullable=False),
        sa.Column("parameters", portal.db.Str(), nullable=False),
        sa.Column("body", portal.db.Str(), nullable=False),
        sa.Column("sha256", portal.db.Str(), nullable=False),
        sa.Column("is_demo", portal.db.Bool(), nullable=False),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('growing_stock','trees')", name=op.f("inventory_kind_is_known")),
        sa.CheckConstraint("plots > 0 AND line_count > 0", name=op.f("an_inventory_has_plots")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("inventory_project_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("inventory_pk")),
        sa.UniqueConstraint("project_id", "sha256", name="an_inventory_is_kept_once"),
        sqlite_strict=True,
    )
    op.create_index("ix_inventory_project", "inventory", ["project_id", "surveyed_on"], unique=False)
    op.create_table(
        "monitoring_report",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("project_id", portal.db.Str(), nullable=False),
        sa.Column("number", portal.db.Int(), nullable=False),
        sa.Column("first_id", portal.db.Str(), nullable=True),
        sa.Column("second_id", portal.db.Str(), nullable=False),
        sa.Column("period_start", portal.db.Day(), nullable=False),
        sa.Column("period_end", portal.db.Day(), nullable=False),
        sa.Column("method", portal.db.Str(), nullable=False),
        sa.Column("parameters", portal.db.Str(), nullable=False),
        sa.Column("net_g", portal.db.Int(), nullable=False),
        sa.Column("buffer_g", portal.db.Int(), nullable=False),
        sa.Column("issuable_g", portal.db.Int(), nullable=False),
        sa.Column("body", portal.db.Str(), nullable=False),
        sa.Column("sha256", portal.db.Str(), nullable=False),
        sa.Column("corrects_id", portal.db.Str(), nullable=True),
        sa.Column("is_demo", portal.db.Bool(), nullable=False),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("reports_are_numbered_from_one")),
        sa.CheckConstraint("period_start < period_end", name=op.f("a_report_ends_after_it_begins")),
        sa.CheckConstraint(
            "net_g >= 0 AND buffer_g >= 0 AND issuable_g >= 0 AND issuable_g = net_g - buffer_g",
            name=op.f("issuable_is_net_minus_buffer"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("monitoring_report_project_id_exists")
        ),
        sa.ForeignKeyConstraint(
            ["first_id"], ["inventory.id"], name=op.f("monitoring_report_first_id_exists")
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["inventory.id"], name=op.f("monitoring_report_second_id_exists")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["monitoring_report.id"], name=op.f("monitoring_report_corrects_id_exists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("monitoring_report_pk")),
        sa.UniqueConstraint("project_id", "number", name="a_project_numbers_its_reports"),
        sa.UniqueConstraint("corrects_id", name="a_report_is_corrected_once"),
        sqlite_strict=True,
    )
    op.create_index("ix_monitoring_report_second", "monitoring_report", ["second_id"], unique=False)
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when this was promised."""
    file = Path(__file__).parents[1] / "guards" / f"0008.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    functions = [text.split()[2].split("(")[0] for text in _guards() if text.startswith("CREATE FUNCTION")]
    for table in reversed(TABLES):
        op.drop_table(table)
    for name in functions if is_postgresql else ():
        op.execute(f"DROP FUNCTION {name}")

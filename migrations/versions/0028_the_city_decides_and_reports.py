"""the city decides and reports"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.db import Bool, Day, Int, Json, Str, Utc

revision = "0028"
down_revision = "0027"

TABLES = ("month_report", "tally_until", "tally", "setting_verdict", "setting_change")


def upgrade() -> None:
    op.create_table(
        "setting_change",
        sa.Column("id", Str(), nullable=False),
        sa.Column("sheet", Str(), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.Column("needs_two", Bool(), nullable=False),
        sa.Column("from_at", Utc()),
        sa.Column("reason", Str(), nullable=False),
        sa.Column("based_on", Int(), nullable=False),
        sa.Column("proposed_by", Str(), nullable=False),
        sa.Column("proposed_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("setting_change_pk")),
        sa.CheckConstraint("length(reason) >= 5", name=op.f("a_change_of_a_setting_says_why")),
        sqlite_strict=True,
    )
    op.create_index("ix_setting_change_sheet", "setting_change", ["sheet", "proposed_at"])
    op.create_table(
        "setting_verdict",
        sa.Column("change_id", Str(), nullable=False),
        sa.Column("number", Int()),
        sa.Column("verdict", Str(), nullable=False),
        sa.Column("takes_effect_at", Utc()),
        sa.Column("note", Str(), nullable=False),
        sa.Column("decided_by", Str(), nullable=False),
        sa.Column("decided_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name=op.f("setting_verdict_pk")),
        sa.ForeignKeyConstraint(
            ["change_id"], ["setting_change.id"], name=op.f("setting_verdict_change_id_exists")
        ),
        sa.UniqueConstraint("number", name=op.f("setting_verdict_number_is_unique")),
        sa.CheckConstraint(
            "verdict IN ('confirmed','refused','withdrawn')", name=op.f("verdict_on_a_setting_is_known")
        ),
        sa.CheckConstraint(
            "(verdict = 'confirmed') = (number IS NOT NULL) "
            "AND (verdict = 'confirmed') = (takes_effect_at IS NOT NULL)",
            name=op.f("a_confirmed_setting_has_a_number_and_a_moment"),
        ),
        sa.CheckConstraint(
            "takes_effect_at >= decided_at", name=op.f("a_setting_never_takes_effect_in_the_past")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "tally",
        sa.Column("source", Str(), nullable=False),
        sa.Column("day", Day(), nullable=False),
        sa.Column("measure", Str(), nullable=False),
        sa.Column("key", Str(), nullable=False),
        sa.Column("unit", Str(), nullable=False),
        sa.Column("month", Str(), nullable=False),
        sa.Column("amount", Int(), nullable=False),
        sa.PrimaryKeyConstraint("source", "day", "measure", "key", "unit", name=op.f("tally_pk")),
        sa.CheckConstraint("length(month) = 7", name=op.f("a_tally_is_of_a_month")),
        sqlite_strict=True,
    )
    op.create_index("ix_tally_month", "tally", ["source", "month"])
    op.create_table(
        "tally_until",
        sa.Column("source", Str(), nullable=False),
        sa.Column("day", Day(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("tally_until_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "month_report",
        sa.Column("month", Str(), nullable=False),
        sa.Column("revision", Int(), nullable=False),
        sa.Column("figures", Json(), nullable=False),
        sa.Column("sha256", Str(), nullable=False),
        sa.Column("made_by", Str(), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("month", "revision", name=op.f("month_report_pk")),
        sa.CheckConstraint("length(month) = 7", name=op.f("a_report_is_of_a_month")),
        sa.CheckConstraint("revision >= 1", name=op.f("revisions_of_a_report_are_counted")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("a_report_has_a_digest")),
        sqlite_strict=True,
    )
    op.create_index("ix_cash_line_at", "cash_line", ["at"])
    op.create_index("ix_retirement_at", "retirement", ["at"])
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when this was promised."""
    file = Path(__file__).parents[1] / "guards" / f"0028.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in (text for text in _guards() if text.startswith("CREATE TRIGGER")):
        name = statement.split()[2]
        table = statement.split(" ON ")[1].split()[0]
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if is_postgresql else ""))
        if is_postgresql:
            op.execute(f"DROP FUNCTION {name}")
    op.drop_index("ix_retirement_at", table_name="retirement")
    op.drop_index("ix_cash_line_at", table_name="cash_line")
    for table in TABLES:
        op.drop_table(table)

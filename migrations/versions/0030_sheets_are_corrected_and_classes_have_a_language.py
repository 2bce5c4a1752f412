"""sheets are corrected, devices at a session are told apart, and classes have a language"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.create_table(
        "training_cohort_language",
        sa.Column("cohort_id", portal.db.Str(), nullable=False),
        sa.Column("lang", portal.db.Str(), nullable=False),
        sa.CheckConstraint("lang IN ('zh','en')", name=op.f("a_cohort_is_held_in_zh_or_en")),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["training_cohort.id"], name=op.f("training_cohort_language_cohort_id_exists")
        ),
        sa.PrimaryKeyConstraint("cohort_id", name=op.f("training_cohort_language_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "training_sign_in_device",
        sa.Column("session_id", portal.db.Str(), nullable=False),
        sa.Column("enrolment_id", portal.db.Str(), nullable=False),
        sa.Column("device", portal.db.Str(), nullable=False),
        sa.CheckConstraint("length(device) = 64", name=op.f("a_device_is_known_by_a_digest")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["training_session.id"], name=op.f("training_sign_in_device_session_id_exists")
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["training_enrolment.id"],
            name=op.f("training_sign_in_device_enrolment_id_exists"),
        ),
        sa.PrimaryKeyConstraint("session_id", "enrolment_id", name=op.f("training_sign_in_device_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "training_paper_correction",
        sa.Column("attempt_id", portal.db.Str(), nullable=False),
        sa.Column("by_attempt_id", portal.db.Str(), nullable=False),
        sa.Column("reason", portal.db.Str(), nullable=False),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("attempt_id <> by_attempt_id", name=op.f("a_sheet_is_not_corrected_by_itself")),
        sa.CheckConstraint("reason <> ''", name=op.f("a_correction_has_a_reason")),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["training_attempt.id"], name=op.f("training_paper_correction_attempt_id_exists")
        ),
        sa.ForeignKeyConstraint(
            ["by_attempt_id"],
            ["training_attempt.id"],
            name=op.f("training_paper_correction_by_attempt_id_exists"),
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("training_paper_correction_pk")),
        sa.UniqueConstraint("by_attempt_id", name=op.f("training_paper_correction_by_attempt_id_is_unique")),
        sqlite_strict=True,
    )
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when this was promised."""
    file = Path(__file__).parents[1] / "guards" / f"0030.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    for table in ("training_paper_correction", "training_sign_in_device", "training_cohort_language"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for name in (text.split()[2].removesuffix("()") for text in _guards() if "CREATE FUNCTION" in text):
            op.execute(f"DROP FUNCTION {name}")

"""classes are asked six and twelve months later what became of it"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0034"
down_revision = "0033"
TABLES = ("training_follow_up", "training_follow_up_turn", "training_follow_up_answer")


def upgrade() -> None:
    op.create_table(
        "training_follow_up",
        sa.Column("enrolment_id", portal.db.Str(), nullable=False),
        sa.Column("words", portal.db.Str(), nullable=False),
        sa.Column("agreed_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("ended_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint("words <> ''", name=op.f("who_agrees_to_be_asked_agrees_to_words")),
        sa.CheckConstraint("agreed_at <= ended_at", name=op.f("being_asked_ends_after_it_was_agreed")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["training_enrolment.id"], name=op.f("training_follow_up_enrolment_id_exists")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("training_follow_up_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "training_follow_up_turn",
        sa.Column("enrolment_id", portal.db.Str(), nullable=False),
        sa.Column("months", portal.db.Int(), autoincrement=False, nullable=False),
        sa.Column("asked_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("is_answered", portal.db.Bool(), nullable=False),
        sa.CheckConstraint("months IN (6, 12)", name=op.f("a_class_is_asked_after_six_and_twelve_months")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["training_enrolment.id"],
            name=op.f("training_follow_up_turn_enrolment_id_exists"),
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "months", name=op.f("training_follow_up_turn_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "training_follow_up_answer",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("cohort_id", portal.db.Str(), nullable=False),
        sa.Column("months", portal.db.Int(), nullable=False),
        sa.Column("pledge", portal.db.Str(), nullable=False),
        sa.Column("before_g", portal.db.MassCol(), nullable=True),
        sa.Column("now_g", portal.db.MassCol(), nullable=True),
        sa.CheckConstraint("months IN (6, 12)", name=op.f("an_answer_comes_after_six_or_twelve_months")),
        sa.CheckConstraint(
            "pledge IN ('kept','partly','not_kept','none')", name=op.f("a_pledge_is_told_of_in_known_words")
        ),
        sa.CheckConstraint(
            "before_g >= 0 AND now_g >= 0", name=op.f("footprints_that_are_told_are_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["training_cohort.id"], name=op.f("training_follow_up_answer_cohort_id_exists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("training_follow_up_answer_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_training_follow_up_answer_cohort_id_months", "training_follow_up_answer", ["cohort_id", "months"]
    )
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when this was promised."""
    file = Path(__file__).parents[1] / "guards" / f"0034.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for name in (text.split()[2].removesuffix("()") for text in _guards() if "CREATE FUNCTION" in text):
            op.execute(f"DROP FUNCTION {name}")

"""people see, take along and erase what is known of them"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "consent",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("purpose", portal.db.Str(), nullable=False),
        sa.Column("text_version", portal.db.Str(), nullable=False),
        sa.Column("text_sha256", portal.db.Str(), nullable=False),
        sa.Column("is_given", portal.db.Bool(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("length(text_sha256) = 64", name=op.f("a_consent_is_to_known_words")),
        sa.PrimaryKeyConstraint("id", name=op.f("consent_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_consent_person_id", "consent", ["person_id", "at"], unique=False)
    op.create_table(
        "correction",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("matter", portal.db.Str(), nullable=False),
        sa.Column("words", portal.db.Str(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("answer", portal.db.Str(), nullable=False),
        sa.Column("asked_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("answered_by", portal.db.Str(), nullable=True),
        sa.Column("answered_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'asked') = (answered_at IS NULL) AND (state = 'asked') = (answered_by IS NULL)",
            name=op.f("an_answered_correction_says_by_whom_and_when"),
        ),
        sa.CheckConstraint(
            "matter IN ('certificate', 'name', 'order', 'other', 'training')",
            name=op.f("a_correction_is_about_something_known"),
        ),
        sa.CheckConstraint("state IN ('asked', 'done', 'refused')", name=op.f("correction_state_is_known")),
        sa.CheckConstraint("length(words) <= 2000", name=op.f("words_of_a_correction_are_short")),
        sa.PrimaryKeyConstraint("id", name=op.f("correction_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_correction_open",
        "correction",
        ["asked_at"],
        unique=False,
        sqlite_where=sa.text("state = 'asked'"),
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_index("ix_correction_person_id", "correction", ["person_id", "asked_at"], unique=False)
    op.create_table(
        "data_copy",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("order_id", portal.db.Str(), nullable=False),
        sa.Column("lang", portal.db.Str(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("total", portal.db.Int(), nullable=False),
        sa.Column("done", portal.db.Int(), nullable=False),
        sa.Column("bytes", portal.db.Int(), nullable=False),
        sa.Column("sha256", portal.db.Str(), nullable=False),
        sa.Column("asked_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("expires_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(person_id <> '') <> (order_id <> '')", name=op.f("a_copy_is_of_a_person_or_of_an_order")
        ),
        sa.CheckConstraint("lang IN ('zh','en')", name=op.f("a_copy_is_in_zh_or_en")),
        sa.CheckConstraint(
            "state <> 'ready' OR (sha256 <> '' AND expires_at IS NOT NULL)",
            name=op.f("a_ready_copy_has_a_file"),
        ),
        sa.CheckConstraint("state IN ('asked', 'gone', 'ready')", name=op.f("copy_state_is_known")),
        sa.CheckConstraint("done BETWEEN 0 AND total", name=op.f("a_copy_counts_its_parts")),
        sa.PrimaryKeyConstraint("id", name=op.f("data_copy_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_data_copy_expires_at",
        "data_copy",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("state = 'ready'"),
        postgresql_where=sa.text("state = 'ready'"),
    )
    op.create_index("ix_data_copy_person_id", "data_copy", ["person_id", "asked_at"], unique=False)
    op.create_table(
        "erasure",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("order_id", portal.db.Str(), nullable=False),
        sa.Column("lang", portal.db.Str(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("held", portal.db.Str(), nullable=False),
        sa.Column("outcome", portal.db.Json(), nullable=False),
        sa.Column("asked_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("due_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("settled_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(person_id <> '') <> (order_id <> '')", name=op.f("an_erasure_is_of_a_person_or_of_an_order")
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (settled_at IS NULL)", name=op.f("a_settled_erasure_says_when")
        ),
        sa.CheckConstraint("lang IN ('zh','en')", name=op.f("an_erasure_speaks_zh_or_en")),
        sa.CheckConstraint("state IN ('done', 'undone', 'waiting')", name=op.f("erasure_state_is_known")),
        sa.CheckConstraint("due_at > asked_at", name=op.f("an_erasure_can_be_undone_for_a_while")),
        sa.PrimaryKeyConstraint("id", name=op.f("erasure_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_erasure_due_at",
        "erasure",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "one_erasure_of_a_person_waits",
        "erasure",
        ["person_id", "order_id"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "look",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("kind", portal.db.Str(), nullable=False),
        sa.Column("thing_id", portal.db.Str(), nullable=False),
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("why", portal.db.Str(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("look_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_look_actor_id", "look", ["actor_id", "at"], unique=False)
    op.create_index("ix_look_at", "look", ["at"], unique=False)
    op.create_index(
        "ix_look_person_id",
        "look",
        ["person_id", "at"],
        unique=False,
        sqlite_where=sa.text("person_id <> ''"),
        postgresql_where=sa.text("person_id <> ''"),
    )
    op.create_index("ix_look_thing_id", "look", ["thing_id", "at"], unique=False)
    op.create_table(
        "pupil_class",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("organisation_id", portal.db.Str(), nullable=False),
        sa.Column("name", portal.db.Str(), nullable=False),
        sa.Column("places", portal.db.Int(), nullable=False),
        sa.Column("guardians_text", portal.db.Str(), nullable=False),
        sa.Column("made_by", portal.db.Str(), nullable=False),
        sa.Column("made_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("ended_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint("name <> '' AND length(name) <= 40", name=op.f("a_class_has_a_short_name")),
        sa.CheckConstraint("places BETWEEN 1 AND 60", name=op.f("a_class_has_1_to_60_places")),
        sa.PrimaryKeyConstraint("id", name=op.f("pupil_class_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_pupil_class_organisation_id", "pupil_class", ["organisation_id"], unique=False)
    op.create_table(
        "pupil",
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("class_id", portal.db.Str(), nullable=False),
        sa.Column("number", portal.db.Int(), nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["pupil_class.id"], name=op.f("pupil_class_id_exists")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("pupil_person_id_exists")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pupil_pk")),
        sa.UniqueConstraint("class_id", "number", name="a_class_numbers_its_places"),
        sqlite_strict=True,
    )
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when this was promised."""
    file = Path(__file__).parents[1] / "guards" / f"0026.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in ("pupil", "pupil_class", "consent", "correction", "data_copy", "erasure", "look"):
        op.drop_table(table)
    for name in (text.split()[2].removesuffix("()") for text in _guards() if "CREATE FUNCTION" in text):
        if is_postgresql:
            op.execute(f"DROP FUNCTION {name}")

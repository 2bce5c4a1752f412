"""the files of events"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "footprint_event",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("owner_id", portal.db.Str(), nullable=False),
        sa.Column("organisation_id", portal.db.Str(), nullable=True),
        sa.Column("title", portal.db.Str(), nullable=False),
        sa.Column("region", portal.db.Str(), nullable=False),
        sa.Column("first_day", portal.db.Day(), nullable=False),
        sa.Column("last_day", portal.db.Day(), nullable=False),
        sa.Column("model_id", portal.db.Str(), nullable=False),
        sa.Column("version", portal.db.Str(), nullable=False),
        sa.Column("code", portal.db.Str(), nullable=False),
        sa.Column("report_from", portal.db.Day(), nullable=True),
        sa.Column("report_to", portal.db.Day(), nullable=True),
        sa.Column("created_at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("title <> '' AND length(title) <= 120", name=op.f("an_event_has_a_short_title")),
        sa.CheckConstraint(
            "(report_from IS NULL) = (report_to IS NULL)", name=op.f("a_survey_has_both_its_days_or_none")
        ),
        sa.CheckConstraint("first_day <= last_day", name=op.f("an_event_ends_after_it_begins")),
        sa.CheckConstraint("report_from <= report_to", name=op.f("a_survey_ends_after_it_begins")),
        sa.PrimaryKeyConstraint("id", name=op.f("footprint_event_pk")),
        sa.UniqueConstraint("code", name="an_event_code_is_unique"),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_footprint_event_organisation_id", "footprint_event", ["organisation_id"], unique=False
    )
    op.create_index("ix_footprint_event_owner_id", "footprint_event", ["owner_id"], unique=False)
    op.create_table(
        "footprint_activity_import",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("event_id", portal.db.Str(), nullable=False),
        sa.Column("file_name", portal.db.Str(), nullable=False),
        sa.Column("file_sha256", portal.db.Str(), nullable=False),
        sa.Column("accepted", portal.db.Int(), nullable=False),
        sa.Column("unchanged", portal.db.Int(), nullable=False),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("withdrawn_at", portal.db.Utc(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["footprint_event.id"], name=op.f("footprint_activity_import_event_id_exists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("footprint_activity_import_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_footprint_activity_import_event_id", "footprint_activity_import", ["event_id"], unique=False
    )
    op.create_table(
        "footprint_attendee",
        sa.Column("event_id", portal.db.Str(), nullable=False),
        sa.Column("browser", portal.db.Str(), nullable=False),
        sa.Column("day", portal.db.Day(), nullable=False),
        sa.Column("km", portal.db.Str(), nullable=False),
        sa.Column("width", portal.db.Str(), nullable=False),
        sa.Column("mode", portal.db.Str(), nullable=False),
        sa.Column("cabin", portal.db.Str(), nullable=False),
        sa.Column("occupants", portal.db.Int(), nullable=False),
        sa.CheckConstraint("occupants BETWEEN 0 AND 9", name=op.f("a_car_holds_nine")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["footprint_event.id"], name=op.f("footprint_attendee_event_id_exists")
        ),
        sa.PrimaryKeyConstraint("event_id", "browser", name=op.f("footprint_attendee_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "footprint_event_version",
        sa.Column("event_id", portal.db.Str(), nullable=False),
        sa.Column("stage", portal.db.Str(), nullable=False),
        sa.Column("number", portal.db.Int(), autoincrement=False, nullable=False),
        sa.Column("footprint_id", portal.db.Str(), nullable=False),
        sa.Column("origin", portal.db.Str(), nullable=False),
        sa.Column("facts", portal.db.Json(), nullable=False),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("origin <> 'frozen' OR stage = 'actual'", name=op.f("only_actuals_are_frozen")),
        sa.CheckConstraint(
            "origin IN ('form','merged','frozen')", name=op.f("an_inventory_says_where_it_is_from")
        ),
        sa.CheckConstraint("stage IN ('estimate','actual')", name=op.f("an_inventory_has_a_stage")),
        sa.CheckConstraint("number >= 1", name=op.f("versions_count_from_one")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["footprint_event.id"], name=op.f("footprint_event_version_event_id_exists")
        ),
        sa.ForeignKeyConstraint(
            ["footprint_id"], ["footprint.id"], name=op.f("footprint_event_version_footprint_id_exists")
        ),
        sa.PrimaryKeyConstraint("event_id", "stage", "number", name=op.f("footprint_event_version_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_footprint_event_version_footprint_id", "footprint_event_version", ["footprint_id"], unique=False
    )
    op.create_table(
        "footprint_activity",
        sa.Column("import_id", portal.db.Str(), nullable=False),
        sa.Column("row", portal.db.Int(), autoincrement=False, nullable=False),
        sa.Column("key", portal.db.Str(), nullable=False),
        sa.Column("amount", portal.db.Str(), nullable=False),
        sa.Column("written", portal.db.Str(), nullable=False),
        sa.Column("unit", portal.db.Str(), nullable=False),
        sa.Column("note", portal.db.Str(), nullable=False),
        sa.Column("source", portal.db.Str(), nullable=False),
        sa.Column("fingerprint", portal.db.Str(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["footprint_activity_import.id"], name=op.f("footprint_activity_import_id_exists")
        ),
        sa.PrimaryKeyConstraint("import_id", "row", name=op.f("footprint_activity_pk")),
        sqlite_strict=True,
    )
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when these tables were made."""
    file = Path(__file__).parents[1] / "guards" / f"0004.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    for name, table in _triggers():
        on = f" ON {table}" if op.get_bind().dialect.name == "postgresql" else ""
        op.execute(f"DROP TRIGGER {name}{on}")
        if on:
            op.execute(f"DROP FUNCTION {name}")
    op.drop_table("footprint_activity")
    op.drop_index("ix_footprint_event_version_footprint_id", table_name="footprint_event_version")
    op.drop_table("footprint_event_version")
    op.drop_table("footprint_attendee")
    op.drop_index("ix_footprint_activity_import_event_id", table_name="footprint_activity_import")
    op.drop_table("footprint_activity_import")
    op.drop_index("ix_footprint_event_owner_id", table_name="footprint_event")
    op.drop_index("ix_footprint_event_organisation_id", table_name="footprint_event")
    op.drop_table("footprint_event")


def _triggers() -> list[tuple[str, str]]:
    """Name and table of each trigger that this migration made."""
    made = [text.split() for text in _guards() if text.strip().startswith("CREATE TRIGGER")]
    return [(words[2], words[words.index("ON") + 1]) for words in made]

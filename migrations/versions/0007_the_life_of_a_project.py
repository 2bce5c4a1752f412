"""the life of a project"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "assessment",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("project_id", portal.db.Str(), nullable=False),
        sa.Column("rules", portal.db.Str(), nullable=False),
        sa.Column("version", portal.db.Str(), nullable=False),
        sa.Column("rules_sha256", portal.db.Str(), nullable=False),
        sa.Column("verdict", portal.db.Str(), nullable=False),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('eligible','not_eligible','open')", name=op.f("assessment_verdict_is_known")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("assessment_project_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("assessment_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_assessment_project", "assessment", ["project_id", "at"], unique=False)
    op.create_table(
        "likeness",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("project_id", portal.db.Str(), nullable=False),
        sa.Column("other_id", portal.db.Str(), nullable=False),
        sa.Column("kind", portal.db.Str(), nullable=False),
        sa.Column("found_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("because", portal.db.Str(), nullable=True),
        sa.Column("cleared_by", portal.db.Str(), nullable=True),
        sa.Column("cleared_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('number','name','parcel')", name=op.f("likeness_kind_is_known")),
        sa.CheckConstraint(
            "(cleared_at IS NULL) = (because IS NULL) AND (cleared_at IS NULL) = (cleared_by IS NULL)",
            name=op.f("a_clearance_is_whole"),
        ),
        sa.CheckConstraint("project_id <> other_id", name=op.f("a_project_is_not_like_itself")),
        sa.ForeignKeyConstraint(["other_id"], ["project.id"], name=op.f("likeness_other_id_exists")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("likeness_project_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("likeness_pk")),
        sa.UniqueConstraint("project_id", "other_id", "kind", name="a_likeness_is_found_once"),
        sqlite_strict=True,
    )
    op.create_index("ix_likeness_other", "likeness", ["other_id"], unique=False)
    op.create_table(
        "project_document",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("project_id", portal.db.Str(), nullable=False),
        sa.Column("kind", portal.db.Str(), nullable=False),
        sa.Column("title_zh", portal.db.Str(), nullable=False),
        sa.Column("title_en", portal.db.Str(), nullable=False),
        sa.Column("file_name", portal.db.Str(), nullable=False),
        sa.Column("sha256", portal.db.Str(), nullable=False),
        sa.Column("media_type", portal.db.Str(), nullable=False),
        sa.Column("bytes", portal.db.Int(), nullable=False),
        sa.Column("is_public", portal.db.Bool(), nullable=False),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('design','tenure','map','notice_summary','validation_report','external_standard','monitoring_report','verification_report','decision','other')",
            name=op.f("document_kind_is_known"),
        ),
        sa.CheckConstraint("bytes > 0", name=op.f("a_document_is_not_empty")),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("project_document_project_id_exists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("project_document_pk")),
        sa.UniqueConstraint("project_id", "kind", "sha256", name="a_document_is_filed_once"),
        sqlite_strict=True,
    )
    op.create_table(
        "assessment_finding",
        sa.Column("assessment_id", portal.db.Str(), nullable=False),
        sa.Column("rule_id", portal.db.Str(), nullable=False),
        sa.Column("value", portal.db.Str(), nullable=False),
        sa.Column("verdict", portal.db.Str(), nullable=False),
        sa.Column("evidence", portal.db.Str(), nullable=False),
        sa.Column("document_id", portal.db.Str(), nullable=True),
        sa.Column("source", portal.db.Str(), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('met','not_met','open')", name=op.f("finding_verdict_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["assessment_id"], ["assessment.id"], name=op.f("assessment_finding_assessment_id_exists")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["project_document.id"], name=op.f("assessment_finding_document_id_exists")
        ),
        sa.PrimaryKeyConstraint("assessment_id", "rule_id", name=op.f("assessment_finding_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "parcel",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("project_id", portal.db.Str(), nullable=False),
        sa.Column("code", portal.db.Str(), nullable=False),
        sa.Column("county_code", portal.db.Str(), nullable=False),
        sa.Column("village", portal.db.Str(), nullable=False),
        sa.Column("geojson", portal.db.Str(), nullable=False),
        sa.Column("outline_sha256", portal.db.Str(), nullable=False),
        sa.Column("west", portal.db.Int(), nullable=False),
        sa.Column("south", portal.db.Int(), nullable=False),
        sa.Column("east", portal.db.Int(), nullable=False),
        sa.Column("north", portal.db.Int(), nullable=False),
        sa.Column("area_m2", portal.db.Int(), nullable=False),
        sa.Column("tenure", portal.db.Str(), nullable=False),
        sa.Column("document_id", portal.db.Str(), nullable=True),
        sa.Column("valid_from", portal.db.Day(), nullable=False),
        sa.Column("valid_to", portal.db.Day(), nullable=False),
        sa.Column("is_demo", portal.db.Bool(), nullable=False),
        sa.Column("actor_id", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("withdrawn_at", portal.db.Utc(timezone=True), nullable=True),
        sa.Column("withdrawn_because", portal.db.Str(), nullable=True),
        sa.CheckConstraint(
            "tenure IN ('state','collective','contracted','leased','unclear')",
            name=op.f("parcel_tenure_is_known"),
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_because IS NULL)", name=op.f("a_withdrawal_has_a_reason")
        ),
        sa.CheckConstraint("area_m2 > 0", name=op.f("a_parcel_has_an_area")),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("a_parcel_counts_for_a_time")),
        sa.CheckConstraint("west < east AND south < north", name=op.f("a_parcel_lies_in_its_box")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["project_document.id"], name=op.f("parcel_document_id_exists")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("parcel_project_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("parcel_pk")),
        sa.UniqueConstraint("project_id", "code", name="a_parcel_has_a_code_of_its_own"),
        sqlite_strict=True,
    )
    op.create_index("ix_parcel_box", "parcel", ["west", "east"], unique=False)
    op.create_index("ix_parcel_county", "parcel", ["county_code"], unique=False)
    op.create_index("ix_parcel_outline", "parcel", ["outline_sha256"], unique=False)
    op.create_table(
        "project_step",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("project_id", portal.db.Str(), nullable=False),
        sa.Column("from_state", portal.db.Str(), nullable=False),
        sa.Column("to_state", portal.db.Str(), nullable=False),
        sa.Column("document_id", portal.db.Str(), nullable=False),
        sa.Column("note", portal.db.Str(), nullable=False),
        sa.Column("proposed_by", portal.db.Str(), nullable=False),
        sa.Column("proposed_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("decided_by", portal.db.Str(), nullable=True),
        sa.Column("decided_at", portal.db.Utc(timezone=True), nullable=True),
        sa.Column("decision", portal.db.Str(), nullable=True),
        sa.Column("reason", portal.db.Str(), nullable=True),
        sa.Column("event_id", portal.db.Str(), nullable=True),
        sa.CheckConstraint("decided_by LIKE 'usr%'", name=op.f("a_step_is_decided_by_a_person")),
        sa.CheckConstraint("decision IN ('approved','refused')", name=op.f("step_decision_is_known")),
        sa.CheckConstraint("proposed_by LIKE 'usr%'", name=op.f("a_step_is_proposed_by_a_person")),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (decision IS NULL)",
            name=op.f("a_decision_is_whole"),
        ),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("maker_and_checker_are_two_people")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["project_document.id"], name=op.f("project_step_document_id_exists")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("project_step_project_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("project_step_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_project_step_project", "project_step", ["project_id", "proposed_at"], unique=False)
    op.create_index(
        "ix_project_step_waiting",
        "project_step",
        ["project_id"],
        unique=True,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_table(
        "public_notice",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("project_id", portal.db.Str(), nullable=False),
        sa.Column("step_id", portal.db.Str(), nullable=False),
        sa.Column("document_id", portal.db.Str(), nullable=False),
        sa.Column("working_days", portal.db.Int(), nullable=False),
        sa.Column("opens_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("closes_at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("opens_at < closes_at", name=op.f("a_notice_is_open_for_a_while")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["project_document.id"], name=op.f("public_notice_document_id_exists")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("public_notice_project_id_exists")),
        sa.ForeignKeyConstraint(["step_id"], ["project_step.id"], name=op.f("public_notice_step_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("public_notice_pk")),
        sa.UniqueConstraint("step_id", name=op.f("public_notice_step_id_is_unique")),
        sqlite_strict=True,
    )
    op.create_index("ix_public_notice_project", "public_notice", ["project_id", "opens_at"], unique=False)
    op.create_table(
        "notice_comment",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("notice_id", portal.db.Str(), nullable=False),
        sa.Column("body", portal.db.Str(), nullable=False),
        sa.Column("lang", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("answer", portal.db.Str(), nullable=True),
        sa.Column("answered_by", portal.db.Str(), nullable=True),
        sa.Column("answered_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'waiting') = (answered_at IS NULL)", name=op.f("a_comment_read_is_answered")
        ),
        sa.CheckConstraint("state IN ('waiting','shown','hidden')", name=op.f("comment_state_is_known")),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL) AND (answered_at IS NULL) = (answered_by IS NULL)",
            name=op.f("an_answer_is_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["public_notice.id"], name=op.f("notice_comment_notice_id_exists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("notice_comment_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_notice_comment_notice", "notice_comment", ["notice_id", "at"], unique=False)
    op.create_index(
        "ix_notice_comment_waiting",
        "notice_comment",
        ["notice_id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.add_column("project", sa.Column("crediting_start", portal.db.Day(), nullable=True))
    op.add_column("project", sa.Column("crediting_end", portal.db.Day(), nullable=True))
    op.add_column("project", sa.Column("county_code", portal.db.Str(), nullable=True))
    op.add_column("project", sa.Column("name_sort", portal.db.Str(), nullable=True))
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when these tables were made."""
    file = Path(__file__).parents[1] / "guards" / f"0007.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def _triggers() -> list[tuple[str, str]]:
    """Name and table of each trigger that this migration made."""
    made = [text.split() for text in _guards() if text.strip().startswith("CREATE TRIGGER")]
    return [(words[2], words[words.index("ON") + 1]) for words in made]


def downgrade() -> None:
    for name, table in _triggers():
        on = f" ON {table}" if op.get_bind().dialect.name == "postgresql" else ""
        op.execute(f"DROP TRIGGER {name}{on}")
        if on:
            op.execute(f"DROP FUNCTION {name}")
    op.drop_column("project", "name_sort")
    op.drop_column("project", "county_code")
    op.drop_column("project", "crediting_end")
    op.drop_column("project", "crediting_start")
    op.drop_index(
        "ix_notice_comment_waiting",
        table_name="notice_comment",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_index("ix_notice_comment_notice", table_name="notice_comment")
    op.drop_table("notice_comment")
    op.drop_index("ix_public_notice_project", table_name="public_notice")
    op.drop_table("public_notice")
    op.drop_index(
        "ix_project_step_waiting",
        table_name="project_step",
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.drop_index("ix_project_step_project", table_name="project_step")
    op.drop_table("project_step")
    op.drop_index("ix_parcel_outline", table_name="parcel")
    op.drop_index("ix_parcel_county", table_name="parcel")
    op.drop_index("ix_parcel_box", table_name="parcel")
    op.drop_table("parcel")
    op.drop_table("assessment_finding")
    op.drop_table("project_document")
    op.drop_index("ix_likeness_other", table_name="likeness")
    op.drop_table("likeness")
    op.drop_index("ix_assessment_project", table_name="assessment")
    op.drop_table("assessment")

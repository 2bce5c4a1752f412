"""drafts keep their changes, and are published by two"""

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "training_draft_change",
        sa.Column("draft_id", portal.db.Str(), nullable=False),
        sa.Column("path", portal.db.Str(), nullable=False),
        sa.Column("revision", portal.db.Int(), nullable=False),
        sa.Column("step", portal.db.Str(), nullable=False),
        sa.Column("data", portal.db.Bytes(), nullable=True),
        sa.Column("changed_by", portal.db.Str(), nullable=False),
        sa.Column("changed_at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("revision >= 1", name=op.f("changes_count_from_one")),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["training_draft.id"], name=op.f("training_draft_change_draft_id_exists")
        ),
        sa.PrimaryKeyConstraint("draft_id", "path", "revision", name=op.f("training_draft_change_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_training_draft_change_draft_id_step", "training_draft_change", ["draft_id", "step"], unique=False
    )
    op.create_table(
        "training_draft_request",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("draft_id", portal.db.Str(), nullable=False),
        sa.Column("sha256", portal.db.Str(), nullable=False),
        sa.Column("note", portal.db.Str(), nullable=False),
        sa.Column("asked_by", portal.db.Str(), nullable=False),
        sa.Column("asked_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("answer", portal.db.Str(), nullable=True),
        sa.Column("reason", portal.db.Str(), nullable=False),
        sa.Column("answered_by", portal.db.Str(), nullable=True),
        sa.Column("answered_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("a_request_means_one_pack")),
        sa.CheckConstraint(
            "answer IS NULL OR answer IN ('published','returned','taken_back')",
            name=op.f("a_request_has_a_known_answer"),
        ),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL)",
            name=op.f("an_answer_has_a_person_and_a_time"),
        ),
        sa.CheckConstraint(
            "answer IS NULL OR answer <> 'published' OR answered_by <> asked_by",
            name=op.f("who_asks_does_not_publish"),
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["training_draft.id"], name=op.f("training_draft_request_draft_id_exists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("training_draft_request_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "a_draft_has_one_open_request",
        "training_draft_request",
        ["draft_id"],
        unique=True,
        sqlite_where=sa.text("answer IS NULL"),
        postgresql_where=sa.text("answer IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("training_draft_request")
    op.drop_table("training_draft_change")

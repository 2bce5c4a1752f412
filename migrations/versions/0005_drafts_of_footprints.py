"""drafts of footprints"""

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "footprint_draft",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("code_hash", portal.db.Str(), nullable=False),
        sa.Column("model_id", portal.db.Str(), nullable=False),
        sa.Column("version", portal.db.Str(), nullable=False),
        sa.Column("form", portal.db.Str(), nullable=False),
        sa.Column("region", portal.db.Str(), nullable=False),
        sa.Column("year", portal.db.Str(), nullable=False),
        sa.Column("audience", portal.db.Str(), nullable=False),
        sa.Column("answers", portal.db.Json(), nullable=False),
        sa.Column("own", portal.db.Json(), nullable=False),
        sa.Column("previous_id", portal.db.Str(), nullable=True),
        sa.Column("lang", portal.db.Str(), nullable=False),
        sa.Column("created_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("expires_at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("expires_at > created_at", name=op.f("a_draft_is_kept_for_a_while")),
        sa.CheckConstraint("form in ('short', 'full', 'expert')", name=op.f("a_draft_has_a_known_form")),
        sa.CheckConstraint("lang in ('zh', 'en')", name=op.f("a_draft_speaks_a_language_of_the_portal")),
        sa.PrimaryKeyConstraint("id", name=op.f("footprint_draft_pk")),
        sa.UniqueConstraint("code_hash", name=op.f("a_draft_has_a_code_of_its_own")),
        sqlite_strict=True,
    )
    op.create_index("ix_footprint_draft_expires_at", "footprint_draft", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_table("footprint_draft")

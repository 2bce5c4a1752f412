"""campaigns of classes, schools and companies, their contributions and what is published of them"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0003"
down_revision = "0002"

TABLES = ("campaign_publication", "campaign_contribution", "campaign")


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("owner_id", portal.db.Str(), nullable=False),
        sa.Column("organisation_id", portal.db.Str(), nullable=True),
        sa.Column("model_id", portal.db.Str(), nullable=False),
        sa.Column("version", portal.db.Str(), nullable=False),
        sa.Column("audience", portal.db.Str(), nullable=False),
        sa.Column("form", portal.db.Str(), nullable=False),
        sa.Column("title_zh", portal.db.Str(), nullable=False),
        sa.Column("title_en", portal.db.Str(), nullable=False),
        sa.Column("invitation_zh", portal.db.Str(), nullable=False),
        sa.Column("invitation_en", portal.db.Str(), nullable=False),
        sa.Column("opens", portal.db.Day(), nullable=False),
        sa.Column("closes", portal.db.Day(), nullable=False),
        sa.Column("groups", portal.db.Json(), nullable=False),
        sa.Column("questions", portal.db.Json(), nullable=False),
        sa.Column("is_private", portal.db.Bool(), nullable=False),
        sa.Column("made_at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("form IN ('short', 'full')", name=op.f("a_campaign_asks_in_a_known_form")),
        sa.CheckConstraint("title_zh <> '' OR title_en <> ''", name=op.f("a_campaign_has_a_title")),
        sa.CheckConstraint("opens <= closes", name=op.f("a_campaign_opens_before_it_closes")),
        sa.CheckConstraint("state IN ('open', 'closed', 'withdrawn')", name=op.f("campaign_state_is_known")),
        sa.CheckConstraint(
            "length(title_zh) <= 80 AND length(title_en) <= 80 "
            "AND length(invitation_zh) <= 300 AND length(invitation_en) <= 300",
            name=op.f("campaign_texts_are_short"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("campaign_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_campaign_owner_id", "campaign", ["owner_id"], unique=False)
    op.create_index("ix_campaign_organisation_id", "campaign", ["organisation_id"], unique=False)
    op.create_table(
        "campaign_contribution",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("campaign_id", portal.db.Str(), nullable=False),
        sa.Column("version", portal.db.Int(), nullable=False),
        sa.Column("region", portal.db.Str(), nullable=False),
        sa.Column("answers", portal.db.Json(), nullable=False),
        sa.Column("lines", portal.db.Json(), nullable=False),
        sa.Column("per_person_g", portal.db.Int(), nullable=False),
        sa.Column("sub_group", portal.db.Str(), nullable=False),
        sa.Column("extras", portal.db.Json(), nullable=False),
        sa.Column("day", portal.db.Day(), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("a_contribution_has_a_version")),
        sa.CheckConstraint("per_person_g >= 0", name=op.f("a_contribution_is_not_negative")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("campaign_contribution_campaign_id_exists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("campaign_contribution_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_campaign_contribution_campaign_id", "campaign_contribution", ["campaign_id"], unique=False
    )
    op.create_table(
        "campaign_publication",
        sa.Column("campaign_id", portal.db.Str(), nullable=False),
        sa.Column("number", portal.db.Int(), nullable=False),
        sa.Column("members", portal.db.Json(), nullable=False),
        sa.Column("figures", portal.db.Json(), nullable=False),
        sa.Column("day", portal.db.Day(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("publications_are_counted_from_1")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("campaign_publication_campaign_id_exists")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "number", name=op.f("campaign_publication_pk")),
        sqlite_strict=True,
    )
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when these tables were made."""
    file = Path(__file__).parents[1] / "guards" / f"0003.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "DO $$ DECLARE f regprocedure; BEGIN FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = "
            "'public'::regnamespace AND proname ~ '^footprint_guard_campaign' LOOP EXECUTE 'DROP FUNCTION ' || f; "
            "END LOOP; END $$"
        )

"""the register can be searched"""

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0012"
down_revision = "0011"

OPEN = "state NOT IN ('split','retired')"


def _where(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "movement",
        sa.Column("idx", portal.db.Int(), autoincrement=False, nullable=False),
        sa.Column("part", portal.db.Int(), autoincrement=False, nullable=False),
        sa.Column("kind", portal.db.Str(), nullable=False),
        sa.Column("project_id", portal.db.Str(), nullable=True),
        sa.Column("lot_id", portal.db.Str(), nullable=True),
        sa.Column("issuance_id", portal.db.Str(), nullable=True),
        sa.Column("first_g", portal.db.Int(), nullable=True),
        sa.Column("last_g", portal.db.Int(), nullable=True),
        sa.Column("mass_g", portal.db.Int(), nullable=True),
        sa.Column("holder", portal.db.Str(), nullable=True),
        sa.Column("sender", portal.db.Str(), nullable=True),
        sa.Column("retirement_id", portal.db.Str(), nullable=True),
        sa.Column("is_test", portal.db.Bool(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("idx >= 0 AND part >= 0", name=op.f("a_movement_has_a_place_in_the_log")),
        sa.CheckConstraint(
            "first_g >= 1 AND first_g <= last_g", name=op.f("a_movement_names_grams_of_its_serial")
        ),
        sa.PrimaryKeyConstraint("idx", "part", name=op.f("movement_pk")),
        sqlite_strict=True,
    )
    for name in ("project", "lot", "issuance"):
        op.create_index(
            f"ix_movement_{name}",
            "movement",
            [f"{name}_id", "idx", "part"],
            **_where(f"{name}_id IS NOT NULL"),
        )
    for name in ("holder", "sender"):
        op.create_index(
            f"ix_movement_{name}", "movement", [name, "idx", "part"], **_where(f"{name} IS NOT NULL")
        )
    op.create_table(
        "project_text",
        sa.Column("project_id", portal.db.Str(), nullable=False),
        sa.Column("text", portal.db.Str(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("project_text_project_id_exists")),
        sa.PrimaryKeyConstraint("project_id", name=op.f("project_text_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "project_pair",
        sa.Column("pair", portal.db.Str(), nullable=False),
        sa.Column("project_id", portal.db.Str(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("project_pair_project_id_exists")),
        sa.PrimaryKeyConstraint("pair", "project_id", name=op.f("project_pair_pk")),
        sqlite_strict=True,
    )
    op.drop_index("ix_block_issuance", "block")
    op.create_index("ix_block_open", "block", ["issuance_id"], **_where(OPEN))
    op.drop_index("ix_issuance_project", "issuance")
    op.create_index("ix_issuance_project", "issuance", ["project_id", "start_g"])
    op.create_index("ix_issuance_vintage", "issuance", ["project_id", "vintage_start", "vintage_end"])
    op.create_index("ix_issuance_unit", "issuance", ["first_unit", "last_unit"])


def downgrade() -> None:
    op.drop_index("ix_issuance_unit", "issuance")
    op.drop_index("ix_issuance_vintage", "issuance")
    op.drop_index("ix_issuance_project", "issuance")
    op.create_index("ix_issuance_project", "issuance", ["project_id"])
    op.drop_index("ix_block_open", "block")
    op.create_index("ix_block_issuance", "block", ["issuance_id"])
    for table in ("project_pair", "project_text", "movement"):
        op.drop_table(table)

"""people sign in with passkeys"""

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "passkey_challenge",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("until", portal.db.Utc(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("passkey_challenge_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_passkey_challenge_until", "passkey_challenge", ["until"], unique=False)
    op.create_table(
        "passkey",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("person_id", portal.db.Str(), nullable=False),
        sa.Column("public_key", portal.db.Bytes(), nullable=False),
        sa.Column("uses", portal.db.Int(), nullable=False),
        sa.Column("name", portal.db.Str(), nullable=False),
        sa.Column("made_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("used_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint("name <> '' AND length(name) <= 60", name=op.f("a_passkey_has_a_short_name")),
        sa.CheckConstraint("uses >= 0", name=op.f("uses_of_a_passkey_are_counted")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("passkey_person_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("passkey_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_passkey_person_id", "passkey", ["person_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_passkey_person_id", table_name="passkey")
    op.drop_table("passkey")
    op.drop_index("ix_passkey_challenge_until", table_name="passkey_challenge")
    op.drop_table("passkey_challenge")

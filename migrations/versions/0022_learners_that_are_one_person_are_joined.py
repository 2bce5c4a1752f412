"""learners that are one person are joined"""

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "training_joined_learner",
        sa.Column("learner_id", portal.db.Str(), nullable=False),
        sa.Column("into_id", portal.db.Str(), nullable=False),
        sa.Column("joined_at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("learner_id <> into_id", name=op.f("a_learner_is_not_joined_to_itself")),
        sa.ForeignKeyConstraint(
            ["into_id"], ["training_learner.id"], name=op.f("training_joined_learner_into_id_exists")
        ),
        sa.ForeignKeyConstraint(
            ["learner_id"], ["training_learner.id"], name=op.f("training_joined_learner_learner_id_exists")
        ),
        sa.PrimaryKeyConstraint("learner_id", name=op.f("training_joined_learner_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_training_joined_learner_into_id", "training_joined_learner", ["into_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("training_joined_learner")

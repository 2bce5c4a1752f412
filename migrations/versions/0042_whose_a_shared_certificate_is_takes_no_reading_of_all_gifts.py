"""whose a certificate of a shared-out list is takes no reading of all gifts"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"

_CERTIFIED = sa.text("certificate IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_gift_certificate", "gift", ["certificate"], unique=False,
        sqlite_where=_CERTIFIED, postgresql_where=_CERTIFIED,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_gift_certificate", table_name="gift")

"""the trail is found by its verb and by people, however long it is"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0037"

_BY_PEOPLE = sa.text("substr(actor_id, 1, 4) = 'usr_'")


def upgrade() -> None:
    op.create_index("ix_audit_entry_verb", "audit_entry", ["verb", "id"], unique=False)
    op.create_index(
        "ix_audit_entry_people", "audit_entry", ["id"], unique=False,
        sqlite_where=_BY_PEOPLE, postgresql_where=_BY_PEOPLE,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_audit_entry_people", table_name="audit_entry")
    op.drop_index("ix_audit_entry_verb", table_name="audit_entry")

"""footprints of a year, an audience and a stage, with own factors and a label"""

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0002"
down_revision = "0001"

CHECKS = {
    "footprint_was_asked_in_a_known_form": "form in ('short', 'full', 'expert')",
    "footprint_is_of_a_known_stage": "stage in ('', 'estimate', 'actual')",
    "footprint_has_a_short_label": "length(label) <= 80",
}


def _columns() -> tuple[sa.Column, ...]:
    """Rows from before take these values, which change nothing in their digests."""
    return (
        sa.Column("year", portal.db.Str(), nullable=False, server_default=""),
        sa.Column("audience", portal.db.Str(), nullable=False, server_default=""),
        sa.Column("own", portal.db.Json(), nullable=False, server_default="{}"),
        sa.Column("form", portal.db.Str(), nullable=False, server_default="short"),
        sa.Column("stage", portal.db.Str(), nullable=False, server_default=""),
        sa.Column("previous_id", portal.db.Str(), nullable=True),
        sa.Column("label", portal.db.Str(), nullable=False, server_default=""),
    )


def upgrade() -> None:
    with op.batch_alter_table("footprint", table_kwargs={"sqlite_strict": True}) as table:
        for column in _columns():
            table.add_column(column)
        for name, condition in CHECKS.items():
            table.create_check_constraint(op.f(name), condition)


def downgrade() -> None:
    with op.batch_alter_table("footprint", table_kwargs={"sqlite_strict": True}) as table:
        for name in CHECKS:
            table.drop_constraint(op.f(name), type_="check")
        for column in _columns():
            table.drop_column(column.name)

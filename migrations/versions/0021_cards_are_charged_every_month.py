"""cards are charged every month"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.db import Bool, Int, Str, Utc

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "giving_card",
        sa.Column("giving_id", Str(), nullable=False),
        sa.Column("session_id", Str()),
        sa.Column("subscription_id", Str()),
        sa.Column("amount_minor", Int(), nullable=False),
        sa.Column("currency", Str(), nullable=False),
        sa.Column("consent", Bool(), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("giving_id", name=op.f("giving_card_pk")),
        sa.ForeignKeyConstraint(["giving_id"], ["giving.id"], name=op.f("giving_card_giving_id_exists")),
        sa.UniqueConstraint("session_id", name=op.f("a_session_begins_one_giving")),
        sa.UniqueConstraint("subscription_id", name=op.f("a_subscription_is_of_one_giving")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("a_giving_by_card_has_a_sum")),
        sqlite_strict=True,
    )
    op.create_index("ix_giving_card_asked", "giving_card", ["asked_at"])
    op.create_table(
        "giving_invoice",
        sa.Column("id", Str(), nullable=False),
        sa.Column("giving_id", Str(), nullable=False),
        sa.Column("state", Str(), nullable=False),
        sa.Column("amount_minor", Int(), nullable=False),
        sa.Column("currency", Str(), nullable=False),
        sa.Column("payment_id", Str()),
        sa.Column("order_id", Str()),
        sa.Column("refund_id", Str()),
        sa.Column("charged_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("giving_invoice_pk")),
        sa.ForeignKeyConstraint(["giving_id"], ["giving.id"], name=op.f("giving_invoice_giving_id_exists")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("giving_invoice_order_id_exists")),
        sa.UniqueConstraint("order_id", name=op.f("an_order_is_of_one_charged_month")),
        sa.UniqueConstraint("payment_id", name=op.f("a_payment_is_of_one_charged_month")),
        sa.CheckConstraint(
            "state IN ('failed','given_back','ordered','owed')", name=op.f("giving_invoice_state_is_known")
        ),
        sa.CheckConstraint(
            "(state = 'ordered') = (order_id IS NOT NULL)", name=op.f("an_ordered_month_has_an_order")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("a_charged_month_has_a_sum")),
        sqlite_strict=True,
    )
    op.create_index("ix_giving_invoice_giving", "giving_invoice", ["giving_id"])
    op.create_table(
        "gift_cards",
        sa.Column("batch_id", Str(), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("printed", Int(), nullable=False),
        sa.Column("done_at", Utc()),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("gift_cards_pk")),
        sa.ForeignKeyConstraint(["batch_id"], ["gift_batch.id"], name=op.f("gift_cards_batch_id_exists")),
        sa.CheckConstraint("printed >= 0", name=op.f("cards_are_counted_from_0")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_gift_cards_waiting",
        "gift_cards",
        ["asked_at"],
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when this was promised."""
    file = Path(__file__).parents[1] / "guards" / f"0021.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def _former_steps() -> list[str]:
    """The lawful steps of orders as they were first promised."""
    dialect = op.get_bind().dialect.name
    first = (Path(__file__).parents[1] / "guards" / f"0001.{dialect}.sql").read_text().split("\n--\n")
    (steps,) = [text.strip().removesuffix(";") + ";" for text in first if "orders state moves only" in text]
    if dialect == "postgresql":
        return [steps.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)]
    return ["DROP TRIGGER shop_guard_orders_update_16;", steps]


def downgrade() -> None:
    for statement in _former_steps():
        op.execute(statement)
    for table in ("gift_cards", "giving_invoice", "giving_card"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for name in (text.split()[2].removesuffix("()") for text in _guards() if "CREATE FUNCTION" in text):
            op.execute(f"DROP FUNCTION {name}")

"""prices are listed and money is paid out"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.db import Bool, Day, Int, Str, Utc

revision = "0013"
down_revision = "0012"

TABLES = ("payout_verdict", "payout", "payee", "list_price", "price_verdict", "price_proposal")


def upgrade() -> None:
    op.create_table(
        "price_proposal",
        sa.Column("id", Str(), nullable=False),
        sa.Column("lot_id", Str(), nullable=False),
        sa.Column("currency", Str(), nullable=False),
        sa.Column("minor_per_t", Int(), nullable=False),
        sa.Column("from_day", Day(), nullable=False),
        sa.Column("reason", Str(), nullable=False),
        sa.Column("proposed_by", Str(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("price_proposal_pk")),
        sa.ForeignKeyConstraint(["lot_id"], ["pool_lot.id"], name=op.f("price_proposal_lot_id_exists")),
        sa.CheckConstraint("minor_per_t > 0", name=op.f("a_proposed_price_is_more_than_nothing")),
        sqlite_strict=True,
    )
    op.create_index("ix_price_proposal_lot", "price_proposal", ["lot_id"])
    op.create_table(
        "price_verdict",
        sa.Column("proposal_id", Str(), nullable=False),
        sa.Column("verdict", Str(), nullable=False),
        sa.Column("note", Str(), nullable=False),
        sa.Column("decided_by", Str(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("price_verdict_pk")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["price_proposal.id"], name=op.f("price_verdict_proposal_id_exists")
        ),
        sa.CheckConstraint(
            "verdict IN ('accepted','declined','withdrawn')", name=op.f("price_verdict_is_known")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "list_price",
        sa.Column("proposal_id", Str(), nullable=False),
        sa.Column("lot_id", Str(), nullable=False),
        sa.Column("currency", Str(), nullable=False),
        sa.Column("number", Int(), nullable=False),
        sa.Column("minor_per_t", Int(), nullable=False),
        sa.Column("from_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("list_price_pk")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["price_proposal.id"], name=op.f("list_price_proposal_id_exists")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["pool_lot.id"], name=op.f("list_price_lot_id_exists")),
        sa.UniqueConstraint("lot_id", "currency", "number", name=op.f("prices_of_a_lot_are_numbered")),
        sa.CheckConstraint("number > 0", name=op.f("prices_are_numbered_from_one")),
        sqlite_strict=True,
    )
    op.create_table(
        "payee",
        sa.Column("id", Str(), nullable=False),
        sa.Column("party", Str(), nullable=False),
        sa.Column("currency", Str(), nullable=False),
        sa.Column("test", Bool(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("payee_pk")),
        sa.UniqueConstraint("party", "currency", "test", name=op.f("a_payee_is_a_party_in_one_currency")),
        sa.CheckConstraint(
            "party IN ('forest_owner','payment','portal','registry')", name=op.f("payee_party_is_known")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "payout",
        sa.Column("id", Str(), nullable=False),
        sa.Column("payee_id", Str(), nullable=False),
        sa.Column("period", Str(), nullable=False),
        sa.Column("amount_minor", Int(), nullable=False),
        sa.Column("reference", Str(), nullable=False),
        sa.Column("recorded_by", Str(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("payout_pk")),
        sa.ForeignKeyConstraint(["payee_id"], ["payee.id"], name=op.f("payout_payee_id_exists")),
        sa.UniqueConstraint("payee_id", "reference", name=op.f("a_bank_transfer_is_recorded_once")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("a_payout_has_an_amount")),
        sqlite_strict=True,
    )
    op.create_index("ix_payout_payee", "payout", ["payee_id", "period"])
    op.create_table(
        "payout_verdict",
        sa.Column("payout_id", Str(), nullable=False),
        sa.Column("verdict", Str(), nullable=False),
        sa.Column("note", Str(), nullable=False),
        sa.Column("decided_by", Str(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("payout_id", name=op.f("payout_verdict_pk")),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("payout_verdict_payout_id_exists")),
        sa.CheckConstraint(
            "verdict IN ('confirmed','declined','withdrawn')", name=op.f("payout_verdict_is_known")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_cash_line_party", "cash_line", ["party", "currency"])
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when this was promised."""
    file = Path(__file__).parents[1] / "guards" / f"0013.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in (text for text in _guards() if text.startswith("CREATE TRIGGER")):
        name = statement.split()[2]
        table = statement.split(" ON ")[1].split()[0]
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if is_postgresql else ""))
        if is_postgresql:
            op.execute(f"DROP FUNCTION {name}")
    op.drop_index("ix_cash_line_party", "cash_line")
    for table in TABLES:
        op.drop_table(table)

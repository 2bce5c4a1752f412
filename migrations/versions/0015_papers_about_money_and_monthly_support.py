"""papers about money: invoices, fapiao; monthly support"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.db import Bool, Day, Int, MassCol, Str, Utc

revision = "0015"
down_revision = "0014"

TABLES = (
    "transfer_part", "giving_turn", "giver", "giving", "fapiao_event", "fapiao_party", "fapiao",
    "paper_party", "paper", "paper_series",
)  # fmt: skip


def upgrade() -> None:
    _make_papers()
    _make_fapiao()
    _make_giving()
    _make_transfers()
    for statement in _guards():
        op.execute(statement)


def _make_papers() -> None:
    op.create_table(
        "paper_series",
        sa.Column("series", Str(), nullable=False),
        sa.Column("last", Int(), nullable=False),
        sa.CheckConstraint("last >= 0", name=op.f("a_series_counts_up")),
        sa.PrimaryKeyConstraint("series", name=op.f("paper_series_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "paper",
        sa.Column("id", Str(), nullable=False),
        sa.Column("number", Str(), nullable=False),
        sa.Column("series", Str(), nullable=False),
        sa.Column("place", Int(), nullable=False),
        sa.Column("kind", Str(), nullable=False),
        sa.Column("order_id", Str(), nullable=False),
        sa.Column("of_id", Str(), nullable=True),
        sa.Column("refund_id", Str(), nullable=True),
        sa.Column("amount_minor", Int(), nullable=False),
        sa.Column("currency", Str(), nullable=False),
        sa.Column("test", Bool(), nullable=False),
        sa.Column("actor_id", Str(), nullable=False),
        sa.Column("issued_at", Utc(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'credit_note') = (refund_id IS NOT NULL) AND (kind = 'credit_note') = (of_id IS NOT NULL)",
            name=op.f("a_credit_note_is_of_an_invoice_and_a_refund"),
        ),
        sa.CheckConstraint("kind IN ('credit_note','invoice')", name=op.f("paper_kind_is_known")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("a_paper_has_an_amount")),
        sa.ForeignKeyConstraint(["series"], ["paper_series.series"], name=op.f("paper_series_exists")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("paper_refund_id_exists")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("paper_order_id_exists")),
        sa.ForeignKeyConstraint(["of_id"], ["paper.id"], name=op.f("paper_of_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("paper_pk")),
        sa.UniqueConstraint("series", "place", name=op.f("a_paper_has_its_place_in_a_series")),
        sa.UniqueConstraint("number", name=op.f("paper_number_is_unique")),
        sa.UniqueConstraint("refund_id", name=op.f("a_refund_has_one_credit_note")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_paper_invoice_of_order",
        "paper",
        ["order_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'invoice'"),
        postgresql_where=sa.text("kind = 'invoice'"),
    )
    op.create_index(
        "ix_paper_of",
        "paper",
        ["of_id"],
        sqlite_where=sa.text("of_id IS NOT NULL"),
        postgresql_where=sa.text("of_id IS NOT NULL"),
    )
    op.create_index("ix_paper_order", "paper", ["order_id"])
    op.create_table(
        "paper_party",
        sa.Column("paper_id", Str(), nullable=False),
        sa.Column("title", Str(), nullable=False),
        sa.Column("address", Str(), nullable=False),
        sa.Column("tax_number", Str(), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("paper_party_paper_id_exists")),
        sa.PrimaryKeyConstraint("paper_id", name=op.f("paper_party_pk")),
        sqlite_strict=True,
    )


def _make_fapiao() -> None:
    op.create_table(
        "fapiao",
        sa.Column("id", Str(), nullable=False),
        sa.Column("order_id", Str(), nullable=False),
        sa.Column("state", Str(), nullable=False),
        sa.Column("amount_minor", Int(), nullable=False),
        sa.Column("currency", Str(), nullable=False),
        sa.Column("number", Str(), nullable=True),
        sa.Column("issued_on", Day(), nullable=True),
        sa.Column("red_number", Str(), nullable=True),
        sa.Column("reason", Str(), nullable=False),
        sa.Column("lang", Str(), nullable=False),
        sa.Column("test", Bool(), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.CheckConstraint(
            "state IN ('requested','rejected','withdrawn') OR (number IS NOT NULL AND issued_on IS NOT NULL)",
            name=op.f("an_issued_fapiao_has_a_number_and_a_day"),
        ),
        sa.CheckConstraint(
            "state IN ('issued','red_due','red_issued','rejected','requested','sent','withdrawn')",
            name=op.f("fapiao_state_is_known"),
        ),
        sa.CheckConstraint(
            "state <> 'red_issued' OR red_number IS NOT NULL", name=op.f("a_red_fapiao_has_a_number")
        ),
        sa.CheckConstraint("state <> 'rejected' OR reason <> ''", name=op.f("a_rejected_fapiao_says_why")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("a_fapiao_has_an_amount")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fapiao_order_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("fapiao_pk")),
        sa.UniqueConstraint("number", name=op.f("fapiao_number_is_unique")),
        sa.UniqueConstraint("red_number", name=op.f("fapiao_red_number_is_unique")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_fapiao_live",
        "fapiao",
        ["order_id"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('red_issued','rejected','withdrawn')"),
        postgresql_where=sa.text("state NOT IN ('red_issued','rejected','withdrawn')"),
    )
    op.create_index("ix_fapiao_order", "fapiao", ["order_id"])
    op.create_index("ix_fapiao_waiting", "fapiao", ["state", "asked_at"])
    op.create_table(
        "fapiao_party",
        sa.Column("fapiao_id", Str(), nullable=False),
        sa.Column("kind", Str(), nullable=False),
        sa.Column("title", Str(), nullable=False),
        sa.Column("tax_number", Str(), nullable=False),
        sa.Column("email", Str(), nullable=False),
        sa.CheckConstraint("kind IN ('organisation','person')", name=op.f("fapiao_title_kind_is_known")),
        sa.ForeignKeyConstraint(["fapiao_id"], ["fapiao.id"], name=op.f("fapiao_party_fapiao_id_exists")),
        sa.PrimaryKeyConstraint("fapiao_id", name=op.f("fapiao_party_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "fapiao_event",
        sa.Column("id", Str(), nullable=False),
        sa.Column("fapiao_id", Str(), nullable=False),
        sa.Column("event", Str(), nullable=False),
        sa.Column("to_state", Str(), nullable=False),
        sa.Column("note", Str(), nullable=False),
        sa.Column("actor_id", Str(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["fapiao_id"], ["fapiao.id"], name=op.f("fapiao_event_fapiao_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("fapiao_event_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_fapiao_event_fapiao", "fapiao_event", ["fapiao_id", "at"])


def _make_giving() -> None:
    op.create_table(
        "giving",
        sa.Column("id", Str(), nullable=False),
        sa.Column("state", Str(), nullable=False),
        sa.Column("lot", Str(), nullable=False),
        sa.Column("mass_g", MassCol(), nullable=False),
        sa.Column("day", Int(), nullable=False),
        sa.Column("next_on", Day(), nullable=False),
        sa.Column("lang", Str(), nullable=False),
        sa.Column("purpose", Str(), nullable=False),
        sa.Column("person_id", Str(), nullable=True),
        sa.Column("test", Bool(), nullable=False),
        sa.Column("begun_at", Utc(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.CheckConstraint("day BETWEEN 1 AND 28", name=op.f("a_giving_has_a_day_of_every_month")),
        sa.CheckConstraint("state IN ('active','ended','paused')", name=op.f("giving_state_is_known")),
        sa.CheckConstraint("mass_g > 0", name=op.f("a_giving_has_grams")),
        sa.PrimaryKeyConstraint("id", name=op.f("giving_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_giving_due",
        "giving",
        ["next_on"],
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index(
        "ix_giving_person",
        "giving",
        ["person_id"],
        sqlite_where=sa.text("person_id IS NOT NULL"),
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.create_table(
        "giver",
        sa.Column("giving_id", Str(), nullable=False),
        sa.Column("name", Str(), nullable=False),
        sa.Column("email", Str(), nullable=False),
        sa.Column("is_public", Bool(), nullable=False),
        sa.ForeignKeyConstraint(["giving_id"], ["giving.id"], name=op.f("giver_giving_id_exists")),
        sa.PrimaryKeyConstraint("giving_id", name=op.f("giver_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "giving_turn",
        sa.Column("giving_id", Str(), nullable=False),
        sa.Column("month", Str(), nullable=False),
        sa.Column("order_id", Str(), nullable=True),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("giving_turn_order_id_exists")),
        sa.ForeignKeyConstraint(["giving_id"], ["giving.id"], name=op.f("giving_turn_giving_id_exists")),
        sa.PrimaryKeyConstraint("giving_id", "month", name=op.f("giving_turn_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_giving_turn_order", "giving_turn", ["order_id"], unique=True)


def _make_transfers() -> None:
    op.create_table(
        "transfer_part",
        sa.Column("reference", Str(), nullable=False),
        sa.Column("order_id", Str(), nullable=False),
        sa.Column("amount_minor", Int(), nullable=False),
        sa.Column("currency", Str(), nullable=False),
        sa.Column("payment_id", Str(), nullable=True),
        sa.Column("actor_id", Str(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("a_transfer_has_an_amount")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("transfer_part_order_id_exists")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("transfer_part_payment_id_exists")),
        sa.PrimaryKeyConstraint("reference", name=op.f("transfer_part_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_transfer_part_order", "transfer_part", ["order_id"])


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when this was promised."""
    file = Path(__file__).parents[1] / "guards" / f"0015.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in (text for text in _guards() if text.startswith("CREATE TRIGGER")):
        name = statement.split()[2]
        table = statement.split(" ON ")[1].split()[0]
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if is_postgresql else ""))
        if is_postgresql:
            op.execute(f"DROP FUNCTION {name}")
    for table in TABLES:
        op.drop_table(table)

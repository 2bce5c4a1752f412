"""credits can be given and asked for"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from portal.db import Bool, Day, Int, MassCol, Str, Utc

revision = "0016"
down_revision = "0015"


def _where(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "gift_batch",
        sa.Column("id", Str(), nullable=False),
        sa.Column("person_id", Str(), nullable=False),
        sa.Column("organisation_id", Str(), nullable=False),
        sa.Column("lot", Str(), nullable=False),
        sa.Column("each_g", MassCol(), nullable=False),
        sa.Column("count", Int(), nullable=False),
        sa.Column("file_sha256", Str()),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("done_at", Utc()),
        sa.PrimaryKeyConstraint("id", name=op.f("gift_batch_pk")),
        sa.CheckConstraint("count BETWEEN 1 AND 5000", name=op.f("a_batch_has_1_to_5000_gifts")),
        sa.CheckConstraint("each_g > 0", name=op.f("a_gift_of_a_batch_has_grams")),
        sqlite_strict=True,
    )
    op.create_index("ix_gift_batch_person", "gift_batch", ["person_id", "created_at"])
    op.create_index("ix_gift_batch_organisation", "gift_batch", ["organisation_id", "created_at"])
    op.create_table(
        "gift",
        sa.Column("id", Str(), nullable=False),
        sa.Column("batch_id", Str()),
        sa.Column("position", Int()),
        sa.Column("mass_g", MassCol()),
        sa.Column("code", Str(), nullable=False),
        sa.Column("lang", Str(), nullable=False),
        sa.Column("giver", Str(), nullable=False),
        sa.Column("recipient", Str(), nullable=False),
        sa.Column("email", Str(), nullable=False),
        sa.Column("dedication", Str(), nullable=False),
        sa.Column("message", Str(), nullable=False),
        sa.Column("deliver_on", Day()),
        sa.Column("is_named", Bool(), nullable=False),
        sa.Column("person_id", Str()),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("told_at", Utc()),
        sa.Column("delivered_at", Utc()),
        sa.Column("claimed_at", Utc()),
        sa.Column("claimed_by", Str()),
        sa.Column("certificate", Str()),
        sa.PrimaryKeyConstraint("id", name=op.f("gift_pk")),
        sa.ForeignKeyConstraint(["batch_id"], ["gift_batch.id"], name=op.f("gift_batch_id_exists")),
        sa.UniqueConstraint("code", name=op.f("gift_code_is_unique")),
        sa.UniqueConstraint("batch_id", "position", name=op.f("gifts_of_a_batch_have_places")),
        sa.CheckConstraint(
            "(batch_id IS NULL) = (position IS NULL) AND (batch_id IS NULL) = (mass_g IS NULL)",
            name=op.f("a_gift_of_a_batch_has_a_place_and_a_share"),
        ),
        sa.CheckConstraint(
            "deliver_on IS NULL OR email <> ''", name=op.f("a_gift_is_delivered_to_an_address")
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_gift_person", "gift", ["person_id", "created_at"], **_where("person_id IS NOT NULL"))
    op.create_index("ix_gift_waiting", "gift", ["id"], **_where("told_at IS NULL OR delivered_at IS NULL"))
    op.create_table(
        "purchase_request",
        sa.Column("id", Str(), nullable=False),
        sa.Column("organisation_id", Str(), nullable=False),
        sa.Column("person_id", Str(), nullable=False),
        sa.Column("batch_id", Str()),
        sa.Column("lot", Str(), nullable=False),
        sa.Column("mass_g", MassCol(), nullable=False),
        sa.Column("amount_minor", Int(), nullable=False),
        sa.Column("currency", Str(), nullable=False),
        sa.Column("payment", Str(), nullable=False),
        sa.Column("quote_hash", Str(), nullable=False),
        sa.Column("name", Str(), nullable=False),
        sa.Column("is_public", Bool(), nullable=False),
        sa.Column("note", Str(), nullable=False),
        sa.Column("lang", Str(), nullable=False),
        sa.Column("order_id", Str(), nullable=False),
        sa.Column("state", Str(), nullable=False),
        sa.Column("reason", Str(), nullable=False),
        sa.Column("decided_by", Str()),
        sa.Column("decided_at", Utc()),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("purchase_request_pk")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["gift_batch.id"], name=op.f("purchase_request_batch_id_exists")
        ),
        sa.UniqueConstraint("order_id", name=op.f("purchase_request_order_id_is_unique")),
        sa.CheckConstraint(
            "state IN ('asked','accepted','declined','withdrawn','lapsed')",
            name=op.f("purchase_request_state_is_known"),
        ),
        sa.CheckConstraint("mass_g > 0 AND amount_minor > 0", name=op.f("a_request_is_for_grams_at_a_price")),
        sa.CheckConstraint("state <> 'declined' OR reason <> ''", name=op.f("who_declines_says_why")),
        sa.CheckConstraint(
            "(state IN ('asked','lapsed','withdrawn')) = (decided_by IS NULL)",
            name=op.f("a_decision_has_somebody_who_decided"),
        ),
        sqlite_strict=True,
    )
    for column in ("organisation", "person"):
        op.create_index(f"ix_purchase_request_{column}", "purchase_request", [f"{column}_id", "created_at"])
    op.create_index("ix_purchase_request_open", "purchase_request", ["state", "expires_at"])
    op.create_index("ix_orders_purpose", "orders", ["purpose"], **_where("purpose <> ''"))
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when these tables were made."""
    file = Path(__file__).parents[1] / "guards" / f"0016.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    op.drop_index("ix_orders_purpose", "orders")
    for table in ("purchase_request", "gift", "gift_batch"):
        op.drop_table(table)  # and its triggers with it
    if op.get_bind().dialect.name == "postgresql":
        for name in (text.split()[2].removesuffix("()") for text in _guards() if "CREATE FUNCTION" in text):
            op.execute(f"DROP FUNCTION {name}")

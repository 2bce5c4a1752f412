"""seedlings are funded, and orders wait for a registry or an answer"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

import portal.db

revision = "0014"
down_revision = "0013"

TABLES = (
    "planting_photo",
    "planting_report",
    "seedling_line",
    "planting_campaign",
    "named_retirement",
    "substitute_offer",
)
# A check that changed: its table, name and text before, name and text now.
CHECKS = (
    ("orders", ("an_order_has_grams", "mass_g > 0"), ("an_order_has_grams_or_none", "mass_g >= 0")),
    (
        "hold",
        (
            "a_release_has_a_known_reason",
            "because IN ('no_session','session_expired','cancelled','payment_failed','refunded')",
        ),
        (
            "a_release_has_a_known_reason",
            "because IN ('no_session','session_expired','cancelled','payment_failed','refunded','exchanged')",
        ),
    ),
)


def upgrade() -> None:
    for table, before, now in CHECKS:
        _exchange_check(table, before, now)
    _make_tables()
    for statement in _guards():
        op.execute(statement)


def _exchange_check(table: str, old: tuple[str, str], new: tuple[str, str]) -> None:
    """On SQLite in the text of the schema, as its manual advises where nothing on disk changes: making the
    table anew would take every trigger that names it along (sqlite.org/lang_altertable.html, section 7)."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f(old[0]), table, type_="check")
        op.create_check_constraint(op.f(new[0]), table, new[1])
        return
    texts = [f"CONSTRAINT {name} CHECK ({check})" for name, check in (old, new)]
    books = op.get_bind()
    version = books.exec_driver_sql("PRAGMA schema_version").scalar_one()
    books.exec_driver_sql("PRAGMA writable_schema = ON")
    done = books.exec_driver_sql(
        "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ? AND instr(sql, ?)",
        (*texts, table, texts[0]),
    )
    if done.rowcount != 1:
        raise RuntimeError(f"the check {old[0]} of {table} is not as it was made")
    books.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    books.exec_driver_sql("PRAGMA writable_schema = RESET")


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when this was promised."""
    file = Path(__file__).parents[1] / "guards" / f"{revision}.{op.get_bind().dialect.name}.sql"
    return [text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n") if text.strip()]


def downgrade() -> None:
    """Refused by the database once there is an order without grams."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in _guards():
        words = statement.split()
        if words[:2] == ["CREATE", "TRIGGER"]:
            op.execute(f"DROP TRIGGER IF EXISTS {words[2]}" + (f" ON {words[6]}" if is_postgresql else ""))
        elif words[:2] == ["CREATE", "FUNCTION"]:
            op.execute(f"DROP FUNCTION {words[2]} CASCADE")
    for table in TABLES:
        op.drop_table(table)
    for table, before, now in CHECKS:
        _exchange_check(table, now, before)


def _make_tables() -> None:
    op.create_table(
        "planting_campaign",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("code", portal.db.Str(), nullable=False),
        sa.Column("parcel_code", portal.db.Str(), nullable=False),
        sa.Column("parcel_zh", portal.db.Str(), nullable=False),
        sa.Column("parcel_en", portal.db.Str(), nullable=False),
        sa.Column("species_zh", portal.db.Str(), nullable=False),
        sa.Column("species_en", portal.db.Str(), nullable=False),
        sa.Column("latin", portal.db.Str(), nullable=False),
        sa.Column("season_zh", portal.db.Str(), nullable=False),
        sa.Column("season_en", portal.db.Str(), nullable=False),
        sa.Column("planter_zh", portal.db.Str(), nullable=False),
        sa.Column("planter_en", portal.db.Str(), nullable=False),
        sa.Column("about_zh", portal.db.Str(), nullable=False),
        sa.Column("about_en", portal.db.Str(), nullable=False),
        sa.Column("minor_each", portal.db.Int(), nullable=False),
        sa.Column("currency", portal.db.Str(), nullable=False),
        sa.Column("places", portal.db.Int(), nullable=False),
        sa.Column("sales_until", portal.db.Day(), nullable=False),
        sa.Column("planting_from", portal.db.Day(), nullable=False),
        sa.Column("planting_until", portal.db.Day(), nullable=False),
        sa.Column("is_demo", portal.db.Bool(), nullable=False),
        sa.Column("opened_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("closed_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint("minor_each > 0", name=op.f("a_seedling_has_a_price")),
        sa.CheckConstraint("places > 0", name=op.f("a_planting_has_places")),
        sa.CheckConstraint("planting_from <= planting_until", name=op.f("a_planting_ends_after_it_begins")),
        sa.CheckConstraint("sales_until <= planting_until", name=op.f("a_planting_is_funded_before_it_ends")),
        sa.PrimaryKeyConstraint("id", name=op.f("planting_campaign_pk")),
        sa.UniqueConstraint("code", name=op.f("planting_campaign_code_is_unique")),
        sqlite_strict=True,
    )
    op.create_table(
        "named_retirement",
        sa.Column("order_id", portal.db.Str(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("asked_at", portal.db.Utc(timezone=True), nullable=True),
        sa.Column("due_at", portal.db.Utc(timezone=True), nullable=True),
        sa.Column("reference", portal.db.Str(), nullable=True),
        sa.Column("retired_on", portal.db.Day(), nullable=True),
        sa.Column("lot_code", portal.db.Str(), nullable=True),
        sa.Column("reason", portal.db.Str(), nullable=False),
        sa.Column("decided_by", portal.db.Str(), nullable=True),
        sa.Column("decided_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'chosen') = (due_at IS NULL)", name=op.f("what_is_asked_has_a_day")),
        sa.CheckConstraint(
            "(state = 'proved') = (lot_code IS NOT NULL AND reference IS NOT NULL)",
            name=op.f("what_is_proved_has_its_record"),
        ),
        sa.CheckConstraint(
            "state IN ('chosen','asked','proved','refused')", name=op.f("named_state_is_known")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("named_retirement_order_id_exists")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("named_retirement_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_named_retirement_due",
        "named_retirement",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'asked'"),
        postgresql_where=sa.text("state = 'asked'"),
    )
    op.create_table(
        "planting_report",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("campaign_id", portal.db.Str(), nullable=False),
        sa.Column("kind", portal.db.Str(), nullable=False),
        sa.Column("visited_on", portal.db.Day(), nullable=False),
        sa.Column("seedlings", portal.db.Int(), nullable=False),
        sa.Column("note_zh", portal.db.Str(), nullable=False),
        sa.Column("note_en", portal.db.Str(), nullable=False),
        sa.Column("reported_by", portal.db.Str(), nullable=False),
        sa.Column("at", portal.db.Utc(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('planted','survival')", name=op.f("planting_report_kind_is_known")),
        sa.CheckConstraint("seedlings >= 0", name=op.f("a_report_counts_from_nothing")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["planting_campaign.id"], name=op.f("planting_report_campaign_id_exists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("planting_report_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_planting_report_campaign", "planting_report", ["campaign_id", "visited_on"], unique=False
    )
    op.create_table(
        "seedling_line",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("order_id", portal.db.Str(), nullable=False),
        sa.Column("campaign_id", portal.db.Str(), nullable=False),
        sa.Column("position", portal.db.Int(), nullable=False),
        sa.Column("seedlings", portal.db.Int(), nullable=False),
        sa.Column("minor_each", portal.db.Int(), nullable=False),
        sa.Column("amount_minor", portal.db.Int(), nullable=False),
        sa.Column("certificate", portal.db.Str(), nullable=True),
        sa.CheckConstraint(
            "amount_minor = seedlings * minor_each", name=op.f("seedlings_cost_what_one_costs_each")
        ),
        sa.CheckConstraint(
            "seedlings > 0 AND minor_each > 0", name=op.f("a_seedling_line_has_seedlings_and_a_price")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["planting_campaign.id"], name=op.f("seedling_line_campaign_id_exists")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("seedling_line_order_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("seedling_line_pk")),
        sa.UniqueConstraint("order_id", "position", name="seedling_lines_have_places"),
        sqlite_strict=True,
    )
    op.create_index("ix_seedling_line_campaign", "seedling_line", ["campaign_id"], unique=False)
    op.create_table(
        "substitute_offer",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("order_id", portal.db.Str(), nullable=False),
        sa.Column("state", portal.db.Str(), nullable=False),
        sa.Column("lot_code", portal.db.Str(), nullable=False),
        sa.Column("reason_zh", portal.db.Str(), nullable=False),
        sa.Column("reason_en", portal.db.Str(), nullable=False),
        sa.Column("offered_by", portal.db.Str(), nullable=False),
        sa.Column("offered_at", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("until", portal.db.Utc(timezone=True), nullable=False),
        sa.Column("answered_at", portal.db.Utc(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'open') = (answered_at IS NULL)", name=op.f("an_answer_has_its_time")),
        sa.CheckConstraint(
            "state IN ('open','accepted','declined','lapsed')", name=op.f("offer_state_is_known")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("substitute_offer_order_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("substitute_offer_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_substitute_offer_open",
        "substitute_offer",
        ["order_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_substitute_offer_order", "substitute_offer", ["order_id"], unique=False)
    op.create_table(
        "planting_photo",
        sa.Column("id", portal.db.Str(), nullable=False),
        sa.Column("report_id", portal.db.Str(), nullable=False),
        sa.Column("position", portal.db.Int(), nullable=False),
        sa.Column("sha256", portal.db.Str(), nullable=False),
        sa.Column("width", portal.db.Int(), nullable=False),
        sa.Column("height", portal.db.Int(), nullable=False),
        sa.Column("alt_zh", portal.db.Str(), nullable=False),
        sa.Column("alt_en", portal.db.Str(), nullable=False),
        sa.CheckConstraint("width > 0 AND height > 0", name=op.f("a_photo_has_a_size")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["planting_report.id"], name=op.f("planting_photo_report_id_exists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("planting_photo_pk")),
        sa.UniqueConstraint("report_id", "position", name="photos_have_places"),
        sqlite_strict=True,
    )
    op.create_index("ix_planting_photo_sha256", "planting_photo", ["sha256"], unique=False)

"""each project is owed its part of the money, and paid out to an account that two persons named"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import groupby, islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

from portal.db import Int, Json, Str, Utc
from portal.kernel.ids import new_id

revision = "0033"
down_revision = "0032"

TABLES = ("payout_proof", "payout_account", "cash_part")
ORDERS_AT_ONCE = 500
# Of a price, in millionths, what an owner and a planter get by the terms that orders were placed under so far.
# It matters only where one order has both credits and seedlings.
OWNER, PLANTER = 800_000, 900_000
IS_ORIGIN = "substr(origin, 1, 8) = 'project:' OR substr(origin, 1, 9) = 'planting:'"


def upgrade() -> None:
    op.create_table(
        "cash_part",
        sa.Column("id", Str(), nullable=False),
        sa.Column("order_id", Str(), nullable=False),
        sa.Column("cause_id", Str(), nullable=False),
        sa.Column("origin", Str(), nullable=False),
        sa.Column("amount_minor", Int(), nullable=False),
        sa.Column("currency", Str(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.CheckConstraint(IS_ORIGIN, name=op.f("a_cash_part_is_of_a_project_or_a_planting")),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("a_cash_part_has_an_amount")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("cash_part_order_id_exists")),
        sa.PrimaryKeyConstraint("id", name=op.f("cash_part_pk")),
        sa.UniqueConstraint("cause_id", "origin", name=op.f("a_cause_moves_an_origins_money_once")),
        sqlite_strict=True,
    )
    op.create_index("ix_cash_part_order", "cash_part", ["order_id"])
    op.create_index("ix_cash_part_origin", "cash_part", ["origin", "currency"])
    op.create_index("ix_cash_part_at", "cash_part", ["at"])
    op.create_table(
        "payout_account",
        sa.Column("id", Str(), nullable=False),
        sa.Column("origin", Str(), nullable=False),
        sa.Column("kind", Str(), nullable=False),
        sa.Column("holder", Str(), nullable=False),
        sa.Column("bank", Str(), nullable=False),
        sa.Column("last_digits", Str(), nullable=False),
        sa.Column("named_by", Str(), nullable=False),
        sa.Column("accepted_by", Str(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.CheckConstraint(IS_ORIGIN, name=op.f("a_payout_account_is_of_a_project_or_a_planting")),
        sa.CheckConstraint("kind IN ('organisation','person')", name=op.f("payout_account_kind_is_known")),
        sa.CheckConstraint(
            "holder <> '' AND bank <> ''", name=op.f("a_payout_account_has_a_holder_and_a_bank")
        ),
        sa.CheckConstraint("length(last_digits) = 4", name=op.f("of_an_account_four_digits_are_kept")),
        sa.CheckConstraint("named_by <> accepted_by", name=op.f("a_payout_account_is_named_by_two_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("payout_account_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_payout_account_origin", "payout_account", ["origin", "at"])
    op.create_table(
        "payout_proof",
        sa.Column("payout_id", Str(), nullable=False),
        sa.Column("origin", Str(), nullable=False),
        sa.Column("account_id", Str(), nullable=True),
        sa.Column("sha256", Str(), nullable=False),
        sa.Column("media_type", Str(), nullable=False),
        sa.CheckConstraint(
            f"origin = '' OR {IS_ORIGIN}", name=op.f("a_pay_out_is_for_a_project_or_a_planting")
        ),
        sa.CheckConstraint(
            "(origin = '') = (account_id IS NULL)", name=op.f("a_pay_out_for_a_project_names_an_account")
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("a_payout_proof_has_a_digest")),
        sa.ForeignKeyConstraint(["payout_id"], ["payout.id"], name=op.f("payout_proof_payout_id_exists")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["payout_account.id"], name=op.f("payout_proof_account_id_exists")
        ),
        sa.PrimaryKeyConstraint("payout_id", name=op.f("payout_proof_pk")),
        sqlite_strict=True,
    )
    op.create_index("ix_payout_proof_origin", "payout_proof", ["origin"])
    _share_out_what_came()
    for statement in _guards():
        op.execute(statement)


def _guards() -> list[str]:
    """What the database itself refuses, frozen as it was when this was promised."""
    file = Path(__file__).parents[1] / "guards" / f"0033.{op.get_bind().dialect.name}.sql"
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


# -- money that came before ----------------------------------------------------------------------

Parts = dict[str, int]


def _share_out_what_came() -> None:
    """The forest owner's lines of the journal so far, by what was sold: as the portal does from here on."""
    lines = _rows(
        "SELECT order_id, cause_id, amount_minor, currency, at FROM cash_line "
        "WHERE party = 'forest_owner' AND amount_minor <> 0 ORDER BY order_id, at, id",
        amount_minor=Int(), at=Utc(),
    )  # fmt: skip
    by_order = ((order_id, list(of_order)) for order_id, of_order in groupby(lines, lambda row: row.order_id))
    part = sa.table(
        "cash_part",
        *(sa.column(name, Str()) for name in ("id", "order_id", "cause_id", "origin", "currency")),
        sa.column("amount_minor", Int()), sa.column("at", Utc()),
    )  # fmt: skip
    while some := list(islice(by_order, ORDERS_AT_ONCE)):
        sold = _sold([order_id for order_id, _ in some])
        made = [row for order_id, of_order in some for row in _parts_of(of_order, sold[order_id])]
        if made:
            op.get_bind().execute(sa.insert(part), made)


def _parts_of(lines: Iterable[Any], sold: dict[str, Fraction]) -> Iterator[dict[str, Any]]:
    held: Parts = defaultdict(int)
    for line in lines:
        weights = {name: Fraction(minor) for name, minor in held.items()} if any(held.values()) else sold
        for origin, minor in _in_proportion(line.amount_minor, weights).items():
            held[origin] += minor
            yield {
                "id": new_id("csp"), "order_id": line.order_id, "cause_id": line.cause_id, "origin": origin,
                "amount_minor": minor, "currency": line.currency, "at": line.at,
            }  # fmt: skip


def _in_proportion(minor: int, weights: dict[str, Fraction]) -> Parts:
    whole = sum(weights.values())
    exact = {origin: abs(minor) * weight / whole for origin, weight in sorted(weights.items()) if weight}
    parts = {origin: int(part) for origin, part in exact.items()}
    for origin in sorted(exact, key=lambda each: parts[each] - exact[each])[
        : abs(minor) - sum(parts.values())
    ]:
        parts[origin] += 1
    return {origin: part if minor > 0 else -part for origin, part in parts.items() if part}


def _sold(orders: list[str]) -> dict[str, dict[str, Fraction]]:
    """Order → origin → the owner's share in its price."""
    found: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    grams: dict[str, Parts] = defaultdict(dict)
    for row in _rows(
        "SELECT b.line_id, p.code, sum(b.end_g - b.start_g) AS grams FROM order_line l "
        "JOIN block b ON b.line_id = l.id JOIN issuance i ON i.id = b.issuance_id "
        "JOIN project p ON p.id = i.project_id WHERE l.order_id IN :orders AND b.state <> 'split' "
        "GROUP BY b.line_id, p.code", orders,
    ):  # fmt: skip
        grams[row.line_id][f"project:{row.code}"] = int(row.grams)
    first = {row.code: f"project:{row.project}" for row in _rows(
        "SELECT l.code, p.code AS project FROM pool_lot l JOIN project p ON p.id = l.project_id"
    )}  # fmt: skip
    for row in _rows(
        "SELECT id, order_id, lots, amount_minor FROM order_line WHERE order_id IN :orders", orders,
        lots=Json(), amount_minor=Int(),
    ):  # fmt: skip
        served = grams.get(row.id) or {first[row.lots[0]]: 1}  # of an order that was undone: what was chosen
        for origin, each in served.items():
            found[row.order_id][origin] += Fraction(row.amount_minor * OWNER * each, sum(served.values()))
    for row in _rows(
        "SELECT s.order_id, c.code, s.amount_minor FROM seedling_line s "
        "JOIN planting_campaign c ON c.id = s.campaign_id WHERE s.order_id IN :orders", orders,
        amount_minor=Int(),
    ):  # fmt: skip
        found[row.order_id][f"planting:{row.code}"] += row.amount_minor * PLANTER
    return found


def _rows(query: str, orders: list[str] | None = None, **types: Any) -> list[Any]:
    statement = sa.text(query)
    if orders is not None:
        statement = statement.bindparams(sa.bindparam("orders", orders, expanding=True))
    return list(op.get_bind().execute(statement.columns(**types) if types else statement))

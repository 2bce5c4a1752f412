"""seedlings alone can be asked for inside an organisation"""

from pathlib import Path
from urllib.parse import parse_qs

import sqlalchemy as sa
from alembic import op

from portal.db import Int, Str

revision = "0041"
down_revision = "0040"


TABLE = "purchase_request"
GUARD = "shop_gifts_guard_purchase_request_update"
ONLY_GRAMS = ("a_request_is_for_grams_at_a_price", "mass_g > 0 AND amount_minor > 0")
GRAMS_OR_SEEDLINGS = (
    "a_request_is_for_grams_or_seedlings_at_a_price",
    "mass_g >= 0 AND seedlings >= 0 AND (mass_g > 0 OR seedlings > 0) AND amount_minor > 0",
)
requests = sa.table(
    TABLE, sa.column("id", Str()), sa.column("mass_g", Int()), sa.column("seedlings", Int()),
    sa.column("basket", Str()),
)  # fmt: skip


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("seedlings", Int(), nullable=False, server_default="0"))
    _exchange_check(ONLY_GRAMS, GRAMS_OR_SEEDLINGS)
    books = op.get_bind()
    for row in books.execute(sa.select(requests.c.id, requests.c.basket)).all():
        seedlings = sum(int(line.rpartition(":")[2]) for line in parse_qs(row.basket).get("s", []))
        books.execute(sa.update(requests).where(requests.c.id == row.id).values(seedlings=seedlings))
    _exchange_guard("0041")


def _exchange_check(old: tuple[str, str], new: tuple[str, str]) -> None:
    """On SQLite in the text of the schema, where nothing on disk changes (as in 0014)."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f(old[0]), TABLE, type_="check")
        op.create_check_constraint(op.f(new[0]), TABLE, new[1])
        return
    texts = [f"CONSTRAINT {name} CHECK ({check})" for name, check in (old, new)]
    books = op.get_bind()
    version = books.exec_driver_sql("PRAGMA schema_version").scalar_one()
    books.exec_driver_sql("PRAGMA writable_schema = ON")
    done = books.exec_driver_sql(
        "UPDATE sqlite_schema SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ? AND instr(sql, ?)",
        (*texts, TABLE, texts[0]),
    )
    if done.rowcount != 1:
        raise RuntimeError(f"the check {old[0]} of {TABLE} is not as it was made")
    books.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    books.exec_driver_sql("PRAGMA writable_schema = RESET")


def _exchange_guard(revision: str) -> None:
    """The guard that names what a row of a request keeps, frozen as it was then."""
    dialect = op.get_bind().dialect.name
    text = (Path(__file__).parents[1] / "guards" / f"{revision}.{dialect}.sql").read_text()
    if dialect == "sqlite":
        op.execute(f"DROP TRIGGER {GUARD}_7")
    op.execute(text.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))


def downgrade() -> None:
    """Refused while there is a request for seedlings alone, which the table before has no place for."""
    alone = sa.select(sa.func.count()).select_from(requests).where(requests.c.mass_g == 0)
    if count := op.get_bind().execute(alone).scalar_one():
        raise RuntimeError(f"{count} requests are for seedlings alone, which 0040 cannot keep")
    _exchange_guard("0040")
    _exchange_check(GRAMS_OR_SEEDLINGS, ONLY_GRAMS)
    op.drop_column(TABLE, "seedlings")

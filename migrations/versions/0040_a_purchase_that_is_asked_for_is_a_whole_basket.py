"""a purchase that is asked for inside an organisation is a whole basket, not one lot"""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import sqlalchemy as sa
from alembic import op

from portal.db import MassCol, Str

revision = "0040"
down_revision = "0039"


GUARD = "shop_gifts_guard_purchase_request_update"


def _requests(column: str) -> sa.TableClause:
    return sa.table(
        "purchase_request", sa.column("id", Str()), sa.column("currency", Str()),
        sa.column("mass_g", MassCol()), sa.column(column, Str()),
    )  # fmt: skip


def upgrade() -> None:
    _drop_guard()
    op.execute("ALTER TABLE purchase_request RENAME COLUMN lot TO basket")
    requests, books = _requests("basket"), op.get_bind()
    for row in books.execute(sa.select(requests)).all():
        line = f"{row.basket}:{row.mass_g.kg_down}"
        basket = urlencode([("c", row.currency), ("p", ""), ("l", line)])
        books.execute(sa.update(requests).where(requests.c.id == row.id).values(basket=basket))
    _put_in_place("0040")


def _drop_guard() -> None:
    """The one that names the column: a row of a request keeps it."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(f"DROP TRIGGER {GUARD}_7" if is_sqlite else f"DROP TRIGGER {GUARD} ON purchase_request")


def _put_in_place(revision: str) -> None:
    """The guard, frozen as it was then."""
    dialect = op.get_bind().dialect.name
    file = Path(__file__).parents[1] / "guards" / f"{revision}.{dialect}.sql"
    wanted = f"TRIGGER {GUARD}_7 " if dialect == "sqlite" else f"FUNCTION {GUARD}() "
    (text,) = (text for text in file.read_text().split("\n--\n") if text.startswith(f"CREATE {wanted}"))
    op.execute(
        re.sub(r"^CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", text.strip().removesuffix(";") + ";")
    )
    if dialect == "postgresql":
        op.execute(
            f"CREATE TRIGGER {GUARD} BEFORE UPDATE ON purchase_request FOR EACH ROW EXECUTE FUNCTION {GUARD}();"
        )


def downgrade() -> None:
    """Of a basket with several lots the first one is kept."""
    _drop_guard()
    requests, books = _requests("basket"), op.get_bind()
    for row in books.execute(sa.select(requests)).all():
        lot = parse_qs(row.basket)["l"][0].rpartition(":")[0]
        books.execute(sa.update(requests).where(requests.c.id == row.id).values(basket=lot))
    op.execute("ALTER TABLE purchase_request RENAME COLUMN basket TO lot")
    _put_in_place("0016")

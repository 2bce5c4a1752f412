"""guards look at the row first"""

import re
from pathlib import Path

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    _put_in_place(_made("0029"))


def downgrade() -> None:
    former = _made("0001") | _made("0021")
    _put_in_place({name: former[name] for name in _made("0029")})


def _made(revision: str) -> dict[str, str]:
    """The triggers (SQLite) or their functions (PostgreSQL) by name, frozen as they were then."""
    dialect = op.get_bind().dialect.name
    kind = "TRIGGER" if dialect == "sqlite" else "FUNCTION"
    file = Path(__file__).parents[1] / "guards" / f"{revision}.{dialect}.sql"
    texts = (text.strip().removesuffix(";") + ";" for text in file.read_text().split("\n--\n"))
    named = ((re.match(rf"CREATE (?:OR REPLACE )?{kind} (\w+)", text), text) for text in texts)
    return {found[1]: text for found, text in named if found}


def _put_in_place(made: dict[str, str]) -> None:
    """Each instead of the one of its name: the same sentences, asked for in another order."""
    for name, statement in made.items():
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER {name}")
            op.execute(statement)
        else:
            op.execute(re.sub(r"^CREATE (OR REPLACE )?", "CREATE OR REPLACE ", statement))

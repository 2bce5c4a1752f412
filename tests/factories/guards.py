"""The database without its guards: the control of every test that shows what they hold."""

from sqlalchemy import text
from sqlalchemy.orm import Session

_TRIGGERS = {
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT DISTINCT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
    "WHERE NOT tgisinternal",
}


def without_guards(session: Session, *tables: str) -> None:
    """Drop the guards of these tables (of all, when none is named); the balances the database keeps stay."""
    dialect = session.get_bind().dialect.name
    if dialect == "sqlite":
        # A foreign key would stop some edits as well; who edits a file by hand switches it off.
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
    else:
        session.execute(text("SET LOCAL session_replication_role = replica"))
    for name, table in session.execute(text(_TRIGGERS[dialect])).all():
        if (not tables or table in tables) and "_effect_" not in name:
            session.execute(
                text(f"DROP TRIGGER {name}" + (f" ON {table}" if dialect == "postgresql" else ""))
            )

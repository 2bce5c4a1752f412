"""A portal that somebody changes behind its back, a byte at a time: what the tests of tampering share."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from flask import Flask

from portal.db import Base, db
from portal.ops import audit
from portal.registry.rules.audit import Fault


@dataclass
class World:
    """A portal with something in every table, and a way to change it behind its back."""

    app: Flask
    url: str

    def connect(self) -> Any:
        if self.url.startswith("sqlite"):
            return sqlite3.connect(self.url.removeprefix("sqlite:///"), isolation_level=None)
        connection = psycopg.connect(self.url, autocommit=True)
        connection.execute("SET session_replication_role = replica")
        return connection

    def ask(self, query: str, *values: Any) -> Any:
        connection = self.connect()
        try:
            marked = query if self.url.startswith("sqlite") else query.replace("?", "%s")
            cursor = connection.execute(marked, values)
            return cursor.fetchall() if cursor.description else cursor.rowcount
        finally:
            connection.close()

    def faults(self) -> list[Fault]:
        db.session.remove()
        return list(audit.faults())


def nearly(text: str) -> Iterator[str]:
    """The text with one character changed, from its end on: digits first, then letters."""
    for kind in (r"[0-9]", r"[a-zA-Z]"):
        for found in reversed(list(re.finditer(kind, text))):
            old = found[0]
            new = str((int(old) + 1) % 10) if old.isdigit() else ("b" if old != "b" else "c")
            yield text[: found.start()] + new + text[found.end() :]


def change_a_byte(world: World, table: str, column: str, key: dict[str, Any]) -> Callable[[], None] | None:
    """Change one byte of one cell and give back how to undo it; None when the database refuses them all."""
    where = " AND ".join(f"{name} = ?" for name in key)
    if world.url.startswith("sqlite"):
        read, write = f"CASE typeof({column}) WHEN 'blob' THEN hex({column}) ELSE {column} END", "?"
        ((is_blob,),) = world.ask(
            f"SELECT typeof({column}) = 'blob' FROM {table} WHERE {where}", *key.values()
        )
        stored: Callable[[str], Any] = bytes.fromhex if is_blob else str
    else:
        ((kind,),) = world.ask(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = ?::regclass AND attname = ?", table, column,
        )  # fmt: skip
        read, write, stored = f"{column}::text", f"?::text::{kind}", str
    ((before,),) = world.ask(f"SELECT {read} FROM {table} WHERE {where}", *key.values())
    if before is None:
        return None
    for after in nearly(str(before)):
        with suppress(sqlite3.Error, psycopg.Error, ValueError):
            world.ask(f"UPDATE {table} SET {column} = {write} WHERE {where}", stored(after), *key.values())
            moved = key | ({column: after} if column in key else {})
            there = " AND ".join(f"{name} = ?" for name in moved)

            def undo(there: str = there, moved: dict[str, Any] = moved) -> None:
                done = world.ask(
                    f"UPDATE {table} SET {column} = {write} WHERE {there}",
                    stored(str(before)),
                    *moved.values(),
                )
                assert done == 1

            return undo
    return None


def a_row(world: World, table: str, column: str) -> dict[str, Any] | None:
    """The primary key of a row in which this column says something."""
    names = [each.name for each in Base.metadata.tables[table].primary_key.columns]
    condition = f"{column} IS NOT NULL" + (" AND state <> 'split'" if table == "block" else "")
    rows = world.ask(f"SELECT {', '.join(names)} FROM {table} WHERE {condition} ORDER BY 1 LIMIT 1")
    return dict(zip(names, rows[0], strict=True)) if rows else None

"""A migration that fails half-way leaves nothing behind, on either database, and can be run again."""

from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import event, inspect

from portal.db import db

BACK = 3  # revisions that are run at once; the last of them fails at its last statement


def flask(app: Flask, *arguments: str) -> int:
    db.session.remove()
    return app.test_cli_runner().invoke(args=["db", *arguments]).exit_code


def laid_out() -> dict[str, set[str]]:
    """The columns and indexes of every table, and which revision they are of."""
    seen = inspect(db.engine)
    found: dict[str, set[str]] = {}
    for (_, name), columns in seen.get_multi_columns().items():
        found[str(name)] = {column["name"] for column in columns}
    for (_, name), indexes in seen.get_multi_indexes().items():
        found[str(name)] |= {str(index["name"]) for index in indexes}
    with db.engine.connect() as connection:
        found["at"] = set(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars())
    return found


def test_what_fails_half_way_leaves_all_as_it_was(any_app: Flask) -> None:
    script = ScriptDirectory(str(Path(any_app.root_path) / "migrations"))
    newest = [revision.revision for revision in script.walk_revisions()]
    whole = laid_out()
    assert flask(any_app, "downgrade", newest[BACK]) == 0
    before = laid_out()
    assert before != whole
    done: list[str] = []

    def fail(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        done.append(statement)
        if statement.startswith("UPDATE alembic_version") and newest[0] in f"{statement}{values}":
            raise OSError("no space left on device")

    event.listen(db.engine, "before_cursor_execute", fail)
    try:
        assert flask(any_app, "upgrade") != 0
    finally:
        event.remove(db.engine, "before_cursor_execute", fail)
    assert [each for each in done if each.lstrip().startswith("CREATE")], "it had begun"
    assert laid_out() == before
    assert flask(any_app, "upgrade") == 0
    assert laid_out() == whole

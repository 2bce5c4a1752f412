"""From nothing to head, and back: the tables are the models', and the guards are the rooms'."""

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import inspect, text

from portal import ROOMS
from portal.db import Base, db, transaction
from tests.factories.registry import make_lot

pytestmark = pytest.mark.usefixtures("any_app")


def flask(*arguments: str) -> int:
    """An operator's command; its exit code."""
    db.session.remove()
    return current_app.test_cli_runner().invoke(args=list(arguments)).exit_code


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def triggers() -> dict[str, str]:
    """Name of each trigger in the database and what it does, white space apart."""
    query = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT t.tgname, pg_get_triggerdef(t.oid) || ' ' || p.prosrc FROM pg_trigger t "
        "JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal",
    }[db.engine.dialect.name]
    with db.engine.connect() as connection:
        return {name: " ".join(definition.split()) for name, definition in connection.execute(text(query))}


def declared() -> list[str]:
    """The statements of every room's guards for this database."""
    named = [f"portal.{room}.guards" for room in ROOMS if find_spec(f"portal.{room}")]
    modules = [import_module(name) for name in named if find_spec(name)]
    assert modules
    return [statement for module in modules for statement in module.ddl(db.engine.dialect.name)]


def test_the_models_equal_head():
    assert flask("db", "check") == 0


def test_every_model_has_its_table():
    assert tables() == set(Base.metadata.tables)


def test_there_is_one_head():
    script = ScriptDirectory(str(Path(current_app.root_path) / "migrations"))
    assert len(script.get_heads()) == 1


def test_the_guards_in_the_database_are_those_that_rooms_declare():
    held = triggers()
    names = [found[1] for statement in declared() if (found := re.match(r"CREATE TRIGGER (\w+)", statement))]
    assert sorted(held) == sorted(names)
    bodies = "\n".join(held.values())
    for statement in declared():
        if db.engine.dialect.name == "sqlite":
            assert " ".join(statement.split()) in bodies
        elif found := re.search(r"\$\$ (.+) \$\$", statement):
            assert found[1] in bodies


def test_ranges_are_kept_apart_by_the_database():
    if db.engine.dialect.name == "sqlite":
        assert sum(name.endswith("_ranges_never_overlap") for name in triggers()) == 3
        return
    with db.engine.connect() as connection:
        found = connection.execute(text("SELECT conname FROM pg_constraint WHERE contype = 'x'"))
        names = sorted(name for (name,) in found)
    assert names == [f"{table}_ranges_never_overlap" for table in ("block", "issuance", "retirement_range")]


def test_down_and_up_again_leaves_the_same_schema():
    before = tables(), triggers()
    with transaction():
        make_lot(2)
    assert flask("db", "downgrade", "base") == 0
    assert (tables(), triggers()) == (set(), {})
    assert flask("db", "upgrade") == 0
    assert (tables(), triggers()) == before
    make_lot(2)


def test_a_forgotten_model_is_found(caplog: pytest.LogCaptureFixture):
    """The control of test_the_models_equal_head."""
    with transaction() as session:
        session.execute(text("DROP TABLE schedule"))
    assert flask("db", "check") == 1
    assert "schedule" in caplog.text

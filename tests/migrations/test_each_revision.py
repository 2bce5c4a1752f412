"""Every revision down and up again with data in the tables: what stands on both sides stays as it was."""

from itertools import pairwise
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import column, inspect, select, table

from portal.db import db
from portal.registry.jobs import sequence_and_sign
from tests.factories.estate import an_estate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.usefixtures("any_app")]
Columns = dict[str, set[str]]


def flask(*arguments: str) -> None:
    db.session.remove()
    done = current_app.test_cli_runner().invoke(args=["db", *arguments])
    assert done.exit_code == 0, f"{arguments}: {done.output}\n{done.exception!r}"


def revisions() -> list[str]:
    """All of them, the newest first."""
    script = ScriptDirectory(str(Path(current_app.root_path) / "migrations"))
    return [revision.revision for revision in script.walk_revisions()]


def columns() -> Columns:
    """The names of all columns, read at once: table by table it would be most of this test's time."""
    found = inspect(db.engine).get_multi_columns()
    return {
        name: {each["name"] for each in told}
        for (_, name), told in found.items()
        if name != "alembic_version"
    }


def rows(of: Columns) -> dict[str, list[str]]:
    """What stands in these columns, table by table, as text; tables without a row are left out."""
    with db.engine.connect() as connection:
        found = {
            name: sorted(
                repr(row)
                for row in connection.execute(select(*map(column, sorted(names))).select_from(table(name)))
            )
            for name, names in of.items()
            if names
        }
    return {name: told for name, told in found.items() if told}


def test_every_revision_goes_down_and_up_with_data():
    an_estate()
    sequence_and_sign()
    above = columns()
    assert len(rows(above)) > 40
    for revision, under in pairwise(revisions()):
        flask("downgrade", under)
        below = columns()
        both = {name: names & below[name] for name, names in above.items() if name in below}
        before = rows(both)
        flask("upgrade", revision)
        assert columns() == above, revision
        assert rows(both) == before, f"{revision} up"
        flask("downgrade", under)
        assert rows(both) == before, f"{revision} down"
        above = below

"""The demonstration on SQLite: seeded once in a session, copied for each test that looks at it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from tests import postgres
from tests.conftest import portal_on, sqlite_copy


@contextmanager
def demonstration(folder: Path) -> Iterator[Flask]:
    """The portal with all of its demonstration data, in a folder of its own."""
    shutil.copytree(_seeded(), folder, dirs_exist_ok=True)
    with portal_on(f"sqlite:///{folder / 'portal.sqlite'}", folder) as app:
        yield app


def _seeded() -> Path:
    with postgres.once("demonstration") as kept:
        if not kept.exists():
            draft = kept.with_name("demonstration.draft")
            with portal_on(sqlite_copy(draft), draft) as app:
                done = app.test_cli_runner().invoke(args=["demo", "seed"])
                assert done.exit_code == 0, done.output
            draft.rename(kept)
        return kept

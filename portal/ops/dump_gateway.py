"""The database as one file and back: with SQLite's own copy of a running database, or PostgreSQL's tools."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL

from portal.db import assert_no_transaction
from portal.kernel.errors import N_, Unavailable

_TOOLS = Path("/usr/lib/postgresql")


class ToolMissing(Unavailable):
    message = N_("%(tool)s is not installed: it comes with PostgreSQL's client packages.")


class ToolFailed(Unavailable):
    message = N_("%(tool)s failed: %(why)s")


def dump(url: URL, file: Path) -> None:
    """Write the database as it is at one moment to ``file``. Raises ToolMissing, ToolFailed."""
    assert_no_transaction()
    if url.get_backend_name() == "sqlite":
        with closing(_sqlite(url)) as running, closing(sqlite3.connect(file)) as copy:
            running.backup(copy)
        return
    _run(url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file", str(file))


def load(url: URL, file: Path) -> None:
    """Fill an empty database from ``file``, wholly or not at all. Raises ToolMissing, ToolFailed."""
    assert_no_transaction()
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(file)) as copy, closing(_sqlite(url)) as running:
            copy.backup(running)
        return
    _run(
        url, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
        str(file),
    )  # fmt: skip


def _sqlite(url: URL) -> sqlite3.Connection:
    return sqlite3.connect(url.database or "")


def _run(url: URL, tool: str, *arguments: str) -> None:
    """The password goes by the environment: every user of the machine can read a command line."""
    address = url.set(drivername="postgresql", password=None).render_as_string()
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(  # noqa: S603  a tool by its whole path, arguments of our own
        [_path(tool), "--dbname", address, *arguments],
        env=os.environ | password, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise ToolFailed(tool=tool, why=done.stderr.strip()[-500:])


def _path(tool: str) -> str:
    """The newest that is installed: an older one refuses a newer server."""
    found = sorted(_TOOLS.glob(f"*/bin/{tool}"), key=lambda file: int(file.parts[-3]))
    path = str(found[-1]) if found else shutil.which(tool)
    if path is None:
        raise ToolMissing(tool=tool)
    return path

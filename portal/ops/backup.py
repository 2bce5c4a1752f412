"""The whole site in a folder and back: the database, the documents, and the signer's memory.

A folder is complete once it has its manifest, which is written last and names every file with its digest.
Keys are no part of it: they are kept apart from what they protect.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, inspect

from portal import audit
from portal.config import Config
from portal.db import db
from portal.kernel.actor import Actor
from portal.kernel.errors import N_, InvalidInput, Refused
from portal.ops import dump_gateway
from portal.registry.queries import log

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
_DATABASE: Final = "database"
_DOCUMENTS: Final = "documents"
_SIGNER: Final = "signer"
_NAME: Final = "%Y-%m-%dT%H%M%SZ"
_SUBJECT, _MADE = "site", "backup.made"


class FolderNotEmpty(Refused):
    message = N_("%(folder)s is not empty. A backup begins in a folder of its own.")


class DatabaseNotEmpty(Refused):
    message = N_("The database has tables already. A backup is restored into an empty one.")


class DocumentDiffers(Refused):
    message = N_("%(path)s is here already, with other content. Nothing was restored.")


class NotABackup(InvalidInput):
    message = N_("%(folder)s has no manifest that this portal reads: it is no backup, or not a whole one.")


class BackupDamaged(InvalidInput):
    message = N_("%(path)s is not as it was when the backup was made. Nothing was restored.")


class OtherDatabase(InvalidInput):
    message = N_("This backup is of %(kind)s; the portal here runs on another database.")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of a backup; ``sha256`` in hex, ``size`` in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Backup:
    """What a manifest says. ``log_size`` is how many records had a place in the log."""

    kind: str
    made_at: str
    log_size: int
    files: tuple[Kept, ...]


def make(config: Config, folder: Path, now: datetime) -> Backup:
    """Write the site as it runs to ``folder``. Raises FolderNotEmpty, ToolMissing, ToolFailed.

    In this order while the portal runs: a signer's memory that is older than the database does no harm, one
    that is newer would turn the restored portal read-only; documents that are newer do none either.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FolderNotEmpty(folder=str(folder))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    url, size = _url(), log.size()
    _copy(config.instance / "signer", folder / _SIGNER)
    dump_gateway.dump(url, folder / _DATABASE)
    _copy(config.documents, folder / _DOCUMENTS)
    made = Backup(url.get_backend_name(), now.isoformat(), size, tuple(_files(folder)))
    draft = folder / f"{MANIFEST}.draft"
    draft.write_text(json.dumps({"format": FORMAT, **asdict(made)}, indent=1) + "\n")
    draft.rename(folder / MANIFEST)
    size_of_all = sum(each.size for each in made.files)
    audit.record(Actor.system("backup"), _MADE, _SUBJECT, now, log_size=size, bytes=size_of_all)
    return made


def make_among(config: Config, folder: Path, keep: int, now: datetime) -> tuple[Backup, list[Path]]:
    """A backup in a folder of its own below ``folder``; of the whole ones there the newest ``keep`` stay.

    Returns it and what was removed. What has no manifest is left alone: it is no backup of ours, or not a
    whole one. Raises as ``make`` does.
    """
    made = make(config, folder / f"{now:{_NAME}}", now)
    whole = sorted(each.parent for each in folder.glob(f"*/{MANIFEST}"))
    old = whole[:-keep]
    for each in old:
        shutil.rmtree(each)
    return made, old


def last_made() -> datetime | None:
    """When this site was last backed up whole, as far as its own database knows."""
    return audit.last_at(_SUBJECT, _MADE)


def restore(config: Config, folder: Path) -> Backup:
    """Fill an empty site from ``folder``; nothing is written unless all of it is sound.

    A signer's memory that is here already stays: it may know of a longer log than the backup has, and then
    the portal reads only. Raises NotABackup, BackupDamaged, OtherDatabase, DatabaseNotEmpty, DocumentDiffers,
    ToolMissing, ToolFailed.
    """
    found, url = read(folder), _url()
    if url.get_backend_name() != found.kind:
        raise OtherDatabase(kind=found.kind)
    if inspect(db.engine).get_table_names():
        raise DatabaseNotEmpty()
    documents = folder / _DOCUMENTS
    for file in _inside(documents):
        here = config.documents / file.relative_to(documents)
        if here.exists() and _digest(here) != _digest(file):
            raise DocumentDiffers(path=str(here))
    db.engine.dispose()
    dump_gateway.load(url, folder / _DATABASE)
    _copy(documents, config.documents)
    if not (config.instance / "signer").exists():
        _copy(folder / _SIGNER, config.instance / "signer")
    return found


def read(folder: Path) -> Backup:
    """The manifest of a backup whose files are all as they were. Raises NotABackup, BackupDamaged."""
    try:
        said: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        files = tuple(Kept(**each) for each in said["files"])
        found = Backup(str(said["kind"]), str(said["made_at"]), int(said["log_size"]), files)
    except (OSError, ValueError, KeyError, TypeError):
        raise NotABackup(folder=str(folder)) from None
    if said["format"] != FORMAT:
        raise NotABackup(folder=str(folder))
    present = {each.path: each for each in _files(folder)}
    for each in found.files:
        if present.get(each.path) != each:
            raise BackupDamaged(path=each.path)
    return found


def _url() -> URL:
    return db.engine.url


def _files(folder: Path) -> Iterator[Kept]:
    for file in _inside(folder):
        if not file.name.startswith(MANIFEST):
            yield Kept(file.relative_to(folder).as_posix(), _digest(file), file.stat().st_size)


def _inside(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _digest(file: Path) -> str:
    with open(file, "rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _copy(source: Path, target: Path) -> None:
    if source.exists():
        shutil.copytree(source, target, dirs_exist_ok=True)

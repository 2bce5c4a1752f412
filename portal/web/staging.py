"""Files that somebody has looked at in a dry run and may confirm: kept for a day, named by what they hold."""

import re
from pathlib import Path

from flask import current_app

from portal.kernel import clock
from portal.kernel.errors import NotFound

KEPT_SECONDS = 24 * 3600


def stage(shelf: str, digest: str, data: bytes) -> None:
    """Keep ``data`` under its SHA-256. What nobody confirmed within a day goes."""
    file = staged(shelf, digest)
    for old in file.parent.iterdir():
        if old.stat().st_mtime < clock.now().timestamp() - KEPT_SECONDS:
            old.unlink(missing_ok=True)
    file.write_bytes(data)


def staged(shelf: str, digest: str) -> Path:
    """Where the file with this SHA-256 waits, or would. Raises NotFound for anything else."""
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise NotFound()
    folder = Path(current_app.config["PORTAL"].instance) / shelf
    folder.mkdir(parents=True, exist_ok=True)
    return folder / digest

"""The file of a fapiao: attached by staff, told to the buyer, kept for good."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from portal import audit, jobs
from portal.kernel.actor import Actor
from portal.kernel.ids import new_id
from portal.shop.commands.billing import at_desk, move
from portal.shop.models.billing import FapiaoFile, FapiaoParty
from portal.shop.rules.billing import FapiaoEvent, FapiaoState
from portal.shop.rules.fapiao_files import FapiaoFileKnown, FapiaoNotOut

_files: Table = FapiaoFile.__table__  # type: ignore[assignment]
_titles: Table = FapiaoParty.__table__  # type: ignore[assignment]
_BLUE = (FapiaoState.ISSUED, FapiaoState.SENT)
_RED = (FapiaoState.RED_DUE, FapiaoState.RED_ISSUED)


@dataclass(frozen=True, slots=True)
class Given:
    """A file as it lies on the shelf; ``media_type`` is pdf, ofd or xml, ``size`` in bytes."""

    media_type: str
    sha256: str
    size: int


def attach(actor: Actor, fapiao_id: str, given: Given, now: datetime) -> str:
    """Attach the file, for the buyer to download; an issued fapiao has thereby been sent. The file's id.

    Raises NotAllowed, NoSuchPaper, FapiaoNotOut, FapiaoFileKnown.
    """
    with at_desk(actor, fapiao_id) as (s, row):
        state = FapiaoState(row.state)
        if state not in (*_BLUE, *_RED):
            raise FapiaoNotOut()
        known = select(_files.c.id).where(_files.c.fapiao_id == fapiao_id, _files.c.sha256 == given.sha256)
        if s.execute(known).first():
            raise FapiaoFileKnown()
        file_id = new_id("faf")
        s.execute(
            insert(_files).values(
                id=file_id, fapiao_id=fapiao_id, is_red=state in _RED, media_type=given.media_type,
                sha256=given.sha256, size=given.size, given_by=actor.id, given_at=now,
            )
        )  # fmt: skip
        if state is FapiaoState.ISSUED:
            move(s, actor, row, FapiaoEvent.SENT, now, tells=False)
        audit.record(actor, "shop.fapiao_file", row.order_id, now, fapiao=fapiao_id, sha256=given.sha256)
        _write_letter(s, row, file_id, now)
        return file_id


def _write_letter(s: Connection, row: Any, file_id: str, now: datetime) -> None:
    """To the address that the fapiao was to be sent to; nobody once they are forgotten."""
    email = s.execute(select(_titles.c.email).where(_titles.c.fapiao_id == row.id)).scalar_one_or_none()
    if not email:
        return
    payload = {
        "id": f"fapiao.file.{file_id}",
        "to": email,
        "lang": row.lang,
        "template": "shop/letter_fapiao_file",
        "facts": {"order_id": row.order_id, "number": row.number},
    }
    jobs.enqueue("letter", payload, key=f"letter:fapiao_file:{file_id}", now=now)

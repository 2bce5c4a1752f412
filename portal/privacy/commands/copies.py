"""Giving somebody a copy of their data: asked for, packed by a job, fetched within seven days."""

from datetime import datetime

from sqlalchemy import select, update

from portal import audit, jobs
from portal.db import alone, transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.privacy import policy
from portal.privacy.models import DataCopy
from portal.privacy.queries.copies import copy
from portal.privacy.rules.copies import LASTS, PAUSE, CopyIsOnItsWay, CopyState

PACK = "privacy.pack"


def ask(actor: Actor, person_id: str, order_id: str, lang: str, now: datetime) -> str:
    """Have a copy packed; its id. Raises NotAllowed, CopyIsOnItsWay within an hour of the last one."""
    if not policy.may_ask(actor, person_id, order_id):
        raise NotAllowed()
    with transaction() as session:
        alone(session, f"copy:{person_id or order_id}")
        recent = select(DataCopy.id).where(
            DataCopy.person_id == person_id, DataCopy.order_id == order_id, DataCopy.asked_at > now - PAUSE
        )
        if session.execute(recent).first():
            raise CopyIsOnItsWay()
        copy_id = new_id("cpy")
        session.add(
            DataCopy(
                id=copy_id, person_id=person_id, order_id=order_id, lang=lang, state=CopyState.ASKED,
                total=0, done=0, bytes=0, sha256="", asked_at=now,
            )
        )  # fmt: skip
        audit.record(actor, "privacy.copy_asked", copy_id, now)
        jobs.enqueue(PACK, {"id": copy_id}, key=f"{PACK}:{copy_id}", now=now)
    return copy_id


def progressed(actor: Actor, copy_id: str, done: int, total: int) -> None:
    """So many parts are packed; whoever waits sees it."""
    if not policy.may_carry_out(actor):
        raise NotAllowed()
    with transaction() as session:
        session.execute(update(DataCopy).where(DataCopy.id == copy_id).values(done=done, total=total))


def packed(actor: Actor, copy_id: str, size: int, sha256: str, to: str, link: str, now: datetime) -> None:
    """The file is there: write to its owner, once, where an address is known."""
    if not policy.may_carry_out(actor):
        raise NotAllowed()
    with transaction() as session:
        row = session.get_one(DataCopy, copy_id, with_for_update=True, populate_existing=True)
        if row.state != CopyState.ASKED:
            return
        row.state, row.bytes, row.sha256, row.expires_at = CopyState.READY, size, sha256, now + LASTS
        audit.record(actor, "privacy.copy_packed", copy_id, now, bytes=size)
        if not to:
            return
        letter = {
            "id": f"copy.{copy_id}", "to": to, "lang": row.lang, "template": "privacy/letter_copy",
            "facts": {"link": link, "days": LASTS.days},
        }  # fmt: skip
        jobs.enqueue("letter", letter, key=f"letter:copy:{copy_id}", now=now)


def fetched(actor: Actor, copy_id: str, now: datetime) -> None:
    """Note that the owner took the file. Raises NoSuchCopy."""
    copy(actor, copy_id)
    audit.record(actor, "privacy.copy_fetched", copy_id, now)


def gone(actor: Actor, copy_id: str, now: datetime) -> None:
    """The file is deleted."""
    if not policy.may_carry_out(actor):
        raise NotAllowed()
    with transaction() as session:
        session.execute(update(DataCopy).where(DataCopy.id == copy_id).values(state=CopyState.GONE))
        audit.record(actor, "privacy.copy_gone", copy_id, now)

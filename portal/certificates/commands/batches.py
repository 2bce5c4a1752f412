"""Many certificates at once: issued in steps that can be repeated, printed by jobs, handed out as one ZIP.

Whoever has many facts opens a batch under an id of its own making, and hands the facts in as they come to
be, in portions of any size. Killed in the middle, it hands the same portion in again: a certificate is kept.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session

from portal import audit, jobs
from portal.certificates import policy
from portal.certificates.commands.issuing import issue
from portal.certificates.models import Certificate, CertificateBatch, CertificateBatchItem
from portal.certificates.queries import NoSuchBatch, unprinted
from portal.certificates.rules.batches import LARGEST, BatchIsFull, BatchTooLarge
from portal.certificates.rules.facts import Facts
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id


def open_batch(actor: Actor, batch_id: str, owner_id: str, total: int, lang: str, now: datetime) -> None:
    """Make room for ``total`` certificates of ``owner_id`` (an order, an organisation). Twice is once.

    Raises NotAllowed, BatchTooLarge.
    """
    if not policy.may_issue(actor, batch_id, owner_id):
        raise NotAllowed()
    if not 1 <= total <= LARGEST:
        raise BatchTooLarge(most=LARGEST)
    with transaction() as session:
        if session.get(CertificateBatch, batch_id) is None:
            session.execute(
                insert(CertificateBatch).values(
                    id=batch_id, owner_id=owner_id, total=total, lang=lang, made_at=now, actor_id=actor.id
                )
            )
            audit.record(actor, "certificate.batch", batch_id, now, owner=owner_id, total=total)


def issue_batch(actor: Actor, batch_id: str, portion: Sequence[Facts], now: datetime) -> list[str]:
    """Issue what the portion tells, all of it or nothing; the numbers, in its order.

    Handed in again it gives the same numbers. With the last of its certificates the batch goes to be packed.
    Raises as ``issue`` does, and NoSuchBatch, BatchIsFull.
    """
    with transaction() as session:
        batch = _locked(session, batch_id)
        if not policy.may_issue(actor, batch_id, batch.owner_id):
            raise NotAllowed()
        given = [issue(actor, facts, now) for facts in portion]
        count = _add(session, batch, given)
        if count == batch.total:
            jobs.enqueue("certificates.pack", {"id": batch_id}, key=f"certificates.pack:{batch_id}", now=now)
        return given


def resume_batch(actor: Actor, batch_id: str, now: datetime) -> None:
    """Have what is missing of a batch printed and packed, whatever became of the first errands.

    Raises NotAllowed, NoSuchBatch.
    """
    if not policy.may_withdraw(actor):
        raise NotAllowed()
    with transaction() as session:
        _locked(session, batch_id)
        again = new_id("run")
        for _number, certificate_id in unprinted(batch_id):
            key = f"certificates.render:{certificate_id}:{again}"
            jobs.enqueue("certificates.render", {"id": certificate_id}, key=key, now=now)
        jobs.enqueue("certificates.pack", {"id": batch_id}, key=f"certificates.pack:{again}", now=now)
        audit.record(actor, "certificate.resume_batch", batch_id, now)


def pack_done(actor: Actor, batch_id: str, file: str, sha256: str, now: datetime) -> None:
    """Record that all documents of a batch stand in one file."""
    if not policy.may_print(actor):
        raise NotAllowed()
    with transaction() as session:
        batch = _locked(session, batch_id)
        if batch.packed_at is None:
            session.execute(
                update(CertificateBatch)
                .where(CertificateBatch.id == batch_id)
                .values(file=file, file_sha256=sha256, packed_at=now)
            )


def _locked(session: Session, batch_id: str) -> CertificateBatch:
    batch = session.execute(
        select(CertificateBatch).where(CertificateBatch.id == batch_id).with_for_update()
    ).scalar_one_or_none()
    if batch is None:
        raise NoSuchBatch()
    return batch


def _add(session: Session, batch: CertificateBatch, numbers: Sequence[str]) -> int:
    """Enter what is new; how many the batch has now."""
    item = CertificateBatchItem
    asked = {row.number: row.id for row in session.execute(_ids_of(numbers))}
    known = set(session.scalars(select(item.certificate_id).where(item.batch_id == batch.id)))
    fresh = [asked[number] for number in dict.fromkeys(numbers) if asked[number] not in known]
    count = int(session.scalar(select(func.count()).where(item.batch_id == batch.id)) or 0)
    if count + len(fresh) > batch.total:
        raise BatchIsFull(total=batch.total)
    if fresh:
        session.execute(
            insert(item),
            [
                {"batch_id": batch.id, "position": count + n, "certificate_id": each}
                for n, each in enumerate(fresh, start=1)
            ],
        )
    return count + len(fresh)


def _ids_of(numbers: Sequence[str]) -> Select[str, str]:
    return select(Certificate.number, Certificate.id).where(Certificate.number.in_(numbers))

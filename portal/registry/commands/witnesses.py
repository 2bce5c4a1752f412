"""Witnesses: who may vouch beside us, and the signatures that they send."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select, update

from portal import audit
from portal.db import transaction
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.registry import policy
from portal.registry.commands import log
from portal.registry.models import Cosignature, Record, Witness
from portal.registry.queries import log as read
from portal.registry.queries.witnesses import witnesses
from portal.registry.rules import checkpoint, records
from portal.registry.rules.checkpoint import COSIGNATURE, NotACheckpoint
from portal.registry.rules.errors import BadCosignature, UnknownRecord, UnknownWitness, WitnessTaken

AHEAD = timedelta(minutes=10)  # a witness's clock may be so far before ours


def add(actor: Actor, key: str, about: Bilingual, now: datetime) -> str:
    """Let a witness take part; its id. ``key`` as C2SP writes it. Raises NotACheckpoint, WitnessTaken."""
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    public = checkpoint.read_public_key(key, COSIGNATURE)
    with transaction() as session:
        if session.scalar(select(Witness.id).where(Witness.key == public.text)):
            raise WitnessTaken()
        witness_id = new_id("wit")
        session.execute(
            insert(Witness).values(
                id=witness_id, name=public.name, key=public.text, about_zh=about.zh, about_en=about.en,
                added_at=now,
            )
        )  # fmt: skip
        log.record(records.WitnessChanged(public.text, joined=True), f"{witness_id}/joined", now)
        audit.record(actor, "witness.add", witness_id, now)
        return witness_id


def leave(actor: Actor, witness_id: str, now: datetime) -> None:
    """Take no more signatures of it; those it gave stay. Raises UnknownWitness."""
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    with transaction() as session:
        key = session.execute(
            update(Witness)
            .where(Witness.id == witness_id, Witness.left_at.is_(None))
            .values(left_at=now)
            .returning(Witness.key)
        ).scalar_one_or_none()
        if key is None:
            raise UnknownWitness()
        log.record(records.WitnessChanged(key, joined=False), f"{witness_id}/left", now)
        audit.record(actor, "witness.leave", witness_id, now)


def cosign(actor: Actor, size: int, line: str, now: datetime) -> str:
    """Keep a witness's line under the checkpoint of ``size``; the witness's name. Twice is once.

    Anybody may hand it in: the signature says whose it is. Raises BadCosignature, UnknownWitness.
    """
    if not policy.may_hand_in_signatures(actor):
        raise NotAllowed()
    head = read.checkpoint_at_least(size)
    if head is None or head.size != size:
        raise BadCosignature(why="there is no checkpoint of this size")
    name = line.removeprefix("— ").partition(" ")[0]
    known = [each for each in witnesses() if each.left_at is None and each.name == name]
    if not known:
        raise UnknownWitness()
    for witness in known:
        try:
            at = checkpoint.cosigned_at(head.note, line, witness.public_key)
        except NotACheckpoint as fault:
            why = str(fault.params["why"])
            continue
        _keep(size, witness.id, line, at, now)
        return witness.name
    raise BadCosignature(why=why)


def correct(actor: Actor, record_id: str, reason: str, evidence_sha256: str, now: datetime) -> None:
    """Say in the log that an earlier record is wrong, and by which evidence. The record stays.

    Raises UnknownRecord, NotARecord. The same record is corrected once per piece of evidence.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    with transaction() as session:
        if session.scalar(select(Record.id).where(Record.id == record_id)) is None:
            raise UnknownRecord()
        subject = f"{record_id}/{evidence_sha256}"
        if session.scalar(select(Record.id).where(Record.kind == "correction", Record.subject_id == subject)):
            return
        log.record(records.Correction(record_id, reason, evidence_sha256), subject, now)
        audit.record(actor, "log.correct", record_id, now, reason=reason)


def _keep(size: int, witness_id: str, line: str, at: int, now: datetime) -> None:
    if at <= 0 or at > (now + AHEAD).timestamp():
        raise BadCosignature(why="it is not of this time")
    row = {"size": size, "witness_id": witness_id}
    with transaction() as session:
        if session.get(Cosignature, row) is None:
            signed_at = datetime.fromtimestamp(at, UTC)
            session.execute(
                insert(Cosignature).values(**row, line=f"{line.strip()}\n", signed_at=signed_at, at=now)
            )

"""The transparency log, written: facts recorded with the deed, placed by the sequencer, signed.

A deed inserts its record and a pending mark in its own transaction, which costs it two rows and no
lock. The sequencer, alone, gives pending records their places every second or two: sequencing inside
the sale was measured at a sixth of the speed.
"""

from datetime import datetime
from typing import cast

from sqlalchemy import Table, delete, insert, select
from sqlalchemy.exc import IntegrityError

from portal.db import alone, transaction
from portal.kernel.actor import Actor
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import is_id, new_id
from portal.kernel.mass import Mass, total
from portal.registry import policy
from portal.registry.models import Checkpoint, Entry, Node, Pending, Record
from portal.registry.queries import log as read
from portal.registry.rules import merkle, records
from portal.registry.rules.facts import RangeFacts, RetireLine

BATCH = 5_000

# Built once: putting a statement together costs more than having it done.
_RECORD, _MARK = (insert(cast(Table, kind.__table__)) for kind in (Record, Pending))


def record(facts: records.Facts, subject_id: str, now: datetime) -> None:
    """Put a final fact on record, once per kind and subject; joins the deed's transaction."""
    record_id = new_id("rec")
    body = records.write(record_id, now, facts).decode()
    with transaction() as session:
        ledger = session.connection()
        ledger.execute(
            _RECORD,
            {"id": record_id, "kind": facts.kind, "subject_id": subject_id, "body": body, "at": now},
        )
        ledger.execute(_MARK, {"record_id": record_id})


def attribution(retirement_id: str, line: RetireLine, ranges: tuple[RangeFacts, ...], now: datetime) -> None:
    """Grams of pool lots now belong to one holder."""
    parts = tuple(records.Part(r.lot_code, r.serial, r.first_g, r.last_g) for r in ranges)
    # A purpose is another thing's id; anything else stays out of the public log.
    purpose = (
        line.purpose if any(is_id(line.purpose, prefix) for prefix in ("plg", "fpr", "evt", "org")) else None
    )
    grams = total([r.mass for r in ranges]).grams
    record(
        records.Attribution(retirement_id, line.holder, grams, parts, line.test, purpose), retirement_id, now
    )


def reversal(retirement_id: str, mass: Mass, because: str, now: datetime) -> None:
    record(records.Reversal(retirement_id, mass.grams, because), retirement_id, now)


def sequence(actor: Actor) -> int:
    """Give every pending record its place in the log; how many were placed. One sequencer at a time."""
    if not policy.may_tend_log(actor):
        raise NotAllowed()
    placed = 0
    while batch := _sequence_batch():
        placed += batch
    return placed


def publish(actor: Actor, size: int, root: bytes, note: str, now: datetime) -> None:
    """Keep a signed checkpoint. The same size twice is the same checkpoint."""
    if not policy.may_tend_log(actor):
        raise NotAllowed()
    try:
        with transaction() as session:
            session.execute(insert(Checkpoint).values(size=size, root=root, note=note, at=now))
    except IntegrityError:
        # Another worker published this size a moment ago; it signed the same root or verify will say so.
        return


def _sequence_batch() -> int:
    with transaction() as session:
        alone(session, "sequencer")
        rows = session.execute(
            select(Pending.seq, Record.id, Record.body)
            .join(Record, Record.id == Pending.record_id)
            .order_by(Pending.seq)
            .limit(BATCH)
        ).all()
        if not rows:
            return 0
        size = read.size()
        leaves = merkle.leaf_hashes(row.body.encode() for row in rows)
        added = merkle.append(size, leaves, read.nodes(merkle.root_nodes(size)))
        session.execute(
            insert(Entry),
            [
                {"idx": size + n, "record_id": row.id, "leaf_hash": leaf}
                for n, (row, leaf) in enumerate(zip(rows, leaves, strict=True))
            ],
        )
        session.execute(
            insert(Node), [{"level": level, "idx": idx, "hash": digest} for level, idx, digest in added]
        )
        session.execute(delete(Pending).where(Pending.seq.in_([row.seq for row in rows])))
        return len(rows)

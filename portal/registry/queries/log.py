"""The transparency log, read: its size, entries, proofs and signed checkpoints."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Select, and_, bindparam, func, or_, select

from portal.db import db
from portal.kernel.errors import NotFound
from portal.registry.models import Checkpoint, Cosignature, Entry, Node, Pending, Record, Witness
from portal.registry.rules import checkpoint, merkle, tiles
from portal.registry.rules.tiles import Tile

EXPORTED_TOGETHER = 2_000


@dataclass(frozen=True, slots=True)
class LogEntry:
    idx: int
    record_id: str
    kind: str
    subject_id: str
    body: str
    leaf_hash: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class SignedHead:
    size: int
    root: bytes
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A record's place, in the tree of the first signed checkpoint that holds it."""

    idx: int
    size: int
    root_hex: str


@dataclass(frozen=True, slots=True)
class LogProof:
    """A record's place and the proof of it, in the tree of a signed checkpoint.

    ``note`` ends with the lines of the witnesses that have signed this checkpoint too; ``witnesses`` are
    their public keys, in the order of the lines.
    """

    idx: int
    size: int
    root_hex: str
    note: str
    proof: tuple[bytes, ...]
    body: str
    witnesses: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """As a C2SP tlog-proof, ready to be attached or downloaded; its extra data is the record itself."""
        return checkpoint.write_proof(
            checkpoint.LogProof(self.idx, self.proof, self.note, self.body.encode())
        )


def size() -> int:
    """How many records have a place in the log."""
    return int(db.session.execute(select(func.coalesce(func.max(Entry.idx), -1) + 1)).scalar_one())


def waiting() -> int:
    return int(db.session.execute(select(func.count()).select_from(Pending)).scalar_one())


def latest_checkpoint() -> SignedHead | None:
    return checkpoint_at_least(0, newest=True)


def checkpoint_at_least(wanted: int, newest: bool = False) -> SignedHead | None:
    """The first checkpoint whose tree holds ``wanted`` entries; the newest one with ``newest``."""
    order = Checkpoint.size.desc() if newest else Checkpoint.size.asc()
    row = db.session.execute(
        select(Checkpoint.size, Checkpoint.root, Checkpoint.note, Checkpoint.at)
        .where(Checkpoint.size >= wanted)
        .order_by(order)
        .limit(1)
    ).one_or_none()
    return SignedHead(row.size, row.root, row.note, row.at) if row else None


def nodes(wanted: list[merkle.Address]) -> Callable[[int, int], bytes]:
    """A reader of exactly these nodes, fetched in one query."""
    if not wanted:
        return lambda level, idx: b""
    asked = {f"l{n}": level for n, (level, _) in enumerate(wanted)}
    asked |= {f"d{n}": idx for n, (_, idx) in enumerate(wanted)}
    rows = db.session.connection().execute(_these_nodes(len(wanted)), asked)
    found = {(row.level, row.idx): row.hash for row in rows}
    return lambda level, idx: found[level, idx]


@cache
def _these_nodes(count: int) -> Select[tuple[int, int, bytes]]:
    """So many nodes by their addresses: as many statements as a proof has lengths, some dozens.

    Spelt out: for pairs in a list SQLite reads the whole table.
    """
    address = (
        and_(_nodes.c.level == bindparam(f"l{n}"), _nodes.c.idx == bindparam(f"d{n}")) for n in range(count)
    )
    return select(_nodes.c.level, _nodes.c.idx, _nodes.c.hash).where(or_(*address))


def root_at(tree_size: int) -> bytes:
    return merkle.root(tree_size, nodes(merkle.root_nodes(tree_size)))


def entries(start: int, end: int) -> list[LogEntry]:
    """Entries ``start`` … ``end - 1``."""
    rows = db.session.execute(
        select(Entry.idx, Entry.leaf_hash, Record.id, Record.kind, Record.subject_id, Record.body, Record.at)
        .join(Record, Record.id == Entry.record_id)
        .where(Entry.idx >= start, Entry.idx < end)
        .order_by(Entry.idx)
    )
    return [LogEntry(r.idx, r.id, r.kind, r.subject_id, r.body, r.leaf_hash, r.at) for r in rows]


def of_kinds(*kinds: str) -> Iterator[tuple[str, str, str]]:
    """Kind, subject and body of every placed record of these kinds, in no particular order; streamed."""
    rows = db.session.execute(
        select(Record.kind, Record.subject_id, Record.body)
        .join(Entry, Entry.record_id == Record.id)
        .where(Record.kind.in_(kinds))
        .execution_options(yield_per=EXPORTED_TOGETHER)
    )
    return ((row.kind, row.subject_id, row.body) for row in rows)


def bodies(start: int, end: int) -> list[str]:
    """The records at ``start`` … ``end - 1``, byte for byte, and nothing else of them."""
    rows = db.session.connection().execute(_BODIES, {"start": start, "end": end})
    return list(rows.scalars())


def export(size: int) -> Iterator[str]:
    """The first ``size`` records as lines, some thousands at a time: the same little memory for any log."""
    for start in range(0, size, EXPORTED_TOGETHER):
        yield "".join(f"{body}\n" for body in bodies(start, min(start + EXPORTED_TOGETHER, size)))


def tile(wanted: Tile) -> bytes:
    """What a tile or bundle holds. Raises NotFound unless the log has all of it."""
    if not wanted.is_within(size()):
        raise NotFound()
    if wanted.level is None:
        return tiles.bundle(body.encode() for body in bodies(wanted.first, wanted.end))
    asked = {"level": wanted.node_level, "start": wanted.first, "end": wanted.end}
    return b"".join(db.session.connection().execute(_HASHES, asked).scalars())


def proof_for(kind: str, subject_id: str) -> LogProof | None:
    """Proof of this fact's record; None until a signed checkpoint holds it.

    In the first such checkpoint that a witness has signed beside us; until there is one, in the first at all.
    """
    row = db.session.execute(
        select(Entry.idx, Record.body)
        .join(Record, Record.id == Entry.record_id)
        .where(Record.kind == kind, Record.subject_id == subject_id)
    ).one_or_none()
    if row is None:
        return None
    witnessed = _first_witnessed(row.idx + 1)
    head = witnessed[0] if witnessed else checkpoint_at_least(row.idx + 1)
    if head is None:
        return None
    proof = tuple(inclusion(row.idx, head.size))
    keys = witnessed[1] if witnessed else ()
    return LogProof(row.idx, head.size, head.root.hex(), head.note, proof, row.body, keys)


def _first_witnessed(wanted: int) -> tuple[SignedHead, tuple[str, ...]] | None:
    """The first checkpoint of at least ``wanted`` entries that witnesses have signed, and their keys.

    Its note ends with their lines.
    """
    rows = db.session.connection().execute(_WITNESSED, {"wanted": wanted}).all()
    if not rows:
        return None
    note = rows[0].note + "".join(row.line for row in rows)
    return SignedHead(rows[0].size, rows[0].root, note, rows[0].at), tuple(row.key for row in rows)


def standing(kind: str, subject_id: str) -> Standing | None:
    """A fact's place in the log as a page says it, for a third of the work of a proof."""
    asked = {"kind": kind, "subject_id": subject_id}
    row = db.session.connection().execute(_STANDING, asked).one_or_none()
    return Standing(row.idx, row.size, row.root.hex()) if row else None


def places_of(kind: str, subject_ids: Sequence[str]) -> list[int]:
    """Where the records of this kind about these subjects stand, in order; what waits has no place yet."""
    found: list[int] = []
    for start in range(0, len(subject_ids), 500):
        found += db.session.scalars(
            select(Entry.idx)
            .join(Record, Record.id == Entry.record_id)
            .where(Record.kind == kind, Record.subject_id.in_(subject_ids[start : start + 500]))
        )
    return sorted(found)


def place_of(kind: str, subject_id: str) -> int | None:
    """The place of this fact's record in the log; None until it has one."""
    return db.session.execute(
        select(Entry.idx)
        .join(Record, Record.id == Entry.record_id)
        .where(Record.kind == kind, Record.subject_id == subject_id)
    ).scalar_one_or_none()


def inclusion(idx: int, tree_size: int) -> list[bytes]:
    """Raises NotFound unless 0 ≤ idx < tree_size ≤ size()."""
    if not 0 <= idx < tree_size <= size():
        raise NotFound()
    return merkle.inclusion_proof(idx, tree_size, nodes(merkle.inclusion_nodes(idx, tree_size)))


def consistency(old: int, new: int) -> list[bytes]:
    """Raises NotFound unless 0 < old ≤ new ≤ size()."""
    if not 0 < old <= new <= size():
        raise NotFound()
    return merkle.consistency_proof(old, new, nodes(merkle.consistency_nodes(old, new)))


def is_in_step(now: datetime, seconds: int) -> bool:
    """Whether no record has waited longer than that for its place (for /readyz)."""
    oldest = db.session.execute(
        select(func.min(Record.at)).join(Pending, Pending.record_id == Record.id)
    ).scalar_one()
    return oldest is None or (now - oldest).total_seconds() <= seconds


_records, _entries, _nodes = Record.__table__, Entry.__table__, Node.__table__
_checkpoints, _larger = Checkpoint.__table__, Checkpoint.__table__.alias()
# Built once: putting a statement together costs more than having it done.
_BODIES = (
    select(_records.c.body)
    .join_from(_entries, _records, _records.c.id == _entries.c.record_id)
    .where(_entries.c.idx >= bindparam("start"), _entries.c.idx < bindparam("end"))
    .order_by(_entries.c.idx)
)
_HASHES = (
    select(_nodes.c.hash)
    .where(
        _nodes.c.level == bindparam("level"),
        _nodes.c.idx >= bindparam("start"),
        _nodes.c.idx < bindparam("end"),
    )
    .order_by(_nodes.c.idx)
)
_STANDING = (
    select(_entries.c.idx, _checkpoints.c.size, _checkpoints.c.root)
    .join_from(_records, _entries, _entries.c.record_id == _records.c.id)
    .join(
        _checkpoints,
        _checkpoints.c.size
        == select(func.min(_larger.c.size)).where(_larger.c.size > _entries.c.idx).scalar_subquery(),
    )
    .where(_records.c.kind == bindparam("kind"), _records.c.subject_id == bindparam("subject_id"))
)
_cosignatures, _witnesses = Cosignature.__table__, Witness.__table__
_WITNESSED = (
    select(
        _checkpoints.c.size, _checkpoints.c.root, _checkpoints.c.note, _checkpoints.c.at,
        _cosignatures.c.line, _witnesses.c.key,
    )
    .join_from(_checkpoints, _cosignatures, _cosignatures.c.size == _checkpoints.c.size)
    .join(_witnesses, _witnesses.c.id == _cosignatures.c.witness_id)
    .where(
        _checkpoints.c.size
        == select(func.min(_cosignatures.c.size))
        .where(_cosignatures.c.size >= bindparam("wanted"))
        .scalar_subquery()
    )
    .order_by(_cosignatures.c.witness_id)
)  # fmt: skip

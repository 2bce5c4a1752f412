"""The registry's share of ``ledger verify``: recompute from bodies and journal, compare with the tables.

Each function yields the faults it finds in the order of the rows, so that the first is the first wrong
row. Rows are streamed: memory stays flat however long the log is, apart from the live blocks.
"""

import gc
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any, Self, cast

from sqlalchemy import CursorResult, Select, Table, func, select

from portal.db import db
from portal.registry.models import (
    Account,
    Block,
    Checkpoint,
    Entry,
    Issuance,
    LedgerEntry,
    Node,
    PoolLot,
    Project,
    Record,
    Retirement,
    RetirementRange,
    RetirementVoid,
)
from portal.registry.rules import checkpoint, ledger, merkle, records
from portal.registry.rules.audit import Check, Fault
from portal.registry.rules.checkpoint import NotACheckpoint, PublicKey
from portal.registry.rules.ledger import GRAMS_PER_TONNE, AccountKind, BlockState, GramRange
from portal.registry.rules.merkle import HASH_BYTES

STREAM = 5_000

_ENTRY, _NODE, _RECORD = (cast(Table, kind.__table__) for kind in (Entry, Node, Record))


def log(origin: str, trusted: Sequence[PublicKey]) -> Iterator[Fault]:
    """Checks 1 and 2 in one reading: every body is hashed once, and all else follows from the leaves."""
    with _nothing_collected():
        tree = yield from _rehashed()
        yield from _nodes_are_of(tree)
        yield from _heads_are_of(tree, origin, trusted)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Without the garbage collector, which would look through a million leaves again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def bodies() -> Iterator[Fault]:
    """Check 1: bodies hash to their leaves, places are gap-free, stored subtrees are those of the leaves."""
    tree = yield from _rehashed()
    yield from _nodes_are_of(tree)


def checkpoints(origin: str, trusted: Sequence[PublicKey]) -> Iterator[Fault]:
    """Check 2: every published checkpoint carries a trusted signature and is a beginning of this log."""
    reading = _rehashed()
    while True:
        try:
            next(reading)
        except StopIteration as end:
            yield from _heads_are_of(end.value, origin, trusted)
            return


@dataclass(frozen=True, slots=True)
class _Tree:
    """Every complete subtree, grown from the bodies: per level the hashes in a row, 32 bytes each."""

    size: int
    levels: list[bytes]

    def node(self, level: int, idx: int) -> bytes:
        return self.levels[level][idx * HASH_BYTES : (idx + 1) * HASH_BYTES]

    @classmethod
    def grown_from(cls, leaves: list[bytes]) -> Self:
        size, levels, row = len(leaves), [], leaves
        while row:
            levels.append(b"".join(row))
            row = merkle.row_above(row)
        return cls(size, levels)


def _streamed(query: Select[Any]) -> CursorResult[Any]:
    """Rows as Core gives them: for millions of them the unit of work costs several times what they do."""
    return db.session.connection().execute(query.execution_options(yield_per=STREAM))


def _rehashed() -> Generator[Fault, None, _Tree]:
    rows = _streamed(
        select(_ENTRY.c.idx, _ENTRY.c.leaf_hash, _RECORD.c.body)
        .join_from(_ENTRY, _RECORD, _RECORD.c.id == _ENTRY.c.record_id)
        .order_by(_ENTRY.c.idx)
    )
    leaves: list[bytes] = []
    for part in rows.partitions():
        idxs, stored, texts = zip(*part, strict=True)
        hashed = merkle.leaf_hashes(map(str.encode, texts))
        expected = range(len(leaves), len(leaves) + len(idxs))
        if idxs != tuple(expected):
            gap = next(n for n, idx in zip(expected, idxs, strict=True) if n != idx)
            yield Fault(Check.BODIES, f"entry {gap}", "is missing: the next place taken is another")
            hashed = hashed[: gap - len(leaves)]
        if hashed != list(stored[: len(hashed)]):
            for idx, mine, theirs in zip(idxs, hashed, stored, strict=False):
                if mine != theirs:
                    what = "the body was changed: it no longer hashes to its leaf"
                    yield Fault(Check.BODIES, f"entry {idx}", what)
        leaves += hashed
        if idxs != tuple(expected):
            break
    rows.close()
    return _Tree.grown_from(leaves)


def _nodes_are_of(tree: _Tree) -> Iterator[Fault]:
    deepest = db.session.execute(select(func.max(Node.level))).scalar_one() or 0
    for level in range(max(len(tree.levels), int(deepest) + 1)):
        grown = tree.levels[level] if level < len(tree.levels) else b""
        if not _is_stored(level, grown):
            # The rows above follow from this one: naming them too would hide where the fault lies.
            yield from islice(_wrong_nodes(tree, level, len(grown) // HASH_BYTES), STREAM)
            return


def _is_stored(level: int, grown: bytes) -> bool:
    """Whether the stored row of the tree is this one. Only hashes are read: by the million, places cost."""
    places = select(func.count(), func.min(_NODE.c.idx), func.max(_NODE.c.idx)).where(_NODE.c.level == level)
    count = len(grown) // HASH_BYTES
    if tuple(db.session.execute(places).one()) != ((count, 0, count - 1) if count else (0, None, None)):
        return False
    rows = _streamed(select(_NODE.c.hash).where(_NODE.c.level == level).order_by(_NODE.c.idx))
    seen = 0
    for part in rows.scalars().partitions():
        stored = b"".join(part)
        if stored != grown[seen : seen + len(stored)]:
            rows.close()
            return False
        seen += len(stored)
    return seen == len(grown)


def _wrong_nodes(tree: _Tree, level: int, count: int) -> Iterator[Fault]:
    """Which nodes of a level are not the ``count`` that were grown."""
    rows = _streamed(select(_NODE.c.idx, _NODE.c.hash).where(_NODE.c.level == level).order_by(_NODE.c.idx))
    due = 0
    for row in rows:
        idx, digest = row.idx, row.hash
        yield from (
            Fault(Check.BODIES, f"node {level}/{n}", "is missing") for n in range(due, min(idx, count))
        )
        if not 0 <= idx < count or digest != tree.node(level, idx):
            yield Fault(Check.BODIES, f"node {level}/{idx}", "is not the hash of its entries")
        due = max(due, idx + 1)
    yield from (Fault(Check.BODIES, f"node {level}/{n}", "is missing") for n in range(due, count))


def _heads_are_of(tree: _Tree, origin: str, trusted: Sequence[PublicKey]) -> Iterator[Fault]:
    for head in db.session.execute(
        select(Checkpoint.size, Checkpoint.root, Checkpoint.note).order_by(Checkpoint.size)
    ):
        where = f"checkpoint {head.size}"
        try:
            signed = checkpoint.verify(head.note, origin, trusted)
        except NotACheckpoint as fault:
            yield Fault(Check.CHECKPOINTS, where, f"its signature does not hold: {fault.params['why']}")
            continue
        if (signed.size, signed.root) != (head.size, head.root):
            yield Fault(Check.CHECKPOINTS, where, "the stored head is not the one that was signed")
        if head.size > tree.size:
            what = f"the log has only {tree.size} entries: it is behind what was published"
            yield Fault(Check.CHECKPOINTS, where, what)
        elif merkle.root(head.size, tree.node) != signed.root:
            what = "the log's first entries no longer give the root that was signed"
            yield Fault(Check.CHECKPOINTS, where, what)


def tables() -> Iterator[Fault]:
    """Check 3: the blocks are the projection of the journal, and retirements are what the log says."""
    yield from _blocks_are_the_journals()
    yield from _issuances_are_covered()
    yield from _retirements_are_the_logs()
    yield from _lots_are_the_logs()


def source() -> Iterator[Fault]:
    """Check 5: per lot, what blocks, balance and record of retirement say fits together."""
    held = func.sum(Block.end_g - Block.start_g)
    by_lot: dict[str | None, dict[str, int]] = {}
    for lot_id, state, grams in db.session.execute(
        select(Block.lot_id, Block.state, held)
        .where(Block.lot_id.is_not(None), Block.state != BlockState.SPLIT)
        .group_by(Block.lot_id, Block.state)
    ):
        by_lot.setdefault(lot_id, {})[state] = int(grams)
    for lot in db.session.scalars(select(PoolLot).order_by(PoolLot.code)):
        states = by_lot.get(lot.id, {})
        covered, where = sum(states.values()), f"lot {lot.code}"
        retired, free = states.get(BlockState.RETIRED, 0), states.get(BlockState.HELD, 0)
        if covered != lot.retired_g:
            what = f"has blocks of {covered} g but {lot.retired_g} g were retired at the source"
            yield Fault(Check.SOURCE, where, what)
        if retired != lot.attributed_g:
            what = f"says {lot.attributed_g} g are attributed, its blocks say {retired} g"
            yield Fault(Check.SOURCE, where, what)
        if free != lot.free_g:
            yield Fault(Check.SOURCE, where, f"says {lot.free_g} g are free, its blocks say {free} g")


@dataclass(slots=True)
class _Told:
    """What the journal says of one block; ``account`` is None where it does not say who owns it.

    Retiring passes grams to an account of the kind ``retired`` that the journal does not name.
    """

    start: int
    end: int
    state: str
    parent: str | None = None
    account: str | None = None


def _blocks_are_the_journals() -> Iterator[Fault]:
    retired = set(db.session.scalars(select(Account.id).where(Account.kind == AccountKind.RETIRED)))
    rebuilt: dict[str, _Told] = {}
    for entry in db.session.execute(
        select(LedgerEntry.kind, LedgerEntry.body)
        .order_by(LedgerEntry.seq)
        .execution_options(yield_per=STREAM)
    ):
        _replay(rebuilt, entry.kind, entry.body)
    for block in db.session.execute(
        select(
            Block.id, Block.start_g, Block.end_g, Block.state, Block.parent_id, Block.account_id,
            Block.unit_class, Issuance.unit_class.label("issued_as"), Issuance.start_g.label("low"),
            Issuance.end_g.label("high"),
        )
        .outerjoin(Issuance, Issuance.id == Block.issuance_id)
        .order_by(Block.start_g)
        .execution_options(yield_per=STREAM)
    ):  # fmt: skip
        for what in _faults_of_block(block, rebuilt.pop(block.id, None), retired):
            yield Fault(Check.TABLES, f"block {block.id}", what)
    for block_id in sorted(rebuilt):
        yield Fault(Check.TABLES, f"block {block_id}", "is in the journal but not in the table")


def _replay(rebuilt: dict[str, _Told], kind: str, body: dict[str, Any]) -> None:
    """One entry of the journal. ``account`` says who owns what was moved or made from here on."""
    nobody = _Told(0, 0, "")
    owner = body.get("account")
    for made in body.get("made", ()):
        parent = rebuilt.get(made["of"] or "", nobody)
        rebuilt[made["id"]] = _Told(
            made["start"], made["end"], made["state"], made["of"], owner or parent.account
        )
    for names, state in (
        ("split", BlockState.SPLIT),
        ("taken", BlockState.RESERVED),
        ("moved", body.get("to")),
    ):
        for block_id in body.get(names, ()):
            told = rebuilt.setdefault(block_id, _Told(0, 0, ""))
            told.state = str(state)
            if names == "moved":
                told.account = owner or (AccountKind.RETIRED if kind == "retire" else told.account)


def _faults_of_block(block: Any, told: _Told | None, retired: set[str]) -> Iterator[str]:
    if told is None:
        yield "is not in the journal"
        return
    stored = (block.start_g, block.end_g, block.state, block.parent_id)
    if stored != (told.start, told.end, told.state, told.parent):
        yield f"is {stored}, the journal says {(told.start, told.end, told.state, told.parent)}"
    is_retired = told.account == AccountKind.RETIRED and block.account_id in retired
    if told.account not in (None, block.account_id) and not is_retired:
        yield f"belongs to {block.account_id}, the journal says {told.account}"
    if block.low is None or not block.low <= block.start_g < block.end_g <= block.high:
        yield "is not inside its issuance"
    elif block.unit_class != block.issued_as:
        yield "is of another class than its issuance"


def _issuances_are_covered() -> Iterator[Fault]:
    rows = db.session.execute(
        select(
            Issuance.source_serial,
            Issuance.start_g,
            Issuance.end_g,
            Block.start_g.label("low"),
            Block.end_g.label("high"),
        )
        .outerjoin(Block, (Block.issuance_id == Issuance.id) & (Block.state != BlockState.SPLIT))
        .order_by(Issuance.start_g, Block.start_g)
        .execution_options(yield_per=STREAM)
    )
    for (serial, start, end), leaves in groupby(
        rows, key=lambda row: (row.source_serial, row.start_g, row.end_g)
    ):
        parts = [GramRange(row.low, row.high) for row in leaves if row.low is not None]
        for fault in ledger.partition_faults(GramRange(start, end), parts):
            first, last = fault.grams.start - start + 1, fault.grams.end - start
            yield Fault(Check.TABLES, f"serial {serial}", f"{fault.kind} at g{first}-{last}")


def _retirements_are_the_logs() -> Iterator[Fault]:
    told: dict[str, tuple[int, str, bool]] = {}
    void: set[str] = set()
    yield from _read_log(told, void)
    ranges = (
        select(
            RetirementRange.retirement_id,
            func.sum(RetirementRange.end_g - RetirementRange.start_g).label("grams"),
        )
        .group_by(RetirementRange.retirement_id)
        .subquery()
    )
    for row in db.session.execute(
        select(
            Retirement.id,
            Retirement.mass_g,
            Retirement.holder,
            Retirement.test,
            ranges.c.grams,
            RetirementVoid.because,
        )
        .outerjoin(ranges, ranges.c.retirement_id == Retirement.id)
        .outerjoin(RetirementVoid, RetirementVoid.retirement_id == Retirement.id)
        .order_by(Retirement.id)
        .execution_options(yield_per=STREAM)
    ):
        where = f"retirement {row.id}"
        if row.grams is None or int(row.grams) != row.mass_g:
            yield Fault(Check.TABLES, where, f"has ranges of {row.grams} g for {row.mass_g} g")
        if told.pop(row.id, None) != (row.mass_g, row.holder, row.test):
            yield Fault(Check.TABLES, where, "differs from its record in the log")
        if (row.because is not None) != (row.id in void):
            yield Fault(Check.TABLES, where, "the log and the table disagree on whether it was taken back")
    for retirement_id in sorted(told):
        yield Fault(Check.TABLES, f"retirement {retirement_id}", "is in the log but not in the table")


def _lots_are_the_logs() -> Iterator[Fault]:
    opened = dict(
        db.session.execute(
            select(Record.subject_id, Record.body).where(Record.kind == records.LotOpened.kind)
        ).all()
    )
    for lot, project, kind in db.session.execute(
        select(PoolLot, Project.code, Project.type)
        .join(Project, Project.id == PoolLot.project_id)
        .order_by(PoolLot.code)
    ):
        body = opened.pop(lot.id, None)
        try:
            told = records.read((body or "").encode()).facts
        except records.NotARecord:
            yield Fault(Check.TABLES, f"lot {lot.code}", "has no record in the log that can be read")
            continue
        mine = (
            lot.code, lot.source_registry, project, kind, lot.vintage_start.isoformat(),
            lot.vintage_end.isoformat(), lot.retired_g, lot.retirement_reference,
            lot.retired_on.isoformat(), lot.evidence_sha256, lot.is_demo,
        )  # fmt: skip
        if not isinstance(told, records.LotOpened) or mine != (
            told.lot, told.registry, told.project, told.project_type, told.vintage_start, told.vintage_end,
            told.retired_t * GRAMS_PER_TONNE, told.retirement_reference, told.retired_on,
            told.evidence_sha256, told.demo,
        ):  # fmt: skip
            yield Fault(Check.TABLES, f"lot {lot.code}", "differs from its record in the log")
    for lot_id in sorted(opened):
        yield Fault(Check.TABLES, f"lot {lot_id}", "is in the log but not in the table")


def _read_log(told: dict[str, tuple[int, str, bool]], void: set[str]) -> Iterator[Fault]:
    """Fill in what the log says was retired, and what was taken back."""
    for record_id, kind, body in db.session.execute(
        select(Record.id, Record.kind, Record.body)
        .where(Record.kind.in_((records.Attribution.kind, records.Reversal.kind)))
        .execution_options(yield_per=STREAM)
    ):
        try:
            facts = records.read(body.encode()).facts
        except records.NotARecord:
            yield Fault(Check.TABLES, f"record {record_id}", f"of kind {kind} cannot be read")
            continue
        if isinstance(facts, records.Attribution):
            told[facts.retirement] = (facts.grams, facts.holder, facts.test)
            if sum(part.last_g - part.first_g + 1 for part in facts.ranges) != facts.grams:
                yield Fault(Check.TABLES, f"record {record_id}", "its ranges do not add up to its grams")
        elif isinstance(facts, records.Reversal):
            void.add(facts.retirement)

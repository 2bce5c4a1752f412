"""The transparency log: hashing every record again, proving one, checking a proof, writing a record.

Then a log of a million records in a database: the whole audit, the export, the one-file verifier over it.
"""

import sqlite3
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from statistics import median

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask

from bench.measure import Figure, figure, side_by_side
from bench.site import fresh_portal
from portal.db import db
from portal.ops import audit
from portal.registry import verifiers
from portal.registry.jobs import signer
from portal.registry.queries import log
from portal.registry.rules import checkpoint, merkle, records

RECORDS, MILLION = 200_000, 1_000_000
ORIGIN = "portal.example/log"
AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
SERIAL = "19298-935996536-935996539-VCS-VCU-1491-VER-BR-1-513-01012018-31122018-0"
ATTRIBUTION = records.Attribution(
    retirement="ret_01JCZ0000000000000000000AB",
    holder=sha256(b"holder").hexdigest(),
    grams=250_000,
    ranges=(records.Part("LOT-0001", SERIAL, 1, 250_000),),
    test=True,
)


def run() -> list[Figure]:
    bodies = [_body(n) for n in range(RECORDS)]
    figures = [_rehash(bodies), *_proofs(bodies), _write()]
    del bodies
    with fresh_portal() as app:
        figures += _of_a_million(app)
    return figures


def _rehash(bodies: Sequence[bytes]) -> Figure:
    def ours() -> bytes:
        return merkle.root_of(map(merkle.leaf_hash, bodies))

    assert ours() == _floor(bodies)
    runs = side_by_side(
        "ledger: re-hash 200,000 records",
        ours,
        lambda: _floor(bodies),
        unit="records/CPU-s",
        rounds=7,
        calls=1,
    )
    # One call is all records: the figure is per record, median_ms and p95_ms are of the whole log.
    return runs | {"value": runs["value"] * RECORDS, "baseline": runs["baseline"] * RECORDS}


def _floor(bodies: Sequence[bytes]) -> bytes:
    """The least that must be done: each canonical byte hashed once, the rows of the tree on top."""
    row = [sha256(b"\x00" + body).digest() for body in bodies]
    while len(row) > 1:
        last = row[len(row) & ~1 :]
        row = [sha256(b"\x01" + row[n] + row[n + 1]).digest() for n in range(0, len(row) - 1, 2)] + last
    return row[0]


def _proofs(bodies: Sequence[bytes]) -> list[Figure]:
    leaves = [merkle.leaf_hash(body) for body in bodies]
    nodes = {(level, idx): digest for level, idx, digest in merkle.append(0, leaves, lambda level, idx: b"")}
    idx = RECORDS // 3

    def node(level: int, idx: int) -> bytes:
        return nodes[level, idx]

    def prove() -> list[bytes]:
        return merkle.inclusion_proof(idx, RECORDS, node)

    def read_nodes() -> list[bytes]:
        return [nodes[address] for address in merkle.inclusion_nodes(idx, RECORDS)]

    key = checkpoint.private_key(bytes(32))
    public = checkpoint.public_key(ORIGIN, key)
    head = checkpoint.Checkpoint(ORIGIN, RECORDS, merkle.root(RECORDS, node))
    note = checkpoint.sign(head, [key])
    text = checkpoint.write_proof(checkpoint.LogProof(idx, tuple(prove()), note))
    signature = checkpoint.read_note(note)[1][0].signature
    bare = Ed25519PublicKey.from_public_bytes(public.key)
    return [
        side_by_side(
            "ledger: inclusion proof (reading its nodes)",
            prove,
            read_nodes,
            unit="proofs/CPU-s",
            calls=200,
        ),
        side_by_side(
            "ledger: proof checked (bare Ed25519)",
            lambda: checkpoint.verify_proof(text, bodies[idx], ORIGIN, [public]),
            lambda: bare.verify(signature, head.text.encode()),
            unit="checks/CPU-s",
            calls=50,
        ),
    ]


def _write() -> Figure:
    record = {"v": 1, "kind": "attribution", "id": _id(0), "at": "2026-11-22T08:30:00Z"}
    record |= {"retirement": ATTRIBUTION.retirement, "holder": ATTRIBUTION.holder, "test": True}
    record |= {
        "grams": 250_000,
        "ranges": [{"lot": "LOT-0001", "serial": SERIAL, "first_g": 1, "last_g": 250_000}],
    }
    assert rfc8785.dumps(record) == records.write(_id(0), AT, ATTRIBUTION)
    return side_by_side(
        "ledger: record written (bare rfc8785)",
        lambda: records.write(_id(0), AT, ATTRIBUTION),
        lambda: rfc8785.dumps(record),
        unit="records/CPU-s",
        calls=100,
    )


# ── a million records in a database ────────────────────────────────────────────────────────────


def _of_a_million(app: Flask) -> list[Figure]:
    folder = Path(app.config["PORTAL"].instance)
    with app.app_context():
        _fill(folder / "portal.sqlite")
        export = folder / "log.jsonl"
        figures = [*_exported(export), _audited(export), _proved()]
        head = log.latest_checkpoint()
        assert head is not None
        (folder / "head.txt").write_text(head.note)
        (folder / "keys.txt").write_text(checkpoint.write_keys(signer().trusted))
    return [*figures, _verified(export, folder)]


def _fill(database: Path) -> None:
    """The rows that a million imports leave in the log, and a signed checkpoint every thousand records."""
    bodies = [_imported(n) for n in range(MILLION)]
    leaves = [merkle.leaf_hash(body) for body in bodies]
    tree = {(level, idx): digest for level, idx, digest in merkle.append(0, leaves, lambda level, idx: b"")}
    hand = signer()
    heads = [
        checkpoint.Checkpoint(hand.origin, size, merkle.root(size, lambda level, idx: tree[level, idx]))
        for size in range(1_000, MILLION + 1, 1_000)
    ]
    keys = [checkpoint.private_key(seed) for seed in hand.seeds]
    at = "2026-11-22T08:30:00.000000Z"
    ids = [_id(n) for n in range(MILLION)]
    with closing(sqlite3.connect(database)) as books, books:
        books.executemany(
            "INSERT INTO record (id, kind, subject_id, body, at) VALUES (?, 'batch.imported', ?, ?, ?)",
            ((ids[n], ids[n], body.decode(), at) for n, body in enumerate(bodies)),
        )
        books.executemany(
            "INSERT INTO entry (idx, record_id, leaf_hash) VALUES (?, ?, ?)",
            ((n, ids[n], leaf) for n, leaf in enumerate(leaves)),
        )
        books.executemany(
            "INSERT INTO node (level, idx, hash) VALUES (?, ?, ?)",
            ((level, idx, digest) for (level, idx), digest in tree.items()),
        )
        books.executemany(
            "INSERT INTO checkpoint (size, root, note, at) VALUES (?, ?, ?, ?)",
            ((head.size, head.root, checkpoint.sign(head, keys), at) for head in heads),
        )


def _exported(file: Path) -> list[Figure]:
    """The export, and the memory it takes beside that of a log a hundred times shorter."""

    def export(size: int) -> int:
        tracemalloc.start()
        with open(file, "w", encoding="utf-8", newline="\n") as out:
            out.writelines(log.export(size))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    short, whole = export(MILLION // 100), export(MILLION)
    start = time.thread_time()
    with open(file, "w", encoding="utf-8", newline="\n") as out:
        out.writelines(log.export(MILLION))
    seconds = time.thread_time() - start
    return [
        figure("ledger: export, peak memory (of 10,000 records)", value=whole / 2**20, baseline=short / 2**20,
               ratio=short / whole, unit="MiB", seconds=[0.0], n=1),
        figure("ledger: export of 1,000,000 records", value=MILLION / seconds, baseline=0.0, ratio=0.0,
               unit="records/CPU-s", seconds=[seconds], n=1),
    ]  # fmt: skip


def _audited(export: Path) -> Figure:
    """``ledger verify``, all five checks, beside hashing the same bytes: in turns, seconds of the clock."""

    def whole() -> None:
        db.session.remove()
        assert not list(audit.faults())

    pairs = [(_clocked(whole), _clocked(lambda: _only_hash(export))) for _ in range(3)]
    mine, floor = ([pair[side] for pair in pairs] for side in (0, 1))
    return figure(
        "ledger: verify, 1,000,000 entries (only hashing)", value=median(mine), baseline=median(floor),
        ratio=median(b / a for a, b in pairs), unit="s", seconds=mine, n=3,
    )  # fmt: skip


def _proved() -> Figure:
    """An inclusion proof from the database of a million, beside reading one row of it."""
    places = [MILLION // 3 + 7_919 * n for n in range(60)]
    turn = iter(range(10**9))

    def prove() -> None:
        log.inclusion(places[next(turn) % 60], MILLION)

    return side_by_side(
        "ledger: inclusion proof of 1,000,000 (one row)", prove, lambda: log.entries(5, 6),
        unit="proofs/CPU-s", calls=20, rounds=20,
    )  # fmt: skip


def _verified(export: Path, folder: Path) -> Figure:
    """``verify_certificate.py --log``, a process of its own, beside a loop that only hashes the lines."""
    program = [sys.executable, "-I", str(verifiers.FOLDER / verifiers.PYTHON), "--log", str(export)]
    program += ["--checkpoint", str(folder / "head.txt"), "--keys", str(folder / "keys.txt")]
    loop = [sys.executable, "-I", "-c", LOOP, str(export)]

    def timed(command: list[str]) -> float:
        return _clocked(lambda: subprocess.run(command, check=True, capture_output=True))

    pairs = [(timed(program), timed(loop)) for _ in range(5)]
    mine, floor = ([pair[side] for pair in pairs] for side in (0, 1))
    return figure(
        "ledger: one-file verifier, 1,000,000 (loop that hashes)", value=MILLION / median(mine),
        baseline=MILLION / median(floor), ratio=median(b / a for a, b in pairs), unit="records/s",
        seconds=mine, n=5,
    )  # fmt: skip


LOOP = r"""
import sys
from hashlib import sha256
with open(sys.argv[1], "rb") as file:
    for line in file:
        sha256(b"\0" + line[:-1]).digest()
"""


def _only_hash(export: Path) -> None:
    with open(export, "rb") as file:
        for line in file:
            sha256(b"\0" + line[:-1]).digest()


def _clocked(call: Callable[[], object]) -> float:
    """Seconds of the clock."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _imported(n: int) -> bytes:
    return IMPORTED.replace(_id(0).encode(), _id(n).encode())


def _id(n: int) -> str:
    return f"rec_01JCZ00000000000000{n:07d}"


def _body(n: int, template: bytes = records.write(_id(0), AT, ATTRIBUTION)) -> bytes:
    return template.replace(_id(0).encode(), _id(n).encode())


IMPORTED = records.write(
    _id(0), AT,
    records.BatchImported("verra", "0" * 64, (records.ImportedSerial(SERIAL, 4, False),), 1, 1, True),
)  # fmt: skip

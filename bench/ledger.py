"""The transparency log: hashing every record again, proving one, checking a proof, writing a record."""

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bench.measure import Figure, side_by_side
from portal.registry.rules import checkpoint, merkle, records

RECORDS = 200_000
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
    return [_rehash(bodies), *_proofs(bodies), _write()]


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


def _id(n: int) -> str:
    return f"rec_01JCZ0000000000000000{n:05d}"


def _body(n: int, template: bytes = records.write(_id(0), AT, ATTRIBUTION)) -> bytes:
    return template.replace(_id(0).encode(), f"rec_01JCZ000000000000000{n:06d}".encode())

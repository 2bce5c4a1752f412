"""The log as static files: a client that knows only C2SP tlog-tiles reads it and finds the signed root."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask, current_app

from portal.db import db
from portal.registry.jobs import sequence_and_sign, signer
from portal.registry.queries import log
from portal.registry.rules import checkpoint, merkle
from portal.registry.rules.tiles import Tile
from tests.browser import Browser
from tests.factories.registry import hold, make_lot, retire

# --- a client of its own


def records_in(bundle: bytes) -> Iterator[bytes]:
    """Each after its length, in two bytes."""
    at = 0
    while at < len(bundle):
        start = at + 2
        at = start + int.from_bytes(bundle[at:start], "big")
        yield bundle[start:at]


def root_from(read: Callable[[str], bytes], size: int) -> bytes:
    """The root of the log, from its bundles and, separately, from its tiles of hashes."""
    leaves = [
        merkle.leaf_hash(record)
        for n in range(0, size, 256)
        for record in records_in(read(Tile(None, n // 256, min(256, size - n)).path))
    ]

    def node(level: int, idx: int) -> bytes:
        row, inside = divmod(level, 8)
        first = idx << inside  # its leftmost descendant in the tile's row
        width = min(256, (size >> (8 * row)) - first // 256 * 256)
        tile = read(Tile(row, first // 256, width).path)
        at = first % 256
        return merkle.root_of(tile[32 * n : 32 * n + 32] for n in range(at, at + (1 << inside)))

    from_tiles = merkle.root(size, node)
    assert merkle.root_of(leaves) == from_tiles
    return from_tiles


@pytest.fixture
def grown(app: Flask) -> Flask:
    """A log of some hundred records, so that there is more than one tile."""
    make_lot(10)
    for _ in range(260):
        retire(hold(1))
    sequence_and_sign()
    return app


def test_the_log_is_read_from_its_tiles(grown: Flask, tmp_path: Path):
    client = grown.test_client()

    def served(path: str) -> bytes:
        answer = client.get(f"/log/tile/{path}")
        assert answer.status_code == 200, path
        assert answer.mimetype == "application/octet-stream"
        assert "immutable" in answer.headers["Cache-Control"]
        return answer.data

    hand = signer()
    head = checkpoint.verify(client.get("/log/checkpoint").text, hand.origin, hand.trusted)
    assert head.size == 261
    assert root_from(served, head.size) == head.root
    for missing in ("0/001.p/6", "0/002", "1/000.p/2", "entries/001.p/6", "nonsense"):
        assert client.get(f"/log/tile/{missing}").status_code == 404

    folder = tmp_path / "static"
    for _ in range(2):  # a second time there is nothing to write
        db.session.remove()
        done = current_app.test_cli_runner().invoke(args=["ledger", "publish", str(folder)])
        assert done.exit_code == 0, done.output
    assert done.output.startswith("0 files written")
    assert root_from(lambda path: (folder / "tile" / path).read_bytes(), head.size) == head.root
    assert (folder / "checkpoint").read_text() == client.get("/log/checkpoint").text


def test_the_export_is_every_record_byte_for_byte(grown: Flask, browser: Browser, tmp_path: Path):
    answer = browser.client.get("/log/export.jsonl")
    lines = answer.data.split(b"\n")
    assert lines.pop() == b""
    head = log.latest_checkpoint()
    assert head is not None
    assert (len(lines), merkle.root_of(map(merkle.leaf_hash, lines))) == (head.size, head.root)
    file = tmp_path / "log.jsonl"
    db.session.remove()
    assert current_app.test_cli_runner().invoke(args=["ledger", "export", str(file)]).exit_code == 0
    assert file.read_bytes() == answer.data
    assert file.with_suffix(".checkpoint").read_text() == head.note

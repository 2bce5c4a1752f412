"""The transparency log under many hands: writers, sequencers and signers at once."""

from collections.abc import Callable
from hashlib import sha256
from threading import Lock

import pytest
from flask import Flask
from sqlalchemy import select, text

from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor
from portal.kernel.ids import new_id
from portal.registry import jobs as registry
from portal.registry.commands import log
from portal.registry.models import Checkpoint, Entry, Pending, Record
from portal.registry.queries import log as read
from portal.registry.queries import verify
from portal.registry.rules import checkpoint, merkle
from portal.registry.rules.records import Reversal
from portal.registry.signer_gateway import Signer
from tests.races.threads import at_once

ACTOR = Actor.system("tests")
WRITERS, SEQUENCERS, EACH = 8, 4, 25
KEYS = "SELECT conname FROM pg_constraint WHERE conrelid = CAST(:table AS regclass) AND contype IN ('p', 'u')"


def write(number: int) -> None:
    retirement = new_id("ret")
    with transaction():
        log.record(Reversal(retirement, 1000 + number, "refunded"), retirement, clock.now())


def write_and_sequence(app: Flask, sequence: Callable[[], object]) -> list[object]:
    """Writers write; what a worker does again and again is done beside them, until nothing is left to do."""
    finished: list[int] = []

    def work(number: int) -> None:
        if number < WRITERS:
            for _ in range(EACH):
                write(number)
            finished.append(number)
            return
        while len(finished) < WRITERS or read.waiting():
            sequence()
            db.session.rollback()

    return list(at_once(app, WRITERS + SEQUENCERS, work))


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every note that left any signer, in the order in which they were signed."""
    notes: list[str] = []
    guard, sign = Lock(), Signer.sign

    def kept(self: Signer, *given: object) -> str:
        note = sign(self, *given)  # type: ignore[arg-type]
        with guard:
            notes.append(note)
        return note

    monkeypatch.setattr(Signer, "sign", kept)
    return notes


def test_every_record_has_one_place_and_every_head_is_of_one_log(any_app: Flask, signed: list[str]) -> None:
    """Eight writers, four workers that each sequence and sign: no gap, no twin, no fork, nothing left."""
    results = write_and_sequence(any_app, registry.sequence_and_sign)
    assert results == [None] * (WRITERS + SEQUENCERS)
    registry.sequence_and_sign()
    placed = list(db.session.scalars(select(Entry.idx).order_by(Entry.idx)))
    assert placed == list(range(WRITERS * EACH))
    records = set(db.session.scalars(select(Record.id)))
    assert set(db.session.scalars(select(Entry.record_id))) == records
    assert db.session.scalars(select(Pending.seq)).all() == []
    hand = registry.signer()
    assert list(verify.bodies()) == list(verify.checkpoints(hand.origin, [hand.public_key])) == []
    heads = {head.size: head.root for head in db.session.scalars(select(Checkpoint))}
    assert max(heads) == len(placed)
    # Not only what was kept, but everything that was ever signed is a beginning of this one log.
    told = [checkpoint.verify(note, hand.origin, [hand.public_key]) for note in signed]
    assert len(told) >= len(heads)
    for head in told:
        assert head.root == read.root_at(head.size)


def test_without_its_lock_the_sequencer_forks_the_log(pg_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: no lock among sequencers, no keys on their tables. Places are given out twice."""
    monkeypatch.setattr(log, "alone", lambda session, task: None)
    with transaction() as session:
        for table in ("entry", "node"):
            for name in session.scalars(text(KEYS), {"table": table}).all():
                session.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))
    for _ in range(5):
        write_and_sequence(pg_app, lambda: log.sequence(ACTOR))
        db.session.rollback()
        placed = list(db.session.scalars(select(Entry.idx)))
        if len(placed) != len(set(placed)):
            return
    pytest.fail("the control never gave one place to two records")


def test_two_signers_never_sign_two_histories(any_app: Flask) -> None:
    """Two logs of one name that differ in a record: whoever asks second is refused, whichever that is."""
    hand = registry.signer()
    leaves = [sha256(bytes([n])).digest() for n in range(8)]
    roots = {"one": merkle_root(leaves), "other": merkle_root([*leaves[:7], sha256(b"edited").digest()])}

    def sign(number: int) -> str:
        root = roots["one" if number % 2 else "other"]
        hand.sign(checkpoint.Checkpoint(hand.origin, 8, root), [])
        return root.hex()

    results = at_once(any_app, 8, sign)
    assert len({each for each in results if isinstance(each, str)}) == 1
    refused = [each for each in results if not isinstance(each, str)]
    assert len(refused) == 4
    assert {type(each) for each in refused} == {checkpoint.LogForked}


def merkle_root(leaves: list[bytes]) -> bytes:
    nodes = {(level, idx): digest for level, idx, digest in merkle.append(0, leaves, lambda level, idx: b"")}
    return merkle.root(len(leaves), lambda level, idx: nodes[level, idx])

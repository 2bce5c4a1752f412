"""The audit of the ledger: what it says, with which exit code, and what it stops."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask, current_app
from sqlalchemy import text, update
from sqlalchemy.exc import OperationalError

from portal.db import db, transaction
from portal.kernel import clock
from portal.registry.jobs import sequence_and_sign, signer
from portal.registry.models import Checkpoint, Entry, Node
from portal.registry.queries import log, standing
from portal.registry.queries.standing import Audit
from portal.registry.rules import checkpoint, merkle
from portal.registry.rules.errors import SellingStopped
from tests.browser import Browser
from tests.factories.guards import without_guards
from tests.factories.registry import hold, make_lot, retire
from tests.ops.test_health import old_backup

pytestmark = pytest.mark.usefixtures("any_app")


@pytest.fixture
def sold(any_app: Flask) -> None:
    """A lot of which a part is retired, all of it in the signed log."""
    make_lot()
    retire(hold(250))
    sequence_and_sign()


def verify(*arguments: str) -> Result:
    db.session.remove()
    return current_app.test_cli_runner().invoke(args=["ledger", "verify", *arguments])


def tamper(statement: str) -> None:
    with transaction() as session:
        without_guards(session)
        session.execute(text(statement))


@pytest.mark.usefixtures("sold")
def test_a_true_ledger_passes():
    done = verify()
    assert done.exit_code == 0, done.output
    assert "All five checks hold" in done.output
    assert json.loads(verify("--json").output) == {"ok": True, "faults": []}
    assert not standing.is_stopped()


def test_an_empty_ledger_passes():
    assert verify().exit_code == 0


TAMPERING = [
    (
        "UPDATE record SET body = replace(body, '250000', '250001') WHERE kind = 'attribution'",
        "bodies",
        "entry 1",
    ),
    ("UPDATE checkpoint SET note = replace(note, 'portal', 'Portal')", "checkpoints", "checkpoint 2"),
    ("UPDATE block SET end_g = end_g - 1 WHERE state = 'retired'", "tables", "block blk_"),
    (
        "UPDATE block SET account_id = (SELECT id FROM account WHERE kind = 'developer') "
        "WHERE state = 'held'",
        "tables",
        "block blk_",
    ),
    ("UPDATE pool_lot SET retired_on = '2024-01-01'", "tables", "lot LOT-A"),
    ("UPDATE retirement SET holder = 'somebody else'", "tables", "retirement ret_"),
    ("UPDATE pool_lot SET free_g = free_g - 1", "source", "lot LOT-A"),
]


@pytest.mark.usefixtures("sold")
@pytest.mark.parametrize(("statement", "check", "row"), TAMPERING)
def test_the_first_wrong_row_is_named_and_selling_stops(statement: str, check: str, row: str):
    tamper(statement)
    done = verify()
    assert done.exit_code == 1
    assert f"{check}: {row}" in done.output
    assert "Selling is stopped." in done.output
    with pytest.raises(SellingStopped):
        hold(10)


@pytest.mark.usefixtures("sold")
def test_faults_are_given_to_programs():
    tamper("UPDATE pool_lot SET free_g = free_g - 1")
    done = verify("--json")
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert said["ok"] is False
    assert [(fault["check"], fault["row"]) for fault in said["faults"]] == [("source", "lot LOT-A")]


@pytest.mark.usefixtures("sold")
def test_selling_goes_on_when_the_fault_is_explained(any_app: Flask):
    tamper("UPDATE pool_lot SET free_g = free_g - 1")
    assert verify().exit_code == 1
    browser = Browser(any_app.test_client())
    assert "Selling has stopped." in browser.open("/en/projects").text
    assert "已暂停销售。" in browser.open("/zh/projects").text
    tamper("UPDATE pool_lot SET free_g = free_g + 1")
    assert verify().exit_code == 0
    assert "Selling has stopped." not in browser.open("/en/projects").text
    hold(10)


def test_what_cannot_be_checked_is_no_pass():
    tamper("DROP TABLE node")
    done = verify()
    assert done.exit_code == 2
    assert "could not check" in done.output


# --- a checkpoint that somebody else has kept


@pytest.fixture
def kept(sold: None, tmp_path: Path) -> Path:
    """A signed checkpoint, kept elsewhere."""
    head = log.latest_checkpoint()
    assert head is not None
    file = tmp_path / "checkpoint.txt"
    file.write_text(head.note)
    return file


def test_the_log_continues_a_checkpoint_kept_elsewhere(kept: Path):
    assert verify("--checkpoint", str(kept)).exit_code == 0
    retire(hold(100))
    sequence_and_sign()
    assert verify("--checkpoint", str(kept)).exit_code == 0


def test_a_forged_checkpoint_is_not_trusted(kept: Path):
    kept.write_text(kept.read_text().replace("\n2\n", "\n3\n"))
    done = verify("--checkpoint", str(kept))
    assert done.exit_code == 1
    assert "cannot be trusted" in done.output


@pytest.mark.parametrize("any_url", ["sqlite"], indirect=True)
def test_a_log_that_was_shortened_is_found_by_whoever_kept_a_checkpoint(sold: None, tmp_path: Path):
    old_backup(tmp_path)
    note = tmp_path / "published.txt"
    note.write_text(signer().memory.read_text())
    done = verify()
    assert done.exit_code == 1
    assert "this database is behind it" in done.output
    signer().memory.unlink()  # and the signer was made to forget
    assert verify().exit_code == 0
    done = verify("--checkpoint", str(note))
    assert done.exit_code == 1
    assert "the log has only 2 entries" in done.output


def test_another_history_is_found(kept: Path):
    """Somebody rewrites the log from its first entry on and has it signed afresh."""
    tamper("UPDATE record SET body = replace(body, 'LOT-A', 'LOT-B') WHERE kind = 'lot.opened'")
    assert verify("--checkpoint", str(kept)).exit_code == 1


@pytest.mark.usefixtures("sold")
def test_a_consistent_rewrite_is_caught_by_whoever_kept_a_checkpoint(kept: Path):
    """An insider with the log's key changes a record and everything that follows from it."""
    tamper("UPDATE record SET body = replace(body, 'RET-1-LOT-A', 'RET-2-LOT-A')")
    tamper("UPDATE pool_lot SET retirement_reference = 'RET-2-LOT-A'")
    rewrite_history()
    assert verify().exit_code == 0  # everything fits again
    done = verify("--checkpoint", str(kept))
    assert done.exit_code == 1
    assert "checkpoints: checkpoint 2: is of another history" in done.output


def rewrite_history() -> None:
    """Leaves, nodes and checkpoint as they would be had the records always been what they are now."""
    leaves = [merkle.leaf_hash(entry.body.encode()) for entry in log.entries(0, log.size())]
    nodes = merkle.append(0, leaves, lambda level, idx: b"")
    hand, tree = signer(), {(level, idx): digest for level, idx, digest in nodes}
    root = merkle.root(len(leaves), lambda level, idx: tree[level, idx])
    head = checkpoint.Checkpoint(hand.origin, len(leaves), root)
    note = checkpoint.sign(head, [checkpoint.private_key(seed) for seed in hand.seeds])
    with transaction() as session:
        for idx, leaf in enumerate(leaves):
            session.execute(update(Entry).where(Entry.idx == idx).values(leaf_hash=leaf))
        for level, idx, digest in nodes:
            session.execute(update(Node).where(Node.level == level, Node.idx == idx).values(hash=digest))
        session.execute(update(Checkpoint).where(Checkpoint.size == head.size).values(root=root, note=note))
    hand.memory.write_text(note)


# --- what every page asks


def test_pages_ask_once_in_two_seconds(any_app: Flask, monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr(standing, "last_audit", lambda: asked.append(True))
    standing.forget()
    client = any_app.test_client()
    for _ in range(5):
        client.get("/en/about")
    assert len(asked) == 1


def test_while_the_database_is_away_the_last_answer_stands(monkeypatch: pytest.MonkeyPatch):
    def away() -> None:
        raise OperationalError("SELECT", {}, Exception("connection lost"))

    for stopped in (True, False):
        standing.forget()
        monkeypatch.setattr(standing, "last_audit", lambda ok=not stopped: Audit(clock.now(), ok, []))
        assert standing.is_stopped() is stopped
        monkeypatch.setattr(standing, "last_audit", away)
        monkeypatch.setattr(standing, "KEPT_SECONDS", -1)
        assert standing.is_stopped() is stopped

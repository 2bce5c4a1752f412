"""Witnesses and keys: signatures of others beside the log's own, and a key that is changed without a gap."""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask, current_app

from portal.config import Config
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.ops import audit
from portal.registry.commands import witnesses as watch
from portal.registry.jobs import sequence_and_sign, signer
from portal.registry.queries import log
from portal.registry.queries.witnesses import lines_under, witnesses
from portal.registry.rules import checkpoint
from portal.registry.rules.checkpoint import COSIGNATURE, NotACheckpoint
from portal.registry.rules.errors import BadCosignature, UnknownRecord, UnknownWitness, WitnessTaken
from tests.browser import Browser
from tests.conftest import portal_on, sqlite_copy
from tests.factories.registry import GUEST, STAFF, hold, make_lot, retire
from tests.factories.witnesses import KEY, NAME, SECRET, a_witness, head, now_s, signed_line


def test_a_cosignature_is_over_the_time_and_the_text():
    """Byte for byte as C2SP tlog-cosignature says, computed here by hand."""
    text = "portal.example/log\n1\n" + b64encode(bytes(32)).decode() + "\n"
    note = checkpoint.sign(checkpoint.read_text(text), [checkpoint.private_key(bytes(32))])
    line = checkpoint.cosign(note, NAME, SECRET, 1_679_315_147)
    signature = SECRET.sign(b"cosignature/v1\ntime 1679315147\n" + text.encode())
    key_id = sha256(NAME.encode() + b"\n\x04" + SECRET.public_key().public_bytes_raw()).digest()[:4]
    stamped = key_id + (1_679_315_147).to_bytes(8, "big") + signature
    assert line == f"— {NAME} {b64encode(stamped).decode()}\n"
    assert checkpoint.cosigned_at(note, line, checkpoint.read_public_key(KEY, COSIGNATURE)) == 1_679_315_147


@pytest.fixture
def watched(any_app: Flask) -> Flask:
    make_lot()
    a_witness()
    return any_app


def test_a_signature_of_a_witness_is_kept_and_shown(watched: Flask):
    line = signed_line()
    client = watched.test_client()
    sent = {"size": head().size, "line": line}
    for _ in range(2):  # the same line twice is once
        answer = client.post("/api/v1/log/cosignatures", json=sent, headers={"Idempotency-Key": "a-key-0001"})
        assert (answer.status_code, answer.json) == (201, {"witness": NAME, "size": head().size})
    assert lines_under(head().size) == [line]
    published = client.get("/log/checkpoint").text
    assert published == head().note + line
    hand = signer()
    assert checkpoint.verify(published, hand.origin, hand.trusted).size == head().size
    (shown,) = client.get("/api/v1/log/witnesses").json["items"]
    assert (shown["name"], shown["size"]) == (NAME, head().size)
    assert f"witness {KEY}" in client.get("/log/keys.txt").text
    browser = Browser(client)
    assert "某大学" in browser.open("/zh/log").main
    assert "A university" in browser.open("/en/log").main
    assert list(audit.faults()) == []


def test_what_is_no_signature_of_a_witness_is_refused(watched: Flask):
    other = Ed25519PrivateKey.from_private_bytes(bytes([8] * 32))
    note, size, now = head().note, head().size, clock.now()
    good = checkpoint.cosign(note, NAME, SECRET, now_s())
    name = good.split(" ")[1]
    refused = {
        checkpoint.cosign(note, NAME, other, now_s()): BadCosignature,  # another key under this name
        checkpoint.cosign(note, "nobody.example/w", SECRET, now_s()): UnknownWitness,
        checkpoint.cosign(note.replace("\n2\n", "\n1\n"), NAME, SECRET, now_s()): BadCosignature,
        checkpoint.cosign(note, NAME, SECRET, now_s() + 86_400): BadCosignature,  # tomorrow
        checkpoint.cosign(note, NAME, SECRET, 0): BadCosignature,
        f"— {name} AAAA": BadCosignature,
        "nonsense": UnknownWitness,
    }
    for line, error in refused.items():
        with pytest.raises(error):
            watch.cosign(GUEST, size, line, now)
    with pytest.raises(BadCosignature):
        watch.cosign(GUEST, size + 1, good, now)
    assert lines_under(size) == []


def test_a_witness_joins_and_leaves_on_record(watched: Flask):
    with pytest.raises(WitnessTaken):
        watch.add(STAFF, KEY, Bilingual("", ""), clock.now())
    with pytest.raises(NotAllowed):
        watch.add(GUEST, KEY, Bilingual("", ""), clock.now())
    with pytest.raises(NotACheckpoint):
        watch.add(
            STAFF, signer().public_key.text, Bilingual("", ""), clock.now()
        )  # the log's own kind of key
    (witness,) = witnesses()
    watch.leave(STAFF, witness.id, clock.now())
    with pytest.raises(UnknownWitness):
        watch.leave(STAFF, witness.id, clock.now())
    with pytest.raises(UnknownWitness):
        watch.cosign(GUEST, head().size, signed_line(), clock.now())
    sequence_and_sign()
    kinds = [entry.kind for entry in log.entries(0, log.size())]
    assert kinds.count("witness") == 2


def test_signatures_come_by_command_too(watched: Flask, tmp_path: Path):
    file = tmp_path / "head.txt"
    file.write_text(head().note + signed_line())
    db.session.remove()
    run = current_app.test_cli_runner()
    done = run.invoke(args=["ledger", "cosign", str(file)])
    assert done.exit_code == 0, done.output
    assert "1 signatures under the checkpoint" in done.output
    assert f"signed {head().size}" in run.invoke(args=["ledger", "witness", "list"]).output
    file.write_text("nonsense")
    assert run.invoke(args=["ledger", "cosign", str(file)]).exit_code == 1


def test_a_correction_leaves_the_record_as_it_is(watched: Flask):
    entry = log.entries(0, 1)[0]
    for _ in range(2):
        watch.correct(STAFF, entry.record_id, "wrong_vintage", "0" * 64, clock.now())
    sequence_and_sign()
    assert log.entries(0, 1)[0].body == entry.body
    newest = log.entries(log.size() - 1, log.size())[0]
    assert newest.kind == "correction"
    assert entry.record_id in newest.body
    assert [e.kind for e in log.entries(0, log.size())].count("correction") == 1
    with pytest.raises(UnknownRecord):
        watch.correct(STAFF, "rec_00000000000000000000000000", "wrong_vintage", "0" * 64, clock.now())
    with pytest.raises(NotAllowed):
        watch.correct(Actor.guest(), entry.record_id, "wrong_vintage", "0" * 64, clock.now())


# --- the log's own key


def test_the_key_is_changed_without_a_gap(tmp_path: Path):
    """Old key alone, both, the new one alone; at the end every checkpoint still verifies."""
    url = sqlite_copy(tmp_path)
    old, new = bytes(32), bytes([1] * 32)
    with portal_on(url, tmp_path, checkpoint_seed=old):
        make_lot()
        sequence_and_sign()
        old_key = signer().public_key
    with portal_on(url, tmp_path, checkpoint_seed=new, checkpoint_old_seeds=(old,)):
        retire(hold(1))
        sequence_and_sign()
        both, new_key = head(), signer().public_key
        for key in (old_key, new_key):  # whoever knows only one of them can check
            assert checkpoint.verify(both.note, old_key.name, [key]).size == both.size
        assert list(audit.faults()) == []
    past = replace(old_key, until=both.size)
    with portal_on(url, tmp_path, checkpoint_seed=new, checkpoint_past_keys=(past.line,)) as app:
        retire(hold(1))
        sequence_and_sign()
        assert list(audit.faults()) == []
        with pytest.raises(NotACheckpoint):
            checkpoint.verify(head().note, old_key.name, [old_key])
        # Whoever stole the old key cannot go on with it.
        forged = checkpoint.sign(
            checkpoint.Checkpoint(old_key.name, both.size + 5, bytes(32)), [checkpoint.private_key(old)]
        )
        with pytest.raises(NotACheckpoint):
            checkpoint.verify(forged, old_key.name, signer().trusted)
        assert past.line in app.test_client().get("/log/keys.txt").text
    with portal_on(url, tmp_path, checkpoint_seed=new):  # the past key was forgotten: it shows
        assert "no key we trust has signed it" in next(audit.faults()).what


def test_the_command_says_with_how_many_keys_the_newest_checkpoint_is_signed(tmp_path: Path):
    """A log that has not grown is not signed again: the command does not say that it was."""
    url = sqlite_copy(tmp_path)
    old, new = bytes(32), bytes([1] * 32)

    def said(app: Flask) -> str:
        return app.test_cli_runner().invoke(args=["ledger", "checkpoint"]).output

    with portal_on(url, tmp_path, checkpoint_seed=old) as app:
        assert said(app) == "0 records placed, 0 in the log, nothing to sign.\n"
        make_lot()
        assert said(app).endswith("in the log, signed.\n")
    with portal_on(url, tmp_path, checkpoint_seed=new, checkpoint_old_seeds=(old,)) as app:
        before = head()
        assert "signed with 1 of 2 keys" in said(app)
        assert head() == before
        retire(hold(1))
        assert said(app).endswith("signed with all 2 keys.\n")
        assert checkpoint.signers(head().note, signer().signing) == [*signer().signing]
        stranger = replace(signer().public_key, key=bytes(32))
        assert checkpoint.signers(head().note, [stranger]) == []


def test_keys_come_from_the_environment(tmp_path: Path):
    seeds = ",".join(b64encode(bytes([n] * 32)).decode() for n in (1, 2))
    line = "portal.test/log+00000000+AAAA until 7"
    config = Config.from_env(
        {"INSTANCE_DIR": str(tmp_path), "CHECKPOINT_KEY": seeds, "CHECKPOINT_PAST_KEYS": f" {line} ,"}
    )
    assert (config.checkpoint_seed, config.checkpoint_old_seeds) == (bytes([1] * 32), (bytes([2] * 32),))
    assert config.checkpoint_past_keys == (line,)


def test_the_time_of_a_witness_may_be_a_little_ahead(watched: Flask):
    ahead = int((clock.now() + timedelta(minutes=5)).timestamp())
    watch.cosign(GUEST, head().size, checkpoint.cosign(head().note, NAME, SECRET, ahead), clock.now())
    assert len(lines_under(head().size)) == 1


def test_staff_add_a_witness_and_keep_what_came_by_letter(app: Flask, browser: Browser):
    make_lot()
    sequence_and_sign()
    staff = browser
    app.extensions["portal.person"] = lambda: Actor("usr_staff", frozenset({Role.REGISTRY}))
    page = staff.open("/en/desk/log").fill("Public key of the witness", "nonsense")
    assert page.submit("Add the witness", expect=422).errors
    page = (
        staff.open("/zh/desk/log").fill("见证方的公钥", KEY).fill("中文名称", "某大学").submit("添加见证方")
    )
    assert "某大学" in page.main
    signed = head().note + signed_line()
    page = staff.open("/en/desk/log").fill("Checkpoint with the witnesses’ lines", signed)
    assert f"Signatures kept: {NAME}." in page.submit("Keep the signatures").main
    assert len(lines_under(head().size)) == 1
    assert "has left" in staff.open("/en/desk/log").submit("Take no more signatures").main

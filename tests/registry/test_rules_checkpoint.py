"""Checkpoints and proofs: the published examples verify, and every bent byte is noticed."""

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.registry.rules import checkpoint as cp
from portal.registry.rules import merkle
from portal.registry.rules.checkpoint import Checkpoint, LogForked, LogProof, NotACheckpoint, NotAProof

ORIGIN = "portal.example/log"
KEY, NEW_KEY, STRANGER = (cp.private_key(bytes([n]) * 32) for n in (1, 2, 3))
PUBLIC, NEW_PUBLIC = cp.public_key(ORIGIN, KEY), cp.public_key(ORIGIN, NEW_KEY)

BODIES = [b"record %d" % n for n in range(13)]
LEAVES = [merkle.leaf_hash(body) for body in BODIES]
NODES = {(level, idx): digest for level, idx, digest in merkle.append(0, LEAVES, lambda level, idx: b"")}


def node(level: int, idx: int) -> bytes:
    return NODES[level, idx]


def head(size: int) -> Checkpoint:
    return Checkpoint(ORIGIN, size, merkle.root(size, node))


def proof_of(idx: int, size: int) -> LogProof:
    return LogProof(idx, tuple(merkle.inclusion_proof(idx, size, node)), cp.sign(head(size), [KEY]))


# ── against what others published ──────────────────────────────────────────────────────────────

# The worked example of golang.org/x/mod/sumdb/note (BSD-3-Clause), an implementation that is not ours.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyB"
    "wJnAM=\n"
)


def test_a_note_signed_by_another_implementation_verifies() -> None:
    key = cp.read_public_key(GO_KEY)
    assert key.id.hex() == "c74f20a3"
    text, (line,) = cp.read_note(GO_NOTE)
    assert line.key_id == key.id
    assert cp._is_signed(text, line, key)
    assert not cp._is_signed(text.replace("your", "our"), line, key)


def test_the_text_of_a_checkpoint_is_the_one_of_the_specification() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert cp.read_text(text).size == 20_852_163
    assert cp.read_text(text).text == text


# ── signing and reading ────────────────────────────────────────────────────────────────────────


def test_a_signed_checkpoint_reads_back() -> None:
    assert cp.verify(cp.sign(head(7), [KEY]), ORIGIN, [PUBLIC]) == head(7)


def test_while_the_key_is_changed_old_and_new_readers_both_accept() -> None:
    note = cp.sign(head(7), [KEY, NEW_KEY])
    assert cp.verify(note, ORIGIN, [PUBLIC]) == cp.verify(note, ORIGIN, [NEW_PUBLIC]) == head(7)
    old_note = cp.sign(head(7), [KEY])
    assert cp.verify(old_note, ORIGIN, [NEW_PUBLIC, PUBLIC]) == head(7), "old certificates verify"


def test_lines_of_unknown_keys_and_of_later_algorithms_are_let_pass() -> None:
    note = cp.sign(head(7), [STRANGER, KEY])
    note += cp.SignatureLine("witness.example", b"abcd", bytes(2420)).text
    assert cp.verify(note, ORIGIN, [PUBLIC]) == head(7)


@given(st.data())
def test_any_bent_character_of_a_note_is_noticed(data: st.DataObject) -> None:
    note = cp.sign(head(7), [KEY])
    at = data.draw(st.integers(0, len(note) - 1))
    bent = note[:at] + data.draw(st.characters(exclude_categories=["Cs"])) + note[at + 1 :]
    if bent != note:
        with pytest.raises(NotACheckpoint):
            cp.verify(bent, ORIGIN, [PUBLIC])


@given(st.text() | st.text(alphabet="— \n\r+0aA="))
def test_any_text_is_answered_by_name(text: str) -> None:
    for read in (cp.read_text, cp.read_note, cp.read_public_key):
        with pytest.raises(NotACheckpoint):
            read(text)
    with pytest.raises(NotAProof):
        cp.read_proof(text)


NOTE = cp.sign(head(7), [KEY])


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (cp.sign(head(7), [STRANGER]), "no key we trust"),
        (cp.sign(Checkpoint("other.example/log", 7, bytes(32)), [KEY]), "no key we trust"),
        (NOTE.replace("\n7\n", "\n07\n"), "a signature is wrong"),
        (NOTE[:-1], "no signature"),
        (NOTE.replace("\n", "\r\n"), "control characters"),
        (NOTE + NOTE.splitlines()[-1] + "=\n", "a signature line"),
        (NOTE + NOTE.rpartition("\n\n")[2] * 32, "no signature"),
        (head(7).text, "no signature"),
        (NOTE + " " * 600_000, "too long"),
    ],
    ids=range(9),
)
def test_a_note_is_refused_and_says_why(note: str, why: str) -> None:
    with pytest.raises(NotACheckpoint) as refusal:
        cp.verify(note, ORIGIN, [PUBLIC])
    assert why in str(refusal.value.params["why"])


def test_a_witness_alone_cannot_vouch_for_the_log() -> None:
    witness = cp.public_key("witness.example", STRANGER)
    line = cp._signed(head(7).text, witness, STRANGER).text
    with pytest.raises(NotACheckpoint):
        cp.verify(f"{head(7).text}\n{line}", ORIGIN, [PUBLIC, witness])
    assert cp.verify(NOTE + line, ORIGIN, [PUBLIC, witness]) == head(7)


def test_a_key_whose_id_does_not_fit_is_refused() -> None:
    assert cp.read_public_key(PUBLIC.text) == PUBLIC
    with pytest.raises(NotACheckpoint):
        cp.read_public_key(PUBLIC.text.replace(PUBLIC.id.hex(), "00000000"))


def test_a_key_out_of_use_is_written_so_and_vouches_up_to_its_last_size() -> None:
    old = cp.PublicKey(PUBLIC.name, PUBLIC.key, until=7)
    assert old.line == f"{PUBLIC.text} until 7"
    assert cp.read_key_line(old.line) == old
    assert cp.read_key_line(PUBLIC.line) == PUBLIC
    for last in ("07", "-1", "seven", "7 8"):
        with pytest.raises(NotACheckpoint):
            cp.read_key_line(f"{PUBLIC.text} until {last}")
    assert cp.verify(NOTE, ORIGIN, [old]) == head(7)
    with pytest.raises(NotACheckpoint) as refusal:
        cp.verify(cp.sign(head(8), [KEY]), ORIGIN, [old])
    assert "out of use" in str(refusal.value.params["why"])
    assert cp.verify(cp.sign(head(8), [KEY, NEW_KEY]), ORIGIN, [old, NEW_PUBLIC]) == head(8), "one is enough"


def test_the_list_of_keys_names_the_log_and_its_witnesses() -> None:
    written = cp.write_keys([PUBLIC, NEW_PUBLIC], ["witness.example+00000000+BA=="])
    assert written == (
        f"# Public keys of the log {ORIGIN}\n{PUBLIC.text}\n{NEW_PUBLIC.text}\n"
        "witness witness.example+00000000+BA==\n"
    )


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [("", 1, bytes(32)), ("two words", 1, bytes(32)), (ORIGIN, -1, bytes(32)), (ORIGIN, 1, bytes(31))],
)
def test_what_is_no_tree_head_is_never_signed(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(ValueError, match="tree head"):
        Checkpoint(origin, size, root)


def test_nothing_goes_out_without_a_signature() -> None:
    assert Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT).text.startswith(f"{ORIGIN}\n0\n")
    with pytest.raises(ValueError, match="at least one key"):
        cp.sign(head(7), [])


ROOT = b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"two words\n1\n{ROOT}\n", "name or size"),
        (f"{ORIGIN}\n01\n{ROOT}\n", "name or size"),
        (f"{ORIGIN}\n1\n{b64encode(bytes(31)).decode()}\n", "the root"),
        (f"{ORIGIN}\n1\nno base64\n", "the root"),
        (f"{ORIGIN}\n1\n{ROOT}\n\nmore\n", "three lines"),
        (f"{ORIGIN}\n1\n", "three lines"),
    ],
)
def test_a_text_is_refused_and_says_why(text: str, why: str) -> None:
    with pytest.raises(NotACheckpoint) as refusal:
        cp.read_text(text)
    assert why in str(refusal.value.params["why"])


def test_the_logs_own_key_under_the_text_of_another_log_is_refused() -> None:
    text = Checkpoint("other.example/log", 7, bytes(32)).text
    with pytest.raises(NotACheckpoint) as refusal:
        cp.verify(f"{text}\n{cp._signed(text, PUBLIC, KEY).text}", ORIGIN, [PUBLIC])
    assert "another log" in str(refusal.value.params["why"])


def test_a_note_is_read_up_to_its_limits_and_not_beyond() -> None:
    line = cp.SignatureLine("witness.example", b"abcd", b"s").text
    assert len(cp.read_note(NOTE + line * (cp.MAX_SIGNATURES - 1))[1]) == cp.MAX_SIGNATURES
    longest = "x" * (cp.MAX_NOTE_CHARACTERS - len(line) - 2) + "\n\n" + line
    assert len(cp.read_note(longest)[1]) == 1
    for beyond in (
        NOTE + line * cp.MAX_SIGNATURES,
        "x" + longest,
        NOTE + cp.SignatureLine("witness.example", b"abcd", b"").text,
    ):
        with pytest.raises(NotACheckpoint):
            cp.read_note(beyond)


# ── the signer refuses to fork ─────────────────────────────────────────────────────────────────


@given(st.integers(1, 13), st.integers(1, 13))
def test_the_signer_signs_what_continues_and_nothing_smaller(last: int, new: int) -> None:
    if new < last:
        with pytest.raises(LogForked):
            cp.next_checkpoint(head(last), head(new), [])
        return
    proof = merkle.consistency_proof(last, new, node)
    assert cp.next_checkpoint(head(last), head(new), proof) == head(new)
    forged = Checkpoint(ORIGIN, new, bytes(32))
    with pytest.raises(LogForked):
        cp.next_checkpoint(head(last), forged, proof)
    edited = Checkpoint(ORIGIN, last, bytes(32))
    with pytest.raises(LogForked):
        cp.next_checkpoint(edited, head(new), proof)


def test_the_first_checkpoint_and_an_empty_log_continue_nothing() -> None:
    empty = Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT)
    assert cp.next_checkpoint(None, empty, []) == empty
    assert cp.next_checkpoint(empty, head(3), []) == head(3)
    with pytest.raises(LogForked):
        cp.next_checkpoint(head(3), empty, [])
    with pytest.raises(LogForked):
        cp.next_checkpoint(head(3), Checkpoint("other.example/log", 3, head(3).root), [])


# ── proofs ─────────────────────────────────────────────────────────────────────────────────────


@given(st.integers(1, 13), st.data(), st.binary(max_size=20))
def test_a_proof_reads_back_and_verifies_offline(size: int, data: st.DataObject, extra: bytes) -> None:
    idx = data.draw(st.integers(0, size - 1))
    proof = LogProof(idx, proof_of(idx, size).hashes, proof_of(idx, size).note, extra)
    text = cp.write_proof(proof)
    assert cp.read_proof(text) == proof
    assert cp.verify_proof(text, BODIES[idx], ORIGIN, [PUBLIC]) == head(size)
    with pytest.raises(NotAProof):
        cp.verify_proof(text, BODIES[idx] + b" ", ORIGIN, [PUBLIC])


def test_the_written_proof_has_the_lines_of_the_specification() -> None:
    proof = proof_of(1, 3)
    lines = cp.write_proof(proof).split("\n")
    assert lines[:5] == [
        "c2sp.org/tlog-proof@v1",
        "index 1",
        b64encode(LEAVES[0]).decode(),
        b64encode(LEAVES[2]).decode(),
        "",
    ]
    assert "\n".join(lines[5:]) == cp.sign(head(3), [KEY])


def test_any_changed_line_of_a_proof_is_noticed() -> None:
    lines = cp.write_proof(proof_of(5, 13)).split("\n")
    for n, line in enumerate(lines):
        for changed in ({n: line + "x"}, {n: ""}, {n: b64encode(bytes(32)).decode()}):
            if changed[n] == line:
                continue
            text = "\n".join(changed.get(i, old) for i, old in enumerate(lines))
            with pytest.raises((NotAProof, NotACheckpoint)):
                cp.verify_proof(text, BODIES[5], ORIGIN, [PUBLIC])


def test_extra_data_is_carried_and_never_trusted() -> None:
    text = cp.write_proof(LogProof(5, proof_of(5, 13).hashes, proof_of(5, 13).note, b"context"))
    assert text.split("\n")[1] == f"extra {b64encode(b'context').decode()}"
    assert cp.verify_proof(text.replace("extra ", "extra AAAA", 1), BODIES[5], ORIGIN, [PUBLIC])


def test_a_proof_is_read_up_to_its_limits_and_not_beyond() -> None:
    hashes, bad = f"{ROOT}\n", "AA==\n"
    head_lines = f"{cp.PROOF_HEADER}\nindex 0\n"
    assert len(cp.read_proof(f"{head_lines}{hashes * 63}\n{NOTE}").hashes) == 63
    longest = f"{head_lines}\n"
    assert cp.read_proof(longest + "x" * (cp.MAX_NOTE_CHARACTERS - len(longest))).index == 0
    for beyond in (
        f"{head_lines}{hashes * 64}\n{NOTE}",
        f"{head_lines}{bad}\n{NOTE}",
        f"{head_lines}no base64\n\n{NOTE}",
        f"{cp.PROOF_HEADER}\nextra no base64\nindex 0\n\n{NOTE}",
        longest + "x" * (cp.MAX_NOTE_CHARACTERS - len(longest) + 1),
    ):
        with pytest.raises(NotAProof):
            cp.read_proof(beyond)


def test_base64_has_one_spelling() -> None:
    assert b64decode("AB==") == b64decode("AA=="), "a lenient reader takes both"
    assert cp._unb64("AA==") == b"\x00"
    assert cp._unb64("AB==") is None
    assert cp._unb64("AA") is None
    assert cp._unb64("A A==") is None

"""The tree against the public vectors, against the definition in RFC 6962, and against planted bugs."""

import json
from base64 import b64decode
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.registry.rules import merkle

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "merkle-vectors.json").read_text())


def hashes(texts: Sequence[str] | None) -> list[bytes]:
    return [b64decode(text) for text in texts or []]


def accepts_inclusion(v: dict[str, Any], verify: Callable[..., bool] = merkle.verify_inclusion) -> bool:
    leaf, root = hashes([v["leafHash"], v["root"]])
    return verify(v["leafIdx"], v["treeSize"], leaf, hashes(v["proof"]), root)


def accepts_consistency(v: dict[str, Any], verify: Callable[..., bool] = merkle.verify_consistency) -> bool:
    old_root, root = hashes([v["root1"], v["root2"]])
    return verify(v["size1"], v["size2"], old_root, root, hashes(v["proof"]))


def test_there_are_196_public_vectors_and_all_are_answered_as_they_say() -> None:
    answers = [accepts_inclusion(v) is not v["wantErr"] for v in VECTORS["inclusion"]]
    answers += [accepts_consistency(v) is not v["wantErr"] for v in VECTORS["consistency"]]
    assert len(answers) == 196
    assert sum(answers) == 196


def ignores_what_is_left(idx: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """A verifier that stops at the root it hoped for and never asks whether the path was complete."""
    digest = leaf
    for sibling in proof:
        digest = merkle.node_hash(sibling, digest) if idx & 1 else merkle.node_hash(digest, sibling)
        idx >>= 1
    return digest == root


def checks_only_the_new_root(m: int, n: int, old: bytes, new: bytes, proof: Sequence[bytes]) -> bool:
    return m <= n and (m == n or bool(proof)) and len(new) == 32


def test_the_vectors_find_a_careless_verifier() -> None:
    assert any(accepts_inclusion(v, ignores_what_is_left) is v["wantErr"] for v in VECTORS["inclusion"])
    assert any(
        accepts_consistency(v, checks_only_the_new_root) is v["wantErr"] for v in VECTORS["consistency"]
    )


def test_a_proof_is_as_long_as_its_sizes_ask_for() -> None:
    """Whoever says a tree is smaller than it is gets no longer path for it."""
    two, three, four = (merkle.root(size, FULL.get) for size in (2, 3, 4))
    assert not merkle.verify_inclusion(0, 1, LEAVES[1], [LEAVES[0]], two)
    proof, more = merkle.consistency_proof(3, 4, FULL.get), bytes(32)
    assert merkle.verify_consistency(3, 4, three, four, proof)
    above = [merkle.node_hash(more, root) for root in (three, four)]
    assert not merkle.verify_consistency(3, 4, *above, [*proof, more])


def test_no_byte_moves_between_two_hashes() -> None:
    joined = LEAVES[0] + LEAVES[1]
    assert merkle.verify_inclusion(0, 2, joined[:32], [joined[32:]], merkle.root(2, FULL.get))
    assert not merkle.verify_inclusion(0, 2, joined[:33], [joined[33:]], merkle.root(2, FULL.get))


def test_no_leaf_stands_before_the_first() -> None:
    assert merkle.verify_inclusion(1, 2, LEAVES[1], [LEAVES[0]], merkle.root(2, FULL.get))
    assert not merkle.verify_inclusion(-1, 2, LEAVES[1], [LEAVES[0]], merkle.root(2, FULL.get))


# ── against the definition ─────────────────────────────────────────────────────────────────────


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, written as it stands there."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256(b"").digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


LEAVES = [merkle.leaf_hash(b"%d" % n) for n in range(80)]


class Store:
    """Nodes as the database keeps them: each written once, and only asked for when it was written."""

    def __init__(self, batches: Sequence[int] = ()) -> None:
        self.nodes: dict[merkle.Address, bytes] = {}
        self.size = 0
        for count in batches:
            self.append(count)

    def append(self, count: int) -> None:
        for level, idx, digest in merkle.append(self.size, LEAVES[self.size : self.size + count], self.get):
            assert (level, idx) not in self.nodes, "a complete subtree never changes"
            self.nodes[level, idx] = digest
        self.size += count

    def get(self, level: int, idx: int) -> bytes:
        return self.nodes[level, idx]


@given(st.lists(st.integers(0, 12), max_size=6))
def test_the_tree_grows_the_same_in_any_batches(batches: list[int]) -> None:
    store = Store(batches)
    assert merkle.root(store.size, store.get) == tree_hash(LEAVES[: store.size])
    assert merkle.root_of(LEAVES[: store.size]) == tree_hash(LEAVES[: store.size])
    complete = {(level, idx) for level in range(8) for idx in range(store.size >> level)}
    assert set(store.nodes) == complete, "every complete subtree, and no other"


FULL = Store([80])


@given(st.data(), st.integers(1, 80))
def test_a_proof_of_inclusion_holds_for_its_leaf_place_and_tree_and_no_other(
    data: st.DataObject, size: int
) -> None:
    idx = data.draw(st.integers(0, size - 1))
    root, proof = merkle.root(size, FULL.get), merkle.inclusion_proof(idx, size, FULL.get)
    assert merkle.verify_inclusion(idx, size, LEAVES[idx], proof, root)
    other = data.draw(st.integers(0, 79).filter(lambda n: n != idx))
    assert not merkle.verify_inclusion(idx, size, LEAVES[other], proof, root)
    assert not merkle.verify_inclusion(other, size, LEAVES[idx], proof, root)
    assert not merkle.verify_inclusion(idx, size, LEAVES[idx], [*proof, root], root)
    for n in range(len(proof)):
        bent = [*proof[:n], bytes([proof[n][0] ^ 1]) + proof[n][1:], *proof[n + 1 :]]
        assert not merkle.verify_inclusion(idx, size, LEAVES[idx], bent, root)
        assert not merkle.verify_inclusion(idx, size, LEAVES[idx], proof[:n] + proof[n + 1 :], root)


@given(st.data(), st.integers(1, 80))
def test_a_proof_of_consistency_holds_and_an_edited_past_is_noticed(data: st.DataObject, size: int) -> None:
    old_size = data.draw(st.integers(1, size))
    old_root, root = merkle.root(old_size, FULL.get), merkle.root(size, FULL.get)
    proof = merkle.consistency_proof(old_size, size, FULL.get)
    assert merkle.verify_consistency(old_size, size, old_root, root, proof)
    edited = data.draw(st.integers(0, old_size - 1))
    forged = merkle.root_of([*LEAVES[:edited], LEAVES[79 - edited], *LEAVES[edited + 1 : old_size]])
    if forged != old_root:
        assert not merkle.verify_consistency(old_size, size, forged, root, proof)
    for n in range(len(proof)):
        bent = [*proof[:n], bytes([proof[n][0] ^ 1]) + proof[n][1:], *proof[n + 1 :]]
        assert not merkle.verify_consistency(old_size, size, old_root, root, bent)


@given(st.data(), st.integers(1, 80))
def test_the_nodes_named_beforehand_are_those_that_are_read(data: st.DataObject, size: int) -> None:
    read: list[merkle.Address] = []

    def spy(level: int, idx: int) -> bytes:
        read.append((level, idx))
        return FULL.get(level, idx)

    idx, old_size = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    merkle.inclusion_proof(idx, size, spy)
    assert read == merkle.inclusion_nodes(idx, size)
    read.clear()
    merkle.consistency_proof(old_size, size, spy)
    assert read == merkle.consistency_nodes(old_size, size)
    read.clear()
    merkle.append(size, [bytes(32)] * data.draw(st.integers(0, 20)), spy)
    assert set(read) <= set(merkle.root_nodes(size))


@pytest.mark.parametrize(("idx", "size"), [(-1, 5), (5, 5), (0, 0)])
def test_there_is_no_proof_for_a_leaf_that_is_not_there(idx: int, size: int) -> None:
    with pytest.raises(ValueError, match="is not in a tree"):
        merkle.inclusion_proof(idx, size, FULL.get)


@pytest.mark.parametrize(("old_size", "size"), [(0, 5), (6, 5), (-1, 5)])
def test_there_is_no_consistency_with_nothing_or_with_the_future(old_size: int, size: int) -> None:
    with pytest.raises(ValueError, match="no consistency"):
        merkle.consistency_proof(old_size, size, FULL.get)


def test_a_leaf_cannot_pose_as_a_node() -> None:
    left, right = LEAVES[:2]
    assert merkle.leaf_hashes([b"0", b"1"]) == [left, right]
    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)
    with pytest.raises(ValueError, match="32 bytes"):
        merkle.append(0, [b"short"], FULL.get)

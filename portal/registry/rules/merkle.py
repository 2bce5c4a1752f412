"""The Merkle tree of RFC 6962: a log's size and root stand for every record in it, in their order.

A log stores the hash of every complete subtree as ``node(level, idx)``: level 0 are the leaves,
and node (level, idx) covers leaves idx·2^level … (idx+1)·2^level − 1. Such a node never changes,
so the store only grows. Any root or proof is made of at most 2·log2(size) of them; each function
that reads has a ``…_nodes`` twin that names them beforehand, so that one query fetches all.

Verification follows RFC 9162 §2.1.3.2 and §2.1.4.2.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256().digest()

Address = tuple[int, int]  # level, idx
Node = tuple[int, int, bytes]  # level, idx, hash
GetNode = Callable[[int, int], bytes]  # (level, idx) -> hash of that complete subtree


def leaf_hash(body: bytes) -> bytes:
    return sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


# By the million a call costs as much as the hash it makes: a row at a time saves it.


def leaf_hashes(bodies: Iterable[bytes]) -> list[bytes]:
    return [sha256(b"\x00" + body).digest() for body in bodies]


def row_above(row: Sequence[bytes]) -> list[bytes]:
    """The complete subtrees over a row of them that begins with a left child; a last one alone has none."""
    pairs = iter(row)
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]


# ── growing ────────────────────────────────────────────────────────────────────────────────────


def append(size: int, leaves: Sequence[bytes], get_node: GetNode) -> list[Node]:
    """The new complete subtrees when leaf hashes follow the ``size`` leaves there are.

    A batch costs one hash per new node and reads at most one old node per level, all of them
    among ``root_nodes(size)``.
    """
    if any(len(leaf) != HASH_BYTES for leaf in leaves):
        raise ValueError("a leaf hash has 32 bytes")
    first, level, row = size, 0, list(leaves)
    nodes: list[Node] = []
    while row:
        nodes += [(level, first + n, digest) for n, digest in enumerate(row)]
        if first & 1:  # the row starts with a right child: its left sibling is an old node
            row.insert(0, get_node(level, first - 1))
        row = row_above(row)
        first, level = first >> 1, level + 1
    return nodes


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over all leaf hashes, from the leaves alone: what an auditor computes."""
    peaks: list[tuple[int, bytes]] = []  # complete subtrees, high to low
    for leaf in leaves:
        level, digest = 0, leaf
        while peaks and peaks[-1][0] == level:
            digest = node_hash(peaks.pop()[1], digest)
            level += 1
        peaks.append((level, digest))
    return _fold([digest for _, digest in peaks])


# ── roots and proofs ───────────────────────────────────────────────────────────────────────────


def root_nodes(size: int) -> list[Address]:
    """The complete subtrees that ``root(size, …)`` reads, and the only ones ``append`` may."""
    return _cover(0, size)


def root(size: int, get_node: GetNode) -> bytes:
    """RFC 6962 §2.1: the tree hash of the first ``size`` leaves."""
    return _subtree(0, size, get_node)


def inclusion_nodes(idx: int, size: int) -> list[Address]:
    return [address for low, high in _inclusion_path(idx, size) for address in _cover(low, high)]


def inclusion_proof(idx: int, size: int, get_node: GetNode) -> list[bytes]:
    """RFC 6962 §2.1.1: siblings from the leaf up. Raises ValueError unless 0 ≤ idx < size."""
    return [_subtree(low, high, get_node) for low, high in _inclusion_path(idx, size)]


def consistency_nodes(old_size: int, size: int) -> list[Address]:
    return [address for low, high in _consistency_path(old_size, size) for address in _cover(low, high)]


def consistency_proof(old_size: int, size: int, get_node: GetNode) -> list[bytes]:
    """RFC 6962 §2.1.2: shows that the tree of ``size`` begins with the tree of ``old_size``.

    Raises ValueError unless 0 < old_size ≤ size: an empty tree proves nothing.
    """
    return [_subtree(low, high, get_node) for low, high in _consistency_path(old_size, size)]


def _inclusion_path(idx: int, size: int) -> list[tuple[int, int]]:
    if not 0 <= idx < size:
        raise ValueError(f"leaf {idx} is not in a tree of {size}")
    low, high, path = 0, size, []
    while high - low > 1:
        middle = low + _left_leaves(high - low)
        if idx < middle:
            path.append((middle, high))
            high = middle
        else:
            path.append((low, middle))
            low = middle
    return path[::-1]


def _consistency_path(old_size: int, size: int) -> list[tuple[int, int]]:
    if not 0 < old_size <= size:
        raise ValueError(f"no consistency proof from {old_size} to {size}")
    low, high, path = 0, size, []
    while high != old_size:
        middle = low + _left_leaves(high - low)
        if old_size <= middle:
            path.append((middle, high))
            high = middle
        else:
            path.append((low, middle))
            low = middle
    if low:  # the old tree ends in a subtree the verifier cannot know yet
        path.append((low, high))
    return path[::-1]


def _left_leaves(count: int) -> int:
    """The largest power of two below ``count`` (≥ 2): how many leaves go to the left."""
    return 1 << (count - 1).bit_length() - 1


def _cover(low: int, high: int) -> list[Address]:
    """Complete subtrees that together are leaves ``low`` … ``high − 1``, from left to right."""
    addresses = []
    while low < high:
        level = (high - low).bit_length() - 1
        addresses.append((level, low >> level))
        low += 1 << level
    return addresses


def _subtree(low: int, high: int, get_node: GetNode) -> bytes:
    return _fold([get_node(level, idx) for level, idx in _cover(low, high)])


def _fold(peaks: list[bytes]) -> bytes:
    if not peaks:
        return EMPTY_ROOT
    digest = peaks[-1]
    for left in reversed(peaks[:-1]):
        digest = node_hash(left, digest)
    return digest


# ── checking: needs nothing but what is given ──────────────────────────────────────────────────


def verify_inclusion(idx: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``leaf`` (a leaf hash) is at ``idx`` in the tree of ``size`` with that root."""
    if not 0 <= idx < size or not _are_hashes(leaf, root, *proof):
        return False
    here, last, digest = idx, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            digest = node_hash(sibling, digest)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and digest == root


def verify_consistency(
    old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree (size, root) begins with the tree (old_size, old_root). Never for size 0."""
    if old_size == size > 0:
        return not proof and old_root == root
    if not 0 < old_size < size or not _are_hashes(old_root, root, *proof):
        return False
    if old_size & (old_size - 1) == 0:  # a whole power of two is itself the first node of the path
        proof = [old_root, *proof]
    if not proof:
        return False
    here, last = old_size - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old = new = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and old == old_root and new == root


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_BYTES for value in values)

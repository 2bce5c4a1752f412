"""Checkpoints: the log's size and root, signed, so that its past cannot change unnoticed; and proofs.

Formats, byte for byte: C2SP tlog-checkpoint (the three lines of the text), C2SP signed-note
(Ed25519, key id = SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)[:4]), C2SP tlog-proof (a record's index,
its inclusion proof and a checkpoint: everything needed to check a record offline).
A note may carry several signatures: the log's old and new key while it is being changed, witnesses,
later an ML-DSA-44 line. Unknown ones are kept and ignored.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from portal.kernel.errors import N_, InvalidInput, Refused
from portal.registry.rules import merkle

ED25519: Final = b"\x01"  # signature type of C2SP signed-note
COSIGNATURE: Final = b"\x04"  # of C2SP tlog-cosignature: a witness's, with the time it looked
KEY_ID_BYTES: Final = 4
MAX_SIGNATURES: Final = 32  # the specification asks for at least 16
MAX_NOTE_CHARACTERS: Final = 500_000
PROOF_HEADER: Final = "c2sp.org/tlog-proof@v1"
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_KEY_NAME: Final = re.compile(r"[^\s+]+")


class NotACheckpoint(InvalidInput):
    """``why`` is for logs and auditors, in English."""

    message = N_("This is not a signed checkpoint of this log.")


class NotAProof(InvalidInput):
    message = N_("This proof does not hold.")


class LogForked(Refused):
    message = N_("The log does not continue what was published, so nothing was signed.")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: which log, how many records, which root."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not _KEY_NAME.fullmatch(self.origin) or self.size < 0 or len(self.root) != merkle.HASH_BYTES:
            raise ValueError("not a tree head")

    @property
    def text(self) -> str:
        """The note text that is signed: origin, size and root, one a line."""
        return f"{self.origin}\n{self.size}\n{_b64(self.root)}\n"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Whose signature counts: a key name (the log's is its origin) and 32 bytes of Ed25519.

    A key that was taken out of use still vouches for what it signed: checkpoints up to size ``until``.
    """

    name: str
    key: bytes
    until: int | None = None
    kind: bytes = ED25519

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + self.kind + self.key).digest()[:KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """As verifiers are given it: ``name+<key id, hex>+<base64 of type and key>``."""
        return f"{self.name}+{self.id.hex()}+{_b64(self.kind + self.key)}"

    @property
    def line(self) -> str:
        """As it stands in a list of keys: the text, and ``until SIZE`` once it is out of use."""
        return self.text if self.until is None else f"{self.text} until {self.until}"

    def vouches_for(self, size: int) -> bool:
        return self.until is None or size <= self.until


@dataclass(frozen=True, slots=True)
class SignatureLine:
    name: str
    key_id: bytes
    signature: bytes

    @property
    def text(self) -> str:
        return f"— {self.name} {_b64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class LogProof:
    """That a record stands at ``index`` of the log whose checkpoint ``note`` is. ``extra`` is not trusted."""

    index: int
    hashes: tuple[bytes, ...]
    note: str
    extra: bytes = b""


# ── keys ───────────────────────────────────────────────────────────────────────────────────────


def private_key(seed: bytes) -> Ed25519PrivateKey:
    """From the 32-byte seed kept in the configuration."""
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_key(name: str, key: Ed25519PrivateKey) -> PublicKey:
    return PublicKey(name, key.public_key().public_bytes_raw())


def read_public_key(text: str, kind: bytes = ED25519) -> PublicKey:
    """The inverse of ``PublicKey.text``. Raises NotACheckpoint when name, id and key do not fit."""
    name, plus, rest = text.strip().partition("+")
    raw = _unb64(rest.partition("+")[2])
    if not plus or raw is None or raw[:1] != kind or len(raw) != 33 or not _KEY_NAME.fullmatch(name):
        raise NotACheckpoint(why="not a public key")
    key = PublicKey(name, raw[1:], kind=kind)
    if key.text != text.strip():
        raise NotACheckpoint(why="the key id does not fit the key")
    return key


def read_key_line(line: str) -> PublicKey:
    """The inverse of ``PublicKey.line``. Raises NotACheckpoint."""
    text, _, until = line.strip().partition(" until ")
    if until and not _NUMBER.fullmatch(until):
        raise NotACheckpoint(why="a key is used until a size")
    key = read_public_key(text)
    return PublicKey(key.name, key.key, int(until)) if until else key


def write_keys(keys: Iterable[PublicKey], witnesses: Iterable[str] = ()) -> str:
    """The list of a log's keys that travels with certificates: a key a line, remarks after ``#``.

    ``witnesses`` are the keys of others, as C2SP writes them, whose signatures stand beside the log's own.
    """
    lines = [key.line for key in keys]
    remark = f"# Public keys of the log {lines[0].partition('+')[0]}"
    return "".join(f"{line}\n" for line in (remark, *lines, *(f"witness {key}" for key in witnesses)))


# ── signing ────────────────────────────────────────────────────────────────────────────────────


def sign(checkpoint: Checkpoint, keys: Iterable[Ed25519PrivateKey]) -> str:
    """The checkpoint as a note signed by each key under the log's name (two while a key is changed)."""
    lines = [_signed(checkpoint.text, public_key(checkpoint.origin, key), key) for key in keys]
    if not lines:
        raise ValueError("a checkpoint is signed by at least one key")
    return checkpoint.text + "\n" + "".join(line.text for line in lines)


def _signed(text: str, public: PublicKey, key: Ed25519PrivateKey) -> SignatureLine:
    return SignatureLine(public.name, public.id, key.sign(text.encode()))


def next_checkpoint(last: Checkpoint | None, new: Checkpoint, proof: Sequence[bytes]) -> Checkpoint:
    """``new``, when it continues ``last``: what the signer asks before every signature.

    ``proof`` is the consistency proof from ``last`` to ``new`` (empty when ``last`` is None, has
    size 0 or the same size). Raises LogForked for another log, a smaller one, an edited past.
    """
    if last is None or last == new:
        return new
    if last.origin != new.origin:
        raise LogForked(why="it has another name")
    if new.size < last.size:
        raise LogForked(why=f"it has {new.size} records, {last.size} were published")
    if last.size == 0:
        return new
    if not merkle.verify_consistency(last.size, new.size, last.root, new.root, proof):
        raise LogForked(why=f"its first {last.size} records are not those that were published")
    return new


# ── reading and checking ───────────────────────────────────────────────────────────────────────


def read_note(note: str) -> tuple[str, tuple[SignatureLine, ...]]:
    """Text and signature lines of a signed note, nothing verified. Raises NotACheckpoint."""
    if len(note) > MAX_NOTE_CHARACTERS:
        raise NotACheckpoint(why="it is too long")
    if any(character < " " and character != "\n" for character in note):
        raise NotACheckpoint(why="it has control characters")
    text, blank, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if not blank or lines.pop() != "" or not 0 < len(lines) <= MAX_SIGNATURES:
        raise NotACheckpoint(why="it has no signature")
    return text + "\n", tuple(_signature_line(line) for line in lines)


def _signature_line(line: str) -> SignatureLine:
    parts = line.split(" ")
    raw = _unb64(parts[-1])
    if len(parts) != 3 or parts[0] != "—" or not _KEY_NAME.fullmatch(parts[1]) or raw is None:
        raise NotACheckpoint(why="a signature line is not written as it must be")
    if len(raw) <= KEY_ID_BYTES:
        raise NotACheckpoint(why="a signature line is not written as it must be")
    return SignatureLine(parts[1], raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


def read_text(text: str) -> Checkpoint:
    """The tree head in a note's text; extension lines are let pass. Raises NotACheckpoint."""
    lines = text.split("\n")
    if lines.pop() != "" or len(lines) < 3 or not all(lines):
        raise NotACheckpoint(why="it does not have three lines")
    origin, size, root = lines[0], lines[1], _unb64(lines[2])
    if not _KEY_NAME.fullmatch(origin) or not _NUMBER.fullmatch(size):
        raise NotACheckpoint(why="name or size is not written as it must be")
    if root is None or len(root) != merkle.HASH_BYTES:
        raise NotACheckpoint(why="the root is not a SHA-256 hash in base64")
    return Checkpoint(origin, int(size), root)


def verify(note: str, origin: str, trusted: Iterable[PublicKey]) -> Checkpoint:
    """The checkpoint of the log ``origin`` in a note that a trusted key has signed.

    Signatures of unknown keys are ignored; a bad one of a known key spoils the note. Only keys
    named like the log vouch for it, and one that is out of use only up to its last size.
    Raises NotACheckpoint.
    """
    text, lines = read_note(note)
    keys = {(key.name, key.id): key for key in trusted}
    known = [(line, keys[line.name, line.key_id]) for line in lines if (line.name, line.key_id) in keys]
    if not all(_is_signed(text, line, key) for line, key in known):
        raise NotACheckpoint(why="a signature is wrong")
    own = [key for _, key in known if key.name == origin]
    if not own:
        raise NotACheckpoint(why="no key we trust has signed it")
    checkpoint = read_text(text)
    if checkpoint.origin != origin:
        raise NotACheckpoint(why="it is of another log")
    if not any(key.vouches_for(checkpoint.size) for key in own):
        raise NotACheckpoint(why="the key that signed it had been taken out of use")
    return checkpoint


def signers(note: str, keys: Iterable[PublicKey]) -> list[PublicKey]:
    """Those of ``keys`` that have signed the note. Raises NotACheckpoint when it is no signed note."""
    text, lines = read_note(note)
    found = {(line.name, line.key_id): line for line in lines}
    return [
        key
        for key in keys
        if (line := found.get((key.name, key.id))) is not None and _is_signed(text, line, key)
    ]


def cosign(note: str, name: str, key: Ed25519PrivateKey, at: int) -> str:
    """The line that a witness of this name puts under a note; ``at`` in seconds since 1970."""
    text, _ = read_note(note)
    public = PublicKey(name, key.public_key().public_bytes_raw(), kind=COSIGNATURE)
    signature = key.sign(_cosigned(text, at))
    return SignatureLine(name, public.id, at.to_bytes(8, "big") + signature).text


def cosigned_at(note: str, line: str, witness: PublicKey) -> int:
    """When the witness put this line under the note, in seconds since 1970. Raises NotACheckpoint."""
    text, _ = read_note(note)
    found = _signature_line(line.rstrip("\n"))
    if (found.name, found.key_id) != (witness.name, witness.id) or len(found.signature) != 8 + 64:
        raise NotACheckpoint(why="the line is not this witness's")
    at = int.from_bytes(found.signature[:8], "big")
    try:
        Ed25519PublicKey.from_public_bytes(witness.key).verify(found.signature[8:], _cosigned(text, at))
    except InvalidSignature:
        raise NotACheckpoint(why="the witness's signature is wrong") from None
    return at


def _cosigned(text: str, at: int) -> bytes:
    """C2SP tlog-cosignature: the text that a witness signs, with the time before the checkpoint."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _is_signed(text: str, line: SignatureLine, key: PublicKey) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key.key).verify(line.signature, text.encode())
    except InvalidSignature:
        return False
    return True


# ── proofs that travel with a certificate ──────────────────────────────────────────────────────


def write_proof(proof: LogProof) -> str:
    """C2SP tlog-proof: what is attached to a certificate (file extension ``.tlog-proof``)."""
    extra = f"extra {_b64(proof.extra)}\n" if proof.extra else ""
    hashes = "".join(f"{_b64(digest)}\n" for digest in proof.hashes)
    return f"{PROOF_HEADER}\n{extra}index {proof.index}\n{hashes}\n{proof.note}"


def read_proof(text: str) -> LogProof:
    """The proof in a tlog-proof file, nothing verified. Raises NotAProof."""
    if len(text) > MAX_NOTE_CHARACTERS:
        raise NotAProof(why="it is too long")
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or lines.pop(0) != PROOF_HEADER:
        raise NotAProof(why="it does not begin as a log proof does")
    extra = _unb64(lines.pop(0).removeprefix("extra ")) if lines and lines[0].startswith("extra ") else b""
    index = lines.pop(0) if lines else ""
    if not index.startswith("index ") or not _NUMBER.fullmatch(index.removeprefix("index ")):
        raise NotAProof(why="it has no index")
    hashes = [_unb64(line) for line in lines]
    if extra is None or len(hashes) > 63 or any(h is None or len(h) != merkle.HASH_BYTES for h in hashes):
        raise NotAProof(why="a hash is not written as it must be")
    return LogProof(int(index.removeprefix("index ")), tuple(h for h in hashes if h is not None), note, extra)


def verify_proof(text: str, body: bytes, origin: str, trusted: Iterable[PublicKey]) -> Checkpoint:
    """The signed checkpoint whose tree holds the record ``body``; needs no network.

    Raises NotAProof or NotACheckpoint, which say what is wrong.
    """
    proof = read_proof(text)
    checkpoint = verify(proof.note, origin, trusted)
    leaf = merkle.leaf_hash(body)
    if not merkle.verify_inclusion(proof.index, checkpoint.size, leaf, proof.hashes, checkpoint.root):
        raise NotAProof(why="the record is not the one in the log")
    return checkpoint


def _b64(data: bytes) -> str:
    return b64encode(data).decode()


def _unb64(text: str) -> bytes | None:
    """Standard base64, padded and in its one canonical spelling; None otherwise."""
    try:
        data = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        return None
    return data if _b64(data) == text else None

#!/usr/bin/env python3
"""核验证书，无需网络，无需信任签发平台。 Check a certificate offline, without trusting the portal.

One file, Python 3.8 or newer, nothing but the standard library. Lay it beside the files that came
with the certificate and start it, or name them:

    python3 verify_certificate.py                                     everything in this folder
    python3 verify_certificate.py CERTIFICATE.zip
    python3 verify_certificate.py N.json N.tlog-proof --keys log-keys.txt [--holder N-holder.json]
    python3 verify_certificate.py --log log.jsonl --checkpoint checkpoint.txt --keys log-keys.txt
    python3 verify_certificate.py --vectors merkle-vectors.json      test this program itself

``--log`` hashes a whole export of the log again (one record a line) and compares it with a signed
checkpoint; together with a certificate it also says whether that was withdrawn since.
``--key KEY`` trusts this key; ``--json`` answers for programs; ``--lang zh`` or ``en`` in one language.
Exit code: 0 it holds, 1 refused, 2 could not check.

What is checked: an Ed25519 signature over the log's size and root (C2SP signed-note and
tlog-checkpoint), the signatures of witnesses whose keys are given (tlog-cosignature), the path from the record to that root (RFC 6962, C2SP tlog-proof), the record's hash
of the certificate's text, and what both say of number, amount and retirement. A certificate that was
withdrawn later still passes here; its page on the portal says so.
"""

import argparse
import base64
import binascii
import datetime
import hashlib
import json
import os
import re
import sys
import unicodedata
import zipfile

REASONS = {
    "not_a_certificate": (
        "这不是证书文本文件（JSON）。",
        "This is not the text of a certificate (a JSON file).",
    ),
    "rewritten": (
        "证书文本不是规范写法：它被重新排版或改写过，请使用下载时的原文件。",
        "The certificate's text is not in canonical form: it was rewritten or laid out anew. Use the original file.",
    ),
    "not_a_proof": (
        "这不是日志证明文件，或文件已损坏。",
        "This is not a proof from a log, or it is damaged.",
    ),
    "no_record": (
        "证明文件中没有日志记录，请从平台重新下载。",
        "The proof does not bring the log's record along. Download it from the portal again.",
    ),
    "bad_key": (
        "公钥写法不正确，或其编号与密钥不符。",
        "A public key is not written as it must be, or its id does not fit the key.",
    ),
    "no_key": (
        "没有给出日志的公钥。",
        "No public key of the log was given.",
    ),
    "not_a_checkpoint": (
        "证明中的检查点写法不正确。",
        "The checkpoint is not written as it must be.",
    ),
    "other_log": (
        "检查点属于另一个日志，不是所信任密钥的日志。",
        "The checkpoint is of another log than the trusted key's.",
    ),
    "unknown_signer": (
        "检查点不是由所信任的密钥签名的。",
        "No key that is trusted has signed the checkpoint.",
    ),
    "bad_signature": (
        "检查点的签名无效：日志的大小或根哈希被改过，或签名是伪造的。",
        "The checkpoint's signature is wrong: the log's size or root was changed, or the signature is forged.",
    ),
    "bad_witness": (
        "见证方的会签无效：检查点被改过，或会签是伪造的。",
        "A witness's signature is wrong: the checkpoint was changed, or the signature is forged.",
    ),
    "retired_key": (
        "检查点由一把已停用的密钥签名，而且晚于其停用。",
        "The checkpoint was signed by a key that had been taken out of use before.",
    ),
    "not_in_log": (
        "这条记录不在已签名的日志里：记录、序号或证明路径被改过。",
        "The record is not in the signed log: the record, its place or the path was changed.",
    ),
    "other_record": (
        "日志中的这条记录不是签发证书的记录。",
        "This record of the log is not the issue of a certificate.",
    ),
    "other_certificate": (
        "证明属于另一张证书（编号不同）。",
        "The proof is of another certificate (another number).",
    ),
    "altered": (
        "证书文本被改过：它的 SHA-256 与日志中的记录不同。",
        "The certificate's text was changed: its SHA-256 is not the one in the log.",
    ),
    "facts_differ": (
        "证书与日志记录不一致（类型、数量、注销记录或测试标记）。",
        "Certificate and record differ (type, amount, retirement or test mark).",
    ),
    "sums_differ": (
        "序列号区间相加不等于证书数量，或区间有重叠。",
        "The serial ranges do not add up to the certificate's amount, or they overlap.",
    ),
    "other_holder": (
        "持有人姓名与证书中的承诺值不符。",
        "The holder's name does not open the certificate's commitment.",
    ),
    "withdrawn": (
        "这张证书后来被撤销或更换，日志中有记录。",
        "This certificate was withdrawn or replaced later, as the log records.",
    ),
    "other_history": (
        "导出的日志与已签名的检查点不符：有记录被改动、增删或调换。",
        "The exported log is not the one that was signed: a record was changed, added, removed or moved.",
    ),
}


class Refused(Exception):
    """What was handed in is refused; ``code`` is a key of REASONS, ``where`` a detail."""

    def __init__(self, code, where=""):
        super().__init__(code)
        self.code, self.where = code, where


# ── the tree of RFC 6962 ───────────────────────────────────────────────────────────────────────


def leaf_hash(body):
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def verify_inclusion(index, size, leaf, path, root):
    """RFC 9162 §2.1.3.2: whether ``leaf`` is at ``index`` of the tree with this size and root."""
    if not 0 <= index < size or any(len(digest) != 32 for digest in (leaf, root, *path)):
        return False
    here, last, digest = index, size - 1, leaf
    for sibling in path:
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


def verify_consistency(old_size, size, old_root, root, path):
    """RFC 9162 §2.1.4.2: whether the tree (size, root) begins with the tree (old_size, old_root)."""
    if old_size == size > 0:
        return not path and old_root == root
    if not 0 < old_size < size or any(len(digest) != 32 for digest in (old_root, root, *path)):
        return False
    path = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    if not path:
        return False
    here, last = old_size - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
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


# ── Ed25519, verification only (RFC 8032 §5.1.7) ───────────────────────────────────────────────

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def _add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _point(raw):
    """The point that 32 bytes stand for, None when they stand for none."""
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_verify(key, message, signature):
    """Whether ``signature`` (64 bytes) of ``message`` is by the private twin of ``key`` (32 bytes)."""
    if len(key) != 32 or len(signature) != 64:
        return False
    point, s = _point(key), int.from_bytes(signature[32:], "little")
    if point is None or s >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    k = int.from_bytes(digest, "little") % ORDER
    minus = (P - point[0], point[1], 1, P - point[3])
    x, y, z, _ = _add(_times(s, BASE), _times(k, minus))
    inverse = pow(z, P - 2, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# ── keys, signed notes, checkpoints, proofs (C2SP) ─────────────────────────────────────────────

NAME = re.compile(r"[^\s+]+")
NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


def _unb64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


class Key:
    """A public key of a log: ``name+id+base64``, in a list of keys followed by ``until SIZE`` once retired.

    After ``witness`` it is the key of somebody else, who signs the log's checkpoints with the time.
    """

    def __init__(self, line):
        self.is_witness = line.startswith("witness ")
        kind = b"\x04" if self.is_witness else b"\x01"
        text, _, until = line[len("witness ") if self.is_witness else 0 :].strip().partition(" until ")
        name, _, rest = text.partition("+")
        key_id, _, raw = rest.partition("+")
        data = _unb64(raw)
        if not NAME.fullmatch(name) or data is None or len(data) != 33 or data[:1] != kind:
            raise Refused("bad_key", text[:80])
        self.name, self.raw = name, data[1:]
        self.id = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
        if self.id.hex() != key_id or (until and not NUMBER.fullmatch(until)):
            raise Refused("bad_key", text[:80])
        self.until = int(until) if until else None


def read_keys(text):
    """Every key in a list, of the log and of witnesses; empty lines and remarks are passed over."""
    lines = (line.strip() for line in text.splitlines())
    keys = [Key(line) for line in lines if line and not line.startswith("#")]
    if all(key.is_witness for key in keys):
        raise Refused("no_key")
    return keys


class Checkpoint:
    def __init__(self, origin, size, root, signer, witnesses):
        self.origin, self.size, self.root, self.signer = origin, size, root, signer
        self.witnesses = witnesses  # (name, when it signed)


def _read_note(note):
    """Text and signatures (name, key id, signature) of a note."""
    text, blank, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if not blank or lines.pop() != "" or not lines or any(c < " " and c != "\n" for c in note):
        raise Refused("not_a_checkpoint")
    signatures = []
    for line in lines:
        parts = line.split(" ")
        raw = _unb64(parts[-1])
        if len(parts) != 3 or parts[0] != "—" or raw is None or len(raw) < 5:
            raise Refused("not_a_checkpoint")
        signatures.append((parts[1], raw[:4], raw[4:]))
    return text + "\n", signatures


def verify_checkpoint(note, keys):
    """The checkpoint in ``note``, signed by one of ``keys`` in its own log's name."""
    text, signatures = _read_note(note)
    lines = text.split("\n")
    root = _unb64(lines[2]) if len(lines) > 3 else None
    if root is None or len(root) != 32 or not NAME.fullmatch(lines[0]) or not NUMBER.fullmatch(lines[1]):
        raise Refused("not_a_checkpoint")
    origin, size = lines[0], int(lines[1])
    own = [key for key in keys if key.name == origin and not key.is_witness]
    if not own:
        raise Refused("other_log", origin)
    known = {(key.name, key.id): key for key in own}
    found = [(known[name, key_id], sig) for name, key_id, sig in signatures if (name, key_id) in known]
    if not found:
        raise Refused("unknown_signer")
    if not all(ed25519_verify(key.raw, text.encode(), signature) for key, signature in found):
        raise Refused("bad_signature")
    signers = [key for key, _ in found if key.until is None or size <= key.until]
    if not signers:
        raise Refused("retired_key")
    watching = {(key.name, key.id): key for key in keys if key.is_witness}
    witnesses = [
        (name, cosigned_at(text, watching[name, key_id], signature))
        for name, key_id, signature in signatures
        if (name, key_id) in watching
    ]
    return Checkpoint(origin, size, root, signers[0], witnesses)


LATEST = 253402300799  # the last second that has a date


def cosigned_at(text, witness, signature):
    """C2SP tlog-cosignature: when the witness signed the checkpoint, as it says itself."""
    seconds = int.from_bytes(signature[:8], "big")
    message = "cosignature/v1\ntime %d\n%s" % (seconds, text)
    if seconds > LATEST or not ed25519_verify(witness.raw, message.encode(), signature[8:]):
        raise Refused("bad_witness", witness.name)
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_proof(text):
    """Index, path, checkpoint note and record of a C2SP tlog-proof whose extra data is the record."""
    head, blank, note = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise Refused("not_a_proof")
    has_record = bool(lines) and lines[0].startswith("extra ")
    record = _unb64(lines.pop(0)[len("extra ") :]) if has_record else b""
    index = lines.pop(0) if lines else ""
    path = [_unb64(line) for line in lines]
    number = index[len("index ") :]
    if not index.startswith("index ") or not NUMBER.fullmatch(number) or record is None:
        raise Refused("not_a_proof")
    if len(path) > 63 or any(digest is None or len(digest) != 32 for digest in path):
        raise Refused("not_a_proof")
    if not record:
        raise Refused("no_record")
    return int(number), path, note, record


# ── the certificate ────────────────────────────────────────────────────────────────────────────


def canonical(value):
    """RFC 8785 for what certificates are made of: text, whole numbers, true, false, lists, objects."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str) or value is True or value is False or type(value) is int:
        return json.dumps(value, ensure_ascii=False)
    raise ValueError("no such value in a certificate")


def read_certificate(raw):
    """The certificate's facts, from bytes that are exactly its canonical text."""
    try:
        text = raw.decode("utf-8")
        facts = json.loads(text)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise Refused("not_a_certificate") from None
    if not isinstance(facts, dict) or not isinstance(facts.get("number"), str):
        raise Refused("not_a_certificate")
    try:
        is_canonical = canonical(facts) == text
    except (ValueError, RecursionError, UnicodeEncodeError):
        is_canonical = False
    if not is_canonical:
        raise Refused("rewritten")
    return facts


def adds_up(facts):
    """Whether the ranges are the amount: whole grams, none twice.

    Of retired credits (C3) and expected ones (C2) exactly; of an event (C4) they are at least its emissions.
    Certificates of other types state no amount.
    """
    try:
        if facts["type"] == "C3":
            amount = stated_grams(facts["ranges"])
            return amount == facts["mass_g"] == sum(facts["effects_g"].values())
        if facts["type"] == "C2":
            return stated_grams(facts["ranges"]) == facts["expected_g"]
        if facts["type"] == "C4":
            return stated_grams([part for each in facts["retirements"] for part in each["ranges"]]) >= facts["gross_g"] > 0
        return "mass_g" not in facts
    except (KeyError, TypeError, AttributeError):
        return False


def stated_grams(parts):
    """The sum of ranges that are real and apart from one another; -1 when they are not."""
    ranges = sorted((part["serial"], part["first_g"], part["last_g"]) for part in parts)
    apart = all(a[0] != b[0] or a[2] < b[1] for a, b in zip(ranges, ranges[1:]))
    real = all(1 <= first <= last for _, first, last in ranges)
    return sum(last - first + 1 for _, first, last in ranges) if real and apart else -1


def check(certificate, proof, keys, holder=None):
    """Everything about one certificate; what was found. ``certificate`` and ``holder`` are bytes."""
    facts = read_certificate(certificate)
    index, path, note, body = read_proof(proof)
    checkpoint = verify_checkpoint(note, keys)
    if not verify_inclusion(index, checkpoint.size, leaf_hash(body), path, checkpoint.root):
        raise Refused("not_in_log")
    try:
        record = json.loads(body.decode("utf-8"))
    except ValueError:
        raise Refused("other_record") from None
    if not isinstance(record, dict) or record.get("kind") != "certificate.issued":
        raise Refused("other_record")
    if record.get("number") != facts["number"]:
        raise Refused("other_certificate", str(record.get("number")))
    if record.get("payload_sha256") != hashlib.sha256(certificate).hexdigest():
        raise Refused("altered")
    pairs = {"type": "type", "grams": "mass_g", "retirement": "retirement", "subject": "subject", "test": "test"}
    if any(record.get(theirs) != facts.get(ours) for theirs, ours in pairs.items()):
        raise Refused("facts_differ")
    if not adds_up(facts):
        raise Refused("sums_differ")
    name = opened(facts, holder) if holder is not None else None
    return {
        "number": facts["number"],
        "type": facts["type"],
        "mass_g": facts.get("mass_g"),
        "issued_at": facts["issued_at"],
        "test": facts["test"],
        "holder": name,
        "says": facts["says"],
        "log": checkpoint.origin,
        "key": checkpoint.signer.id.hex(),
        "index": index,
        "size": checkpoint.size,
        "witnesses": [{"name": name, "at": at} for name, at in checkpoint.witnesses],
    }


def opened(facts, holder):
    """The holder's name, when name, organisation and salt give the certificate's commitment."""
    try:
        told = json.loads(holder.decode("utf-8"))
        name, salt = unicodedata.normalize("NFC", told["name"]), bytes.fromhex(told["salt"])
        commitment = hashlib.sha256(salt + name.encode() + told.get("organisation", "").encode()).hexdigest()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused("other_holder") from None
    if len(salt) != 32 or commitment != facts.get("holder"):
        raise Refused("other_holder", name)
    return name


# ── the whole log ──────────────────────────────────────────────────────────────────────────────

BATCH = 1 << 16  # lines whose subtree one process computes: a power of two, so that it is a node of the tree


def _batches(path):
    """Where each batch of lines begins in the file, and how long it is."""
    start = length = lines = 0
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            count = block.count(b"\n")
            while lines + count >= BATCH:
                rest = block.split(b"\n", BATCH - lines)[-1]
                whole = length + len(block) - len(rest)
                yield path, start, whole
                start, block, count = start + whole, rest, count - (BATCH - lines)
                length = lines = 0
            length, lines = length + len(block), lines + count
    if length:
        yield path, start, length


def _subtree(batch):
    """Number and root of a batch's lines."""
    path, start, length = batch
    with open(path, "rb") as file:
        file.seek(start)
        lines = file.read(length).split(b"\n")
    if lines[-1]:
        raise Refused("other_history", "the last line does not end")
    lines.pop()
    sha256 = hashlib.sha256
    return len(lines), _fold([sha256(b"\x00" + line).digest() for line in lines])


def _fold(row):
    """The root over neighbouring subtrees; one that is left over rises until it has a neighbour."""
    sha256 = hashlib.sha256
    while len(row) > 1:
        pairs = iter(row)
        last = row[len(row) & ~1 :]
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs)] + last
    return row[0]


def tree_of(path, processes=None):
    """Size and root of an exported log: one canonical record a line. All processors help."""
    batches = list(_batches(path))
    if not batches:
        return 0, hashlib.sha256().digest()
    processes = processes or os.cpu_count() or 1
    if processes > 1 and len(batches) > 1:
        import multiprocessing

        with multiprocessing.Pool(min(processes, len(batches))) as pool:
            parts = pool.map(_subtree, batches, chunksize=1)
    else:
        parts = [_subtree(batch) for batch in batches]
    return sum(count for count, _ in parts), _fold([root for _, root in parts])


def check_log(path, note, keys):
    """That the exported log is, record for record, the one whose checkpoint was signed."""
    checkpoint = verify_checkpoint(note, keys)
    size, root = tree_of(path)
    if (size, root) != (checkpoint.size, checkpoint.root):
        raise Refused("other_history", "%d / %d" % (size, checkpoint.size))
    return {"log": checkpoint.origin, "size": size, "root": root.hex(), "key": checkpoint.signer.id.hex()}


def check_is_not_withdrawn(number, path):
    """That no record of the exported log takes the certificate back."""
    wanted = b'"number":"' + number.encode() + b'"'
    with open(path, "rb") as file:
        for line in file:
            if wanted in line and b'"kind":"certificate.revoked"' in line:
                raise Refused("withdrawn", json.loads(line)["at"])


# ── the program ────────────────────────────────────────────────────────────────────────────────


def check_vectors(path):
    """The public vectors of transparency-dev/merkle, each answered as it says."""

    def hashes(texts):
        return [base64.b64decode(text) for text in texts or []]

    with open(path, encoding="utf-8") as file:
        vectors = json.load(file)
    right = 0
    for v in vectors["inclusion"]:
        leaf, root = hashes([v["leafHash"], v["root"]])
        right += verify_inclusion(v["leafIdx"], v["treeSize"], leaf, hashes(v["proof"]), root) is not v["wantErr"]
    for v in vectors["consistency"]:
        old, new = hashes([v["root1"], v["root2"]])
        right += verify_consistency(v["size1"], v["size2"], old, new, hashes(v["proof"])) is not v["wantErr"]
    return right, len(vectors["inclusion"]) + len(vectors["consistency"])


class Files:
    """What was handed in, by its part: named files, a ZIP, or the folder of this program."""

    def __init__(self, names):
        self.found = {}
        for name in names or self._beside():
            if name.lower().endswith(".zip"):
                with zipfile.ZipFile(name) as archive:
                    for inner in archive.namelist():
                        self._take(inner, archive.read(inner))
            else:
                with open(name, "rb") as file:
                    self._take(name, file.read())

    def _take(self, name, data):
        name = os.path.basename(name).lower()
        if name.endswith("-holder.json"):
            self.found["holder"] = data
        elif name.endswith(".json") and not name.endswith(("-badge.json", "credential.json")):
            self.found["certificate"] = data
        elif name.endswith((".tlog-proof", ".proof")):
            self.found["proof"] = data
        elif name.endswith("keys.txt"):
            self.found["keys"] = data

    @staticmethod
    def _beside():
        folder = os.path.dirname(os.path.abspath(__file__))
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]

    def text(self, part):
        return self.found.get(part, b"").decode("utf-8", "replace")


def _read(name):
    with open(name, encoding="utf-8") as file:
        return file.read()


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", help="certificate, proof, keys, holder file, or the ZIP with them")
    parser.add_argument("--key", action="append", default=[], help="a public key of the log that you trust")
    parser.add_argument("--keys", help="a file of such keys")
    parser.add_argument("--holder", help="the file that opens the holder's name")
    parser.add_argument("--log", help="an export of the whole log")
    parser.add_argument("--checkpoint", help="the signed checkpoint of that export")
    parser.add_argument("--vectors", help="test vectors of transparency-dev/merkle")
    parser.add_argument("--json", action="store_true", help="answer as one JSON object")
    parser.add_argument("--lang", choices=("zh", "en"), help="one language; both when not said")
    asked = parser.parse_args(arguments)
    try:
        answer = _answer(asked)
    except Refused as refusal:
        answer = {"ok": False, "code": refusal.code, "where": refusal.where}
    except (OSError, UnicodeDecodeError, zipfile.BadZipFile) as fault:
        print("%s: %s" % (type(fault).__name__, fault), file=sys.stderr)
        return 2
    _print(answer, asked)
    return 0 if answer["ok"] else 1


def _answer(asked):
    if asked.vectors:
        right, total = check_vectors(asked.vectors)
        return {"ok": right == total, "right": right, "total": total}
    files = Files(asked.files) if asked.files or not asked.log else None
    told = "\n".join(asked.key) + "\n" + (_read(asked.keys) if asked.keys else "")
    source = "--key" if told.strip() else "log-keys.txt"
    keys = read_keys(told if told.strip() or files is None else files.text("keys"))
    answer = {"ok": True, "keys_from": source}
    if asked.log:
        if not asked.checkpoint:
            raise Refused("not_a_checkpoint", "--checkpoint")
        answer["export"] = check_log(asked.log, _read(asked.checkpoint), keys)
    if files is not None:
        if "certificate" not in files.found:
            raise Refused("not_a_certificate")
        if "proof" not in files.found:
            raise Refused("not_a_proof")
        holder = _read(asked.holder).encode() if asked.holder else files.found.get("holder")
        answer["certificate"] = check(files.found["certificate"], files.text("proof"), keys, holder)
        if asked.log:
            check_is_not_withdrawn(answer["certificate"]["number"], asked.log)
    return answer


def _print(answer, asked):
    if asked.json:
        if "code" in answer:
            answer["zh"], answer["en"] = REASONS[answer["code"]]
        print(json.dumps(answer, ensure_ascii=False))
        return
    for lang, line in _lines(answer):
        if asked.lang in (None, lang):
            print(line)


def _lines(answer):
    """What is printed: (language, line)."""
    if "total" in answer:
        told = "%d / %d" % (answer["right"], answer["total"])
        yield "zh", "测试向量：" + told
        yield "en", "test vectors: " + told
        return
    if not answer["ok"]:
        zh, en = REASONS[answer["code"]]
        detail = " [%s]" % answer["where"] if answer["where"] else ""
        yield "zh", "✗ 拒绝：" + zh + detail
        yield "en", "✗ Refused: " + en + detail
        return
    if "export" in answer:
        export = answer["export"]
        yield "zh", "✓ 日志完整：%(log)s，共 %(size)d 条记录，根哈希 %(root)s" % export
        yield "en", "✓ The log is whole: %(log)s, %(size)d records, root %(root)s" % export
    if "certificate" in answer:
        yield from _certificate_lines(answer["certificate"])
    if answer["keys_from"] == "log-keys.txt":
        yield "zh", "  公钥来自随附文件 log-keys.txt，请与平台“透明日志”页面公布的公钥核对。"
        yield "en", "  The key came with the files (log-keys.txt): compare it with the one on the portal's log page."


def _certificate_lines(found):
    grams = found["mass_g"]
    facts = found["number"], found["issued_at"]
    if grams is None:
        yield "zh", "✓ 核验通过：证书 %s（类型 %s），签发于 %s" % (facts[0], found["type"], facts[1])
        yield "en", "✓ It holds: certificate %s (type %s), issued %s" % (facts[0], found["type"], facts[1])
    else:
        amount = "%d.%03d" % (grams // 1000, grams % 1000)
        yield "zh", "✓ 核验通过：证书 %s，%s 千克二氧化碳当量，签发于 %s" % (facts[0], amount, facts[1])
        yield "en", "✓ It holds: certificate %s, %s kg CO2e, issued %s" % (facts[0], amount, facts[1])
    yield "zh", "  日志 %s 第 %d 条记录（签名时共 %d 条），密钥 %s" % (
        found["log"], found["index"], found["size"], found["key"])  # fmt: skip
    yield "en", "  record %d of the log %s (%d when it was signed), key %s" % (
        found["index"], found["log"], found["size"], found["key"])  # fmt: skip
    for witness in found["witnesses"]:
        yield "zh", "  见证方 %(name)s 于 %(at)s 会签了这个日志状态" % witness
        yield "en", "  witness %(name)s signed this state of the log too, at %(at)s" % witness
    if found["holder"]:
        yield "zh", "  持有人：" + found["holder"]
        yield "en", "  holder: " + found["holder"]
    if found["test"]:
        yield "zh", "  ！测试证书：没有实际付款。"
        yield "en", "  ! TEST certificate: no real payment was made."


if __name__ == "__main__":
    sys.exit(main())

"""Strangers' bytes into all that reads some: led by which lines of the portal they reach.

python -m tools.fuzz                       the names of the targets
python -m tools.fuzz NAME --seconds 60     one of them, or ``all`` in turn; what is found lies below --keep

A target calls a reader as the pages do. Only its declared errors may come out of it, within five seconds and
a gigabyte. What else comes is told once for each place, and its bytes are kept: they become a row of the
reader's tests. It needs atheris, which the portal does not (``uv pip install atheris``, in an environment of
its own with ``PYTHONPATH`` leading to the packages of this one); the tests try the seeds without it.
"""

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from subprocess import run
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
DATA: Final = ROOT / "tests" / "data"
LONGEST: Final = 5.0  # seconds for one input
_NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
_LARGEST: Final = 40_000  # bytes of an input that is made up
_MEGABYTES: Final = 1_024
_HOW_TO_INSTALL: Final = (
    "atheris is not here. Install it beside the portal, not into it:\n"
    "  uv venv --python 3.11 /tmp/fuzzing && uv pip install --python /tmp/fuzzing atheris\n"
    "  PYTHONPATH=.venv/lib/python3.11/site-packages /tmp/fuzzing/bin/python -m tools.fuzz NAME"
)


@dataclass(frozen=True)
class Target:
    """A reader: what it is called with, what it may raise, and where one begins."""

    read: Callable[[bytes], object]
    seeds: Sequence[bytes]
    declared: tuple[type[Exception], ...]

    def fault(self, data: bytes) -> BaseException | None:
        """What the reader raised that it never declared, a TimeoutError where it took too long."""
        begun = time.process_time()
        try:
            with suppress(*self.declared):
                self.read(data)
        except Exception as fault:
            return fault
        took = time.process_time() - begun
        return TimeoutError(f"{took:.1f} s of CPU") if took > LONGEST else None


TARGETS: dict[str, Callable[[], Target]] = {}


def target(make: Callable[[], Target]) -> Callable[[], Target]:
    """Its modules are imported when it is made, so that the lines of these can be counted."""
    TARGETS[make.__name__.replace("_", "-")] = make
    return make


# -- registry ------------------------------------------------------------------------------------


@target
def registry_imports() -> Target:
    from portal.kernel.errors import InvalidInput
    from portal.registry.rules.imports import LAYOUTS, preview, read

    layouts = [*LAYOUTS.values()]
    files = [*sorted((DATA / "registries").glob("*.csv")), DATA / "verra-transactions.csv"]

    def read_all(data: bytes) -> None:
        for layout in layouts:
            with suppress(InvalidInput):
                read(layout, data)
        preview(data)

    return Target(
        read_all, [b"".join(each.read_bytes().splitlines(True)[:3]) for each in files], (InvalidInput,)
    )


@target
def registry_workbooks() -> Target:
    import csv

    from portal.kernel.errors import InvalidInput
    from portal.registry.rules.imports import LAYOUTS, preview, read
    from portal.registry.sheets import xlsx_file

    text = (DATA / "registries" / "gold-standard.csv").read_text()
    sound = _parts(xlsx_file([("1", [*csv.reader(text.splitlines())][:3])]))

    def read_one(data: bytes) -> None:
        with suppress(InvalidInput):
            preview(data)
        read(LAYOUTS["gold-standard"], _with_a_part(sound, data))

    return Target(read_one, [_packed(sound), *_part_seeds(sound)], (InvalidInput,))


@target
def inventories() -> Target:
    from portal.kernel.errors import InvalidInput
    from portal.registry.commands.monitoring import SHEET
    from portal.registry.rules.estimation.columns import InventoryKind
    from portal.registry.rules.estimation.equations import read_equations
    from portal.registry.rules.estimation.parameters import parameters
    from portal.registry.rules.estimation.planning import read_strata
    from portal.registry.rules.estimation.reading import read
    from portal.registry.sheets import rows_of

    known = parameters()
    stock = "碳层,碳层面积(公顷),样地号,样地面积(平方米),树种,蓄积(立方米/公顷)\n1,12.5,1,600,落叶松,120.5\n"
    trees = "碳层,面积（亩）,样地,样地面积(m2),树种,胸径(厘米),树高(米)\n1,225,1,600,红松,12.5,９\n"

    def read_all(data: bytes) -> None:
        text = data.decode(errors="ignore")
        for read_text in (lambda: read_equations(text, known), lambda: read_strata(text)):
            with suppress(InvalidInput):
                read_text()
        for kind in InventoryKind:
            with suppress(InvalidInput):
                read(kind, rows_of(data, SHEET)[1], known)

    seeds = [
        stock.encode(),
        trees.encode(),
        stock.encode("gb18030"),
        b"larix;0.00005;1.8;1.1;a table",
    ]
    return Target(read_all, seeds, (InvalidInput,))


@target
def parcels() -> Target:
    from portal.kernel.errors import InvalidInput
    from portal.registry.rules import maps, parcels

    def read(data: bytes) -> None:
        drawn = parcels.read(data)
        maps.draw((each.code, each.outline.geojson) for each in drawn)
        for each in drawn:
            parcels.overlap_m2(each.outline.geojson, drawn[0].outline.geojson)
            parcels.smallest_part_m2(each.outline.geojson)

    ring = b"[[128.9,47.7],[128.901,47.7],[128.901,47.701],[128.9,47.701],[128.9,47.7]]"
    square = b'{"type":"Polygon","coordinates":[%s]}' % ring
    several = b'{"type":"MultiPolygon","coordinates":[[%s]]}' % ring
    feature = b'{"type":"Feature","properties":{"code":"A-1"},"geometry":%s}' % several
    crs = b'"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}'
    whole = b'{"type":"FeatureCollection",%s,"features":[%s]}' % (crs, feature)
    return Target(read, [square, several, feature, whole], (InvalidInput,))


@target
def notes() -> Target:
    from portal.registry.rules import checkpoint, merkle
    from portal.registry.rules.checkpoint import Checkpoint, LogProof, NotACheckpoint, NotAProof

    origin, key = "portal.example/log", checkpoint.private_key(bytes(range(32)))
    public = checkpoint.public_key(origin, key)
    leaf = merkle.leaf_hash(b"record")
    note = checkpoint.sign(Checkpoint(origin, 1, leaf), [key])
    witness = checkpoint.cosign(note, "witness.example", key, 1_780_000_000)
    proof = checkpoint.write_proof(LogProof(0, (), note, b"extra"))

    def read(data: bytes) -> None:
        text = data.decode(errors="replace")
        readers: tuple[Callable[[], object], ...] = (
            lambda: checkpoint.read_text(text),
            lambda: checkpoint.read_note(text),
            lambda: checkpoint.read_public_key(text),
            lambda: checkpoint.read_key_line(text),
            lambda: checkpoint.verify(text, origin, [public]),
            lambda: checkpoint.cosigned_at(note, text, public),
            lambda: checkpoint.read_proof(text),
        )
        for each in readers:
            with suppress(NotACheckpoint, NotAProof):
                each()
        checkpoint.verify_proof(text, b"record", origin, [public])

    seeds = [note, witness, proof, public.text, checkpoint.write_keys([public], ["w.example+1234+AAAA"])]
    return Target(read, [each.encode() for each in seeds], (NotACheckpoint, NotAProof))


# -- lists of people, events and answers ---------------------------------------------------------


def _list_of(limits: Any, read: Callable[[Any, str], object], seed: str) -> Target:
    from portal.kernel.errors import InvalidInput
    from portal.registry.sheets import rows_of, xlsx_file

    sound = _parts(xlsx_file([("1", [line.split(",") for line in seed.splitlines()])]))

    def read_both(data: bytes) -> None:
        with suppress(InvalidInput):
            kind, rows = rows_of(data, limits)
            read(rows, kind)
        kind, rows = rows_of(_with_a_part(sound, data), limits)
        read(rows, kind)

    seeds = [seed.encode(), seed.encode("gb18030"), _packed(sound), *_part_seeds(sound)]
    return Target(read_both, seeds, (InvalidInput,))


@target
def rosters() -> Target:
    from portal.registry.sheets import Limits
    from portal.training.rules import rosters

    limits = Limits(rosters.MOST, rosters.CELL_MAX, rosters.HEADING_WITHIN, has_days=True)
    heading = "学员名单,,\n序号,姓　名*,电子邮箱,语言\n"
    seed = heading + "1,王　芳,Wang.Fang@Example.CN,\n2,Li,mailto:b@example.cn,en\n合计,2人\n"
    return _list_of(limits, lambda rows, kind: rosters.read_roster(rows, kind, "zh"), seed)


@target
def recipients() -> Target:
    from portal.registry.sheets import Limits
    from portal.shop.rules import batches

    seed = "name,email,language,note\nWang Fang,wang@example.cn,zh,x\nLi,li@example.cn,en,\n"
    return _list_of(
        Limits(rows=batches.MOST, cell=batches.CELL_MAX),
        lambda rows, kind: batches.read_list(rows, kind, is_named=True),
        seed,
    )


@target
def activities() -> Target:
    from portal.footprint import workbook
    from portal.footprint.rules import activity, library

    model = library.model("event-cn")
    heading = "activity,amount,unit,note,source\n"
    seed = heading + "nights,320,room.night,24–25 November,bill\nnights,1,room.night,x,\n"

    def read(rows: Any, kind: str) -> None:
        activity.read(activity.Table("0" * 64, kind, tuple(rows)), model)

    return _list_of(workbook.LIMITS, read, seed)


@target
def answers() -> Target:
    from portal.footprint.rules import answers_file, library
    from portal.footprint.rules.answers_file import Words
    from portal.footprint.rules.drafts import Journey
    from portal.kernel.errors import PortalError

    model = library.model("household-cn")
    given = {"people": "2"}
    journey = Journey("household-cn", model.version, "full", "230700", answers=given, own={"heat": "96.5"})
    words = Words(str, str, lambda _key, text: text)
    seeds = [
        answers_file.as_json(journey, model.digest, _NOW),
        answers_file.as_csv(journey, model.digest, _NOW, words),
    ]
    return Target(answers_file.read, [each.encode() for each in seeds], (PortalError,))


# -- training ------------------------------------------------------------------------------------


def _questions(name: str) -> Callable[[], Target]:
    def make() -> Target:
        from portal.kernel.errors import PortalError
        from portal.training.rules.formats import read_items, write_items
        from portal.training.rules.packs.bank import read_bank
        from portal.training.rules.packs.faults import Notes

        bank = (DATA / "training" / "pack" / "bank" / "checked.yml").read_bytes()
        items = [found[0] for found in read_bank(bank, Notes("bank.yml"))]
        packed = write_items(name, items, "en").data
        sound = _parts(packed) if packed.startswith(b"PK") else {}

        def read(data: bytes) -> None:
            file = _with_a_part(sound, data) if sound else data
            for each in {file, data}:
                with suppress(PortalError):
                    read_items(name, each, "zh", repair=True)
            reading = read_items(name, file, "en")
            if len(write_items(name, reading.items, "en").left_out) < len(reading.items):
                read_items(name, write_items(name, reading.items, "en").data, "en")

        return Target(read, [packed, *_part_seeds(sound)], (PortalError,))

    return make


for _name in ("gift", "moodle", "aiken", "csv", "qti21", "qti30"):
    TARGETS[f"questions-{_name}"] = _questions(_name)


@target
def course_packs() -> Target:
    from portal.kernel.errors import InvalidInput
    from portal.training.rules.packs.course import files_of_zip, zip_of_files
    from portal.training.rules.packs.lint import lint
    from portal.training.rules.scenarios import scenario_faults

    folder = DATA / "training" / "pack"
    files = {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}

    def read(data: bytes) -> None:
        with suppress(InvalidInput):
            files_of_zip(data)
        name, content = _part(files, data)
        lint({**files, name: content}, scenarios=scenario_faults)

    seeds = [*_part_seeds(files), zip_of_files(dict([*files.items()][:2]))]
    return Target(read, seeds, (InvalidInput,))


# -- pictures and papers -------------------------------------------------------------------------


@target
def pictures() -> Target:
    from portal.kernel.errors import InvalidInput
    from portal.training.rules.packs import media
    from portal.web import photos

    def read(data: bytes) -> None:
        with suppress(InvalidInput):
            photos._drawn(data)
        media.kept(data)

    tree = (DATA / "training" / "pack" / "media" / "tree.svg").read_bytes()
    return Target(read, [tree, *_drawn()], (InvalidInput,))


@target
def papers() -> Target:
    from portal.accounts.bodies import check_pdf
    from portal.certificates.rules import credential, paper, tokens
    from portal.kernel.errors import PortalError
    from portal.shop.rules.fapiao_files import kind_of

    def handed_in(data: bytes) -> None:
        token = tokens.found_in(data)
        content = token.credential if token else paper.read_file(data)
        if token or "credentialSubject" in content:
            credential.number_in(content)

    def read(data: bytes) -> None:
        for each in (check_pdf, kind_of):
            with suppress(PortalError):
                each(data)
        handed_in(data)

    pdf = b"%PDF-1.7\n1 0 obj<</Type/Catalog/Names<</EmbeddedFiles 2 0 R>>>>endobj\n%%EOF\n"
    ofd = _packed({"OFD.xml": b"<ofd/>"})
    xml = b'<?xml version="1.0" encoding="UTF-8"?><fapiao><number>1</number></fapiao>'
    seeds = [pdf, ofd, xml, b'{"number": "C-1"}', b'{"credentialSubject": {"id": "x"}, "id": "urn:x"}']
    return Target(read, seeds, (PortalError,))


# -- credentials, keys and events ----------------------------------------------------------------


def _badge() -> dict[str, Any]:
    from portal.certificates.rules import integrity

    return {
        "@context": [integrity.CREDENTIALS, integrity.OPEN_BADGES],
        "id": "urn:uuid:0b1cbb6c-5c1b-4a62-b2e4-0b6c4b9fbe61",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": "did:web:portal.example", "type": ["Profile"], "name": "x"},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:l", "type": ["AchievementSubject"]},
        "credentialStatus": {
            "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "7",
            "statusListCredential": "https://portal.example/status/1",
        },
    }  # fmt: skip


def _inspect() -> Callable[[bytes], None]:
    from portal.certificates.rules import inspection, integrity, keys
    from portal.certificates.rules.credential import Issuer
    from portal.certificates.rules.inspection import Beside
    from portal.kernel.bilingual import Bilingual

    own = Issuer("https://portal.example", Bilingual("x", "x"), bytes(range(1, 33)))
    did = f"did:key:{integrity.multikey(own.public_key)}"
    given = keys.read(_json({"id": did, "kty": "OKP", "crv": "Ed25519", "x": _b64(own.public_key)}))

    def inspect(data: bytes) -> None:
        handed = inspection.read(data)
        inspection.address_of(handed.issuer_id)
        inspection.signature(handed, own, given)
        inspection.signature(handed, own)
        inspection.period(handed, _NOW)
        inspection.status(handed, own, lambda *_: False, _NOW, Beside(given, [handed]))

    return inspect


@target
def badges() -> Target:
    from portal.certificates.rules import baking, integrity
    from portal.certificates.rules.drawing import BADGES
    from portal.certificates.rules.integrity import NotACredential

    seed, badge = bytes(range(1, 33)), _badge()
    key = f"did:web:portal.example#{integrity.multikey(integrity.public_key(seed))}"
    signed = integrity.sign(badge, seed, key, "2026-01-01T00:00:00Z", integrity.badge_words())
    audience = next(iter(BADGES))
    drawn = f'<svg xmlns:o="{baking.NAMESPACE}"><o:credential verify="a.b.c">{{}}</o:credential></svg>'
    png = baking.into_png(audience, signed)
    png = png[:33] + png[png.index(b"iTXt") - 4 :][:6_000]  # without its pixels
    return Target(_inspect(), [_json(signed), _json(badge), drawn.encode(), png], (NotACredential,))


@target
def tokens() -> Target:
    """Header and claims stand in plain JSON, a line each: what is in base64 no fuzzer gets right."""
    from portal.certificates.rules import tokens
    from portal.certificates.rules.integrity import NotACredential

    inspect, seed = _inspect(), bytes(range(1, 33))

    def read(data: bytes) -> None:
        head, _, body = data.partition(b"\n")
        inspect(f"{_b64(head)}.{_b64(body)}.{_b64(bytes(64))}".encode())

    key = tokens.multikey(tokens.private_key(seed).public_key())
    head = _json({"alg": "ES256", "typ": "JWT", "kid": f"did:web:portal.example#{key}"})
    seeds = [head + b"\n" + _json({"iss": "did:jwk:e30", "jti": "x", "nbf": 1, "vc": _badge()})]
    return Target(read, [*seeds, head + b"\n" + _json(_badge())], (NotACredential,))


@target
def status_lists() -> Target:
    import gzip

    from portal.certificates.rules import inspection, lists
    from portal.certificates.rules.credential import LIST_BITS, Purpose
    from portal.certificates.rules.integrity import NotACredential

    entry = lists.Entry(Purpose.REVOCATION, "https://portal.example/status/1", 7)

    def read(data: bytes) -> None:
        lists.is_set(inspection.read_list(data).document, entry)

    bits = "u" + _b64(gzip.compress(bytes(LIST_BITS // 8), mtime=0))
    subject = {"type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": bits}
    return Target(read, [_json({**_badge(), "credentialSubject": subject})], (NotACredential,))


@target
def keys() -> Target:
    from portal.certificates.rules import integrity, keys
    from portal.certificates.rules.integrity import NotACredential
    from portal.kernel.errors import InvalidInput

    public = integrity.public_key(bytes(range(1, 33)))

    def read(data: bytes) -> None:
        for name in ("did:key:", "did:jwk:"):
            with suppress(NotACredential):
                keys.in_name(name + data.decode(errors="ignore"))
        with suppress(NotACredential):
            keys.in_name(f"did:jwk:{_b64(data)}")
        keys.read(data).find("x")

    bare = {"kty": "OKP", "crv": "Ed25519", "x": _b64(public), "kid": "a"}
    ec = {"kty": "EC", "crv": "P-256", "x": _b64(bytes(32)), "y": _b64(bytes(32))}
    rsa = {"kty": "RSA", "n": _b64(b"\xff" * 256), "e": "AQAB", "use": "sig", "alg": "RS256"}
    method = {"id": "did:web:a#k", "type": "Multikey", "publicKeyMultibase": integrity.multikey(public)}
    did = {"id": "did:web:a", "verificationMethod": [method], "assertionMethod": ["did:web:a#k"]}
    pem = b"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA" + b"A" * 43 + b"=\n-----END PUBLIC KEY-----\n"
    seeds = [_json(each) for each in (bare, ec, rsa, {"keys": [bare, ec]}, did)]
    return Target(read, [*seeds, pem, integrity.multikey(public).encode()], (InvalidInput,))


@target
def passkeys() -> Target:
    """What a browser signed stands in plain JSON on the first line."""
    from portal.accounts import webauthn
    from portal.accounts.rules import Party, WrongPasskey

    party = Party("portal.example", "x", "https://portal.example")

    def read(data: bytes) -> None:
        client, _, rest = data.partition(b"\n")
        text = rest.decode(errors="replace").replace("CLIENT", _b64(client))
        for each in (
            lambda: webauthn.challenge_in(text),
            lambda: webauthn.id_in(text),
            lambda: webauthn.uses_after(text, b"challenge", party, bytes(77), 0),
        ):
            with suppress(WrongPasskey):
                each()
        webauthn.made(text, b"challenge", party)

    client = {"type": "webauthn.create", "challenge": _b64(b"challenge"), "origin": "https://portal.example"}
    said = {"clientDataJSON": "CLIENT", "attestationObject": "o2NmbXRkbm9uZQ", "transports": ["usb"]}
    asked = {
        "clientDataJSON": "CLIENT",
        "authenticatorData": _b64(bytes(37)),
        "signature": "AA",
        "userHandle": "AA",
    }
    seeds = [
        _json(client | {"type": kind}) + b"\n"
        + _json({"id": "AA", "rawId": "AA", "type": "public-key", "response": response})
        for kind, response in (("webauthn.create", said), ("webauthn.get", asked))
    ]  # fmt: skip
    return Target(read, seeds, (WrongPasskey,))


@target
def payment_events() -> Target:
    """Signed with the right secret: a provider that errs, or somebody who has it."""
    import hmac

    from portal.shop.provider import NotASignature
    from portal.shop.stripe_gateway import StripeGateway

    gateway = StripeGateway("sk_test_x", ("whsec_x",))
    stamp = str(int(_NOW.timestamp()))

    def read(data: bytes) -> None:
        with suppress(NotASignature):
            gateway.event(b"{}", data.decode("latin-1"), _NOW)
        mark = hmac.new(b"whsec_x", stamp.encode() + b"." + data, "sha256").hexdigest()
        gateway.event(data, f"t={stamp},v1={mark}", _NOW)

    event = {"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": 1_780_000_000}
    about = (
        {"id": "cs_1", "object": "checkout.session", "metadata": {"order_id": "ord_1"}},
        {"id": "in_1", "object": "invoice", "parent": {"subscription_details": {"subscription": "sub_1"}}},
        {"id": "sub_1", "object": "subscription"},
        {"id": "re_1", "object": "refund", "payment_intent": "pi_1"},
    )
    seeds = [_json({**event, "livemode": False, "data": {"object": each}}) for each in about]
    return Target(read, [*seeds, f"t={stamp},v1={'0' * 64}".encode()], (NotASignature,))


# -- what is packed ------------------------------------------------------------------------------
# A ZIP file whose bytes are bent is refused by its sums. So one part of a sound one is replaced: the first
# byte of an input says which, the rest is what stands there.


def _parts(data: bytes) -> dict[str, bytes]:
    from io import BytesIO
    from zipfile import ZipFile

    with ZipFile(BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def _packed(parts: dict[str, bytes]) -> bytes:
    from io import BytesIO
    from zipfile import ZipFile

    out = BytesIO()
    with ZipFile(out, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


def _part(parts: dict[str, bytes], data: bytes) -> tuple[str, bytes]:
    names = [*parts]
    return names[(data[0] if data else 0) % len(names)], data[1:]


def _with_a_part(parts: dict[str, bytes], data: bytes) -> bytes:
    name, content = _part(parts, data)
    return _packed({**parts, name: content})


def _part_seeds(parts: dict[str, bytes]) -> Iterator[bytes]:
    return (bytes([at]) + content for at, content in enumerate(parts.values()))


def _drawn() -> Iterator[bytes]:
    """A few pixels in each of the kinds that are taken."""
    from io import BytesIO

    from PIL import Image

    for mode, kind in (("P", "PNG"), ("RGB", "JPEG"), ("RGBA", "WEBP"), ("LA", "PNG")):
        out = BytesIO()
        Image.new(mode, (4, 3)).save(out, kind)
        yield out.getvalue()
    turned = Image.Exif()
    turned.update({0x0112: 6, 0x010F: "maker", 0x011A: 72.0, 0x0132: "2026:01:01 00:00:00"})
    turned.get_ifd(0x8825).update({1: "N", 2: (47.0, 43.0, 1.5)})
    for kind in ("JPEG", "PNG", "WEBP"):
        out = BytesIO()
        Image.new("RGB", (4, 3)).save(out, kind, exif=turned)
        yield out.getvalue()


def _json(value: object) -> bytes:
    import json

    return json.dumps(value).encode()


def _b64(data: bytes) -> str:
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(data).rstrip(b"=").decode()


# -- running -------------------------------------------------------------------------------------


@dataclass
class Finds:
    """What came that was never declared, once for each place it came from."""

    folder: Path
    known: set[str] = field(default_factory=set)

    def look(self, tried: Target, data: bytes) -> None:
        fault = tried.fault(data)
        if fault is None:
            return
        frames = traceback.extract_tb(fault.__traceback__)
        ours = [f for f in frames if f.filename.startswith(str(ROOT / "portal"))] or frames
        place = (
            f"{type(fault).__name__} {Path(ours[-1].filename).name}:{ours[-1].lineno}"
            if ours
            else repr(fault)
        )
        if place in self.known or (isinstance(fault, TimeoutError) and "slow" in self.known):
            return
        self.known.add("slow" if isinstance(fault, TimeoutError) else place)
        kept = self.folder / f"found-{sha256(data).hexdigest()[:16]}"
        kept.write_bytes(data)
        kept.with_suffix(".txt").write_text("".join(traceback.format_exception(fault)))
        print(f"FOUND {place}: {fault!r:.200}\n  {data!r:.300}\n  {kept}", flush=True)


def fuzz(name: str, seconds: int, folder: Path) -> None:
    """One target in this process, which ends with it."""
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["portal"]):
        tried = TARGETS[name]()
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in tried.seeds:
        (corpus / sha256(seed).hexdigest()[:16]).write_bytes(seed)
    finds = Finds(folder)
    for data in tried.seeds:
        finds.look(tried, data)
    limits = [
        f"-max_total_time={seconds}", f"-max_len={_LARGEST}", "-timeout=60", "-verbosity=1",
        f"-rss_limit_mb={_MEGABYTES}", f"-artifact_prefix={folder}/found-", "-print_final_stats=1",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *limits, str(corpus)], lambda data: finds.look(tried, data))
    atheris.Fuzz()


def main(arguments: list[str]) -> int:
    reader = argparse.ArgumentParser(
        prog="python -m tools.fuzz", description="Fuzz what reads strangers' bytes."
    )
    reader.add_argument("name", nargs="?", choices=["all", *TARGETS], metavar="NAME", help="a target, or all")
    reader.add_argument("--seconds", type=int, default=60, help="for each target")
    reader.add_argument(
        "--keep", type=Path, default=Path(tempfile.gettempdir()) / "portal-fuzz", help="a folder"
    )
    reader.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = reader.parse_args(arguments)
    if given.name is None:
        print("\n".join(TARGETS))
        return 0
    if given.inside:
        fuzz(given.name, given.seconds, given.keep / given.name)
        return 0
    try:
        import_module("atheris")
    except ImportError:
        print(_HOW_TO_INSTALL, file=sys.stderr)
        return 2
    found = 0
    for name in TARGETS if given.name == "all" else [given.name]:
        print(f"== {name}", flush=True)
        how = [name, "--seconds", str(given.seconds), "--keep", str(given.keep), "--inside"]
        ended = run([sys.executable, "-m", "tools.fuzz", *how], cwd=ROOT, check=False)  # noqa: S603  # ourselves
        found += ended.returncode != 0 or any((given.keep / name).glob("found-*"))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

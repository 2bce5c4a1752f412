"""The two programs that check a certificate without us: both accept a genuine one, both refuse every forgery.

Each is started as its holder would start it: the Python file alone in an empty folder, without site packages;
the page from a file, in a real browser without a network.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import rfc8785
from flask import Flask

from portal.certificates import commands
from portal.kernel import clock
from portal.registry import verifiers
from portal.registry.commands import witnesses as watch
from portal.registry.jobs import sequence_and_sign
from portal.registry.queries import log
from portal.registry.rules import checkpoint, merkle
from tests.conftest import portal_on, sqlite_copy
from tests.factories import witnesses
from tests.factories.certificates import ACTOR, AVOIDING, PLANTING, logged
from tests.factories.witnesses import NAME, SECRET, a_witness, signed_line

if TYPE_CHECKING:
    from playwright.sync_api import Page

VECTORS = Path(__file__).parents[1] / "data" / "merkle-vectors.json"
SIGNED_AT = 1_767_225_600  # 2026-01-01T00:00:00Z
Files = dict[str, bytes]
Verdict = tuple[str, str, str]  # code, what it says in Chinese, in English


@dataclass(frozen=True)
class World:
    """Two genuine certificates and a withdrawn one, as their holders downloaded them; one of them again
    after a witness had signed."""

    genuine: Files
    witnessed: Files
    other: Files
    withdrawn: Files
    revoked_proof: bytes
    export: bytes
    head: str


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("verifiers")
    with portal_on(sqlite_copy(folder), folder) as app:
        one, two, three = logged(), logged(PLANTING, AVOIDING), logged()
        commands.revoke(ACTOR, three.number, "error", clock.now())
        sequence_and_sign()
        revoked = log.proof_for("certificate.revoked", three.id)
        head = log.latest_checkpoint()
        assert revoked is not None
        assert head is not None
        bare = [downloaded(app, each.number, each.key) for each in (one, two, three)]
        export = b"".join(entry.body.encode() + b"\n" for entry in log.entries(0, head.size))
        a_witness()
        watch.cosign(ACTOR, witnesses.head().size, signed_line(SIGNED_AT), clock.now())
        witnessed = downloaded(app, one.number, one.key)
        yield World(bare[0], witnessed, bare[1], bare[2], revoked.text.encode(), export, head.note)


def downloaded(app: Flask, number: str, key: str) -> Files:
    """What is in the ZIP, each file by its part."""
    answer = app.test_client().get(f"/certificates/{number}.zip?key={key}")
    assert answer.status_code == 200
    with zipfile.ZipFile(BytesIO(answer.data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert files.pop(verifiers.PYTHON) == verifiers.program()
    assert files.pop(verifiers.PAGE) == verifiers.page()
    assert number[:4] in files.pop("README.txt").decode()
    return {
        "certificate": files[f"{number}.json"],
        "proof": files[f"{number}.tlog-proof"],
        "holder": files[f"{number}-holder.json"],
        "keys": files["log-keys.txt"],
    }


# --- the two programs, started as people start them

NAMES = {"certificate": "N.json", "proof": "N.tlog-proof", "holder": "N-holder.json", "keys": "log-keys.txt"}


def lay_out(files: Files, folder: Path) -> list[str]:
    folder.mkdir(exist_ok=True)
    for part, content in files.items():
        (folder / NAMES[part]).write_bytes(content)
    return [str(folder / NAMES[part]) for part in files]


def python(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The file alone, without site packages, environment or the checkout on its path."""
    program = folder / verifiers.PYTHON
    program.write_bytes(verifiers.program())
    return subprocess.run(
        [sys.executable, "-I", "-S", str(program), *arguments],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


@pytest.fixture
def by_python(tmp_path: Path) -> Callable[[Files], Verdict]:
    def check(files: Files) -> Verdict:
        lay_out(files, tmp_path)
        done = python("--json", folder=tmp_path)
        told = json.loads(done.stdout)
        assert done.returncode == (0 if told["ok"] else 1), done.stderr
        return told.get("code", "holds"), told.get("zh", ""), told.get("en", "")

    return check


@pytest.fixture
def page(visit: Callable[..., Page], tmp_path: Path) -> Page:
    file = tmp_path / verifiers.PAGE
    file.write_bytes(verifiers.page())
    opened = visit()
    opened.goto(file.as_uri())
    return opened


def shown(page: Page) -> Verdict:
    """What the page says once it has decided."""
    page.locator("#result[data-code]").wait_for()
    result = page.locator("#result")
    code = result.get_attribute("data-code") or ""
    texts = [result.locator(f"p[lang='{lang}']").first for lang in ("zh-CN", "en")]
    return code, *(text.text_content() or "" if text.count() else "" for text in texts)  # type: ignore[return-value]


@pytest.fixture
def by_page(page: Page, tmp_path: Path) -> Callable[[Files], Verdict]:
    def check(files: Files) -> Verdict:
        page.locator("#files").set_input_files(lay_out(files, tmp_path / "files"))
        return shown(page)

    return check


@pytest.fixture(params=["python", "page"])
def check(request: pytest.FixtureRequest) -> Callable[[Files], Verdict]:
    found: Callable[[Files], Verdict] = request.getfixturevalue(f"by_{request.param}")
    return found


# --- genuine ones


def test_a_genuine_certificate_is_accepted(world: World, check: Callable[[Files], Verdict]):
    assert check(world.genuine)[0] == "holds"


def test_one_of_many_ranges_without_the_name_is_accepted(world: World, check: Callable[[Files], Verdict]):
    assert check({part: world.other[part] for part in ("certificate", "proof", "keys")})[0] == "holds"


def test_the_zip_is_taken_as_it_is(world: World, page: Page, tmp_path: Path):
    names = lay_out(world.genuine, tmp_path / "files")
    archive = tmp_path / "whole.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.write(name, f"folder/{Path(name).name}")
    page.locator("#files").set_input_files(str(archive))
    assert shown(page)[0] == "holds"
    done = python(str(archive), folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "✓ 核验通过：证书" in done.stdout
    assert "✓ It holds: certificate" in done.stdout
    assert "李明" in done.stdout
    assert "✗" not in python("--lang", "en", str(archive), folder=tmp_path).stdout


def test_who_has_witnessed_it_is_said(world: World, page: Page, tmp_path: Path):
    names = lay_out(world.witnessed, tmp_path / "files")
    page.locator("#files").set_input_files(names)
    assert shown(page)[0] == "holds"
    assert f"{NAME} · 2026-01-01T00:00:00Z" in page.locator("#result").inner_text()
    done = python(*names, folder=tmp_path)
    assert f"witness {NAME} signed this state of the log too, at 2026-01-01T00:00:00Z" in done.stdout
    assert f"见证方 {NAME} 于 2026-01-01T00:00:00Z 会签" in done.stdout


def test_a_witness_that_nobody_named_is_passed_over(world: World, check: Callable[[Files], Verdict]):
    """C2SP: a signature of an unknown key says nothing, for or against."""
    assert check(unwatched(world.witnessed))[0] == "holds"


# --- forgeries


def edited(files: Files, part: str, change: Callable[[bytes], bytes]) -> Files:
    made = change(files[part])
    assert made != files[part]
    return files | {part: made}


def indented(raw: bytes) -> bytes:
    return json.dumps(json.loads(raw), indent=1).encode()


def renamed(raw: bytes) -> bytes:
    return raw.replace("李明".encode(), "王芳".encode())


def rewritten(files: Files, **changes: Any) -> Files:
    """The certificate with other facts, again in canonical form."""
    content = json.loads(files["certificate"])
    return files | {"certificate": rfc8785.dumps(content | changes)}


def lines_of(files: Files) -> list[str]:
    return files["proof"].decode().split("\n")


def with_lines(files: Files, lines: list[str]) -> Files:
    return files | {"proof": "\n".join(lines).encode()}


def with_record(files: Files, **changes: Any) -> Files:
    lines = lines_of(files)
    record = json.loads(b64decode(lines[1].removeprefix("extra ")))
    lines[1] = "extra " + b64encode(rfc8785.dumps(record | changes)).decode()
    return with_lines(files, lines)


def fitted(files: Files, **changes: Any) -> Files:
    """The certificate changed, and the record in its proof made to fit."""
    made = rewritten(files, **changes)
    return with_record(made, payload_sha256=sha256(made["certificate"]).hexdigest())


def other_path(files: Files) -> Files:
    lines = lines_of(files)
    lines[3] = b64encode(sha256(lines[3].encode()).digest()).decode()
    return with_lines(files, lines)


def longer_path(files: Files) -> Files:
    lines = lines_of(files)
    return with_lines(files, [*lines[:3], lines[3], *lines[3:]])


def signed_anew(files: Files, seed: bytes, origin: str | None = None, size: int = 1) -> Files:
    """A log of one's own that holds only this record, signed with this key."""
    lines = lines_of(files)
    leaf = merkle.leaf_hash(b64decode(lines[1].removeprefix("extra ")))
    head = checkpoint.Checkpoint(origin or signed_head(files).origin, size, leaf)
    note = checkpoint.sign(head, [checkpoint.private_key(seed)])
    return files | {"proof": "\n".join([lines[0], lines[1], "index 0", "", note]).encode()}


def signed_head(files: Files) -> checkpoint.Checkpoint:
    note = files["proof"].decode().partition("\n\n")[2]
    return checkpoint.read_text(checkpoint.read_note(note)[0])


def other_head(files: Files, **changes: Any) -> Files:
    """The checkpoint's text changed, its signature kept."""
    head, text = signed_head(files), files["proof"].decode()
    settings = {"origin": head.origin, "size": head.size, "root": head.root} | changes
    return files | {"proof": text.replace(head.text, checkpoint.Checkpoint(**settings).text).encode()}


def malleable(files: Files) -> Files:
    """Another signature that careless verifiers take for the same: S + L."""
    lines = lines_of(files)
    dash, name, text = lines[-2].split(" ")
    raw = b64decode(text)
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(raw[36:], "little") + order
    lines[-2] = f"{dash} {name} {b64encode(raw[:36] + s.to_bytes(32, 'little')).decode()}"
    return with_lines(files, lines)


def by_insiders(files: Files, **changes: Any) -> Files:
    """Signed with the log's real key, so that only what is signed can give it away."""
    return signed_anew(fitted(files, **changes), bytes(32))


def retired_since(files: Files) -> Files:
    line = checkpoint.read_key_line(files["keys"].decode().split("\n")[1])
    past = checkpoint.PublicKey(line.name, line.key, until=0)
    return files | {"keys": checkpoint.write_keys([past]).encode()}


def twice_the_grams(files: Files) -> Files:
    content = json.loads(files["certificate"])
    return by_insiders(files, ranges=content["ranges"] * 2)


def unwatched(files: Files) -> Files:
    return edited(files, "keys", lambda raw: re.sub(rb"witness .*\n", b"", raw))


def with_cosignature(files: Files, change: Callable[[bytes], bytes]) -> Files:
    """The witness's line changed: four bytes of key, eight of time, the signature."""
    lines = lines_of(files)
    dash, name, text = lines[-2].split(" ")
    assert name == NAME
    lines[-2] = f"{dash} {name} {b64encode(change(b64decode(text))).decode()}"
    return with_lines(files, lines)


def with_cosignature_of(files: Files, head: str) -> Files:
    """The witness's genuine line under another checkpoint."""
    lines = lines_of(files)
    lines[-2] = checkpoint.cosign(head, NAME, SECRET, SIGNED_AT).rstrip("\n")
    return with_lines(files, lines)


FORGERIES: dict[str, tuple[str, Callable[[World], Files]]] = {
    "the amount was raised": ("altered", lambda w: rewritten(w.genuine, mass_g=999_000)),
    "the holder was exchanged": ("altered", lambda w: rewritten(w.genuine, holder="0" * 64)),
    "the test mark was taken off or put on": ("altered", lambda w: rewritten(w.genuine, test=True)),
    "the text was laid out anew": (
        "rewritten",
        lambda w: edited(w.genuine, "certificate", indented),
    ),
    "a second amount was slipped in": (
        "rewritten",
        lambda w: edited(w.genuine, "certificate", lambda raw: b'{"mass_g":1,' + raw[1:]),
    ),
    "the proof is of another certificate": (
        "other_certificate", lambda w: w.genuine | {"proof": w.other["proof"]},
    ),
    "the record was changed to fit": ("not_in_log", lambda w: fitted(w.genuine, mass_g=999_000)),
    "the place was changed": (
        "not_in_log", lambda w: edited(w.genuine, "proof", lambda raw: raw.replace(b"index 0", b"index 1")),
    ),
    "a hash of the path was changed": ("not_in_log", lambda w: other_path(w.other)),
    "the path was made longer": ("not_in_log", lambda w: longer_path(w.other)),
    "the root was changed": ("bad_signature", lambda w: other_head(w.genuine, root=sha256(b"").digest())),
    "the size was changed": ("bad_signature", lambda w: other_head(w.genuine, size=7)),
    "the signature was bent": ("bad_signature", lambda w: malleable(w.genuine)),
    "somebody's own log in the same name": (
        "unknown_signer", lambda w: signed_anew(fitted(w.genuine, mass_g=999_000), bytes([7] * 32)),
    ),
    "somebody's own log in another name": (
        "other_log", lambda w: signed_anew(w.genuine, bytes([7] * 32), "elsewhere.test/log"),
    ),
    "the time of a witness was changed": (
        "bad_witness", lambda w: with_cosignature(w.witnessed, lambda raw: raw[:11] + b"\xff" + raw[12:]),
    ),
    "a witness's time has no date": (
        "bad_witness", lambda w: with_cosignature(w.witnessed, lambda raw: raw[:4] + b"\xff" * 8 + raw[12:]),
    ),
    "a witness's signature was cut off": (
        "bad_witness", lambda w: with_cosignature(w.witnessed, lambda raw: raw[:7]),
    ),
    "a witness's signature under another checkpoint": (
        "bad_witness", lambda w: with_cosignature_of(w.witnessed, w.head),
    ),
    "a witness instead of the log": (
        "no_key", lambda w: edited(w.witnessed, "keys", lambda raw: raw[raw.index(b"witness ") :]),
    ),
    "a log's key given out as a witness's": (
        "bad_key", lambda w: edited(w.genuine, "keys", lambda raw: raw.replace(b"\n", b"\nwitness ", 1)),
    ),
    "a stolen key that was retired": ("retired_key", lambda w: retired_since(w.genuine)),
    "the record of a withdrawal": ("other_record", lambda w: w.withdrawn | {"proof": w.revoked_proof}),
    "signed from inside: ranges counted twice": ("sums_differ", lambda w: twice_the_grams(w.genuine)),
    "signed from inside: another amount than the record's": (
        "facts_differ", lambda w: by_insiders(w.genuine, mass_g=1, effects_g={"removal": 1}),
    ),
    "another name for the holder": (
        "other_holder", lambda w: edited(w.genuine, "holder", renamed),
    ),
    "the proof was cut off": ("not_a_proof", lambda w: edited(w.genuine, "proof", lambda raw: raw[:60])),
    "the record was left out": (
        "no_record",
        lambda w: with_lines(w.genuine, [line for n, line in enumerate(lines_of(w.genuine)) if n != 1]),
    ),
    "a key under another key's id": (
        "bad_key", lambda w: edited(w.genuine, "keys", lambda r: re.sub(rb"\+[0-9a-f]{8}", b"+0123abcd", r)),
    ),
    "no certificate at all": ("not_a_certificate", lambda w: w.genuine | {"certificate": b"%PDF-1.7"}),
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_is_refused_with_its_reason_in_both_languages(
    forgery: str, world: World, check: Callable[[Files], Verdict]
):
    code, make = FORGERIES[forgery]
    found, zh, en = check(make(world))
    assert found == code
    assert re.search(r"[一-鿿]", zh)
    assert re.fullmatch(r"[ -~]+", en)


def test_the_forgeries_are_of_more_than_twelve_kinds():
    assert len({code for code, _ in FORGERIES.values()}) >= 12


def test_both_say_the_same_words():
    (told,) = re.findall(r"REASONS = (\{.*?\n\})\n", verifiers.program().decode(), re.DOTALL)
    (said,) = re.findall(r"export const REASONS = \{(.*?)\n\};", verifiers.page().decode(), re.DOTALL)
    as_python = "{" + re.sub(r"^  (\w+): \[", r"'\1': [", said, flags=re.MULTILINE) + "}"
    assert {code: tuple(pair) for code, pair in ast.literal_eval(as_python).items()} == ast.literal_eval(told)


# --- a whole log


def test_a_whole_export_is_hashed_again_and_says_what_was_withdrawn(world: World, tmp_path: Path):
    names = lay_out(world.withdrawn, tmp_path)
    (tmp_path / "log.jsonl").write_bytes(world.export)
    (tmp_path / "head.txt").write_text(world.head)
    whole = ("--log", "log.jsonl", "--checkpoint", "head.txt", "--keys", "log-keys.txt")
    done = python(*whole, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "✓ The log is whole" in done.stdout
    assert python(*names, folder=tmp_path).returncode == 0  # offline it cannot know yet
    done = python(*whole, *names, folder=tmp_path)
    assert done.returncode == 1
    assert "✗ 拒绝：这张证书后来被撤销" in done.stdout
    names = lay_out(world.genuine, tmp_path)
    assert python(*whole, *names, folder=tmp_path).returncode == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"250000", b"250001", 1),
        lambda raw: raw[: raw.rindex(b"\n", 0, -1) + 1],
        lambda raw: raw + raw.splitlines(keepends=True)[0],
        lambda raw: b"".join(reversed(raw.splitlines(keepends=True))),
        lambda raw: raw[:-1],
    ],
)
def test_an_export_that_was_tampered_with_is_refused(
    world: World, tmp_path: Path, change: Callable[[bytes], bytes]
):
    lay_out(world.genuine, tmp_path)
    (tmp_path / "log.jsonl").write_bytes(change(world.export))
    (tmp_path / "head.txt").write_text(world.head)
    done = python("--log", "log.jsonl", "--checkpoint", "head.txt", "--keys", "log-keys.txt", folder=tmp_path)
    assert done.returncode == 1
    assert "The exported log is not the one that was signed" in done.stdout


# --- the tree


def test_196_of_196_public_vectors_pass_in_python(tmp_path: Path):
    done = python("--vectors", str(VECTORS), "--json", folder=tmp_path)
    assert json.loads(done.stdout) == {"ok": True, "right": 196, "total": 196}


def test_196_of_196_public_vectors_pass_in_the_browser(visit: Callable[..., Page], tmp_path: Path):
    """The part that checks, as it stands in the page, asked by a page of this test."""
    checks = (verifiers.FOLDER / "verify.js").read_text()
    assert checks in verifiers.page().decode()
    file = tmp_path / "vectors.html"
    file.write_text(
        f"<!doctype html><title>vectors</title><script type=module>{checks}\n"
        f"document.title = await checkVectors({VECTORS.read_text()});</script>"
    )
    page = visit()
    page.goto(file.as_uri())
    page.wait_for_function("document.title !== 'vectors'")
    assert page.title() == "196"


def test_the_vectors_find_a_careless_program(tmp_path: Path):
    """The control: a verifier that never asks whether the path was complete."""
    careless = verifiers.program().replace(b"return last == 0 and digest == root", b"return digest == root")
    (tmp_path / "careless.py").write_bytes(careless)
    done = subprocess.run(
        [sys.executable, "-I", str(tmp_path / "careless.py"), "--vectors", str(VECTORS)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1


def test_neither_imports_or_fetches_anything():
    tree = ast.parse(verifiers.program())
    wanted = {
        name.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for name in node.names
    }
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert wanted <= sys.stdlib_module_names
    assert not wanted & {"urllib", "http", "socket", "ssl"}
    text = verifiers.page().decode()
    assert not re.search(
        r"\b(fetch|XMLHttpRequest|WebSocket|sendBeacon)\b|\bsrc=|\bhref=|import\s*[({\"']", text
    )
    assert "default-src 'none'" in text

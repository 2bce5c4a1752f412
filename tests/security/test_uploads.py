"""Hostile files at every place that takes a file: found by watching which forms look for one."""

import ast
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

import pytest
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.routing import Rule
from werkzeug.test import TestResponse
from wtforms import FileField

from portal.config import ROOT
from portal.kernel.actor import Actor, Role
from tests.security.conftest import Site
from tests.security.test_insides import sources
from tests.security.test_matrix import OWNED, OWNED_AT, address

Process = Callable[[FileField, list[object]], None]

# Files that go out without being a download: made by us, or drawn anew from what came in.
SHOWN = {
    "certificates/desk.py": "the archive of a batch, by the printer",
    "certificates/views.py": "a certificate, by the printer",
    "shop/views/planting.py": "a photo that was drawn anew",
}


def a_png(width: int, height: int) -> bytes:
    """A picture of a few hundred bytes that says it has this size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 64)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + body


def a_zip(*files: tuple[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return made.getvalue()


SCRIPT = b"<script>alert('taken')</script>"
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">'
    b'<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz><a>&c;&x;</a></quiz>'
)


@cache
def hostile() -> dict[str, tuple[str, bytes, str]]:
    """Each with the name, the bytes and the kind that its sender says."""
    zeros = b"\0" * (64 << 20)
    workbook = (("[Content_Types].xml", b"<Types/>"), ("xl/worksheets/sheet1.xml", zeros))
    return {
        "script in a drawing": ("a.svg", b"<svg>" + SCRIPT + b"</svg>", "image/svg+xml"),
        "page as a picture": ("a.png", b"<html>" + SCRIPT + b"</html>", "image/png"),
        "picture and page in one": ("a.gif", b"GIF89a/*" + SCRIPT + b"*/=1", "image/gif"),
        "picture of 30,000 by 30,000": ("a.png", a_png(30_000, 30_000), "image/png"),
        "workbook that unpacks to 64 MB": ("a.xlsx", a_zip(*workbook), "application/zip"),
        "archive that climbs": ("a.zip", a_zip(("../../taken", b"x")), "application/zip"),
        "entities": ("a.xml", ENTITIES, "application/xml"),
        "PDF with a page before it": ("a.pdf", SCRIPT + b"%PDF-1.7\n", "application/pdf"),
        "name of a path": ("../../etc/passwd", b"a,b\n1,2\n", "text/csv"),
        "zeros": ("a.csv", b"\0\0a,b\n\0", "text/csv"),
        "half a character": ("a.json", b'{"a": "\xff\xfe', "application/json"),
        "deep": ("a.json", b"[" * 50_000, "application/json"),
    }  # fmt: skip


@cache
def file_fields() -> tuple[str, ...]:
    """Names of all fields that take a file, in whatever form."""
    found = {"file"}
    for place, tree in sources():
        if "forms" in place:
            found |= {
                target.id
                for node in ast.walk(tree)
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
                and re.search(r"FileField|_photo|_report", ast.unparse(node.value.func))
                for target in node.targets
                if isinstance(target, ast.Name)
            }  # fmt: skip
    return tuple(sorted(found))


def insider(site: Site) -> Actor:
    """Whoever may upload anywhere: the owner with every role."""
    owner = site.estate.owner
    return Actor(owner.id, frozenset({Role.CITIZEN, *Role}), organisations=owner.organisations)


def path_of(site: Site, rule: Rule) -> str:
    room = rule.endpoint.partition(".")[0]
    known = dict(site.estate.things) | {"code": "HLYC-0001", "model_id": "household-cn"}
    known |= {"draft_id": site.estate.things["course_draft"]}
    things = {
        part: known.get(OWNED_AT.get((room, part), OWNED.get(part, part)), "") for part in rule.arguments
    }
    return address(rule, {part: value for part, value in things.items() if value})


def send(site: Site, path: str, file: tuple[str, bytes, str]) -> TestResponse:
    name, data, kind = file
    given = [(field, FileStorage(io.BytesIO(data), name, field, kind)) for field in file_fields()]
    return site.as_(insider(site)).post(
        path, data=MultiDict(given), content_type="multipart/form-data", buffered=True
    )


@pytest.fixture
def takers(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Rule, str]]:
    """Routes whose form looks for a file, with an address for each."""
    site.trust_posts(monkeypatch)
    looked: list[str] = []
    with monkeypatch.context() as watching:
        for kind in {FileField, *FileField.__subclasses__()}:
            if "process_formdata" in vars(kind):
                watching.setattr(kind, "process_formdata", _watched(vars(kind)["process_formdata"], looked))
        found = []
        for rule in site.rules("POST"):
            before, path = len(looked), path_of(site, rule)
            if not rule.rule.startswith("/api/"):
                send(site, path, ("a.txt", b"plain", "text/plain"))
            if len(looked) > before:
                found.append((rule, path))
    return found


def _watched(original: Process, looked: list[str]) -> Process:
    def watch(field: FileField, values: list[object]) -> None:
        looked.append(field.name)
        original(field, values)

    return watch


def test_hostile_files_do_no_harm(site: Site, takers: list[tuple[Rule, str]]):
    told = (ROOT / "docs" / "threat-model.md").read_text()
    assert [rule.endpoint for rule, _ in takers if f"`{rule.endpoint}`" not in told] == [], "not written down"
    assert len(takers) >= 15
    wrong = []
    for rule, path in takers:
        for name, file in hostile().items():
            answer = send(site, path, file)
            if answer.status_code >= 500 or b"alert('taken')" in answer.data:
                wrong.append(f"{name} at {rule.endpoint}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_what_was_uploaded_comes_back_as_a_download():
    """Every file that is given out is an attachment, but for those that we made ourselves."""
    shown = {
        place
        for place, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith(("send_file", "send_from_directory"))
        and not any(key.arg == "as_attachment" for key in node.keywords)
    }
    assert shown == SHOWN.keys()

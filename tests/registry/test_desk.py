"""The registry's desk: who may do what, an import with a dry run, a lot against a retirement record."""

import io
import os
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from sqlalchemy import select

from portal.audit import AuditEntry
from portal.config import LANGS
from portal.db import db
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.registry import import_jobs
from portal.registry.commands import import_runs, imports
from portal.registry.queries import register
from portal.registry.rules.ledger import ProjectType
from portal.web.staging import stage
from tests.browser import Browser, Page, label_of
from tests.factories.proposals import accept_all
from tests.factories.registry import STAFF, hold, make_lot
from tests.registry.test_guards import EXPORT

READERS = {Role.REGISTRY, Role.FINANCE, Role.AUDITOR, Role.ADMIN}
RUNNERS = {Role.REGISTRY, Role.ADMIN}
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3 a retirement record"


@pytest.fixture
def desk(app: Flask) -> Browser:
    """Registry staff at their desk."""
    sit_down(app, Role.REGISTRY)
    return Browser(app.test_client())


def sit_down(app: Flask, *roles: Role) -> None:
    app.extensions["portal.person"] = lambda: Actor("usr_staff", frozenset(roles))


@pytest.fixture(params=LANGS)
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def imported(app: Flask) -> None:
    imports.apply(STAFF, "verra", EXPORT.read_bytes(), EXPORT.name, clock.now(), is_demo=True)


# --- roles


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    ("path", "allowed"), [("lots", READERS), ("lots/new", RUNNERS), ("imports", READERS)]
)
def test_a_desk_is_for_the_roles_it_names(app: Flask, role: Role, path: str, allowed: set[Role]):
    sit_down(app, role)
    browser = Browser(app.test_client())
    browser.open(f"/en/desk/{path}", expect=200 if role in allowed | {Role.AUDITOR} else 403)


@pytest.mark.parametrize("path", ["lots", "lots/new", "imports"])
def test_a_guest_is_asked_to_sign_in(browser: Browser, path: str):
    assert "/account/sign-in" in browser.open(f"/zh/desk/{path}").url


@pytest.mark.parametrize("role", READERS - RUNNERS)
def test_who_only_reads_is_offered_nothing_and_can_do_nothing(app: Flask, role: Role):
    app.config["WTF_CSRF_ENABLED"] = False
    sit_down(app, role)
    client = app.test_client()
    browser = Browser(client)
    assert "Look at it first" not in browser.open("/en/desk/imports").buttons
    assert "Open a lot" not in browser.open("/en/desk/lots").links
    export = {"registry": "verra", "file": (io.BytesIO(EXPORT.read_bytes()), "x.csv")}
    assert client.post("/en/desk/imports", data=export).status_code == 403
    run = f"/en/desk/imports/{given(app, EXPORT.read_bytes())}"
    assert client.get(run).status_code == 200
    assert client.post(run).status_code == 403
    # An auditor may look at any page, where there is one to look at.
    mapping = 404 if role is Role.AUDITOR else 403
    assert client.get("/en/desk/import-mappings/new").status_code == mapping
    assert client.post("/en/desk/lots/new", data={}).status_code == 403
    assert register.imports_done() == []


# --- importing


def given(app: Flask, data: bytes) -> str:
    """A file that somebody else has given to be looked at; its run's id."""
    run_id = import_runs.start(
        STAFF, "verra", "x.csv", sha256(data).hexdigest(), clock.now(), in_background=True
    )
    stage(import_jobs.SHELF, sha256(data).hexdigest(), data)
    import_jobs.judge({"run": run_id})
    return run_id


def choose(desk: Browser, lang: str, data: bytes, name: str = "export.csv", *, expect: int = 200) -> Page:
    page = desk.open(f"/{lang}/desk/imports")
    label = "导出文件" if lang == "zh" else "Export file"
    return page.fill(label, (io.BytesIO(data), name)).submit(expect=expect)


def test_a_dry_run_writes_nothing_and_applying_writes_all(desk: Browser, lang: str):
    report = choose(desk, lang, EXPORT.read_bytes())
    assert "200" in report.main
    assert register.imports_done() == []
    assert register.projects() == []
    done = report.submit()
    assert done.url == report.url
    assert "200" in done.text
    (kept,) = register.imports_done()
    assert (kept.accepted, kept.unchanged, kept.file_name) == (200, 0, "export.csv")
    assert kept.file_sha256 == sha256(EXPORT.read_bytes()).hexdigest()
    assert {project.type for project in register.projects(limit=500)} >= {
        ProjectType.ARR,
        ProjectType.IFM,
        ProjectType.REDD,
    }


def test_who_imported_is_on_record(desk: Browser):
    choose(desk, "en", EXPORT.read_bytes()).submit()
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "registry.imported")).all()
    assert [(entry.actor_id, entry.facts["rows"]) for entry in entries] == [("usr_staff", 200)]


def test_the_same_file_again_changes_nothing(desk: Browser):
    choose(desk, "en", EXPORT.read_bytes()).submit()
    report = choose(desk, "en", EXPORT.read_bytes())
    assert "Every row of this file is already registered." in report.main
    assert not any("Import" in button for button in report.buttons)


def test_confirming_twice_imports_once(desk: Browser):
    report = choose(desk, "en", EXPORT.read_bytes())
    report.submit()
    report.submit()
    assert len(register.imports_done()) == 1


def test_a_refused_row_keeps_the_whole_file_out(desk: Browser, lang: str):
    rows = EXPORT.read_text("utf-8-sig").splitlines()
    broken = "\n".join([*rows[:3], rows[3].replace("-VCS-VCU-", "-XXX-"), *rows[4:6]]).encode()
    report = choose(desk, lang, broken)
    assert ("目前不能导入" if lang == "zh" else "cannot be imported") in report.main
    refused = [row for row in report.table("") if ("已拒绝" if lang == "zh" else "Refused") in row.values()]
    assert len(refused) == 1
    assert "-XXX-" in " ".join(refused[0].values())
    assert not any(form.get("method") == "post" for form in next(report.root.iter("main")).iter("form"))
    assert register.projects() == []


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0" * 100, b"a\n1\n", b"\xff\xfe" + "x,y\n".encode("utf-16-le"), b"%PDF-1.7", b'"open',
        b"\x89PNG\r\n\x1a\n",
    ],
    ids=["empty", "zeros", "one column", "utf-16", "pdf", "open quote", "png"],
)  # fmt: skip
def test_a_file_that_is_no_export_is_refused_beside_the_field(desk: Browser, data: bytes):
    page = choose(desk, "en", data, expect=422)
    assert len(page.errors) == 1
    assert page.errors[0].startswith("Export file: ")
    assert register.imports_done() == []


def test_choosing_no_file_is_told(desk: Browser, lang: str):
    page = desk.open(f"/{lang}/desk/imports").submit(expect=422)
    assert len(page.errors) == 1


def test_a_gb18030_file_is_imported_only_when_its_text_was_confirmed(desk: Browser, lang: str):
    rows = EXPORT.read_text("utf-8-sig").splitlines()
    data = "\n".join([rows[0], rows[1].replace("Bale Mountains", "示范林")])
    report = choose(desk, lang, data.encode("gb18030"))
    assert "示范林" in report.main
    again = report.submit(expect=422)
    assert len(again.errors) == 1
    assert register.projects() == []
    (label,) = [next(iter(label_of(again.root, box))) for box in boxes(again)]
    again.tick(label).submit()
    assert len(register.imports_done()) == 1


def boxes(page: Page) -> list[Element]:
    return [control for control in page.root.iter("input") if control.get("type") == "checkbox"]


@pytest.mark.parametrize("run_id", ["new", "..%2f..%2fetc", "irn_" + "0" * 26, "irn_x", "0" * 64])
def test_only_what_was_looked_at_can_be_confirmed(app: Flask, desk: Browser, run_id: str):
    app.config["WTF_CSRF_ENABLED"] = False
    assert desk.client.get(f"/en/desk/imports/{run_id}").status_code == 404
    assert desk.client.post(f"/en/desk/imports/{run_id}").status_code == 404
    assert desk.client.get(f"/en/desk/imports/{run_id}/report.csv").status_code == 404


def test_what_nobody_confirmed_is_forgotten_after_a_day(
    desk: Browser, at: Callable[..., object], tmp_path: Path
):
    choose(desk, "en", EXPORT.read_bytes())
    (old,) = (tmp_path / "staged").iterdir()
    yesterday = (clock.now() - timedelta(hours=25)).timestamp()
    os.utime(old, (yesterday, yesterday))
    choose(desk, "en", EXPORT.read_bytes() + b"\n")
    assert not old.exists()
    assert len(list((tmp_path / "staged").iterdir())) == 1


def test_names_from_a_file_are_shown_as_text(desk: Browser):
    rows = EXPORT.read_text("utf-8-sig").splitlines()
    evil = rows[1].replace("Bale Mountains", "<script>alert(1)</script>", 1)
    report = choose(desk, "en", "\n".join([rows[0], evil]).encode(), "<b>x.csv")
    assert "<script>alert" not in report.html
    assert "<b>x.csv" not in report.html


# --- opening a lot


@pytest.fixture
def held(app: Flask) -> str:
    """A serial of an importable forest project, of which all is still held."""
    imported(app)
    return next(text for _, text, grams in register.held_serials() if grams.kg_down >= 100_000)


def lot_form(
    desk: Browser,
    serial: str,
    lang: str = "en",
    *,
    proof: tuple[bytes, str] | None = (PDF, "record.pdf"),
    **changes: str,
) -> Page:
    """The filled-in form."""
    values = {
        "code": "VCS-TEST-A", "serials": serial, "tonnes": "100", "reference": "RET-77",
        "retired_on": "2026-04-20", "price": "88.00", "rank": "5", "proof_url": "",
    } | changes  # fmt: skip
    page = desk.open(f"/{lang}/desk/lots/new")
    for control in [c for c in page.root.iter() if c.get("name") in values]:
        page._typed[id(control)] = [values[str(control.get("name"))]]
    if proof:
        (file,) = [c for c in page.root.iter("input") if c.get("type") == "file"]
        page._typed[id(file)] = [(io.BytesIO(proof[0]), proof[1])]
    return page


def test_a_lot_is_opened_against_its_retirement_record(desk: Browser, held: str, lang: str, tmp_path: Path):
    page = lot_form(desk, held, lang).submit()
    assert page.url == f"/{lang}/desk/proposals"
    assert register.lots() == []
    assert accept_all() == 1
    lot = register.lot("VCS-TEST-A")
    assert (lot.retired.grams, lot.free.grams, lot.price_per_t.minor) == (100_000_000, 100_000_000, 8_800)
    assert lot.evidence_sha256 == sha256(PDF).hexdigest()
    assert (tmp_path / "documents" / "evidence" / f"{lot.evidence_sha256}.pdf").read_bytes() == PDF
    assert register.serials_of_lot(lot.id) == [held]
    hold(250, "VCS-TEST-A")


def test_the_record_is_published_as_a_download(desk: Browser, held: str):
    lot_form(desk, held).submit()
    accept_all()
    answer = desk.client.get("/lots/VCS-TEST-A/evidence")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"] == "attachment; filename=VCS-TEST-A-retirement.pdf"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_address_of_the_record_will_do(desk: Browser, held: str):
    lot_form(desk, held, proof=None, proof_url="https://registry.verra.org/record/77").submit()
    accept_all()
    assert "https://registry.verra.org/record/77" in desk.open("/en/lots/VCS-TEST-A").links


REFUSED_FILES = {
    "HTML as PDF": b"<!doctype html><script>alert(1)</script>",
    "HTML with a BOM": b"\xef\xbb\xbf<html>",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "SVG after white space": b"  \n<?xml version='1.0'?><svg/>",
    "a program": b"MZ\x90\x00\x03",
    "an archive": b"PK\x03\x04\x14\x00",
    "bytes": bytes(range(256)),
    "nothing": b"",
    "zeros": b"text\0text",
    "too much": b"%PDF-" + b"x" * (10 * 1024 * 1024),
}


@pytest.mark.parametrize("what", REFUSED_FILES)
def test_what_is_no_record_is_refused(desk: Browser, held: str, what: str, tmp_path: Path):
    page = lot_form(desk, held, proof=(REFUSED_FILES[what], "record.pdf")).submit(expect=422)
    assert len(page.errors) == 1
    assert not list((tmp_path / "documents").rglob("*.*")) if (tmp_path / "documents").exists() else True
    assert register.lots() == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("code", "", "Please fill this in."),
        ("tonnes", "0", "from 1 to"),
        ("tonnes", "1e3", "is not a number"),
        ("tonnes", "１２", "is not a number"),
        ("price", "0", "more than zero"),
        ("price", "-1", "more than zero"),
        ("price", "NaN", "is not a number"),
        ("price", "999999999999999999", "is not a number"),
        ("retired_on", "2126-01-01", "has not come yet"),
        ("retired_on", "2026-02-30", "Not a valid date"),
        ("proof_url", "http://registry.example", "https://"),
        ("proof_url", "javascript:alert(1)", "https://"),
        ("serials", "nonsense", "is not in this register"),
        ("tonnes", "9999999", "has only"),
        ("rank", "0", "from 1 to"),
        ("code", "x" * 61, "at most 60"),
        ("code", "A B", "letters, digits, dots and hyphens"),
        ("code", "../x", "letters, digits, dots and hyphens"),
        ("reference", "RET 77", "without spaces"),
        ("reference", "none", "at least one digit"),
        ("code", "x" * 200_000, "at most 60"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_opened(
    desk: Browser, held: str, name: str, value: str, said: str
):
    page = lot_form(desk, held, **{name: value}).submit(expect=422)
    assert any(said in error for error in page.errors), page.errors
    assert register.lots() == []


def test_without_any_record_there_is_no_lot(desk: Browser, held: str):
    page = lot_form(desk, held, proof=None).submit(expect=422)
    assert any("retirement record" in error for error in page.errors)


def test_one_record_backs_one_lot(desk: Browser, held: str):
    lot_form(desk, held).submit()
    accept_all()
    page = lot_form(desk, held, code="VCS-TEST-B").submit(expect=422)
    assert "RET-77 already backs a lot" in page.errors[0]
    page = lot_form(desk, held, reference="RET-78").submit(expect=422)
    assert "There is already a lot VCS-TEST-A" in page.errors[0]


def test_one_wrong_serial_among_right_ones_is_told(desk: Browser, held: str):
    """Not passed over: the record names them all."""
    page = lot_form(desk, f"{held}\nHLYC-0001-ARR-2024-1-1-10").submit(expect=422)
    assert "HLYC-0001-ARR-2024-1-1-10 has only 0 kg" in page.errors[0]
    assert register.lots() == []


def test_a_serial_retired_for_somebody_is_never_sold(desk: Browser, held: str):
    for project in register.projects(limit=500):
        for serial in register.serials_of(project.code, limit=500):
            if serial.retired_at_source and project.type.is_sold_here:
                page = lot_form(desk, serial.serial, tonnes="1").submit(expect=422)
                assert "has only 0 kg" in page.errors[0]
                return
    pytest.fail("the export holds a retired row of a project that may be sold")


def test_a_type_that_is_not_sold_here_gets_no_lot(desk: Browser, held: str):
    other = next(p for p in register.projects(ProjectType.OTHER, limit=500))
    serial = register.serials_of(other.code)[0].serial
    page = lot_form(desk, serial, tonnes="1").submit(expect=422)
    assert "registered here but not sold" in page.errors[0]


# --- stock


def test_stock_shows_what_is_held_and_what_is_free(desk: Browser, lang: str):
    make_lot(10)
    hold(250)
    page = desk.open(f"/{lang}/desk/lots")
    (row,) = page.table("")
    cells = list(row.values())
    assert cells[2:7] == ["10 t CO₂e", "0 kg CO₂e", "250 kg CO₂e", "9,750 kg CO₂e", "¥80.00"]


def test_the_form_offers_serials_that_may_be_sold(desk: Browser, held: str):
    page = desk.open("/en/desk/lots/new")
    offered = {row["Project"] for row in page.table("Held serials")}
    sold = {p.code for p in register.projects(limit=500) if p.type.is_sold_here}
    assert offered
    assert offered <= sold

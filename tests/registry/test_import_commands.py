"""Imports of every registry into the register, on both databases: whole or not at all, once, and screened."""

import json
from contextlib import suppress
from hashlib import sha256

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from portal import jobs
from portal.db import db, transaction
from portal.kernel import clock
from portal.kernel.actor import Actor, Role
from portal.kernel.errors import NotAllowed
from portal.registry import import_jobs, import_shelf
from portal.registry.commands import import_runs, imports, lots
from portal.registry.models import Block, ImportMapping, ImportRun, Issuance, LedgerEntry, Record
from portal.registry.queries import imports as read
from portal.registry.queries import register, verify
from portal.registry.rules.errors import ImportRefused, NotConfirmed, NotEnoughAtSource
from portal.registry.rules.imports import LAYOUTS, Layout, OverlapsRegistered, UnknownLayout
from portal.registry.rules.imports.report import Verdict
from portal.registry.rules.imports.runs import RunState
from portal.registry.rules.ledger import BlockState
from portal.web.staging import stage, staged
from tests.browser import Browser
from tests.factories.guards import without_guards
from tests.factories.registry import STAFF, lot_draft
from tests.registry.test_import_layouts import FORMS, SAMPLES, ccer, guessed, sample

pytestmark = pytest.mark.usefixtures("any_app")


def apply(name: str, data: bytes | None = None) -> imports.ImportReport:
    data = sample(name) if data is None else data
    return imports.apply(STAFF, name, data, f"{name}.csv", clock.now(), is_demo=True)


def faults() -> list[verify.Fault]:
    return [*verify.tables(), *verify.source()]


def count(kind: type) -> int:
    return db.session.execute(select(func.count()).select_from(kind)).scalar_one()


@pytest.mark.parametrize("name", FORMS)
def test_a_registry_s_export_is_imported_whole_and_once(name: str) -> None:
    report = apply(name)
    assert (report.accepted, report.unchanged) == (len(FORMS[name]), 0)
    again = apply(name)
    assert (again.accepted, again.unchanged, again.refused, again.warnings) == (0, len(FORMS[name]), 0, 0)
    states = {
        row.source_serial: row.state
        for row in db.session.execute(
            select(Issuance.source_serial, Block.state).join(Block, Block.issuance_id == Issuance.id)
        )
    }
    assert states == {
        row.serial.text: BlockState.HELD if row.retirement is None else BlockState.RETIRED
        for row in report.new()
    }
    assert count(LedgerEntry) == len(FORMS[name])
    assert faults() == []
    for row in report.new():
        (found,) = register.find(row.serial.text)
        assert (found.serial, found.tonnes) == (row.serial.text, row.tonnes)
        assert found.retired_at_source == (row.retirement is not None)


def test_the_log_says_what_came_in() -> None:
    report = apply("gold-standard")
    (body,) = db.session.scalars(select(Record.body).where(Record.kind == "batch.imported"))
    told = json.loads(body)
    assert [(each["serial"], each["tonnes"], each["retired"]) for each in told["serials"]] == [
        (row.serial.text, row.tonnes, row.retirement is not None) for row in report.new()
    ]
    assert "Demonstration" not in body, "no names in the log"


def test_the_journal_says_who_owns_what_was_made() -> None:
    apply("acr")
    rows = db.session.execute(select(Block.id, Block.account_id))
    owners = {row.id: row.account_id for row in rows}
    bodies = db.session.scalars(select(LedgerEntry.body)).all()
    assert {body["made"][0]["id"]: body["account"] for body in bodies} == owners


def test_a_row_that_is_not_active_never_feeds_a_lot() -> None:
    apply("acr")
    retired, active = (
        "ACR-US-212-2019-1155-70399 to 71398",
        "ACR-US-212-2019-1155-70286 to 70398",
    )
    with pytest.raises(NotEnoughAtSource):
        lots.open_lot(STAFF, lot_draft("LOT-R", "ACR-212", retired, 1), clock.now())
    lots.open_lot(STAFF, lot_draft("LOT-A", "ACR-212", active, 1), clock.now())


def test_one_refused_row_leaves_nothing_behind() -> None:
    broken = sample("acr").replace(b",113,", b",114,")
    with pytest.raises(ImportRefused):
        apply("acr", broken)
    assert (count(Issuance), count(Block), count(LedgerEntry), count(Record)) == (0, 0, 0, 0)
    assert register.projects() == []


def test_units_that_overlap_registered_ones_are_refused() -> None:
    apply("acr")
    data = sample("acr").replace(b"70286 to 70398", b"70285 to 70397")
    first, second, third = imports.dry_run(STAFF, "acr", data).rows
    assert isinstance(first.problem, OverlapsRegistered)
    assert first.problem.params == {"serial": "ACR-US-212-2019-1155-70286 to 70398"}
    assert [second.verdict, third.verdict] == [Verdict.UNCHANGED] * 2


def test_a_file_of_many_groups_is_compared_in_a_few_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "AT_ONCE", 2)
    apply("gold-standard")
    assert imports.dry_run(STAFF, "gold-standard", sample("gold-standard")).unchanged == 4


# ── mappings ───────────────────────────────────────────────────────────────────────────────────


def save(layout: Layout) -> int:
    return import_runs.save_mapping(STAFF, layout, clock.now())


def test_a_mapping_is_saved_once_and_used_by_name() -> None:
    assert save(ccer()) == 1
    assert save(ccer()) == 1, "the same again is no new version"
    assert [each.name for each in read.mappings()] == ["ccer"]
    report = apply("ccer")
    assert (report.registry, report.accepted) == ("ccer", 3)
    assert {project.code for project in register.projects()} == {"CCER-0001", "CCER-0002"}
    assert register.project("CCER-0001").name.zh == "示范造林碳汇项目"
    assert faults() == []


def test_a_correction_is_a_new_version() -> None:
    save(ccer())
    assert save(ccer(country="CN")) == 2
    assert read.mapping("ccer").layout == ccer(country="CN")
    assert count(ImportMapping) == 2


def test_the_same_ticket_under_two_registers_is_refused() -> None:
    data = (SAMPLES / "tickets.xlsx").read_bytes()
    for name in ("tickets-a", "tickets-b"):
        save(guessed(data, name, methodology="local"))
    imports.apply(STAFF, "tickets-a", data, "a.xlsx", clock.now())
    report = imports.dry_run(STAFF, "tickets-b", data)
    assert report.refused == len(report.rows)
    assert {row.problem.params["registry"] for row in report.rows if row.problem} == {"tickets-a"}


def test_a_ticket_is_found_by_its_number_on_the_register(app: Flask, browser: Browser) -> None:
    data = (SAMPLES / "tickets.xlsx").read_bytes()
    save(guessed(data, "tickets", methodology="local"))
    imports.apply(STAFF, "tickets", data, "tickets.xlsx", clock.now())
    page = browser.open("/zh/register?q=黑碳票字〔2024〕第0002号")
    assert "28,571" in page.main
    assert "黑碳票字〔2024〕第0002号" in page.main
    assert "黑碳票字〔2024〕第0001号" not in page.main
    (found,) = register.find("黑碳票字〔2024〕第0001号 ")
    assert found.serial == "黑碳票字〔2024〕第0001号"


def test_an_unknown_name_and_a_faulty_mapping_are_refused() -> None:
    with pytest.raises(UnknownLayout):
        imports.dry_run(STAFF, "nobody", b"")
    for fault in (ccer("verra"), ccer(without=("quantity",))):
        with pytest.raises(Exception) as refused:
            save(fault)
        assert type(refused.value).__module__.startswith("portal.registry.rules.imports")
    assert count(ImportMapping) == 0


@pytest.mark.parametrize("actor", [Actor("usr_x"), Actor("usr_x", frozenset({Role.AUDITOR}))])
def test_only_registry_staff_map_and_import(actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        import_runs.save_mapping(actor, ccer(), clock.now())
    with pytest.raises(NotAllowed):
        import_runs.start(actor, "acr", "x", "0" * 64, clock.now(), in_background=False)
    with pytest.raises(NotAllowed):
        imports.enter(actor, imports.read(STAFF, "acr", sample("acr")), "x", clock.now())


# ── in the background ──────────────────────────────────────────────────────────────────────────


def given(name: str = "acr", data: bytes | None = None) -> str:
    data = sample(name) if data is None else data
    digest = sha256(data).hexdigest()
    stage(import_jobs.SHELF, digest, data)
    return import_runs.start(STAFF, name, f"{name}.csv", digest, clock.now(), in_background=True)


def confirm(run_id: str, *, read_text: bool = False) -> bool:
    return import_runs.confirm(STAFF, run_id, clock.now(), has_read_text=read_text, in_background=True)


def test_a_large_file_goes_its_way_in_the_background() -> None:
    run_id = given()
    assert read.run(run_id).state is RunState.WAITING
    jobs.drain()
    looked = read.run(run_id)
    assert (looked.state, looked.outcome["accepted"], looked.is_applicable) == (RunState.JUDGED, 3, True)
    assert count(Issuance) == 0, "looking writes nothing"
    assert [row.verdict for _, row in import_shelf.rows(run_id)] == [Verdict.ACCEPTED] * 3
    assert import_shelf.progress(run_id)[0] == 3
    assert confirm(run_id)
    assert not confirm(run_id), "a second click changes nothing"
    jobs.drain()
    assert read.run(run_id).state is RunState.APPLIED
    assert count(Issuance) == 3
    import_jobs.apply({"run": run_id, "actor": "usr_x"})
    import_jobs.judge({"run": run_id})
    assert (read.run(run_id).state, count(Issuance)) == (RunState.APPLIED, 3)


def test_a_worker_that_dies_after_importing_is_made_good() -> None:
    """Killed between the import and its run's last step: the next attempt imports nothing twice."""
    run_id = given()
    jobs.drain()
    confirm(run_id)
    apply("acr")
    jobs.drain()
    assert (read.run(run_id).state, count(Issuance)) == (RunState.APPLIED, 3)


def test_what_goes_wrong_is_kept_and_told() -> None:
    cut, gone, late = given("acr", b"PK\x03\x04 no workbook"), given("car"), given("art")
    staged(import_jobs.SHELF, sha256(sample("car")).hexdigest()).unlink()
    jobs.drain()
    assert "Excel" in read.run(cut).fault.message
    assert "kept for a day" in read.run(gone).fault.message
    confirm(late)
    apply("art", sample("art").replace(b"1401 to 1408", b"1402 to 1409"))
    jobs.drain()
    assert read.run(late).state is RunState.FAILED
    refused = [row for _, row in import_shelf.rows(late, "refused")]
    assert [row.row for row in refused] == [3], "the new report says where"


def test_gb18030_waits_for_a_person_who_has_read_it() -> None:
    save(ccer())
    run_id = given("ccer")
    jobs.drain()
    with pytest.raises(NotConfirmed):
        confirm(run_id)
    assert confirm(run_id, read_text=True)


# ── what the database refuses ──────────────────────────────────────────────────────────────────

RUN = "layout, file_name, file_sha256"
ATTACKS = [
    ("import_mapping rows are never edited", "UPDATE import_mapping SET layout = layout"),
    ("import_mapping rows are never deleted", "DELETE FROM import_mapping"),
    ("import_run rows are never deleted", "DELETE FROM import_run"),
    ("import_run keeps", "UPDATE import_run SET file_sha256 = 'x'"),
    ("import_run keeps", "UPDATE import_run SET layout = 'car'"),
    ("import_run state moves only by lawful steps", "UPDATE import_run SET state = 'applied'"),
    (
        "an import begins waiting",
        f"INSERT INTO import_run (id, state, {RUN}, outcome, actor_id, at) "
        f"SELECT 'irn_x', 'judged', {RUN}, outcome, actor_id, at FROM import_run",
    ),
]
MAPPING = "INSERT INTO import_mapping SELECT 'imm_x', name, {}, layout, actor_id, at FROM import_mapping"
CONSTRAINTS = [
    "UPDATE import_run SET state = 'failed'",
    "UPDATE import_run SET state = 'elsewhere'",
    MAPPING.format("version"),
    MAPPING.format("0"),
]


@pytest.mark.parametrize(("sentence", "attack"), ATTACKS, ids=[attack[:40] for _, attack in ATTACKS])
def test_the_database_refuses(sentence: str, attack: str) -> None:
    save(ccer())
    given()
    with pytest.raises(DatabaseError, match=sentence), transaction() as session:
        session.execute(text(attack))
    with suppress(_Undone), transaction() as session:  # the control: without its guard it goes through
        without_guards(session, "import_run", "import_mapping")
        session.execute(text(attack))
        raise _Undone


@pytest.mark.parametrize("attack", CONSTRAINTS)
def test_constraints_hold_without_the_guards(attack: str) -> None:
    save(ccer())
    given()
    with transaction() as session:
        without_guards(session, "import_run", "import_mapping")
        with pytest.raises(DatabaseError), session.begin_nested():
            session.execute(text(attack))


class _Undone(Exception):
    """Leaves the promise undone, so that the edit is gone again."""


def test_known_registries_need_no_mapping() -> None:
    assert {read.layout_of(name).name for name in LAYOUTS} == set(LAYOUTS)
    assert count(ImportRun) == 0

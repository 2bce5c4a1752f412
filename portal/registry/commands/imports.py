"""A source registry's export into the register: a dry run reports, applying is all or nothing.

A file is read once and by itself, outside any transaction; what the register already has is asked
inside the transaction that adds to it, so that what it was judged against is what it is added to.
"""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, cast

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from portal import audit
from portal.db import add_many, alone, transaction
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.kernel.mass import Mass
from portal.registry import policy
from portal.registry.commands import log
from portal.registry.commands.lots import ProjectDraft, add_project
from portal.registry.commands.stock import account_of
from portal.registry.models import Block, Issuance, LedgerEntry, RegistryImport
from portal.registry.queries.imports import known_of, layout_of
from portal.registry.rules import imports as rules
from portal.registry.rules import records
from portal.registry.rules.errors import ImportRefused
from portal.registry.rules.imports import ImportReport, Issued, Progress, quiet
from portal.registry.rules.ledger import BlockState, UnitClass, issue_at

SERIALS_PER_RECORD = 200  # so that a record stays below 65,536 bytes
ROWS_AT_ONCE = 500
_HAN = re.compile("[\u3400-\u9fff]")

_Rows = tuple[list[dict[str, Any]], ...]  # for each of the tables
_TABLES = tuple(cast(Table, kind.__table__) for kind in (Issuance, Block, LedgerEntry))


def read(actor: Actor, layout: str, data: bytes, progress: Progress = quiet) -> ImportReport:
    """The rows of a file by themselves, not yet held against the register; nothing is written.

    ``layout`` names a known registry or a saved mapping. Raises UnknownLayout, NotAllowed and the
    faults of a file as a whole (``rules.imports.errors``).
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    return rules.read(layout_of(layout), data, progress)


def judged(actor: Actor, report: ImportReport) -> ImportReport:
    """The report of ``read`` beside what the register has now; nothing is written."""
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    return rules.judge(report, known_of(report.registry, (row.serial for row in report.new())))


def dry_run(actor: Actor, layout: str, data: bytes) -> ImportReport:
    """What importing this file would do, row by row; nothing is written. Raises as ``read``."""
    return judged(actor, read(actor, layout, data))


def apply(
    actor: Actor, layout: str, data: bytes, file_name: str, now: datetime, *, is_demo: bool = False
) -> ImportReport:
    """Import the file whole, or nothing of it. Raises as ``read`` and ``enter``."""
    return enter(actor, read(actor, layout, data), file_name, now, is_demo=is_demo)


def enter(
    actor: Actor,
    report: ImportReport,
    file_name: str,
    now: datetime,
    *,
    is_demo: bool = False,
    progress: Progress = quiet,
) -> ImportReport:
    """Import what ``read`` gave, whole, or nothing of it. The same file again changes nothing.

    ``progress`` is told how many rows are in. Raises ImportRefused when a row is refused, NotAllowed.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    with transaction() as session:
        alone(session, "registry import")
        report = judged(actor, report)
        if not report.is_applicable:
            raise ImportRefused(refused=report.refused, rows=len(report.rows))
        if report.accepted == 0 or _is_known_file(session, report):
            return report
        import_id = new_id("imp")
        session.execute(
            insert(RegistryImport).values(
                id=import_id, source_registry=report.registry, file_name=file_name,
                file_sha256=report.file_sha256, accepted=report.accepted, unchanged=report.unchanged,
                actor_id=actor.id, at=now,
            )
        )  # fmt: skip
        _register(session, _Entry(actor, import_id, file_name, now, is_demo), report, progress)
        _put_on_record(report, import_id, now, is_demo)
        audit.record(
            actor, "registry.imported", import_id, now,
            file=file_name, sha256=report.file_sha256, rows=report.accepted, layout=report.layout.name,
        )  # fmt: skip
        return report


def _is_known_file(session: Session, report: ImportReport) -> bool:
    query = select(RegistryImport.id).where(
        RegistryImport.source_registry == report.registry, RegistryImport.file_sha256 == report.file_sha256
    )
    return session.execute(query).first() is not None


# ── many rows at once ──────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Entry:
    """What all rows of one import have in common."""

    actor: Actor
    import_id: str
    file_name: str
    now: datetime
    is_demo: bool


def _register(session: Session, entry: _Entry, report: ImportReport, progress: Progress) -> None:
    """Give every new serial block its grams: an issuance, the one block that covers it, and its entry."""
    alone(session, "issuance addresses")
    ledger = session.connection()
    end = int(session.execute(select(func.coalesce(func.max(Issuance.end_g), 0))).scalar_one())
    owners = _Owners(session, entry, report)
    done = 0
    for rows in _one_ahead(_rows_of_tables(report.new(), entry, owners, end)):
        for table, values in zip(_TABLES, rows, strict=True):
            add_many(ledger, table, values)
        done += len(rows[0])
        progress(done)


def _rows_of_tables(new: Iterator[Issued], entry: _Entry, owners: "_Owners", end: int) -> Iterator[_Rows]:
    """What to write, ``ROWS_AT_ONCE`` together; the grams begin behind ``end``. Asks no database."""
    for rows in _at_once(new):
        issuances, blocks, entries = [], [], []
        for row in rows:
            grams = issue_at(end, Mass.t(row.tonnes))
            end = grams.end
            issuance = _issuance(row, entry, owners.projects[row.project_code]) | {
                "start_g": grams.start,
                "end_g": grams.end,
            }
            block = _block(row, issuance, owners.account_of(row))
            issuances.append(issuance)
            blocks.append(block)
            entries.append(_journal(issuance["id"], block, entry))
        yield issuances, blocks, entries


def _one_ahead(made: Iterator[_Rows]) -> Iterator[_Rows]:
    """The same in the same order; the next one is made while the caller is busy with the last.

    A caller that waits for the database leaves the processor free for that: a third of an import's time.
    """
    with ThreadPoolExecutor(max_workers=1) as ahead:
        coming = ahead.submit(next, made, None)
        while (one := coming.result()) is not None:
            coming = ahead.submit(next, made, None)
            yield one


def _at_once(rows: Iterator[Issued]) -> Iterator[list[Issued]]:
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        yield batch


class _Owners:
    """The projects and accounts that the rows belong to, each looked up or made before the first row."""

    def __init__(self, session: Session, entry: _Entry, report: ImportReport) -> None:
        self._retired = account_of(session, "retired")
        self._accounts: dict[str, str] = {}
        self.projects: dict[str, str] = {}
        for row in report.new():
            if row.project_code not in self.projects:
                draft = _project_of(row, entry.is_demo)
                self.projects[row.project_code] = add_project(entry.actor, draft, entry.file_name, entry.now)
            project = self.projects[row.project_code]
            if row.retirement is None and project not in self._accounts:
                self._accounts[project] = account_of(session, "developer", project)

    def account_of(self, row: Issued) -> str:
        return self._accounts[self.projects[row.project_code]] if row.retirement is None else self._retired


def _issuance(row: Issued, entry: _Entry, project_id: str) -> dict[str, Any]:
    serial = row.serial
    return {
        "id": new_id("iss"), "project_id": project_id, "verification_id": None, "import_id": entry.import_id,
        "source_registry": serial.registry, "source_serial": serial.text, "serial_group": serial.group,
        "first_unit": serial.first, "last_unit": serial.last, "unit_class": UnitClass.EX_POST.value,
        "vintage_start": serial.vintage_start, "vintage_end": serial.vintage_end,
        "issued_on": row.issued_on, "source_facts": _facts_of(row), "is_demo": entry.is_demo,
    }  # fmt: skip


def _block(row: Issued, issuance: dict[str, Any], account_id: str) -> dict[str, Any]:
    state = BlockState.HELD if row.retirement is None else BlockState.RETIRED
    return {
        "id": new_id("blk"), "issuance_id": issuance["id"], "unit_class": issuance["unit_class"],
        "start_g": issuance["start_g"], "end_g": issuance["end_g"], "account_id": account_id, "rank": 0,
        "state": state.value,
    }  # fmt: skip


def _journal(issuance_id: str, block: dict[str, Any], entry: _Entry) -> dict[str, Any]:
    made = {
        "id": block["id"], "of": None, "start": block["start_g"], "end": block["end_g"],
        "state": block["state"],
    }  # fmt: skip
    return {
        "key": f"issue:{issuance_id}", "kind": "issue",
        "body": {"made": [made], "account": block["account_id"]},
        "actor_id": entry.actor.id, "occurred_at": entry.now,
    }  # fmt: skip


def _project_of(row: Issued, is_demo: bool) -> ProjectDraft:
    # A source registry gives the name in one language; the other side is shown as missing, never invented.
    name = " ".join(row.project_name.split())
    return ProjectDraft(
        code=row.project_code,
        registry=row.serial.registry,
        source_id=row.serial.project,
        name=Bilingual(name, "") if _HAN.search(name) else Bilingual("", name),
        about=Bilingual("", ""),
        type=row.type,
        methodology=row.methodology,
        country=row.country,
        is_demo=is_demo,
    )


def _facts_of(row: Issued) -> dict[str, str]:
    """The row as it came, without its empty cells, and beside it from when on the units are gone."""
    facts = {column: cell for column, cell in row.source.items() if cell}
    if gone := row.retirement:
        facts["retired_on"] = gone.day.isoformat() if gone.day else gone.state.value
    return facts


def _put_on_record(report: ImportReport, import_id: str, now: datetime, is_demo: bool) -> None:
    rows = [
        records.ImportedSerial(row.serial.text, row.tonnes, row.retirement is not None)
        for row in report.new()
    ]
    parts: list[Sequence[records.ImportedSerial]] = [
        rows[start : start + SERIALS_PER_RECORD] for start in range(0, len(rows), SERIALS_PER_RECORD)
    ]
    for number, part in enumerate(parts, start=1):
        facts = records.BatchImported(
            registry=report.registry,
            file_sha256=report.file_sha256,
            serials=tuple(part),
            part=number,
            parts=len(parts),
            demo=is_demo,
        )
        log.record(facts, f"{import_id}/{number}", now)

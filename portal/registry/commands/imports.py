"""A source registry's export into the register: a dry run reports, applying is all or nothing."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal import audit
from portal.db import alone, transaction
from portal.kernel.actor import Actor
from portal.kernel.bilingual import Bilingual
from portal.kernel.errors import NotAllowed
from portal.kernel.ids import new_id
from portal.registry import policy
from portal.registry.commands import log
from portal.registry.commands.lots import ProjectDraft, add_project, enter_issuance
from portal.registry.models import RegistryImport
from portal.registry.queries.register import registered
from portal.registry.rules import records
from portal.registry.rules.errors import ImportRefused
from portal.registry.rules.imports import READERS, ImportReport, Issued

SERIALS_PER_RECORD = 200  # so that a record stays below 65,536 bytes


def dry_run(actor: Actor, registry: str, data: bytes) -> ImportReport:
    """What importing this file would do, row by row; nothing is written.

    Raises the faults of a file as a whole (portal.registry.rules.imports), NotAllowed.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    return READERS[registry](data, registered)


def apply(
    actor: Actor, registry: str, data: bytes, file_name: str, now: datetime, *, is_demo: bool = False
) -> ImportReport:
    """Import the file whole, or nothing of it. The same file again changes nothing.

    Raises ImportRefused when a row is refused, and as ``dry_run``.
    """
    if not policy.may_run_registry(actor):
        raise NotAllowed()
    with transaction() as session:
        # Judged inside the transaction, so that what it was judged against is what it is added to.
        alone(session, "registry import")
        report = READERS[registry](data, registered)
        if not report.is_applicable:
            raise ImportRefused(refused=report.refused, rows=len(report.rows))
        if report.accepted == 0 or _is_known_file(session, report):
            return report
        import_id = new_id("imp")
        session.execute(
            insert(RegistryImport).values(
                id=import_id, source_registry=registry, file_name=file_name, file_sha256=report.file_sha256,
                accepted=report.accepted, unchanged=report.unchanged, actor_id=actor.id, at=now,
            )
        )  # fmt: skip
        _register(session, actor, report.new(), import_id, file_name, now, is_demo)
        _put_on_record(report, import_id, now, is_demo)
        audit.record(
            actor,
            "registry.imported",
            import_id,
            now,
            file=file_name,
            sha256=report.file_sha256,
            rows=report.accepted,
        )
        return report


def _is_known_file(session: Session, report: ImportReport) -> bool:
    query = select(RegistryImport.id).where(
        RegistryImport.source_registry == report.registry, RegistryImport.file_sha256 == report.file_sha256
    )
    return session.execute(query).first() is not None


def _register(
    session: Session,
    actor: Actor,
    rows: Iterable[Issued],
    import_id: str,
    file_name: str,
    now: datetime,
    is_demo: bool,
) -> None:
    projects: dict[str, str] = {}
    for row in rows:
        serial = row.serial
        if serial.project not in projects:
            projects[serial.project] = add_project(actor, _project_of(row, is_demo), file_name, now)
        enter_issuance(
            session, actor, projects[serial.project], serial, row.issued_on, now,
            import_id=import_id, source_facts=_facts_of(row),
            retired_at_source=row.retirement is not None, is_demo=is_demo,
        )  # fmt: skip


def _project_of(row: Issued, is_demo: bool) -> ProjectDraft:
    # A source registry gives the name in one language; the other side is shown as missing, never invented.
    return ProjectDraft(
        code=f"VCS-{row.serial.project}",
        registry=row.serial.registry,
        source_id=row.serial.project,
        name=Bilingual("", " ".join(row.project_name.split())),
        about=Bilingual("", ""),
        type=row.type,
        methodology="; ".join(row.methodologies),
        country=row.country,
        is_demo=is_demo,
    )


def _facts_of(row: Issued) -> dict[str, str]:
    facts = {column: cell for column, cell in row.source.items() if cell}
    if row.retirement:
        facts["retired_on"] = row.retirement.day.isoformat()
    return facts


def _put_on_record(report: ImportReport, import_id: str, now: datetime, is_demo: bool) -> None:
    rows = [
        records.ImportedSerial(row.serial.text, row.tonnes, row.retirement is not None)
        for row in report.new()
    ]
    parts = [rows[start : start + SERIALS_PER_RECORD] for start in range(0, len(rows), SERIALS_PER_RECORD)]
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

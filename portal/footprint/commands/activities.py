"""Activity data into an event's file: a dry run reports, applying is all or nothing and can be taken back."""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal import audit
from portal.db import transaction
from portal.footprint.models import ActivityImport, ActivityRecord, EventRecord
from portal.footprint.queries import events as read
from portal.footprint.rules import activity, library
from portal.footprint.rules.activity import ActivitiesRefused, ActivityReport, Table
from portal.footprint.rules.events import AlreadyFrozen, UnknownEvent
from portal.footprint.rules.parts import plain
from portal.kernel.actor import Actor
from portal.kernel.ids import new_id


def dry_run(actor: Actor, event_id: str, table: Table) -> ActivityReport:
    """What importing this table would do, row by row; nothing is written.

    Raises UnknownEvent and the faults of a file as a whole (portal.footprint.rules.activity).
    """
    event = read.event(actor, event_id)
    here = read.activities(event.id)
    return activity.read(
        table,
        library.model(event.model_id, event.version),
        known={row.fingerprint for row in here},
        before=read.sums_of(here),
    )


def apply(actor: Actor, event_id: str, table: Table, file_name: str, now: datetime) -> ActivityReport:
    """Import the table whole, or nothing of it. The same table again changes nothing.

    Raises ActivitiesRefused when a row is refused, AlreadyFrozen, and as ``dry_run``.
    """
    with transaction() as session:
        _alone_with(session, actor, event_id)
        # Judged inside the transaction, so that what it was judged against is what it is added to.
        report = dry_run(actor, event_id, table)
        if not report.is_applicable:
            raise ActivitiesRefused(refused=report.refused, rows=len(report.rows))
        if not report.accepted:
            return report
        import_id = new_id("aim")
        session.execute(
            insert(ActivityImport).values(
                id=import_id, event_id=event_id, file_name=file_name, file_sha256=table.sha256,
                accepted=report.accepted, unchanged=report.unchanged, actor_id=actor.id, at=now,
            )
        )  # fmt: skip
        session.execute(
            insert(ActivityRecord),
            [
                {
                    "import_id": import_id, "row": row, "key": found.key,
                    "amount": plain(found.amount), "written": found.written,
                    "unit": found.unit, "note": found.note, "source": found.source,
                    "fingerprint": found.fingerprint,
                }
                for row, found in report.new()
            ],
        )  # fmt: skip
        audit.record(
            actor, "event.activities_imported", event_id, now,
            file_import=import_id, sha256=table.sha256, rows=report.accepted,
        )  # fmt: skip
        return report


def take_back(actor: Actor, event_id: str, import_id: str, now: datetime) -> None:
    """Let the rows of a file count no more. Raises UnknownEvent, AlreadyFrozen."""
    with transaction() as session:
        _alone_with(session, actor, event_id)
        done = session.execute(
            update(ActivityImport)
            .where(
                ActivityImport.id == import_id,
                ActivityImport.event_id == event_id,
                ActivityImport.withdrawn_at.is_(None),
            )
            .values(withdrawn_at=now)
        )
        if not done.rowcount:  # type: ignore[attr-defined]
            raise UnknownEvent()
        audit.record(actor, "event.activities_taken_back", event_id, now, file_import=import_id)


def _alone_with(session: Session, actor: Actor, event_id: str) -> None:
    session.execute(select(EventRecord.id).where(EventRecord.id == event_id).with_for_update())
    if read.file_of(actor, event_id).is_frozen:
        raise AlreadyFrozen()

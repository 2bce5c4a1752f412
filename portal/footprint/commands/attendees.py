"""What an attendee does: say how they came, without a name, and say it again differently."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import delete, insert, select

from portal.db import transaction
from portal.footprint.models import AttendeeReport, EventRecord
from portal.footprint.queries import events as read
from portal.footprint.rules.attendees import Report
from portal.footprint.rules.events import ReportsClosed
from portal.kernel import clock


def report_journey(code: str, browser: str, report: Report, now: datetime) -> None:
    """Keep one browser's answer; a second one of the same browser replaces the first.

    ``browser`` is a random text that this browser was given for this event alone; only its digest is kept.
    No audit entry: it would give away the minute, and the answer is nobody's.
    Raises UnknownEvent, ReportsClosed.
    """
    with transaction() as session:
        event = read.event_at(code)
        # One at a time, so that two answers of one browser cannot both be its first.
        session.execute(select(EventRecord.id).where(EventRecord.id == event.id).with_for_update())
        if not event.takes_reports(clock.day_of(now)):
            raise ReportsClosed()
        known = sha256(f"{event.id}:{browser}".encode()).hexdigest()
        session.execute(
            delete(AttendeeReport).where(AttendeeReport.event_id == event.id, AttendeeReport.browser == known)
        )
        session.execute(
            insert(AttendeeReport).values(
                event_id=event.id, browser=known, day=clock.day_of(now), km=str(report.km),
                width=str(report.width), mode=report.mode, cabin=report.cabin, occupants=report.occupants,
            )
        )  # fmt: skip

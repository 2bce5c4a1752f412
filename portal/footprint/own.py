"""What footprints hold about a person. Drafts, contributions and journeys of attendees name nobody."""

from typing import Any

from sqlalchemy import select

from portal.footprint.models import (
    ActivityImport,
    ActivityRecord,
    Campaign,
    EventRecord,
    EventVersionRecord,
    FootprintRecord,
)
from portal.holdings import Holding, Subject, of_person, under


def _events(subject: Subject) -> Any:
    return select(EventRecord.id).where(of_person(EventRecord.owner_id)(subject))


def _imports(subject: Subject) -> Any:
    return select(ActivityImport.id).where(ActivityImport.event_id.in_(_events(subject)))


HOLDINGS = (
    Holding(FootprintRecord, of_person(FootprintRecord.owner_id)),
    Holding(Campaign, of_person(Campaign.owner_id)),
    Holding(EventRecord, of_person(EventRecord.owner_id)),
    Holding(EventVersionRecord, under(EventVersionRecord.event_id, _events)),
    Holding(ActivityImport, under(ActivityImport.event_id, _events)),
    Holding(ActivityRecord, under(ActivityRecord.import_id, _imports)),
)

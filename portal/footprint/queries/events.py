"""Reads: the files of events, what attendees and meters said, and the frozen inventory as facts."""

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import func, or_, select

from portal.db import db
from portal.footprint import policy
from portal.footprint.models import (
    ActivityImport,
    ActivityRecord,
    AttendeeReport,
    EventRecord,
    EventVersionRecord,
    FootprintRecord,
)
from portal.footprint.queries.results import value_of
from portal.footprint.rules import activity, library
from portal.footprint.rules.attendees import Mode, Report
from portal.footprint.rules.events import Event, File, NothingToFreeze, Origin, Stage, UnknownEvent, Version
from portal.footprint.rules.inventory import FrozenInventory, inventory
from portal.kernel.actor import Actor


def event(actor: Actor, event_id: str) -> Event:
    """Raises UnknownEvent, for somebody else's exactly as for one that does not exist."""
    row = db.session.get(EventRecord, event_id)
    if row is None or not policy.may_work_on(actor, row):
        raise UnknownEvent()
    return _event(row)


def event_at(code: str) -> Event:
    """The event of a poster's link, for anybody. Raises UnknownEvent."""
    row = db.session.scalars(select(EventRecord).where(EventRecord.code == code)).one_or_none()
    if row is None:
        raise UnknownEvent()
    return _event(row)


def events_of(actor: Actor) -> list[Event]:
    """The actor's own events and those of the actor's organisations, the latest first."""
    if not actor.is_person:
        return []
    own = (EventRecord.organisation_id.is_(None)) & (EventRecord.owner_id == actor.id)
    query = select(EventRecord).where(or_(own, EventRecord.organisation_id.in_(list(actor.organisations))))
    rows = db.session.scalars(query.order_by(EventRecord.first_day.desc(), EventRecord.id.desc()))
    return [_event(row) for row in rows]


def file_of(actor: Actor, event_id: str) -> File:
    """An event with all its inventories. Raises UnknownEvent."""
    return _file(event(actor, event_id))


def _file(found: Event) -> File:
    query = (
        select(EventVersionRecord, FootprintRecord)
        .join(FootprintRecord, FootprintRecord.id == EventVersionRecord.footprint_id)
        .where(EventVersionRecord.event_id == found.id)
        .order_by(EventVersionRecord.number)
    )
    versions = [_version(*pair) for pair in db.session.execute(query)]
    by_stage = {stage: tuple(each for each in versions if each.stage is stage) for stage in Stage}
    return File(found, by_stage[Stage.ESTIMATE], by_stage[Stage.ACTUAL])


def _version(row: EventVersionRecord, footprint: FootprintRecord) -> Version:
    return Version(Stage(row.stage), row.number, value_of(footprint), Origin(row.origin), row.facts, row.at)


def _event(row: EventRecord) -> Event:
    return Event(
        id=row.id, owner_id=row.owner_id, organisation_id=row.organisation_id, title=row.title,
        region=row.region, first_day=row.first_day, last_day=row.last_day, model_id=row.model_id,
        version=row.version, code=row.code, report_from=row.report_from, report_to=row.report_to,
        created_at=row.created_at,
    )  # fmt: skip


# ---- what attendees said


def reports(event_id: str) -> list[Report]:
    rows = db.session.scalars(select(AttendeeReport).where(AttendeeReport.event_id == event_id))
    return [
        Report(Decimal(row.km), Decimal(row.width), Mode(row.mode), row.cabin, row.occupants) for row in rows
    ]


# ---- activity data


def imports(event_id: str) -> list[ActivityImport]:
    """Files that were taken in, newest first, those taken back among them."""
    query = select(ActivityImport).where(ActivityImport.event_id == event_id)
    return list(db.session.scalars(query.order_by(ActivityImport.id.desc())))


def activities(event_id: str) -> list[activity.Activity]:
    """Every row that counts, in the order in which they came."""
    query = (
        select(ActivityRecord)
        .join(ActivityImport, ActivityImport.id == ActivityRecord.import_id)
        .where(ActivityImport.event_id == event_id, ActivityImport.withdrawn_at.is_(None))
        .order_by(ActivityRecord.import_id, ActivityRecord.row)
    )
    return [
        activity.Activity(row.key, Decimal(row.amount), row.written, row.unit, row.note, row.source)
        for row in db.session.scalars(query)
    ]


def sums_of(rows: Iterable[activity.Activity]) -> dict[str, Decimal]:
    return activity.sums((row.key, row.amount) for row in rows)


def reports_count(event_id: str) -> int:
    query = select(func.count()).where(AttendeeReport.event_id == event_id)
    return db.session.execute(query).scalar_one()


# ---- for event statements


def frozen_inventory(event_id: str) -> FrozenInventory:
    """The frozen actual inventory as facts: what an event statement rests on.

    Asks nobody's leave: the caller decides who may make a statement (``footprint.policy.may_work_on``).
    Raises UnknownEvent, NothingToFreeze while it is not frozen.
    """
    row = db.session.get(EventRecord, event_id)
    if row is None:
        raise UnknownEvent()
    file = _file(_event(row))
    if file.actual is None or not file.is_frozen:
        raise NothingToFreeze()
    stored, found = file.actual.footprint, file.event
    model = library.model(stored.model_id, stored.version)
    return FrozenInventory(
        event_id=found.id, footprint_id=stored.id, owner_id=found.owner_id,
        organisation_id=found.organisation_id, title=found.title, region=found.region,
        place=model.place(found.region).title, first_day=found.first_day, last_day=found.last_day,
        gross=stored.total, low=stored.low, high=stored.high, lines=inventory(model, stored.lines),
        boundary=model.boundary, exclusions=str(file.actual.facts.get("exclusions", "")),
        evaluator=str(file.actual.facts.get("evaluator", "")), method=model.title, model_id=model.id,
        version=model.version, gwp=model.gwp, digest=stored.digest, frozen_at=file.actual.at,
    )  # fmt: skip

"""A project's land as its map and the way of a kilogram show it, with the records of its entry."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from portal.db import db
from portal.registry.models import Entry, Parcel, Record
from portal.registry.rules import records


@dataclass(frozen=True, slots=True)
class ParcelView:
    """A piece of a project's land that stands; ``log_idx`` is the record of its entry."""

    code: str
    county_code: str
    village: str
    geojson: str
    outline_sha256: str
    area_m2: int
    valid_from: date
    valid_to: date
    is_demo: bool
    log_idx: int | None


def parcels(project_id: str, start: date | None = None, end: date | None = None) -> tuple[ParcelView, ...]:
    """Its parcels by code; with two days those that belonged to it at some time between them."""
    query = (
        select(*Parcel.__table__.c, Entry.idx)
        .outerjoin(Record, (Record.subject_id == Parcel.id) & (Record.kind == records.Parcel.kind))
        .outerjoin(Entry, Entry.record_id == Record.id)
        .where(Parcel.project_id == project_id, Parcel.withdrawn_at.is_(None))
        .order_by(Parcel.code)
    )
    if start and end:
        query = query.where(Parcel.valid_from <= end, Parcel.valid_to >= start)
    return tuple(
        ParcelView(
            row.code, row.county_code, row.village, row.geojson, row.outline_sha256, row.area_m2,
            row.valid_from, row.valid_to, row.is_demo, row.idx,
        )
        for row in db.session.execute(query)
    )  # fmt: skip

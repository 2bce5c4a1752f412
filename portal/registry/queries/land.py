"""A project's land and public papers, as its pages show them."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from portal.db import db
from portal.kernel.bilingual import Bilingual
from portal.registry.models import Entry, Parcel, ProjectDocument, Record
from portal.registry.rules.lifecycle import DocumentKind
from portal.registry.rules.parcels import Tenure


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A public paper of a project; ``kind`` as rules.lifecycle names it."""

    id: str
    kind: DocumentKind
    title: Bilingual
    sha256: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ParcelView:
    """A piece of a project's land that was not withdrawn; ``log_idx`` is the record of its entry."""

    code: str
    county_code: str
    village: str
    geojson: str
    outline_sha256: str
    area_m2: int
    tenure: Tenure
    valid_from: date
    valid_to: date
    is_demo: bool
    log_idx: int | None


def documents(project_id: str) -> tuple[DocumentView, ...]:
    """Its public papers, oldest first."""
    rows = db.session.scalars(
        select(ProjectDocument)
        .where(ProjectDocument.project_id == project_id, ProjectDocument.is_public)
        .order_by(ProjectDocument.id)
    )
    return tuple(DocumentView(row.id, DocumentKind(row.kind), row.title, row.sha256, row.at) for row in rows)


def parcels(project_id: str, start: date | None = None, end: date | None = None) -> tuple[ParcelView, ...]:
    """Its parcels by code; with two days those that belonged to it at some time between them."""
    query = (
        select(*Parcel.__table__.c, Entry.idx)
        .outerjoin(Record, (Record.subject_id == Parcel.id) & (Record.kind == "parcel"))
        .outerjoin(Entry, Entry.record_id == Record.id)
        .where(Parcel.project_id == project_id, Parcel.withdrawn_at.is_(None))
        .order_by(Parcel.code)
    )
    if start and end:
        query = query.where(Parcel.valid_from <= end, Parcel.valid_to >= start)
    return tuple(
        ParcelView(
            row.code, row.county_code, row.village, row.geojson, row.outline_sha256, row.area_m2,
            Tenure(row.tenure), row.valid_from, row.valid_to, row.is_demo, row.idx,
        )
        for row in db.session.execute(query)
    )  # fmt: skip
